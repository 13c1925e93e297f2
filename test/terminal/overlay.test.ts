import {expect, test} from 'vitest';
import {line} from '../../source/core/text/line.ts';
import {createGrid, type Grid, paintLines} from '../../source/terminal/cells.ts';
import {glyphText, rest} from '../../source/terminal/glyph.ts';
import {layOver, type Placement, parseFrame} from '../../source/terminal/overlay.ts';
import {pack, packTheme} from '../../source/terminal/style.ts';
import {theme} from './emulator.ts';

const everyBit = 0xffff;

const rowsOf = (grid: Grid): readonly string[] =>
	Array.from({length: grid.rows}, (_, row) =>
		Array.from(grid.glyphs.slice(row * grid.columns, (row + 1) * grid.columns), glyph =>
			glyph === rest ? '' : glyphText(glyph),
		).join(''),
	);

const base = (rows: readonly string[], columns: number): Grid => {
	const grid = createGrid(columns, rows.length);
	paintLines(
		grid,
		rows.map(row => line(row)),
		packTheme(theme, 'sixteen'),
	);
	return grid;
};

const covered = (rows: readonly string[], columns: number, frame: string, placement: Placement): readonly string[] => {
	const grid = base(rows, columns);
	const cells = parseFrame(frame);
	if (cells) layOver(grid, {cells, placement}, everyBit);
	return rowsOf(grid);
};

test('a frame becomes the smallest rectangle that holds it, without empty rows at the end', () => {
	const grid = parseFrame('ab\n\x1b[1;31m漢c\x1b[0m\n   \n');
	expect(grid && [grid.columns, grid.rows, rowsOf(grid)]).toEqual([3, 2, ['ab ', '漢c']]);
	expect(Array.from(grid?.styles ?? []).slice(3)).toEqual(Array(3).fill(pack({bold: true, foreground: 'red'})));
});

test.each(['', '\n\n', '   \n  ', '\x1b[31m\x1b[0m', '\x1b[?25h\x1b[?2004l'])('the frame %j is empty', frame => {
	expect(parseFrame(frame)).toBeUndefined();
});

test('a frame keeps only text and styles', () => {
	const grid = parseFrame('\x1b]8;;http://x\x07li\x1b[2Jnk\x1b]8;;\x1b\\\x07\r\x1b]52;c;aGk=\x1b\\\x1bPq\x1b\\!\x1b(B');
	expect(grid && rowsOf(grid)).toEqual(['link!']);
});

test('an overlay is in the middle, or over the last rows in full width', () => {
	const rows = ['.......', '.......', '.......', '.......'];
	expect(covered(rows, 7, 'abc\ndef', 'center')).toEqual(['.......', '..abc..', '..def..', '.......']);
	expect(covered(rows, 7, 'abc\ndef', 'bottom')).toEqual(['.......', '.......', 'abc    ', 'def    ']);
});

test('an overlay larger than the screen is cut, at the bottom from above', () => {
	expect(covered(['..', '..'], 2, 'abc\ndef\nghi', 'center')).toEqual(['ab', 'de']);
	expect(covered(['..', '..'], 2, 'abc\ndef\nghi', 'bottom')).toEqual(['de', 'gh']);
});

test('a wide character cut by an edge becomes blanks, in the base layer and in the overlay', () => {
	expect(covered(['漢字漢字'], 8, 'ab', 'center')).toEqual(['漢 ab 字']);
	expect(covered(['...'], 3, '漢字', 'center')).toEqual(['漢 ']);
});

test('lines are painted exactly as wide as the screen: cut, padded, never half a character', () => {
	expect(rowsOf(base(['漢字漢', 'ab', 'abcdefg', 'e\u0301e\u0301'], 5))).toEqual([
		'漢字 ',
		'ab   ',
		'abcde',
		'e\u0301e\u0301   ',
	]);
});
