import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {serverName} from '../../../source/adapters/connect/failures.ts';
import {createIntake} from '../../../source/adapters/session/intake.ts';
import {createRowMemory, type RowMemory} from '../../../source/adapters/session/row-memory.ts';
import type {RawRow} from '../../../source/core/sample/query.ts';
import {anyText, seed} from '../../core/arbitraries.ts';
import {columns, complete, message, readyForQuery, row} from './wire.ts';

const place = serverName({host: 'db1', port: 5432, user: 'ada', dbname: 'app'});
const login = Buffer.concat([message('R', Buffer.alloc(4)), readyForQuery]);

type Tables = readonly (readonly RawRow[])[];

const answerOf = (tables: Tables): Buffer =>
	Buffer.concat([...tables.flatMap(rows => [columns('a', 'b'), ...rows.map(cells => row(...cells)), complete]), readyForQuery]);

const inPieces = (bytes: Buffer, size: number): readonly Buffer[] =>
	Array.from({length: Math.ceil(bytes.length / size)}, (_, at) => bytes.subarray(at * size, (at + 1) * size));

/** Takes an answer in pieces; returns its rows, and the bytes that were passed on. */
const taken = (memory: RowMemory, tables: Tables, size = 1e6) => {
	const {take, collect} = createIntake(place);
	take(login);
	const reading = memory.begin();
	collect(reading);
	const passed = Buffer.concat(inPieces(answerOf(tables), size).map(take));
	return {rows: reading.end(true).slice(0, tables.length), passed};
};

const anyRow = fc.tuple(fc.nat({max: 5}).map(String), fc.constantFrom('x', null), fc.option(anyText), fc.constantFrom('t', 'f'));
const anyTables = fc.array(fc.array(anyRow, {maxLength: 40}), {minLength: 1, maxLength: 3});

describe('the rows of a collected answer', () => {
	it('are those that arrived, whatever came before, in pieces of any size; the rest is passed on', () => {
		fc.assert(
			fc.property(anyTables, anyTables, fc.integer({min: 1, max: 300}), (before, now, size) => {
				const memory = createRowMemory(2);
				taken(memory, before);
				const {rows, passed} = taken(memory, now, size);
				// Lone surrogates cannot be sent.
				expect(rows).toEqual(now.map(table => table.map(cells => cells.map(cell => cell?.toWellFormed() ?? null))));
				expect(passed).toEqual(answerOf(now.map(() => [])));
			}),
			{seed, numRuns: 500},
		);
	});

	it('are the same objects as long as their bytes are the same, also behind rows that came and went', () => {
		const memory = createRowMemory(1);
		const table = Array.from({length: 50}, (_, pid): RawRow => [String(pid), 'idle']);
		const [first = []] = taken(memory, [table]).rows;
		const changed = [...table.slice(0, 10), ['new', 'idle'], ...table.slice(10, 20), ...table.slice(30)];
		const [second = []] = taken(memory, [changed]).rows;
		expect(second).toHaveLength(41);
		for (const cells of second) if (cells[0] !== 'new') expect(cells).toBe(first[Number(cells[0])]);
	});

	it('are not those of an answer that broke off', () => {
		const memory = createRowMemory(1);
		const [first = []] = taken(memory, [[['1', 'idle']]]).rows;
		const broken = memory.begin();
		const bytes = row('1', 'active').subarray(5);
		broken.take(bytes, 0, bytes.length);
		broken.end(false);
		expect(taken(memory, [[['1', 'idle']]]).rows[0]?.[0]).toBe(first[0]);
	});

	it.each([
		['without a count', Buffer.alloc(1)],
		['with more cells than bytes', Buffer.from([0, 2, 0, 0, 0, 0])],
		['with a cell that is longer than the row', Buffer.from([0, 1, 0, 0, 0, 9, 65])],
		['with a negative length', Buffer.from([0, 1, 255, 255, 255, 0])],
	])('are refused if one is %s', (_, body) => {
		const reading = createRowMemory(1).begin();
		const padded = Buffer.concat([body, Buffer.alloc(20)]);
		expect(() => reading.take(padded, 0, body.length)).toThrow(RangeError);
	});
});

describe('an answer that is not collected', () => {
	it('is passed on whole', () => {
		const {take, collect} = createIntake(place);
		take(login);
		const reading = createRowMemory(1).begin();
		collect(reading);
		take(answerOf([[['1']]]));
		const next = answerOf([[['2']]]);
		expect(take(next)).toBe(next);
		expect(reading.end(true).flat()).toEqual([['1']]);
	});
});
