/**
 * One key press as read from the terminal. `name` is the character itself ('j', 'K', '/') or a lower-case word: up, down, left,
 * right, pgup, pgdn, home, end, insert, delete, backspace, enter, tab, shift-tab, esc, space, f1 to f12, ctrl-c, alt-x, paste.
 * `text` is its input to a prompt ('' for keys that type nothing; the whole text of a bracketed paste). `at` is monotonic
 * milliseconds. `alone` is true for the only key of its read, as typed by a person. With a mouse, click, wheel-up and wheel-down
 * are keys too; `cell` is where.
 */
export type Key = {
	readonly name: string;
	readonly text: string;
	readonly at: number;
	readonly alone: boolean;
	readonly cell?: Cell;
};

/** A place on the screen, counted from 0 at its upper left. */
export type Cell = {readonly column: number; readonly row: number};

/** Screen size in cells. */
export type Size = {readonly columns: number; readonly rows: number};
