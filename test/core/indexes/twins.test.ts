import {describe, expect, it} from 'vitest';
import {type IndexShape, scansTakenOver, twinsOf} from '../../../source/core/indexes/twins.ts';

/** A plain B-tree on the first column of table 1, with changes. */
const index = (indexrelid: number, own: Partial<IndexShape> = {}): IndexShape => ({
	indexrelid,
	indrelid: 1,
	access_method: 'btree',
	indisunique: false,
	indisprimary: false,
	indisexclusion: false,
	indisreplident: false,
	indnullsnotdistinct: false,
	indnkeyatts: 1,
	indkey: '1',
	indclass: '1978',
	indcollation: '0',
	indoption: '0',
	expressions: null,
	predicate: null,
	conname: null,
	referenced: false,
	parent: null,
	...own,
});

const onTwo = {indnkeyatts: 2, indkey: '1 2', indclass: '1978 1978', indcollation: '0 0', indoption: '0 0'};

/** Needless indexes and their twins, as `oid kind oid`. */
const twins = (indexes: readonly IndexShape[], scans: Readonly<Record<number, number>> = {}): readonly string[] =>
	[...twinsOf(indexes, ({indexrelid}) => scans[indexrelid] ?? 0)]
		.map(([oid, {kind, of}]) => `${oid} ${kind} ${of.indexrelid}`)
		.toSorted();

describe('of equal indexes', () => {
	it('the oldest stays if nothing else distinguishes them', () => {
		expect(twins([index(12), index(11), index(13)])).toEqual(['12 duplicate 11', '13 duplicate 11']);
	});

	it('the one that is scanned stays', () => {
		expect(twins([index(11), index(12)], {12: 5})).toEqual(['11 duplicate 12']);
	});

	it('the one that a constraint depends on stays', () => {
		const unique = {indisunique: true};
		expect(twins([index(11, unique), index(12, {...unique, conname: 'key'})], {11: 5})).toEqual(['11 duplicate 12']);
	});

	it('the primary key stays, even if a foreign key depends on another', () => {
		const unique = {indisunique: true};
		expect(
			twins([index(11, {...unique, referenced: true}), index(12, {...unique, indisprimary: true, conname: 'pkey'})]),
		).toEqual(['11 duplicate 12']);
	});

	it('the one that belongs to a partitioned index stays', () => {
		expect(twins([index(11), index(12, {parent: 'public.whole'})])).toEqual(['11 duplicate 12']);
	});
});

describe('indexes are not equal', () => {
	it.each<[string, Partial<IndexShape>]>([
		['on different tables', {indrelid: 2}],
		['on different columns', {indkey: '2'}],
		['with different operator classes', {indclass: '2095'}],
		['with different collations', {indcollation: '950'}],
		['in different orders', {indoption: '3'}],
		['with different predicates', {predicate: 'a'}],
		['of different kinds', {access_method: 'hash'}],
	])('%s', (_, own) => {
		expect(twins([index(11), index(12, own)])).toEqual([]);
	});

	it('with different expressions', () => {
		expect(twins([index(11, {indkey: '0', expressions: 'a'}), index(12, {indkey: '0', expressions: 'b'})])).toEqual([]);
	});

	it('with different exclusion operators', () => {
		const exclusion = {indisexclusion: true, access_method: 'gist', conname: 'x'};
		expect(twins([index(11, exclusion), index(12, exclusion)])).toEqual([]);
	});
});

describe('an index is redundant', () => {
	it('if another begins with its columns', () => {
		expect(twins([index(11), index(12, onTwo)])).toEqual(['11 redundant 12']);
	});

	it('if a unique one is on the same column', () => {
		expect(twins([index(11), index(12, {indisunique: true})])).toEqual(['11 redundant 12']);
	});

	it('if another includes its included columns', () => {
		expect(twins([index(11, {indkey: '1 2'}), index(12, onTwo)])).toEqual(['11 redundant 12']);
	});

	it('if both begin with the same expression', () => {
		const expression = {indkey: '0', expressions: 'lower'};
		expect(twins([index(11, expression), index(12, {...onTwo, indkey: '0 2', expressions: 'lower'})])).toEqual([
			'11 redundant 12',
		]);
	});

	it('to the longest of several, which stays', () => {
		const onThree = {
			indnkeyatts: 3,
			indkey: '1 2 3',
			indclass: '1978 1978 1978',
			indcollation: '0 0 0',
			indoption: '0 0 0',
		};
		expect(twins([index(11), index(12, onTwo), index(13, onThree)])).toEqual(['11 redundant 13', '12 redundant 13']);
	});

	it('unless it is one of two that would both go', () => {
		const including = (columns: string): Partial<IndexShape> => ({indkey: columns});
		expect(twins([index(11, including('1 2 3')), index(12, including('1 3 2'))])).toEqual(['12 redundant 11']);
	});
});

describe('an index is not redundant', () => {
	it.each<[string, Partial<IndexShape>]>([
		['that is unique', {indisunique: true}],
		['that is the replica identity', {indisreplident: true}],
		['that a foreign key depends on', {indisunique: true, referenced: true}],
		['that is on the second column', {indkey: '2'}],
		['that is in another order', {indoption: '3'}],
		['that has a predicate', {predicate: 'a'}],
		['that is not a B-tree', {access_method: 'gin'}],
		['that includes a column the other does not have', {indkey: '1 3'}],
	])('%s', (_, own) => {
		expect(twins([index(11, own), index(12, {...onTwo, access_method: own.access_method ?? 'btree'})])).toEqual([]);
	});
});

describe('the index that stays', () => {
	const scansOf = (scans: Readonly<Record<number, number | null>>) => {
		const all = [index(11), index(12), index(13, onTwo)];
		const found = twinsOf(all, ({indexrelid}) => scans[indexrelid] ?? 0);
		expect(found.size).toBe(2);
		return scansTakenOver(all, found, ({indexrelid}) => scans[indexrelid] ?? null).get(13);
	};

	it('takes over the scans of needless ones, and of their duplicates', () => {
		expect(scansOf({11: 3, 12: 4, 13: 0})).toBe(7);
	});

	it('is not known to be unused if the scans of one are unknown', () => {
		expect(scansOf({11: 3, 12: null, 13: 0})).toBeNull();
	});
});
