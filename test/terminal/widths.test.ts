import type xterm from '@xterm/headless';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {clean, toWidth, widthOf} from '../../source/core/text/clean.ts';
import {line} from '../../source/core/text/line.ts';
import {createGrid, paintLines} from '../../source/terminal/cells.ts';
import {diff} from '../../source/terminal/diff.ts';
import {isNarrow, isWide} from '../../source/terminal/glyph.ts';
import {packTheme} from '../../source/terminal/style.ts';
import {anyText, seed} from '../core/arbitraries.ts';
import {emulator, feed, theme} from './emulator.ts';

const styles = packTheme(theme, 'sixteen');

/** Text of every class on whose width terminals differ, and other text. */
const doubtful = fc
	.array(
		fc.oneof(
			{weight: 3, arbitrary: anyText},
			fc.constantFrom(
				'👩‍👩‍👧‍👦',
				'🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
				'🇩🇪🇫🇷🇩',
				'❤\ufe0f',
				'⚠\ufe0e',
				'1\ufe0f\u20e3',
				'👍🏿',
				'🏿',
				'\u1112\u1161\u11ab',
				'\u1161\u11ab',
				'\u115f\u1160',
				'한\u11ab',
				'±§¨®°¶',
				'①Ⅳ㊙',
				'ﷺ𒐫',
				'क्षि',
				'நி',
				'ກຳ',
				'ཀྵ',
				'\u0600\u06dd1',
				'\u{1f1e6}',
				'e\u0301\u0302\u0303\u0304',
				'\u0301',
				'\u0903',
				'\u302e\u3099',
				'\ue000\uf8ff\u{f0000}',
				'\ufffe\u{1ffff}',
				'｡ﾞﾟ',
				'\u2e3a\u2e3b',
			),
		),
		{maxLength: 6},
	)
	.map(parts => clean(parts.join('')));

/** A terminal with widths of its own for every character on which terminals differ. */
const stubborn = (columns: number, rows: number, salt: number): xterm.Terminal => {
	const terminal = emulator(columns, rows, false);
	const widthIn = (code: number): 0 | 1 | 2 => {
		if (isNarrow(code) || code === 0x20) return 1;
		if (isWide(code)) return 2;
		const any = Math.imul(code + salt, 0x9e3779b1) >>> 16;
		return (/\p{M}/u.test(String.fromCodePoint(code)) ? any % 3 : 1 + (any % 2)) as 0 | 1 | 2;
	};
	terminal.unicode.register({
		version: 'stubborn',
		wcwidth: widthIn,
		charProperties: (code, preceding) => {
			const width = widthIn(code);
			if (width === 0 && preceding !== 0) return (((preceding >> 1) & 3) << 1) | 1;
			return width << 1;
		},
	});
	terminal.unicode.activeVersion = 'stubborn';
	return terminal;
};

const charactersAt = (terminal: xterm.Terminal, row: number, column: number): string =>
	terminal.buffer.active.getLine(row)?.getCell(column)?.getChars() ?? '';

test('the cells beside a text stay in place, whatever widths a terminal gives it', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.array(doubtful, {minLength: 4, maxLength: 4}), {minLength: 1, maxLength: 4}),
			fc.integer({min: 1, max: 40}),
			fc.nat(),
			async (frames, width, salt) => {
				const terminals = [emulator(width + 2, 4, false), emulator(width + 2, 4, true), stubborn(width + 2, 4, salt)];
				for (const terminal of terminals) await feed(terminal, '\x1b[?7l');
				let shown = createGrid(width + 2, 4);
				for (const texts of frames) {
					const grid = createGrid(width + 2, 4);
					const lines = texts.map(text => {
						const cut = toWidth(text, width);
						expect(widthOf(cut)).toBe(width);
						return line(`[${cut}]`);
					});
					paintLines(grid, lines, styles);
					for (const terminal of terminals) {
						await feed(terminal, diff(shown, grid));
						for (const row of texts.keys())
							expect([charactersAt(terminal, row, 0)[0], charactersAt(terminal, row, width + 1)[0]]).toEqual(['[', ']']);
					}
					shown = grid;
				}
			},
		),
		{seed, numRuns: 300},
	);
});
