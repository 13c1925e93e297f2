import type {Grid} from './cells.ts';
import {blank, glyphText, isAscii, isCluster, isNarrow, isWide, rest} from './glyph.ts';
import {createPen, type Pen} from './pen.ts';
import {findScroll, rowBefore, scrollSequence} from './scroll.ts';

// Rewriting a cell costs a byte, moving over cells at least three.
const longestGap = 4;
const eraseCosts = 3;

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

const writeRow = (pen: Pen, previous: Grid, before: number, next: Grid, row: number): void => {
	const {columns} = next;
	const start = row * columns;
	let doubtedTo = 0;
	const differs = (x: number): boolean =>
		x < doubtedTo || (before < 0 ? !isEmpty(next, start + x) : !same(previous, before * columns + x, next, start + x));
	let emptyFrom = columns;
	while (emptyFrom > 0 && isEmpty(next, start + emptyFrom - 1)) emptyFrom--;
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
	for (let row = 0; row < next.rows; row++) {
		const before = rowBefore(scroll, row);
		if (before !== row || (counts[row] ?? 0) > 0) writeRow(pen, previous, before, next, row);
	}
	pen.wear(0);
	return pen.written();
};
