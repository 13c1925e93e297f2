import {sgr} from './sgr.ts';
import type {StyleCode} from './style.ts';

/** A writer of one frame that tracks the terminal's cursor and style; the cursor is unknown until the first absolute move. */
export type Pen = {
	/** Everything written so far. */
	readonly written: () => string;
	/** The current style. */
	readonly style: () => StyleCode;
	/** The column of the cursor if it is in that row and certain, else -1. */
	readonly columnIn: (row: number) => number;
	/** Moves the cursor to a cell by the shortest sequence. */
	readonly moveTo: (row: number, column: number) => void;
	/** Changes the style. */
	readonly wear: (style: StyleCode) => void;
	/**
	 * Writes text over `cells` cells. The advance is `certain` if all terminals agree on the width; in a `run` it is valid for the
	 * text that follows directly, but not for moves; after `doubtful` text the column is unknown.
	 */
	readonly type: (text: string, cells: number, advance: 'certain' | 'run' | 'doubtful') => void;
	/** Writes a sequence that leaves the cursor in an unknown place. */
	readonly raw: (sequence: string) => void;
};

const shorter = (one: string, other: string): string => (other.length < one.length ? other : one);

const csi = (count: number, final: string): string => (count === 1 ? `\x1b[${final}` : `\x1b[${count}${final}`);

const sideways = (from: number, to: number): string => {
	if (to === from) return '';
	if (to > from) return csi(to - from, 'C');
	const back = from - to;
	return back <= 3 ? '\b'.repeat(back) : csi(back, 'D');
};

const absolute = (row: number, column: number): string => {
	if (column > 0) return `\x1b[${row + 1};${column + 1}H`;
	return row > 0 ? `\x1b[${row + 1}H` : '\x1b[H';
};

// IND moves down in the same column, as a line feed does only where no driver or terminal adds the CR; above the last row it never scrolls.
const index = '\x1bD';

/** A pen for a screen of that many columns, in its default style, with the cursor anywhere. */
export const createPen = (columns: number): Pen => {
	let out = '';
	let style: StyleCode = 0;
	let atRow = -1;
	let atColumn = -1;
	let running = false;

	const way = (row: number, column: number): string => {
		let best = absolute(row, column);
		if (atRow < 0) return best;
		const down = row - atRow;
		const vertical = down === 0 ? '' : down > 0 ? csi(down, 'B') : csi(-down, 'A');
		best = shorter(best, `\r${vertical}${sideways(0, column)}`);
		// A line feed is CR LF whether or not the terminal driver adds the CR; a single one from above the last row never scrolls.
		if (down === 1) best = shorter(best, `\r\n${sideways(0, column)}`);
		if (down === 0) best = shorter(best, `\x1b[${column + 1}G`);
		if (atColumn >= 0) best = shorter(best, (down === 1 ? index : vertical) + sideways(atColumn, column));
		return best;
	};

	return {
		written: () => out,
		style: () => style,
		columnIn: row => (row === atRow ? atColumn : -1),
		moveTo: (row, column) => {
			if (row === atRow && column === atColumn) return;
			if (running) atColumn = -1;
			running = false;
			out += way(row, column);
			atRow = row;
			atColumn = column;
		},
		wear: next => {
			out += sgr(style, next);
			style = next;
		},
		type: (text, cells, advance) => {
			out += text;
			running = advance === 'run';
			// After the last column terminals differ too: the cursor is on it, or beyond it.
			atColumn = advance !== 'doubtful' && atColumn >= 0 && atColumn + cells < columns ? atColumn + cells : -1;
		},
		raw: sequence => {
			out += sequence;
			atRow = -1;
			atColumn = -1;
			running = false;
		},
	};
};
