import {expect, test} from 'vitest';
import {type Line, span} from '../../source/core/text/line.ts';
import {createGrid, type Grid, paintLines} from '../../source/terminal/cells.ts';
import {diff} from '../../source/terminal/diff.ts';
import {packTheme} from '../../source/terminal/style.ts';
import {cellsOf, emulator, expectedCells, feed, theme} from './emulator.ts';

const styles = packTheme(theme, 'sixteen');
const [columns, rows] = [200, 50];

type Scene = {readonly tick?: number; readonly cursor?: number; readonly first?: number};

const states = ['active', 'idle', 'idle in transaction'];

const session = (id: number, tick: number, selected: boolean): Line => {
	const state = states[id % 3] ?? '';
	const age = `${(id * 7 + tick) % 60}.${(id * 3) % 10} s`.padStart(8);
	const tone = selected ? 'cursor' : 'calm';
	return [
		span(selected ? '>' : ' ', tone),
		span(`${10_000 + id * 13}`.padStart(7), tone),
		span(` shop     app_${id % 9}   10.0.${id % 200}.7  `),
		span(age, id % 9 === 0 ? 'warn' : 'calm'),
		span(` ${state.padEnd(20)}`, state === 'active' ? 'good' : 'dim'),
		span(` select o.id, o.total from orders o join customers c on c.id = o.customer_id where c.id = $${id * 31} for update`),
	];
};

const screen = ({tick = 0, cursor = 3, first = 0}: Scene): Grid => {
	const header: Line[] = [
		[span('pgtriage', 'strong'), span(' primary 18.1  ▁▂▃▅▇  connections 87/100')],
		[span('    pid database  user   client       query  state'.padEnd(columns), 'bar')],
	];
	const body = Array.from({length: rows - 3}, (_, row) => session(first + row, tick, row === cursor));
	const grid = createGrid(columns, rows);
	paintLines(grid, [...header, ...body, [span('F1 ', 'key'), span('Sessions')]], styles);
	return grid;
};

const cost = async (from: Scene, to: Scene): Promise<number> => {
	const bytes = diff(screen(from), screen(to));
	const terminal = emulator(columns, rows, false);
	await feed(terminal, `\x1b[?7l${diff(createGrid(columns, rows), screen(from))}${bytes}`);
	expect(cellsOf(terminal)).toEqual(expectedCells(screen(to)));
	return Buffer.byteLength(bytes);
};

const budgets: readonly (readonly [name: string, from: Scene, to: Scene, most: number])[] = [
	['a second in which nothing changed', {}, {}, 0],
	['a tick of every age', {tick: 0}, {tick: 1}, 420],
	['a move of the cursor', {cursor: 3}, {cursor: 4}, 90],
	['a scroll by one', {first: 0}, {first: 1}, 450],
	['a scroll back by one', {first: 1}, {first: 0}, 450],
	['a scroll by one while every age ticks', {first: 0, tick: 0}, {first: 1, tick: 1}, 1000],
	['a scroll by five', {first: 0}, {first: 5}, 1300],
	['another page', {first: 0}, {first: 47}, 9000],
];

test.each(budgets)('%s stays within its bytes', async (_name, from, to, most) => {
	const bytes = await cost(from, to);
	expect(bytes).toBeLessThanOrEqual(most);
	if (most > 0) expect(bytes).toBeGreaterThan(0);
});
