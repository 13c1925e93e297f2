import type {Grid} from './cells.ts';
import {blank, glyphText, isAscii, isCluster, isNarrow, isWide, rest} from './glyph.ts';
import {createPen, type Pen} from './pen.ts';
import {findScroll, rowBefore, scrollSequence} from './scroll.ts';

// Rewriting a cell costs a byte, moving over cells at least three.
const longestGap = 4;
const eraseCosts = 3;
// Changes that repeat in the rows below are written downward from that many rows on, if they are short: the way back costs ten.
const fewestBelow = 3;
const longestBelow = 8;

const same = (previous: Grid, from: number, next: Grid, to: number): boolean =>
	previous.glyphs[from] === next.glyphs[to] && previous.styles[from] === next.styles[to];

const isEmpty = (grid: Grid, at: number): boolean => grid.glyphs[at] === blank && grid.styles[at] === 0;

const countChanged = (previous: Grid, next: Grid): readonly number[] => {
	const {columns, rows} = next;
	const counts: number[] = [];
	for (let row = 0; row < rows; row++) {
		let count = 0;
		const end = (row + 1) * columns;
		for (let at = row * columns; at < end; at++) if (!same(previous, at, next, at)) count++;
		counts.push(count);
	}
	return counts;
};

const crossGap = (pen: Pen, next: Grid, row: number, column: number): void => {
	const from = pen.columnIn(row);
	const gap = column - from;
	if (from < 0 || gap <= 0 || gap > longestGap) return;
	let text = '';
	for (let at = row * next.columns + from; at < row * next.columns + column; at++) {
		const glyph = next.glyphs[at] ?? 0;
		if (!isAscii(glyph) || next.styles[at] !== pen.style()) return;
		text += glyphText(glyph);
	}
	pen.type(text, gap, 'certain');
};

/** Writes the cell's glyph; returns the first column beyond its widest rendering on any terminal. */
const writeGlyph = (pen: Pen, next: Grid, row: number, column: number): number => {
	const at = row * next.columns + column;
	const glyph = next.glyphs[at] ?? blank;
	let width = 1;
	while (column + width < next.columns && next.glyphs[at + width] === rest) width++;
	const end = column + width;
	pen.wear(next.styles[at] ?? 0);
	if (isNarrow(glyph)) {
		// Only more narrow glyphs may follow without a move: if an East Asian terminal draws them two cells wide, later text stays in place.
		const after = next.glyphs[at + 1] ?? blank;
		pen.type(glyphText(glyph), 1, isNarrow(after) && !isAscii(after) ? 'run' : 'doubtful');
		return end;
	}
	if (isWide(glyph)) {
		pen.type(glyphText(glyph), width, 'doubtful');
		return end;
	}
	// A glyph drawn narrower than measured must not leave old cells beside it, one drawn wider must not cover new ones.
	pen.type(' '.repeat(width), width, 'certain');
	pen.moveTo(row, column);
	pen.type(glyphText(glyph), width, 'doubtful');
	// A terminal that draws the code points of a cluster separately gives each at most two cells.
	return Math.max(end + 1, isCluster(glyph) ? column + 2 * Array.from(glyphText(glyph)).length : 0);
};

/** One frame being written: what the terminal shows, what it shall show, and the cells written ahead of their row. */
type Frame = {
	readonly pen: Pen;
	readonly previous: Grid;
	readonly next: Grid;
	/** The row that shows what this row showed before the scroll, negative if it is new. */
	readonly before: (row: number) => number;
	readonly ahead: Set<number>;
};

const changes = ({previous, next, before, ahead}: Frame, row: number, x: number): boolean => {
	const at = row * next.columns + x;
	if (ahead.has(at)) return false;
	const from = before(row);
	return from < 0 ? !isEmpty(next, at) : !same(previous, from * next.columns + x, next, at);
};

/** The text of the cells from `from` up to `to`, as long as they differ and are ASCII in one style. */
const asciiRun = (next: Grid, row: number, from: number, to: number, differs: (x: number) => boolean): string => {
	const start = row * next.columns;
	const style = next.styles[start + from];
	let text = '';
	for (let x = from; x < to && differs(x); x++) {
		const glyph = next.glyphs[start + x] ?? blank;
		if (!isAscii(glyph) || next.styles[start + x] !== style) break;
		text += String.fromCharCode(glyph);
	}
	return text;
};

/** Nothing else changes so near that writing over the gap would be cheaper than a move. */
const isApart = (frame: Frame, row: number, x: number, length: number): boolean => {
	for (let gap = 1; gap <= longestGap + 1; gap++) {
		if (x >= gap && changes(frame, row, x - gap)) return false;
		if (x + length + gap <= frame.next.columns && changes(frame, row, x + length + gap - 1)) return false;
	}
	return true;
};

/**
 * Writes the changes of the rows below that lie in the same columns, as ages that count up do: down and back costs three bytes, a
 * row and two columns more than ten.
 */
const writeBelow = (frame: Frame, row: number, x: number, length: number): void => {
	const {pen, next, ahead} = frame;
	const style = pen.style();
	const texts: string[] = [];
	for (let below = row + 1; below < next.rows; below++) {
		const start = below * next.columns;
		const differs = (column: number): boolean => changes(frame, below, column);
		if (next.styles[start + x] !== style || !isApart(frame, below, x, length)) break;
		const text = asciiRun(next, below, x, x + length, differs);
		if (text.length < length) break;
		texts.push(text);
	}
	if (texts.length < fewestBelow) return;
	for (const [index, text] of texts.entries()) {
		const below = row + 1 + index;
		pen.moveTo(below, x);
		pen.type(text, length, 'certain');
		for (let column = x; column < x + length; column++) ahead.add(below * next.columns + column);
	}
};

const emptyEnd = (next: Grid, row: number): number => {
	const start = row * next.columns;
	let from = next.columns;
	while (from > 0 && isEmpty(next, start + from - 1)) from--;
	return from;
};

const writeRow = (frame: Frame, row: number): void => {
	const {pen, next} = frame;
	const {columns} = next;
	const start = row * columns;
	let doubtedTo = 0;
	const differs = (x: number): boolean => x < doubtedTo || changes(frame, row, x);
	const emptyFrom = emptyEnd(next, row);
	const worthErasing = (from: number): boolean => {
		let cells = 0;
		for (let x = from; x < columns && cells <= eraseCosts; x++) if (differs(x)) cells++;
		return cells > eraseCosts;
	};

	for (let x = 0; x < columns; ) {
		if (!differs(x)) {
			x++;
			continue;
		}
		crossGap(pen, next, row, x);
		pen.moveTo(row, x);
		if (x >= emptyFrom && worthErasing(x)) {
			pen.wear(0);
			pen.type('\x1b[K', 0, 'certain');
			return;
		}
		const text = asciiRun(next, row, x, x < emptyFrom ? emptyFrom : columns, differs);
		if (text === '') {
			doubtedTo = Math.max(doubtedTo, writeGlyph(pen, next, row, x));
			for (x++; x < columns && next.glyphs[start + x] === rest; x++);
			continue;
		}
		pen.wear(next.styles[start + x] ?? 0);
		pen.type(text, text.length, 'certain');
		if (text.length <= longestBelow && isApart(frame, row, x, text.length)) writeBelow(frame, row, x, text.length);
		x += text.length;
	}
};

/**
 * The output that turns a terminal showing one grid into one showing another of the same size; '' if they are equal. The terminal's
 * style must be the default and no scroll region set, as every frame leaves it; the cursor may be anywhere.
 */
export const diff = (previous: Grid, next: Grid): string => {
	const counts = countChanged(previous, next);
	const scroll = findScroll(previous, next, counts);
	const pen = createPen(next.columns);
	if (scroll !== undefined) pen.raw(scrollSequence(scroll));
	const frame: Frame = {pen, previous, next, before: row => rowBefore(scroll, row), ahead: new Set()};
	for (let row = 0; row < next.rows; row++) if (frame.before(row) !== row || (counts[row] ?? 0) > 0) writeRow(frame, row);
	pen.wear(0);
	return pen.written();
};
