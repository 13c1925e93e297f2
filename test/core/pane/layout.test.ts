import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type Column, count, text} from '../../../source/core/pane/column.ts';
import {gap, layout, type PlacedColumn} from '../../../source/core/pane/layout.ts';
import {registry} from '../../../source/panes/index.ts';
import {seed} from '../arbitraries.ts';

const widthOf = (placed: readonly PlacedColumn[]): number => placed.reduce((sum, {width}) => sum + width + gap, -gap);
const namesOf = (placed: readonly PlacedColumn[]): readonly string[] => placed.map(({column}) => column.id);

const grows = (placed: readonly PlacedColumn[]): boolean => placed.some(({column}) => column.width.grow);

const columnWith = (id: string, keep: number, min: number, max = min, grow = false): Column =>
	text(id, '', () => null, {keep, width: {min, max, grow}});

const anyColumns = fc
	.tuple(
		fc.array(fc.record({keep: fc.nat({max: 99}), min: fc.integer({min: 4, max: 20}), more: fc.nat({max: 10})}), {maxLength: 14}),
		fc.nat({max: 14}),
	)
	.map(([rest, growing]) => [
		columnWith('first', 99, 7),
		...rest.map(({keep, min, more}, index) => columnWith(`c${index}`, keep, min, min + more, index === growing)),
	]);

/** Properties of every layout of some columns in a width, at any scroll position. */
const holds = (columns: readonly Column[], width: number, offset: number): void => {
	const placed = layout(columns, width, offset);
	const places = placed.map(({column}) => columns.indexOf(column));
	expect(places[0]).toBe(0);
	expect(places).toEqual(places.toSorted((a, b) => a - b));
	expect(widthOf(placed)).toBeLessThanOrEqual(width);
	if (grows(placed)) expect(widthOf(placed)).toBe(width);
	const cut = widthOf(placed) === width;
	for (const {column, width: wide} of placed) {
		if (!column.width.grow) expect(wide).toBeLessThanOrEqual(column.width.max);
		if (!cut) expect(wide).toBe(column.width.max);
	}
};

/** Columns that are next to each other: those of a section, or of a pane without sections. */
const heads = registry.panes.flatMap(({id, columns, sections}) =>
	sections.length === 0
		? [{name: id, columns}]
		: sections.map(section => ({name: `${id}, ${section.id}`, columns: section.columns})),
);

describe.each(heads.map(head => [head.name, head] as const))('the columns of %s', (_, {columns}) => {
	it('fit every width from 10 to 400 cells, and fill any with the one that grows', () => {
		for (let width = 10; width <= 400; width++) holds(columns, width, 0);
	});

	it('fit every width of a table at any scroll position', () => {
		for (let width = 39; width <= 400; width++)
			for (let offset = 1; offset < columns.length - 1; offset++) holds(columns, width, offset);
	});

	it('pass by one at a time when scrolled, while the first one stays', () => {
		for (let offset = 1; offset < columns.length - 1; offset++)
			expect(namesOf(layout(columns, 80, offset)).slice(0, 2)).toEqual([columns[0]?.id, columns[offset + 1]?.id]);
	});

	it('are dropped lowest first: none is missing that is worth more than a visible one', () => {
		for (let width = 39; width <= 400; width++) {
			const whole = layout(columns, width, 0);
			const placed = whole.map(({column}) => column);
			expect(placed.every(({keep}) => keep > 0)).toBe(true);
			if (!grows(whole)) continue;
			const least = Math.min(...placed.slice(1).map(({keep}) => keep));
			const missing = columns.filter(column => column.keep > 0 && !placed.includes(column));
			for (const {keep} of missing) expect(keep).toBeLessThanOrEqual(least);
		}
	});

	it('only increase with more room', () => {
		for (let width = 40; width <= 400; width++) {
			const narrower = layout(columns, width - 1, 0);
			if (!grows(narrower)) continue;
			expect(namesOf(layout(columns, width, 0))).toEqual(expect.arrayContaining([...namesOf(narrower)]));
		}
	});
});

describe('a layout', () => {
	it('fits any width with any columns', () => {
		fc.assert(
			fc.property(anyColumns, fc.integer({min: 10, max: 400}), (columns, width) => holds(columns, width, 0)),
			{seed, numRuns: 2000},
		);
	});

	it('drops the column of least worth, the last of equals, and gives the rest to the one that grows', () => {
		const columns = [
			columnWith('pid', 99, 7),
			columnWith('user', 50, 8, 14),
			columnWith('wait', 20, 8),
			columnWith('event', 20, 8),
			columnWith('query', 90, 16, 16, true),
			columnWith('hidden', 0, 5),
		];
		const at = (width: number): readonly string[] =>
			layout(columns, width, 0).map(({column, width: wide}) => `${column.id} ${wide}`);
		expect(at(60)).toEqual(['pid 7', 'user 14', 'wait 8', 'event 8', 'query 19']);
		expect(at(51)).toEqual(['pid 7', 'user 8', 'wait 8', 'event 8', 'query 16']);
		expect(at(50)).toEqual(['pid 7', 'user 14', 'wait 8', 'query 18']);
		expect(at(41)).toEqual(['pid 7', 'user 14', 'query 18']);
		expect(at(30)).toEqual(['pid 7', 'query 22']);
		expect(at(10)).toEqual(['pid 7']);
	});

	it('fills the room that is too small for the one that grows', () => {
		const columns = [columnWith('pid', 99, 7), columnWith('user', 50, 8), columnWith('query', 90, 30, 30, true)];
		expect(namesOf(layout(columns, 37, 0))).toEqual(['pid', 'user']);
		expect(namesOf(layout(columns, 38, 0))).toEqual(['pid', 'query']);
	});

	it('keeps the preferred column as long as any', () => {
		const columns = [columnWith('pid', 99, 7), count('age', '', () => null, {keep: 1}), columnWith('query', 90, 16)];
		expect(namesOf(layout(columns, 24, 0))).toEqual(['pid', 'query']);
		expect(namesOf(layout(columns, 24, 0, 'age'))).toEqual(['pid', 'age']);
	});
});
