/**
 * One key press as the terminal read it. `name` is the character itself ('j', 'K', '/') or a lower-case word: up, down, left,
 * right, pgup, pgdn, home, end, insert, delete, backspace, enter, tab, shift-tab, esc, space, f1 to f12, ctrl-c, alt-x, paste.
 * `text` is what it would type into a prompt ('' for keys that type nothing; the whole text of a bracketed paste).
 * `at` is a monotonic time in milliseconds; `alone` says that it was the only key in its read, as a person's keys are.
 */
export type Key = {readonly name: string; readonly text: string; readonly at: number; readonly alone: boolean};

/** A screen's size in cells. */
export type Size = {readonly columns: number; readonly rows: number};
