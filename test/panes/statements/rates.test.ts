import {describe, expect, it} from 'vitest';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {type Instant, laterBy} from '../../../source/core/values/instant.ts';
import {deltasBetween} from '../../../source/panes/statements/rates.ts';
import {statementsPane} from '../../../source/panes/statements/statements.ts';
import {mostStatements, type Statement} from '../../../source/queries/activity/statements.ts';

const begin = '2026-11-22T14:00:00.000000+00:00';

const entry = (queryid: string | null, calls: number, changed: Partial<Statement> = {}): Statement => ({
	queryid,
	userid: 10,
	dbid: 5,
	toplevel: true,
	usename: 'app',
	calls,
	total_exec_time: calls * 10,
	max_exec_time: 20,
	stddev_exec_time: 1,
	total_plan_time: 0,
	rows: calls * 3,
	shared_blks_hit: calls * 4,
	shared_blks_read: 0,
	shared_blks_dirtied: 0,
	temp_blks_read: 0,
	temp_blks_written: 0,
	blk_read_time: 0,
	blk_write_time: 0,
	jit_time: null,
	wal_bytes: 0,
	parallel_workers_to_launch: null,
	parallel_workers_launched: null,
	stats_since: null,
	...changed,
});

const answer = (rows: readonly Statement[], seconds: number) => ({
	ok: true as const,
	at: laterBy(begin, seconds * 1000),
	tookMs: 1,
	rows,
});

const between = (then: readonly Statement[], now: readonly Statement[], reset: Instant | null = null) =>
	deltasBetween(answer(then, 0), answer(now, 5), reset);

describe('the activity of a statement between two answers', () => {
	it('is the difference of its counters, and 0 if it did not run', () => {
		const quiet = entry('2', 70);
		const [before, after] = [entry('1', 100), entry('1', 110)];
		const deltas = between([before, quiet], [after, quiet]);
		expect(deltas?.of(after)).toEqual({calls: 10, exec: 100, rows: 30, hit: 40, read: 0});
		expect(deltas?.of(quiet)).toMatchObject({calls: 0, exec: 0});
		expect(deltas).toMatchObject({seconds: 5, exec: 100});
	});

	it('is all it counts if it is new', () => {
		const fresh = entry('1', 4);
		expect(between([], [fresh])?.of(fresh)).toMatchObject({calls: 4, exec: 40});
	});

	it('is unknown if it may have been left out before as too small', () => {
		const all = Array.from({length: mostStatements}, (_, index) => entry(String(index), 1));
		const [risen, fresh] = [entry('risen', 1000), entry('fresh', 1000, {stats_since: laterBy(begin, 2000)})];
		const deltas = between(all, [risen, fresh]);
		expect(deltas?.of(risen)).toBeNull();
		expect(deltas?.of(fresh)).toMatchObject({calls: 1000});
	});

	it('is unknown after its counters restarted', () => {
		const fallen = entry('1', 3);
		expect(between([entry('1', 100)], [fallen])?.of(fallen)).toBeNull();
		const evicted = entry('1', 300, {stats_since: laterBy(begin, 2000)});
		expect(between([entry('1', 100, {stats_since: begin})], [evicted])?.of(evicted)).toBeNull();
	});

	it('is unknown after a reset of all statistics', () => {
		expect(between([entry('1', 100)], [entry('1', 200)], laterBy(begin, 1000))).toBeUndefined();
		expect(between([entry('1', 100)], [entry('1', 200)], laterBy(begin, -1000))).toBeDefined();
	});

	it('includes the time of hidden statements in the total', () => {
		const now = entry('1', 110);
		expect(between([entry('1', 100), entry(null, 50)], [now, entry(null, 80)])?.exec).toBe(400);
	});

	it('is separate for each user and database', () => {
		const [one, other] = [entry('1', 110), entry('1', 7, {dbid: 6})];
		const deltas = between([entry('1', 100), entry('1', 5, {dbid: 6})], [one, other]);
		expect([deltas?.of(one)?.calls, deltas?.of(other)?.calls]).toEqual([10, 2]);
	});
});

/** Samples every five seconds with the call counts of one statement. */
const history = (calls: readonly number[]): readonly Sample[] =>
	calls.map((count, seq) => {
		const statements = answer([entry('1', count)], seq * 5);
		return {seq, at: statements.at, own: [], results: {statements}};
	});

const page = (samples: readonly Sample[]): string => {
	const sample = samples.at(-1) ?? expect.fail();
	const [row] = statementsPane.rows(sample, samples);
	return statementsPane
		.inspect(row ?? expect.fail(), sample, 100, samples)
		.map(textOf)
		.join('\n');
};

describe('the page of a statement', () => {
	it.each([
		['Steady: 2.0/s now, 2.0/s at first, 2.0/s at most.', [0, 10, 20, 30, 40]],
		['Rising: 8.0/s now, 2.0/s at first, 8.0/s at most.', [0, 10, 20, 40, 80]],
		['Falling: 0/s now, 8.0/s at first, 8.0/s at most.', [0, 40, 80, 85, 85]],
	])('shows %s', (sentence, calls) => {
		expect(page(history(calls))).toContain(sentence);
	});

	it('shows no rate after one answer and restarts after a reset', () => {
		expect(page(history([10]))).toContain('Call rate not known yet.');
		expect(page(history([1000, 10, 20]))).toContain('Steady: 2.0/s now');
	});

	it('shows its execution times', () => {
		expect(page(history([100]))).toContain('Ran 1.0s in 100 calls, each 10ms ± 1.0ms, at most 20ms.');
	});
});
