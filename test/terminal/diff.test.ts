import {expect, test} from 'vitest';
import {type Line, span, type Tone} from '../../source/core/text/line.ts';
import {createGrid, type Grid, paintLines} from '../../source/terminal/cells.ts';
import {diff} from '../../source/terminal/diff.ts';
import {layOver, parseFrame} from '../../source/terminal/overlay.ts';
import {attributes, packTheme} from '../../source/terminal/style.ts';
import {cellsOf, emulator, expectedCells, feed, random, theme} from './emulator.ts';

const styles = packTheme(theme, 'sixteen');
const tones = Object.keys(theme) as Tone[];
const everything = attributes | ~attributes;

const alphabets = {
	ascii: ['select', ' ', 'from pg_class', '  ', '12', ':', 'idle in transaction', '                    '],
	latin: ['é', 'ñandú', 'ß', '→', '─', '──────', '│', '▁▂▃▄▅▆▇█', '…', '⠋'],
	wide: ['漢', '漢字', 'かな', '한국어', 'ｗ'],
	emoji: ['🙂', '🚀', '👍🏽', '🇩🇪', '✅', '⚠'],
	combining: ['e\u0301', 'a\u0308\u0323', 'ก็', 'हि', '\u0301', 'z\u0335\u0321\u0489'],
} as const;

type Alphabet = keyof typeof alphabets;

const randomLine = (pick: (limit: number) => number, columns: number, names: readonly Alphabet[]): Line => {
	const out = [];
	for (let length = pick(columns * 2); length > 0; length -= 6) {
		const words = alphabets[names[pick(names.length)] ?? 'ascii'];
		out.push(span(words[pick(words.length)] ?? '', tones[pick(4) === 0 ? pick(tones.length) : 0]));
	}
	return out;
};

const dialog = (pick: (limit: number) => number): string => {
	const width = 3 + pick(24);
	const body = Array.from({length: 1 + pick(4)}, () => `│\x1b[1;3${pick(8)}m${'漢a é'.repeat(9).slice(0, width)}\x1b[0m│`);
	return [`╭${'─'.repeat(width)}╮`, ...body, `╰${'─'.repeat(width)}╯`].join('\n');
};

const step = (
	pick: (limit: number) => number,
	lines: readonly Line[],
	columns: number,
	names: readonly Alphabet[],
): readonly Line[] => {
	const rows = lines.length;
	const kind = pick(6);
	if (kind === 0) return lines.map(() => randomLine(pick, columns, names));
	if (kind === 1) {
		const top = pick(rows);
		const by = 1 + pick(4);
		const fresh = Array.from({length: by}, () => randomLine(pick, columns, names));
		return [...lines.slice(0, top), ...fresh, ...lines.slice(top)].slice(0, rows);
	}
	if (kind === 2) {
		const top = pick(rows);
		const by = 1 + pick(4);
		const moved = [...lines.slice(0, top), ...lines.slice(top + by)];
		return [...moved, ...Array.from({length: rows - moved.length}, () => randomLine(pick, columns, names))];
	}
	if (kind === 3) return lines;
	return lines.map(old => (pick(4) === 0 ? randomLine(pick, columns, names) : old));
};

const frames = function* (seed: number, columns: number, rows: number, names: readonly Alphabet[]): Generator<Grid> {
	const pick = random(seed);
	let lines: readonly Line[] = Array.from({length: rows}, () => randomLine(pick, columns, names));
	for (let count = 0; count < 10; count++) {
		lines = step(pick, lines, columns, names);
		const grid = createGrid(columns, rows);
		paintLines(grid, lines, styles);
		const cells = pick(3) === 0 ? parseFrame(dialog(pick)) : undefined;
		if (cells) layOver(grid, {cells, placement: pick(2) === 0 ? 'center' : 'bottom'}, everything);
		yield grid;
	}
};

const repaint = async (grid: Grid, wideEmoji: boolean): Promise<readonly string[]> => {
	const fresh = emulator(grid.columns, grid.rows, wideEmoji);
	await feed(fresh, `\x1b[?7l${diff(createGrid(grid.columns, grid.rows), grid)}`);
	return cellsOf(fresh);
};

const seeds = Array.from({length: 60}, (_, seed) => seed + 1);

test.each(seeds)('a frame after any other looks like a fresh one, whatever widths the terminal uses (seed %i)', async seed => {
	const pick = random(seed * 7919);
	const [columns, rows] = [2 + pick(70), 1 + pick(24)];
	const names = Object.keys(alphabets) as Alphabet[];
	for (const wideEmoji of [false, true]) {
		const terminal = emulator(columns, rows, wideEmoji);
		await feed(terminal, '\x1b[?7l');
		let shown = createGrid(columns, rows);
		for (const grid of frames(seed, columns, rows, names)) {
			await feed(terminal, diff(shown, grid));
			expect(cellsOf(terminal)).toEqual(await repaint(grid, wideEmoji));
			shown = grid;
		}
	}
});

test.each(seeds)('the terminal shows exactly the cells of the grid if it agrees about widths (seed %i)', async seed => {
	const pick = random(seed * 104729);
	const [columns, rows] = [2 + pick(120), 1 + pick(40)];
	const terminal = emulator(columns, rows, true);
	await feed(terminal, '\x1b[?7l');
	let shown = createGrid(columns, rows);
	for (const grid of frames(seed, columns, rows, ['ascii', 'ascii', 'latin', 'wide'])) {
		await feed(terminal, diff(shown, grid));
		expect(cellsOf(terminal)).toEqual(expectedCells(grid));
		shown = grid;
	}
});

test('equal frames need no output', () => {
	for (const grid of frames(5, 80, 24, ['ascii', 'wide', 'emoji'])) expect(diff(grid, grid)).toBe('');
});

test('no write or move depends on the cursor after a character beyond ASCII', () => {
	const relative = /[^\x00-\x7f](?:[\x20-\x7e\b]|\x1b\[\d*[ABCDK])/;
	for (const seed of seeds) {
		let shown = createGrid(50, 12);
		for (const grid of frames(seed, 50, 12, ['ascii', 'latin', 'wide', 'emoji'])) {
			expect(diff(shown, grid).replace(/\x1b\[[\d;]*m/g, '')).not.toMatch(relative);
			shown = grid;
		}
	}
});
