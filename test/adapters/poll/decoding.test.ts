import {setImmediate as turn} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {decodeInSlices} from '../../../source/adapters/poll/decoding.ts';
import {decode, defineQuery, int, type RawRow, textField} from '../../../source/core/sample/query.ts';

const query = defineQuery({
	name: 'things',
	deadlineMs: 1000,
	fields: {oid: int, name: textField, size: int},
	ladder: [{since: 130_000, sql: 'select'}],
});

const rawRows = (size: number): readonly RawRow[] =>
	Array.from({length: 10_000}, (_, oid) => [String(oid), `t${oid}`, String(oid % 2 === 0 ? 0 : size)]);

test('decoding in slices gives the same rows as decoding at once and shares unchanged rows', async () => {
	const first = await decodeInSlices(query, rawRows(1), undefined);
	expect(first.rows).toEqual(decode(query, rawRows(1)).rows);
	const second = await decodeInSlices(query, rawRows(2), first);
	expect(second.rows).toEqual(decode(query, rawRows(2)).rows);
	expect(second.rows[0]).toBe(first.rows[0]);
	expect(second.rows[1]).not.toBe(first.rows[1]);
	expect(second.raw).toHaveLength(10_000);
});

test('a long answer yields to other work between two slices', async () => {
	let turns = 0;
	let isOver = false;
	const decoded = decodeInSlices(query, rawRows(1), undefined).then(() => {
		isOver = true;
	});
	while (!isOver) {
		await turn();
		turns++;
	}
	await decoded;
	expect(turns).toBeGreaterThanOrEqual(9);
});
