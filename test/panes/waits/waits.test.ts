import {describe, expect, it} from 'vitest';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import {laterBy} from '../../../source/core/values/instant.ts';
import {loadOf} from '../../../source/panes/reading/load.ts';
import {type WaitRow, waitRows} from '../../../source/panes/waits/rows.ts';

const begin = '2026-11-22T14:00:00.000000+00:00';

const wait = (type: string | null, seen: number, query_id: string | null = null, looks = 4): Row => ({
	wait_event_type: type,
	wait_event: type === 'Lock' ? 'tuple' : null,
	query_id,
	seen,
	looks,
});

/** Samples of one second each, with the wait samples of `rowsAt`. */
const samplesOf = (seconds: number, rowsAt: (second: number) => readonly Row[]): readonly Sample[] =>
	Array.from({length: seconds}, (_, seq) => {
		const at = laterBy(begin, seq * 1000);
		const session = {
			pid: 1,
			state: 'active',
			query_id: '7',
			query: `select ${seq}`,
			query_head: null,
			backend_type: 'client backend',
		};
		return {
			seq,
			at,
			own: [],
			results: {
				wait_samples: {ok: true, at, tookMs: 1, rows: rowsAt(seq)},
				sessions: {ok: true, at, tookMs: 1, rows: seq === 3 ? [session] : []},
			},
		};
	});

const rowsAt = (samples: readonly Sample[], second: number): readonly WaitRow[] =>
	waitRows(samples[second] ?? expect.fail(), samples);

const named = (rows: readonly WaitRow[], name: string): WaitRow => rows.find(row => row.name === name) ?? expect.fail(name);

describe('the waits', () => {
	it('are averages over the last minute and the last five', () => {
		const samples = samplesOf(300, second => (second < 150 ? [wait('Lock', 8, '7')] : [wait('CPU', 2, '7'), wait('Lock', 2)]));
		const rows = rowsAt(samples, 299);
		expect(named(rows, 'event Lock/tuple')).toMatchObject({average: 0.5, longAverage: 1.25, share: 0.5, query: 'select 3'});
		expect(named(rows, 'event CPU')).toMatchObject({average: 0.5, longAverage: 0.25, share: 0.5, query: 'select 3'});
		expect(named(rows, 'statement 7')).toMatchObject({average: 0.5, longAverage: 1.25, wait_event: 'tuple', query: 'select 3'});
		expect(named(rows, 'event Lock/tuple').trend).toEqual([...Array<number>(10).fill(2), ...Array<number>(10).fill(0.5)]);
	});

	it('are weighted by the number of looks', () => {
		const samples = samplesOf(2, second => (second === 0 ? [wait('Lock', 9, null, 9)] : [wait(null, 0, null, 1)]));
		expect(named(rowsAt(samples, 1), 'event Lock/tuple').average).toBe(0.9);
	});

	it('count an answer shared by several samples once', () => {
		const [first] = samplesOf(1, () => [wait('Lock', 4)]);
		const again = {...(first ?? expect.fail()), seq: 1};
		const then = samplesOf(3, () => [wait(null, 0)])[2] ?? expect.fail();
		expect(named(waitRows(then, [first ?? expect.fail(), again]), 'event Lock/tuple').average).toBe(0.5);
	});

	it('are the same every time a sample is shown', () => {
		const samples = samplesOf(200, second => [wait('Lock', second % 7, '7'), wait('CPU', second % 3, '8')]);
		const expected = structuredClone(rowsAt(samples, 100));
		for (const second of [199, 20, 101, 99]) rowsAt(samples, second);
		expect(rowsAt(samples, 100)).toEqual(expected);
	});

	it('are averages in the header, or session counts in older recordings', () => {
		const [sample] = samplesOf(4, () => [wait('Lock', 6), wait('CPU', 1)]);
		expect(loadOf(sample ?? expect.fail())).toMatchObject({
			average: 1.75,
			byClass: new Map([
				['Lock', 1.5],
				['CPU', 0.25],
			]),
		});
		const {wait_samples: _, ...older} = samplesOf(4, () => [])[3]?.results ?? expect.fail();
		const session = {pid: 1, state: 'active', datid: 5, usesysid: 10, backend_type: 'client backend', wait_event_type: 'IO'};
		const results = {...older, sessions: {ok: true as const, at: begin, tookMs: 1, rows: [session]}};
		expect(loadOf({seq: 0, at: begin, own: [], results})).toMatchObject({average: 1, byClass: new Map([['IO', 1]])});
	});
});
