import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type Column, count, text} from '../../../source/core/pane/column.ts';
import type {Content, Contents} from '../../../source/core/pane/contents.ts';
import {gap, layout, type PlacedColumn, type Wishes} from '../../../source/core/pane/layout.ts';
import {registry} from '../../../source/panes/index.ts';
import {seed} from '../arbitraries.ts';

const widthOf = (placed: readonly PlacedColumn[]): number => placed.reduce((sum, {width}) => sum + width + gap, -gap);
const namesOf = (placed: readonly PlacedColumn[]): readonly string[] => placed.map(({column}) => column.id);

const grows = (placed: readonly PlacedColumn[]): boolean => placed.some(({column}) => column.width.grow);

const columnWith = (id: string, keep: number, min: number, max = min, grow = false): Column =>
	text(id, '', () => null, {keep, title: id.slice(0, 4), width: {min, max, grow}});

const anyColumns = fc
	.tuple(
		fc.array(fc.record({keep: fc.nat({max: 99}), min: fc.integer({min: 4, max: 20}), more: fc.nat({max: 10})}), {maxLength: 14}),
		fc.nat({max: 14}),
	)
	.map(([rest, growing]) => [
		columnWith('first', 99, 7),
		...rest.map(({keep, min, more}, index) => columnWith(`c${index}`, keep, min, min + more, index === growing)),
	]);

/** Any contents of some columns, also such as no rows would have. */
const anyContents = (columns: readonly Column[]): fc.Arbitrary<Contents | undefined> =>
	fc.option(
		fc
			.array(fc.record({width: fc.nat({max: 60}), filled: fc.boolean(), blank: fc.boolean(), same: fc.boolean()}), {
				minLength: columns.length,
				maxLength: columns.length,
			})
			.map(
				each =>
					new Map(
						columns.map((column, index): [Column, Content] => {
							const {width = 0, filled = true, blank = false, same = false} = each[index] ?? {};
							const others = columns.slice(0, index).filter(({merge}) => merge !== undefined && merge === column.merge);
							return [
								column,
								{
									width: column.width.fits ? Math.min(width, column.width.max) : undefined,
									filled: filled || column.width.grow,
									blank: blank && !filled && !column.width.grow,
									apart: same ? [] : others,
								},
							];
						}),
					),
			),
		{nil: undefined, freq: 5},
	);

const anySize = fc.integer({min: 40, max: 300});

const placedOn = (
	columns: readonly Column[],
	screen: number,
	contents?: Contents,
	offset = 0,
	wishes: Wishes = {},
): readonly PlacedColumn[] => layout(columns, {screen, table: screen - 1}, contents, offset, wishes);

/** Properties of every layout of some columns on a screen, at any scroll position. */
const holds = (columns: readonly Column[], screen: number, contents: Contents | undefined, offset: number): void => {
	const placed = placedOn(columns, screen, contents, offset);
	const places = placed.map(({column}) => columns.indexOf(column));
	expect(places[0]).toBe(0);
	expect(places).toEqual(places.toSorted((a, b) => a - b));
	expect(widthOf(placed)).toBeLessThanOrEqual(screen - 1);
	if (grows(placed)) expect(widthOf(placed)).toBe(screen - 1);
	for (const {column, width} of placed) {
		expect(width).toBeGreaterThan(0);
		if (!column.width.grow) expect(width).toBeLessThanOrEqual(column.width.max);
	}
};

/** Columns that are next to each other: those of a section, or of a pane without sections. */
const heads = registry.panes.flatMap(({id, columns, sections}) =>
	sections.length === 0
		? [{name: id, columns}]
		: sections.map(section => ({name: `${id}, ${section.id}`, columns: section.columns})),
);

describe.each(heads.map(head => [head.name, head] as const))('the columns of %s', (_, {columns}) => {
	const check = (property: (contents: Contents | undefined, screen: number) => void, numRuns = 100): void =>
		fc.assert(fc.property(anyContents(columns), anySize, property), {seed, numRuns});

	it('fit every screen, and fill any with the one that grows', () => {
		for (let screen = 11; screen <= 400; screen++) holds(columns, screen, undefined, 0);
		check((contents, screen) => holds(columns, screen, contents, 0));
	});

	it('fit every screen at any scroll position', () => {
		check((contents, screen) => {
			for (let offset = 1; offset < columns.length - 1; offset++) holds(columns, screen, contents, offset);
		}, 20);
	});

	it('pass by one at a time when scrolled, while the first one stays', () => {
		for (let offset = 1; offset < columns.length - 1; offset++)
			expect(namesOf(placedOn(columns, 81, undefined, offset)).slice(0, 2)).toEqual([columns[0]?.id, columns[offset + 1]?.id]);
	});

	it('are dropped lowest first: none is missing that is worth more than a visible one', () => {
		check((contents, screen) => {
			const placed = placedOn(columns, screen, contents);
			const shown = placed.map(({column}) => column);
			expect(shown.every(({keep}) => keep > 0)).toBe(true);
			if (!grows(placed)) return;
			const filled = shown.slice(1).filter(column => contents?.get(column)?.filled !== false);
			const least = Math.min(...filled.map(({keep}) => keep));
			const missing = columns.filter(
				column =>
					column.keep > 0 &&
					!shown.includes(column) &&
					contents?.get(column)?.filled !== false &&
					!shown.some(({merge}) => merge !== undefined && merge === column.merge),
			);
			for (const {keep} of missing) expect(keep).toBeLessThanOrEqual(least);
		});
	});

	it('only increase with more room', () => {
		check((contents, screen) => {
			const narrower = placedOn(columns, screen, contents);
			if (grows(narrower))
				expect(namesOf(placedOn(columns, screen + 1, contents))).toEqual(expect.arrayContaining([...namesOf(narrower)]));
		});
	});

	it('give way if they are empty or 0 on every row, but for one that is sorted by', () => {
		check((contents, screen) => {
			const idle = columns
				.filter(({keep}, index) => index > 0 && keep > 0)
				.find(column => contents?.get(column)?.filled === false);
			const placed = placedOn(columns, screen, contents);
			if (!idle || !grows(placed)) return;
			expect(namesOf(placed)).not.toContain(idle.id);
			expect(namesOf(placedOn(columns, screen, contents, 0, {shown: idle.id}))).toContain(idle.id);
		});
	});

	it('have the one that is sorted by, whatever it shows, or one that shows the same', () => {
		check((contents, screen) => {
			for (const {id} of columns) {
				const placed = placedOn(columns, screen, contents, 0, {sorted: id});
				expect(placed.flatMap(({column, merged}) => [column, ...merged]).map(column => column.id)).toContain(id);
			}
		});
	});

	it('leave a third of the screen to the statement, from 120 columns on', () => {
		check((contents, screen) => {
			const query = columns.find(({id}) => id === 'query');
			if (!query || screen < 120) return;
			const width = placedOn(columns, screen, contents).find(({column}) => column === query)?.width;
			expect(width).toBeGreaterThanOrEqual(screen / 3);
		});
	});
});

describe('a layout', () => {
	it('fits any screen with any columns', () => {
		fc.assert(
			fc.property(
				anyColumns.chain(columns => fc.tuple(fc.constant(columns), anyContents(columns))),
				fc.integer({min: 11, max: 400}),
				([columns, contents], screen) => holds(columns, screen, contents, 0),
			),
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
		const at = (table: number): readonly string[] =>
			placedOn(columns, table + 1).map(({column, width: wide}) => `${column.id} ${wide}`);
		expect(at(60)).toEqual(['pid 7', 'user 14', 'wait 8', 'event 8', 'query 19']);
		expect(at(51)).toEqual(['pid 7', 'user 8', 'wait 8', 'event 8', 'query 16']);
		expect(at(50)).toEqual(['pid 7', 'user 14', 'wait 8', 'query 18']);
		expect(at(41)).toEqual(['pid 7', 'user 14', 'query 18']);
		expect(at(30)).toEqual(['pid 7', 'query 22']);
		expect(at(10)).toEqual(['pid 7']);
	});

	it('fills the room that is too small for the one that grows', () => {
		const columns = [columnWith('pid', 99, 7), columnWith('user', 50, 8), columnWith('query', 90, 30, 30, true)];
		expect(namesOf(placedOn(columns, 38))).toEqual(['pid', 'user']);
		expect(namesOf(placedOn(columns, 39))).toEqual(['pid', 'query']);
	});

	it('keeps the preferred column as long as any', () => {
		const columns = [columnWith('pid', 99, 7), count('age', '', () => null, {keep: 1}), columnWith('query', 90, 16)];
		expect(namesOf(placedOn(columns, 25))).toEqual(['pid', 'query']);
		expect(namesOf(placedOn(columns, 25, undefined, 0, {shown: 'age'}))).toEqual(['pid', 'age']);
	});

	it('makes a column as wide as its contents, its title and its maximum let it', () => {
		const user = text('user', '', () => null, {keep: 50, width: {min: 8, max: 14}});
		const query = columnWith('query', 90, 16, 16, true);
		const at = (table: number, width: number): readonly string[] =>
			placedOn(
				[user, query],
				table + 1,
				new Map([
					[user, {width, filled: true, blank: false, apart: []}],
					[query, {width: undefined, filled: true, blank: false, apart: []}],
				]),
			).map(({column, width: wide}) => `${column.id} ${wide}`);
		expect(at(60, 2)).toEqual(['user 4', 'query 55']);
		expect(at(60, 14)).toEqual(['user 14', 'query 45']);
		expect(at(26, 14)).toEqual(['user 9', 'query 16']);
	});

	it('leaves one of the columns that show the same on every row: one asked for, else the one of most worth', () => {
		const [a, b, c] = (['a', 'b', 'c'] as const).map((id, index) =>
			count(id, '', () => null, {keep: 90 - index, merge: 'age'}),
		) as [Column, Column, Column];
		const contents: Contents = new Map([
			[a, {width: undefined, filled: true, blank: false, apart: []}],
			[b, {width: undefined, filled: true, blank: false, apart: []}],
			[c, {width: undefined, filled: true, blank: false, apart: [a, b]}],
		]);
		expect(namesOf(placedOn([a, b, c], 80, contents))).toEqual(['a', 'c']);
		expect(namesOf(placedOn([a, b, c], 80, contents, 0, {sorted: 'b'}))).toEqual(['b', 'c']);
		expect(namesOf(placedOn([a, b, c], 80, contents, 0, {sorted: 'b', shown: 'a'}))).toEqual(['a', 'c']);
		expect(placedOn([a, b, c], 80, contents)[0]?.merged).toEqual([b]);
		expect(namesOf(placedOn([a, b, c], 80))).toEqual(['a', 'b', 'c']);
	});
});
