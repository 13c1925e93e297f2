import {describe, expect, test} from 'vitest';
import {type Attribute, attributesOf} from '../../../source/core/bloat/attribute.ts';
import {
	btreeEstimate,
	countedBloat,
	countedBtreeBloat,
	type Estimate,
	heapEstimate,
	type RelationSize,
	toastEstimate,
} from '../../../source/core/bloat/estimate.ts';
import {heapTuple, indexTuple} from '../../../source/core/bloat/tuple.ts';

const alignments = {2: 2, 4: 4, 8: 8} as const;

/** Columns by length; of variable ones the average width is the second number, then the fraction of nulls. */
const columns = (...of: readonly (2 | 4 | 8 | readonly [width: number | null, nulls?: number])[]): readonly Attribute[] =>
	of.map((column, place): Attribute => {
		const fixed = typeof column === 'number';
		return {
			number: place + 1,
			length: fixed ? column : -1,
			alignment: fixed ? alignments[column] : 4,
			width: fixed ? column : column[0],
			nulls: fixed ? 0 : column[0] === null ? null : (column[1] ?? 0),
			doubt: undefined,
		};
	});

const relation = (changed: Partial<RelationSize>): RelationSize => ({
	pages: 1000,
	rows: 100_000,
	fillfactor: 100,
	dead: 0,
	blockSize: 8192,
	...changed,
});

const pagesOf = (estimate: Estimate): number | string => ('unknown' in estimate ? estimate.unknown : estimate.bloatPages);

describe('the size of a row', () => {
	test.each([
		['one integer takes its header and eight bytes', columns(4), 32],
		['two integers take no more than one', columns(4, 4), 32],
		['a smallint before a bigint takes eight', columns(2, 8, 2, 8, 2, 8), 24 + 48],
		['the smallints behind the bigints take eight together', columns(8, 8, 8, 2, 2, 2), 24 + 32],
		['an empty text takes one byte', columns(8, [1]), 24 + 16],
		['no column takes a header', columns(), 24],
	])('of %s', (_, attributes, bytes) => {
		expect(heapTuple(attributes).bytes).toBeCloseTo(bytes, 9);
	});

	test('grows by about half an alignment if the ends of its texts vary', () => {
		expect(heapTuple(columns(4, [33])).bytes).toBeCloseTo(24 + 37 + 3.5, 0);
	});

	test('includes a null bitmap only with nulls, which needs room only from nine columns on', () => {
		const nine = (nulls: number): readonly Attribute[] => columns(8, 8, 8, 8, 8, 8, 8, 8, [9, nulls]);
		expect(heapTuple(nine(0)).bytes).toBeCloseTo(24 + 64 + 9 + 3.5, 0);
		expect(heapTuple(nine(1)).bytes).toBe(32 + 64);
	});

	test('excludes a dropped column', () => {
		const [first, second] = columns(8, [200]) as [Attribute, Attribute];
		expect(heapTuple([first, {...second, doubt: 'dropped'}]).bytes).toBe(32);
	});

	test('of an index includes a header of eight bytes', () => {
		expect(indexTuple(columns(4)).bytes).toBe(16);
		expect(indexTuple(columns(8, 8)).bytes).toBe(24);
	});
});

test('arrays of the server become columns ordered by number', () => {
	const read = attributesOf({
		numbers: '{3,1,2}',
		alignments: 'I4d',
		lengths: '{-1,4,8}',
		widths: '{NULL,4,8}',
		nulls: '{NULL,0.25,0}',
	});
	expect(read).toEqual([
		{number: 1, alignment: 4, length: 4, width: 4, nulls: 0.25, doubt: 'added'},
		{number: 2, alignment: 8, length: 8, width: 8, nulls: 0, doubt: undefined},
		{number: 3, alignment: 4, length: -1, width: null, nulls: null, doubt: 'dropped'},
	]);
});

describe('the estimate of a table', () => {
	// 8168 bytes hold 226 rows of 32 bytes with their line pointers.
	const full = 100_000 / 226;

	test('is the difference between its pages and those that its rows need', () => {
		expect(pagesOf(heapEstimate(relation({}), columns(4)))).toBe(1000 - Math.ceil(full));
		expect(pagesOf(heapEstimate(relation({pages: Math.ceil(full)}), columns(4)))).toBe(0);
	});

	test('is never below zero', () => {
		expect(pagesOf(heapEstimate(relation({pages: 100}), columns(4)))).toBe(0);
	});

	test('leaves out the space that the fillfactor reserves', () => {
		expect(pagesOf(heapEstimate(relation({fillfactor: 50}), columns(4)))).toBeLessThan(1000 - 1.9 * full);
	});

	test('is the whole of an empty table, and zero for one of a single page', () => {
		expect(pagesOf(heapEstimate(relation({rows: 0}), undefined))).toBe(1000);
		expect(pagesOf(heapEstimate(relation({rows: 10, pages: 1}), undefined))).toBe(0);
	});

	test('follows the block size of the server', () => {
		expect(pagesOf(heapEstimate(relation({blockSize: 32_768, pages: 200}), columns(4)))).toBe(
			200 - Math.ceil(100_000 / Math.floor((32_768 - 24) / 36)),
		);
	});

	const dropped = (attribute: Attribute | undefined): Attribute => ({...(attribute as Attribute), doubt: 'dropped'});
	const wide = columns(8, [100]);
	test.each<[string, Partial<RelationSize>, readonly Attribute[] | undefined, string]>([
		['that was never analyzed', {rows: -1}, columns(4), 'Never vacuumed or analyzed'],
		['without readable statistics', {}, undefined, 'could not be read'],
		['with a column without statistics', {}, columns(4, [null]), '1 column has no statistics'],
		['with two such columns', {}, columns(4, [null], [null]), '2 columns have no statistics'],
		['whose rows may hold values of a dropped column', {}, [...columns(8), dropped(wide[1])], 'was dropped'],
		[
			'whose old rows lack an added column',
			{},
			[...columns(8), {...(wide[1] as Attribute), doubt: 'added'}],
			'added with a default',
		],
		['whose rows have all died since', {pages: 443, dead: 100_000}, columns(4), 'More dead rows'],
		['that grew by dead rows since', {pages: 443, dead: 40_000}, columns(4), 'More dead rows'],
	])('is unknown for a table %s', (_, changed, attributes, why) => {
		expect(pagesOf(heapEstimate(relation(changed), attributes))).toContain(why);
	});

	test('holds if it includes the dead rows, and if they are few', () => {
		expect(pagesOf(heapEstimate(relation({dead: 100_000}), columns(4)))).toBe(1000 - Math.ceil(full));
		expect(pagesOf(heapEstimate(relation({pages: 443, dead: 5000}), columns(4)))).toBe(0);
		expect(pagesOf(heapEstimate(relation({pages: 443, dead: null}), columns(4)))).toBe(0);
	});

	test('holds if a dropped column was small', () => {
		expect(pagesOf(heapEstimate(relation({}), [...wide, dropped(columns(4)[0])]))).toBeTypeOf('number');
	});
});

describe('the estimate of TOAST', () => {
	test('is zero if four long chunks fill each page', () => {
		expect(pagesOf(toastEstimate(relation({pages: 25_000}), 1000))).toBeLessThan(300);
	});

	test('is the space of removed chunks', () => {
		const pages = pagesOf(toastEstimate(relation({pages: 25_000, rows: 30_000}), 300));
		expect(pages).toBeGreaterThan(17_000);
		expect(pages).toBeLessThan(18_000);
	});

	test('is zero if VACUUM never ran and there was nothing to clean', () => {
		expect(pagesOf(toastEstimate(relation({rows: -1, dead: 0}), 100))).toBe(0);
		expect(pagesOf(toastEstimate(relation({rows: -1, dead: 7}), 100))).toContain('never vacuumed');
		expect(pagesOf(toastEstimate(relation({rows: -1, dead: null}), 100))).toContain('never vacuumed');
	});
});

describe('the estimate of a unique btree', () => {
	// An entry of a bigint takes 20 bytes: 366 fill a leaf to 90 %.
	const btree = {pages: 276, rows: 100_000, fillfactor: 90, blockSize: 8192};

	test('is zero for a new index, and the space of removed entries later', () => {
		expect(pagesOf(btreeEstimate(btree, [1], columns(8)))).toBeLessThan(3);
		expect(pagesOf(btreeEstimate({...btree, rows: 10_000}, [1], columns(8)))).toBeGreaterThan(240);
	});

	test.each<[string, readonly number[], readonly Attribute[] | undefined]>([
		['of a column with nulls', [2], columns(8, [9, 0.1])],
		['of a column without statistics', [2], columns(8, [null])],
		['of a name', [1], [{number: 1, length: 64, alignment: 1, width: 64, nulls: 0, doubt: undefined}]],
		['of an expression', [0], columns(8)],
		['of a table without readable statistics', [1], undefined],
	])('is unknown for an index %s', (_, keys, attributes) => {
		expect(pagesOf(btreeEstimate(btree, keys, attributes))).toBeTypeOf('string');
	});
});

test('measured bloat leaves out the space that the fillfactor reserves', () => {
	expect(countedBloat({live: 4000, dead: 100, free: 900, fillfactor: 100})).toBe(1000);
	expect(countedBloat({live: 4000, dead: 100, free: 4200, fillfactor: 50})).toBe(300);
	expect(countedBloat({live: 4000, dead: 0, free: 3000, fillfactor: 50})).toBe(0);
});

test('measured bloat of a btree is what its leaves lack to its fillfactor', () => {
	expect(countedBtreeBloat({leafPages: 100, density: 0.9, uselessPages: 3, fillfactor: 90})).toBe(3);
	expect(countedBtreeBloat({leafPages: 100, density: 0.45, uselessPages: 0, fillfactor: 90})).toBe(50);
	expect(countedBtreeBloat({leafPages: 100, density: 0.98, uselessPages: 0, fillfactor: 90})).toBe(0);
});
