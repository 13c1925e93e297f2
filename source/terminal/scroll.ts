import type {Grid} from './cells.ts';
import {blank} from './glyph.ts';

/** Rows `top` to `bottom` (inclusive) that move up by `by` rows, or down when it is negative. */
export type Scroll = {readonly top: number; readonly bottom: number; readonly by: number};

const piece = 16;
// The text that distinguishes rows (a pid, a name) is on their left.
const looked = 96;
// The sequences of a scroll cost about as much as this many changed cells.
const overhead = 12;
const worthLooking = 160;

const differing = (previous: Grid, from: number, next: Grid, to: number): number => {
	const {columns} = next;
	const a = from * columns;
	const b = to * columns;
	let count = 0;
	for (let x = 0; x < columns; x++) {
		if (previous.glyphs[a + x] !== next.glyphs[b + x] || previous.styles[a + x] !== next.styles[b + x]) count++;
	}
	return count;
};

const filled = (next: Grid, row: number): number => {
	let count = 0;
	const start = row * next.columns;
	for (let at = start; at < start + next.columns; at++) if (next.glyphs[at] !== blank || next.styles[at] !== 0) count++;
	return count;
};

// Rows rarely move unchanged (ages tick, the cursor leaves them), but some piece of them does.
const hashPieces = (grid: Grid, row: number, visit: (hash: number) => void): void => {
	const start = row * grid.columns;
	const width = Math.min(grid.columns, looked);
	for (let from = 0; from < width; from += piece) {
		let hash = from + 1;
		let ink = 0;
		const end = start + Math.min(width, from + piece);
		for (let at = start + from; at < end; at++) {
			const glyph = grid.glyphs[at] ?? blank;
			hash = Math.imul(hash ^ glyph, 0x01000193);
			if (glyph !== blank) ink++;
		}
		if (ink > 2) visit(hash);
	}
};

const ambiguous = -1;

const placesOf = (grid: Grid, rows: readonly number[]): Map<number, number> => {
	const places = new Map<number, number>();
	for (const row of rows) hashPieces(grid, row, hash => places.set(hash, places.has(hash) ? ambiguous : row));
	return places;
};

const likeliest = (previous: Grid, next: Grid, rows: readonly number[]): number => {
	const before = placesOf(previous, rows);
	const votes = new Map<number, number>();
	for (const [hash, row] of placesOf(next, rows)) {
		const was = before.get(hash);
		if (row === ambiguous || was === undefined || was === ambiguous || was === row) continue;
		votes.set(was - row, (votes.get(was - row) ?? 0) + 1);
	}
	let best = 0;
	let most = 1;
	for (const [by, count] of votes) {
		if (count > most) {
			best = by;
			most = count;
		}
	}
	return best;
};

/**
 * The block of rows that moved between two frames of the same size, if scrolling it saves more than it costs. `changed` holds the
 * number of differing cells of every row.
 */
export const findScroll = (previous: Grid, next: Grid, changed: readonly number[]): Scroll | undefined => {
	const rows: number[] = [];
	let total = 0;
	for (const [row, count] of changed.entries()) {
		if (count > 0) rows.push(row);
		total += count;
	}
	if (total < worthLooking || rows.length < 3) return undefined;
	const by = likeliest(previous, next, rows);
	if (by === 0) return undefined;

	const distance = Math.abs(by);
	let best: Scroll | undefined;
	let most = overhead;
	let sum = 0;
	let start = 0;
	// The run of rows that gains most by coming from `by` rows away (Kadane), minus the cost of the rows that it vacates.
	for (let row = Math.max(0, -by); row < next.rows - Math.max(0, by); row++) {
		if (sum <= 0) {
			sum = 0;
			start = row;
		}
		sum += (changed[row] ?? 0) - differing(previous, row + by, next, row);
		if (sum <= most) continue;
		let left = 0;
		for (let step = 1; step <= distance; step++) {
			const vacated = by > 0 ? row + step : start - step;
			left += filled(next, vacated) - (changed[vacated] ?? 0);
		}
		if (sum - left <= most) continue;
		most = sum - left;
		best = by > 0 ? {top: start, bottom: row + by, by} : {top: start + by, bottom: row, by};
	}
	return best;
};

/**
 * The sequence that scrolls a region: insertion or deletion of lines at its top, which the Linux console supports, unlike SU and
 * SD. It leaves no region set.
 */
export const scrollSequence = ({top, bottom, by}: Scroll): string =>
	`\x1b[${top + 1};${bottom + 1}r\x1b[${top > 0 ? top + 1 : ''}H\x1b[${Math.abs(by) > 1 ? Math.abs(by) : ''}${by > 0 ? 'M' : 'L'}\x1b[r`;

/** The row of the previous frame that is in `row` after the scroll, -1 for an empty one. */
export const rowBefore = (scroll: Scroll | undefined, row: number): number => {
	if (scroll === undefined || row < scroll.top || row > scroll.bottom) return row;
	const from = row + scroll.by;
	return from < scroll.top || from > scroll.bottom ? -1 : from;
};
