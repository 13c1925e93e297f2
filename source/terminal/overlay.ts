import {widthOf} from '../core/text/clean.ts';
import {createGrid, fillBlank, type Grid, paintText} from './cells.ts';
import {blank, rest} from './glyph.ts';
import {applySgr} from './sgr.ts';
import {blankStyle, type StyleCode} from './style.ts';

/** The position of an overlay: the middle of the screen, or its last rows in full width. */
export type Placement = 'center' | 'bottom';

/** Cells over the base layer, and their position. */
export type CellOverlay = {readonly cells: Grid; readonly placement: Placement};

const controls =
	/\x1b\[([0-9:;]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]|[\x00-\x09\x0b-\x1f\x7f-\x9f]/g;

type Run = {readonly text: string; readonly style: StyleCode};

const runsOf = (frame: string): readonly (readonly Run[])[] => {
	const rows: Run[][] = [[]];
	let style: StyleCode = 0;
	const take = (text: string): void => {
		for (const [index, piece] of text.split('\n').entries()) {
			if (index > 0) rows.push([]);
			if (piece !== '') rows.at(-1)?.push({text: piece, style});
		}
	};
	let from = 0;
	for (const match of frame.matchAll(controls)) {
		take(frame.slice(from, match.index));
		if (match[1] !== undefined) style = applySgr(style, match[1]);
		from = match.index + match[0].length;
	}
	take(frame.slice(from));
	return rows;
};

const isBlankRow = (runs: readonly Run[]): boolean => runs.every(run => run.text.trim() === '' && blankStyle(run.style) === 0);

/**
 * Parses a frame of text and SGR sequences, as Ink writes it, into the smallest rectangle of cells that holds it; other controls
 * and empty rows at the end are dropped. Undefined for an empty frame.
 */
export const parseFrame = (frame: string): Grid | undefined => {
	const rows = runsOf(frame);
	const last = rows.findLastIndex(runs => !isBlankRow(runs));
	const width = Math.max(0, ...rows.map(runs => runs.reduce((sum, run) => sum + widthOf(run.text), 0)));
	if (last < 0 || width === 0) return undefined;
	const grid = createGrid(width, last + 1);
	for (const [row, runs] of rows.slice(0, last + 1).entries()) {
		let column = 0;
		for (const run of runs) column = paintText(grid, row, column, run.text, run.style);
	}
	return grid;
};

const blankHalf = (grid: Grid, at: number): void => {
	grid.glyphs[at] = blank;
	grid.styles[at] = blankStyle(grid.styles[at] ?? 0);
};

// A wide character cut by an edge of the overlay becomes blanks, not half a character.
const cutWide = (grid: Grid, row: number, left: number, right: number): void => {
	const start = row * grid.columns;
	if (grid.glyphs[start + left] === rest) {
		let at = left;
		while (at > 0 && grid.glyphs[start + at] === rest) blankHalf(grid, start + at--);
		blankHalf(grid, start + at);
	}
	for (let at = right; at < grid.columns && grid.glyphs[start + at] === rest; at++) blankHalf(grid, start + at);
};

/**
 * Lays an overlay over a painted grid, with its styles reduced to the bits of `mask`. An overlay larger than the grid is cut: at
 * the right, and below if centered or above if at the bottom.
 */
export const layOver = (grid: Grid, {cells, placement}: CellOverlay, mask: number): void => {
	const width = Math.min(cells.columns, grid.columns);
	const height = Math.min(cells.rows, grid.rows);
	const left = placement === 'center' ? (grid.columns - width) >> 1 : 0;
	const top = placement === 'center' ? (grid.rows - height) >> 1 : grid.rows - height;
	const skipped = placement === 'center' ? 0 : cells.rows - height;
	for (let row = 0; row < height; row++) {
		cutWide(grid, top + row, left, left + width);
		if (placement === 'bottom') fillBlank(grid, top + row, width, grid.columns, 0);
		const to = (top + row) * grid.columns + left;
		const from = (skipped + row) * cells.columns;
		for (let x = 0; x < width; x++) {
			grid.glyphs[to + x] = cells.glyphs[from + x] ?? blank;
			grid.styles[to + x] = (cells.styles[from + x] ?? 0) & mask;
		}
		if (width < cells.columns && cells.glyphs[from + width] === rest) {
			let at = width - 1;
			while (at > 0 && cells.glyphs[from + at] === rest) blankHalf(grid, to + at--);
			blankHalf(grid, to + at);
		}
	}
};
