import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
	addedUp,
	bool,
	type Decoded,
	decode,
	defineQuery,
	float,
	id,
	int,
	ints,
	nullable,
	type Query,
	type RawRow,
	sqlFor,
	statementHead,
	textField,
	timestamp,
} from '../../../source/core/sample/query.ts';
import {anyText, seed} from '../arbitraries.ts';

const query = defineQuery({
	name: 'things',
	deadlineMs: 100,
	fields: {
		pid: int,
		since: nullable(timestamp),
		name: textField,
		ratio: float,
		queryid: nullable(id),
		live: bool,
		blockers: nullable(ints),
	},
	ladder: [
		{since: 130_000, sql: '\nselect 13\n'},
		{since: 140_000, sql: 'select 14'},
		{since: 170_000, sql: 'select 17'},
	],
}) as Query;

const rawRow = fc.tuple(
	fc.nat({max: 4}).map(String),
	fc.constantFrom('2026-11-22 14:30:00+00', '2026-11-22 14:30:00.5+00', null),
	anyText,
	fc.constantFrom('0.5', '1e+20'),
	fc.constantFrom('-9223372036854775808', null),
	fc.constantFrom('t', 'f'),
	fc.constantFrom('{}', '{1,2}', null),
);
const rawRows = fc.array(rawRow, {maxLength: 8});

describe('an answer', () => {
	it('is decoded by its fields', () => {
		const raw = [
			['7', '2026-11-22 14:30:00.12+00', 'a\u202e', '0.25', '-9223372036854775808', 't', '{3,0}'],
			['8', null, '', 'NaN', null, 'f', '{}'],
		];
		expect(decode(query, raw).rows).toEqual([
			{
				pid: 7,
				since: '2026-11-22T14:30:00.120000+00:00',
				name: 'a\u202e',
				ratio: 0.25,
				queryid: '-9223372036854775808',
				live: true,
				blockers: [3, 0],
			},
			{pid: 8, since: null, name: '', ratio: Number.NaN, queryid: null, live: false, blockers: []},
		]);
	});

	it('returns the same row objects as long as their raw text is the same, in any order', () => {
		const distinct = fc.uniqueArray(rawRow, {maxLength: 8, selector: row => `${row[0]}@${row[1]}`});
		fc.assert(
			fc.property(distinct, raw => {
				const first = decode(query, raw);
				const copies = raw.map(cells => [...cells]).toReversed();
				const second = decode(query, copies, first);
				expect(second.rows.length).toBe(raw.length);
				for (const [index, row] of second.rows.toReversed().entries()) expect(row).toBe(first.rows[index]);
			}),
			{seed, numRuns: 500},
		);
	});

	it('returns the same array while no row changes, and the unchanged values of a changed row', () => {
		const raw = (ratio: string) => [['1', '2026-11-22 14:30:00+00', 'a name', ratio, null, 't', '{7,8}']];
		const before = decode(query, raw('0.5'));
		expect(decode(query, raw('0.5'), before).rows).toBe(before.rows);
		const [row] = decode(query, raw('0.75'), before).rows;
		expect(row).toEqual({...before.rows[0], ratio: 0.75});
		expect(row?.blockers).toBe(before.rows[0]?.blockers);
	});

	it('is decoded the same whatever came before', () => {
		fc.assert(
			fc.property(rawRows, rawRows, (before, now) => {
				expect(decode(query, now, decode(query, before)).rows).toEqual(decode(query, now).rows);
			}),
			{seed, numRuns: 1000},
		);
	});
});

describe('answers that are added up', () => {
	const texts = defineQuery({name: 'texts', deadlineMs: 1, named: 1, fields: {id, text: textField}, ladder: []});
	const add = (raw: readonly RawRow[], before?: Decoded, most = 4) => addedUp(decode(texts, raw, before), before, 1, most);

	it('keep the rows before, the newest first, up to a number', () => {
		const first = add([
			['1', 'one'],
			['2', 'two'],
		]);
		const second = add([['3', 'three']], first);
		expect(second.rows.map(({id}) => id)).toEqual(['3', '1', '2']);
		expect(second.rows[1]).toBe(first.rows[0]);
		const third = add(
			[
				['4', 'four'],
				['1', 'new'],
				['5', 'five'],
			],
			second,
		);
		expect(third.rows.map(({id, text}) => `${id} ${text}`)).toEqual(['4 four', '1 new', '5 five', '3 three']);
		expect(third.raw.map(([id]) => id)).toEqual(['4', '1', '5', '3']);
	});

	it('are the ones before if nothing is added', () => {
		const first = add([['1', 'one']]);
		expect(add([], first)).toBe(first);
		expect(add([]).rows).toEqual([]);
	});
});

describe('the start of a statement', () => {
	it.each([
		['select 1', 'select 1'],
		["select E'\\\\d' -- \\303\\251", "select E'\\d' -- é"],
		['a\\000b', 'a\0b'],
		['not text: \\377', 'not text: \ufffd'],
		['cut in a character: \\342\\202', 'cut in a character: '],
		['\\\\303\\\\\\\\', '\\303\\\\'],
		['what no server sends: \\9 \\', 'what no server sends: \\9 \\'],
		["alter role me password 'secret'", "alter role me password '***'"],
	])('sent as %j is %j', (sent, text) => {
		expect(statementHead.decode(sent)).toBe(text);
	});
});

describe('the ladder', () => {
	it.each([
		[130_023, 13],
		[139_999, 13],
		[140_000, 14],
		[150_018, 14],
		[169_999, 14],
		[170_010, 17],
		[180_004, 17],
		[190_000, 17],
		[120_000, 13],
		[0, 13],
	])('sends server %i the rung of %i', (version, rung) => {
		expect(sqlFor(query, version)).toBe(`/* pgtriage:things */ select ${rung}`);
	});
});
