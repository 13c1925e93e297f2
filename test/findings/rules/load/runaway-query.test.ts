import {describe, expect, it} from 'vitest';
import {runawayQuery} from '../../../../source/findings/rules/load/runaway-query.ts';
import type {Session} from '../../../../source/queries/activity/sessions.ts';
import {statementNorms} from '../../../../source/queries/activity/statements.ts';
import {answer, findingsOf, instantAt, makeSample} from '../../samples.ts';
import {sessionAnswers, sessionRow} from '../../session-rows.ts';

const running = (seconds: number, overrides: Partial<Session> = {}) =>
	sessionRow(11, {query: 'select report()', query_start: instantAt(-seconds), state_change: instantAt(-seconds), ...overrides});

// Another client that was active a second ago and is idle now.
const visitor = sessionRow(12, {state: 'idle', state_change: instantAt(-1)});

const of = (...overrides: readonly Partial<Session>[]) =>
	findingsOf(runawayQuery, makeSample(0, ...sessionAnswers(...overrides)));

describe('a long-running statement', () => {
	it('is a warning after five minutes and critical after an hour', () => {
		expect(of(running(299))).toEqual([]);
		expect(of(running(300))).toMatchObject([
			{
				severity: 'warning',
				pid: 11,
				subject: `11@${instantAt(-900)} ${instantAt(-300)}`,
				summary: '11 (app@shop) has been running select report() for 5m00.',
				evidence: 'Uses 100% of active time, on CPU.',
				leads: {pane: 'sessions', identity: `11@${instantAt(-900)}`},
				action: 'C cancels its statement, K terminates the session. e explains it.',
			},
		]);
		expect(of(running(3600))[0]?.severity).toBe('critical');
	});

	it('is ignored while it waits for others', () => {
		for (const [wait_event_type, wait_event] of [
			['Lock', 'relation'],
			['Client', 'ClientWrite'],
			['IPC', 'SyncRep'],
			['IPC', 'SafeSnapshot'],
		] as const)
			expect(of(running(9000, {wait_event_type, wait_event}), visitor), wait_event).toEqual([]);
		expect(of(running(9000, {wait_event_type: 'IO', wait_event: 'DataFileRead'}))[0]?.evidence).toContain('IO DataFileRead');
	});

	it('is ignored if it is long by nature, with or without comments', () => {
		for (const query of [
			'VACUUM (ANALYZE) orders',
			'/* nightly */ create unique index concurrently i on t (a)',
			'-- dump\ncopy public.orders to stdout',
			'reindex table t',
			'repack (concurrently) t',
			'analyze',
		])
			expect(of(running(9000, {query}), visitor), query).toEqual([]);
	});

	it('is ignored in background processes and idle transactions', () => {
		for (const backend_type of ['walsender', 'autovacuum worker', 'logical replication worker'])
			expect(of(running(9000, {backend_type}))).toEqual([]);
		expect(of(running(9000, {state: 'idle in transaction'}))).toEqual([]);
	});

	it('is reported at most three times, the longest first', () => {
		const many = [300, 400, 500, 600].map((seconds, index) => sessionRow(20 + index, {query_start: instantAt(-seconds)}));
		expect(of(...many).map(({pid}) => pid)).toEqual([23, 22, 21]);
	});
});

describe('a statement that takes most of the active time', () => {
	const workers = [31, 32].map(pid => sessionRow(pid, {backend_type: 'parallel worker', leader_pid: 11}));

	it('is reported after forty seconds if another client uses the server', () => {
		expect(of(running(39), visitor)).toEqual([]);
		expect(of(running(40), visitor)[0]?.severity).toBe('warning');
	});

	it('is ignored if no other client uses the server', () => {
		expect(of(running(60))).toEqual([]);
		expect(of(running(60), sessionRow(12, {state: 'idle', state_change: instantAt(-600)}))).toEqual([]);
	});

	it('includes its parallel workers', () => {
		const others = [sessionRow(41), sessionRow(42), sessionRow(43)];
		expect(of(running(60), ...others)).toEqual([]);
		expect(of(running(60), ...workers, ...others)[0]?.evidence).toBe('Uses 50% of active time (3 processes), on CPU.');
	});

	it('is ignored while it only sleeps', () => {
		expect(of(running(60, {wait_event_type: 'Timeout', wait_event: 'PgSleep'}), visitor)).toEqual([]);
	});
});

describe('a statement whose usual time is known', () => {
	const of11 = {queryid: '77', userid: 10, dbid: 5};
	const judged = (seconds: number, norm: {calls: number; mean_exec_time: number; stddev_exec_time: number}) =>
		findingsOf(
			runawayQuery,
			makeSample(0, ...sessionAnswers(running(seconds, {query_id: '77'}), visitor), answer(statementNorms, {...of11, ...norm})),
		);
	const oltp = {calls: 1200, mean_exec_time: 2, stddev_exec_time: 1};
	const report = {calls: 9, mean_exec_time: 30_000, stddev_exec_time: 2000};

	it('is reported after five seconds if it usually takes milliseconds', () => {
		expect(judged(4.9, oltp)).toEqual([]);
		expect(judged(8, oltp)).toMatchObject([
			{
				severity: 'warning',
				summary: '11 (app@shop) has been running select report() for 8.0s.',
				evidence: 'Uses 100% of active time, on CPU. Its mean is 2.0ms over 1200 calls.',
			},
		]);
	});

	it('is silent within three times its usual time, and reported after it', () => {
		expect(judged(30, report)).toEqual([]);
		expect(judged(100, report)).toEqual([]);
		expect(judged(103, report)).toHaveLength(1);
		expect(judged(4000, {...report, mean_exec_time: 3_600_000})).toEqual([]);
	});

	it('is judged by the plain thresholds after a few calls', () => {
		expect(judged(8, {...oltp, calls: 4})).toEqual([]);
		expect(judged(39, {...report, calls: 4})).toEqual([]);
		expect(judged(42, {...report, calls: 4})).toHaveLength(1);
	});

	it('is silent if it took as long when it was seen before', () => {
		const report13 = (start: number, at: number) =>
			makeSample(at, ...sessionAnswers(running(0, {query_start: instantAt(start)}), visitor));
		const before = report13(-300, -240);
		const now = report13(-50, 0);
		expect(findingsOf(runawayQuery, now)).toHaveLength(1);
		expect(findingsOf(runawayQuery, before, now)).toEqual([]);
	});
});
