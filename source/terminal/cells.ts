import {cellsInAscii} from '../core/text/ascii.ts';
import {isPlain} from '../core/text/clean.ts';
import type {Line} from '../core/text/line.ts';
import {blank, eachCluster, type Glyph, glyphText, rest} from './glyph.ts';
import {blankStyle, type StyleCode, type ToneStyles} from './style.ts';

/** A rectangle of cells, row by row, painted over and over; a cell is never an object. */
export type Grid = {
	readonly columns: number;
	readonly rows: number;
	readonly glyphs: Uint32Array;
	readonly styles: Uint16Array;
};

/** A grid of blanks. */
export const createGrid = (columns: number, rows: number): Grid => ({
	columns,
	rows,
	glyphs: new Uint32Array(columns * rows).fill(blank),
	styles: new Uint16Array(columns * rows),
});

const put = (grid: Grid, at: number, glyph: Glyph, style: StyleCode): void => {
	grid.glyphs[at] = glyph;
	grid.styles[at] = glyph === blank ? blankStyle(style) : style;
};

/** Fills cells of one row with blanks of a style. */
export const fillBlank = (grid: Grid, row: number, from: number, to: number, style: StyleCode): void => {
	for (let at = row * grid.columns + from; at < row * grid.columns + to; at++) put(grid, at, blank, style);
};

/**
 * Paints cleaned text into a row from a column on and returns the column after it. Text beyond the end of the row is cut; a wide
 * character that does not fit there becomes blanks.
 */
export const paintText = (grid: Grid, row: number, column: number, text: string, style: StyleCode): number => {
	const start = row * grid.columns;
	let x = column;
	if (isPlain(text)) {
		const end = Math.min(grid.columns, column + text.length);
		for (; x < end; x++) put(grid, start + x, text.charCodeAt(x - column), style);
		return x;
	}
	eachCluster(text, (glyph, width) => {
		const end = x + width;
		if (end > grid.columns || (glyph === 0xfffd && width > 1)) {
			for (; x < Math.min(end, grid.columns); x++) put(grid, start + x, blank, style);
			return;
		}
		put(grid, start + x, glyph, style);
		for (x++; x < end; x++) put(grid, start + x, rest, style);
	});
	return x;
};

/** Paints lines into the grid from its first row on; cells that the lines do not reach become blank. */
export const paintLines = (grid: Grid, lines: readonly Line[], styles: ToneStyles): void => {
	for (let row = 0; row < grid.rows; row++) {
		let column = 0;
		for (const part of lines[row] ?? []) {
			if (column >= grid.columns) break;
			column = paintText(grid, row, column, part.text, styles[part.tone]);
		}
		if (column < grid.columns) fillBlank(grid, row, column, grid.columns, 0);
	}
};

/** Replaces every glyph beyond ASCII by ASCII of the same width: behind this, no cell holds anything else. */
export const limitToAscii = ({glyphs}: Grid): void => {
	for (let at = 0; at < glyphs.length; at++) {
		const glyph = glyphs[at] ?? blank;
		if (glyph <= 0x7e && glyph !== rest) continue;
		let end = at + 1;
		while (end < glyphs.length && glyphs[end] === rest) end++;
		const text = glyph === rest ? ' '.repeat(end - at) : cellsInAscii(glyphText(glyph), end - at);
		for (let place = 0; at + place < end; place++) glyphs[at + place] = text.charCodeAt(place);
		at = end - 1;
	}
};
