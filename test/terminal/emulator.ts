import xterm from '@xterm/headless';
import {widthOf} from '../../source/core/text/clean.ts';
import type {Grid} from '../../source/terminal/cells.ts';
import {glyphText, rest} from '../../source/terminal/glyph.ts';
import {backgroundOf, bits, foregroundOf, type Theme} from '../../source/terminal/style.ts';

/** A theme that uses every property of a style. */
export const theme: Theme = {
	calm: {},
	dim: {dim: true},
	strong: {bold: true},
	warn: {foreground: 'yellow'},
	danger: {foreground: 'bright-red', bold: true},
	good: {foreground: 'green'},
	cursor: {inverse: true},
	bar: {foreground: 'black', background: 'cyan'},
	key: {underline: true, foreground: 'bright-blue'},
	cpu: {foreground: 'bright-green'},
	io: {foreground: 'blue'},
	lwlock: {foreground: 'magenta'},
	lock: {foreground: 'red'},
	client: {foreground: 'cyan'},
	other: {foreground: 'bright-black'},
	label: {foreground: 'bright-white', background: 'red', bold: true},
};

/** A terminal emulator; `wideEmoji` gives emoji two cells, as modern terminals do; otherwise Unicode 6 gives them one. */
export const emulator = (columns: number, rows: number, wideEmoji: boolean): xterm.Terminal => {
	const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true, scrollback: 0});
	if (wideEmoji) {
		const combining = /^\p{M}$/u;
		const wcwidth = (code: number): 0 | 1 | 2 => {
			const character = String.fromCodePoint(code);
			if (combining.test(character)) return 0;
			return widthOf(character) > 1 ? 2 : 1;
		};
		terminal.unicode.register({
			version: 'wide',
			wcwidth,
			// The layout of this number in xterm.js: bit 0 joins the previous character, then two bits of width.
			charProperties: (code, preceding) => {
				const width = wcwidth(code);
				if (width === 0 && preceding !== 0) return (((preceding >> 1) & 3) << 1) | 1;
				return width << 1;
			},
		});
		terminal.unicode.activeVersion = 'wide';
	}
	return terminal;
};

/** Writes to an emulator and waits until it has parsed everything. */
export const feed = (terminal: xterm.Terminal, text: string): Promise<void> =>
	new Promise(resolve => terminal.write(text, resolve));

const color = (isDefault: boolean, value: number): number => (isDefault ? 0 : value + 1);

/** Every cell of the emulator's screen as text: characters, width, colors and attributes. */
export const cellsOf = (terminal: xterm.Terminal): readonly string[] => {
	const buffer = terminal.buffer.active;
	const out: string[] = [];
	for (let row = 0; row < terminal.rows; row++) {
		for (let column = 0; column < terminal.cols; column++) {
			const cell = buffer.getLine(buffer.viewportY + row)?.getCell(column);
			if (cell === undefined) throw new Error(`no cell ${row},${column}`);
			const inverse = cell.isInverse() !== 0;
			const underline = cell.isUnderline() !== 0;
			const text = cell.getWidth() === 0 ? '' : cell.getChars() || ' ';
			const empty = text === ' ' && !inverse && !underline;
			out.push(
				[
					text,
					cell.getWidth(),
					empty ? 0 : color(cell.isFgDefault(), cell.getFgColor()),
					color(cell.isBgDefault(), cell.getBgColor()),
					!empty && cell.isBold() !== 0 ? 'b' : '',
					!empty && cell.isDim() !== 0 ? 'd' : '',
					underline ? 'u' : '',
					inverse ? 'i' : '',
				].join('|'),
			);
		}
	}
	return out;
};

/** The `cellsOf` of a terminal that shows a grid, if it agrees about widths. */
export const expectedCells = (grid: Grid): readonly string[] =>
	Array.from(grid.glyphs, (glyph, at) => {
		const style = grid.styles[at] ?? 0;
		const text = glyph === rest ? '' : glyphText(glyph);
		const wide = (at + 1) % grid.columns !== 0 && grid.glyphs[at + 1] === rest;
		return [
			text,
			glyph === rest ? 0 : wide ? 2 : 1,
			foregroundOf(style),
			backgroundOf(style),
			style & bits.bold ? 'b' : '',
			style & bits.dim ? 'd' : '',
			style & bits.underline ? 'u' : '',
			style & bits.inverse ? 'i' : '',
		].join('|');
	});

/** The emulator's rows as plain text, right ends trimmed. */
export const rowsOf = (terminal: xterm.Terminal): readonly string[] =>
	Array.from(
		{length: terminal.rows},
		(_, row) =>
			terminal.buffer.active
				.getLine(terminal.buffer.active.viewportY + row)
				?.translateToString(true)
				.trimEnd() ?? '',
	);

/** A source of numbers from 0 to below `limit` that is the same for the same seed (mulberry32). */
export const random = (seed: number): ((limit: number) => number) => {
	let state = seed >>> 0;
	return limit => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
	};
};
