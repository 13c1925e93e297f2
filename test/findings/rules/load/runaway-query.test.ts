import {describe, expect, it} from 'vitest';
import {runawayQuery} from '../../../../source/findings/rules/load/runaway-query.ts';
import type {Session} from '../../../../source/queries/sessions.ts';
import {findingsOf, instantAt, makeSample} from '../../samples.ts';
import {sessionAnswers, sessionRow} from '../../session-rows.ts';

const running = (seconds: number, given: Partial<Session> = {}) =>
	sessionRow(11, {query: 'select report()', query_start: instantAt(-seconds), state_change: instantAt(-seconds), ...given});

// Somebody else who uses the server, but does nothing just now.
const visitor = sessionRow(12, {state: 'idle', state_change: instantAt(-1)});

const of = (...given: readonly Partial<Session>[]) => findingsOf(runawayQuery, makeSample(0, ...sessionAnswers(...given)));

describe('a statement that works for long', () => {
	it('is a warning from five minutes on, and critical from an hour on', () => {
		expect(of(running(299))).toEqual([]);
		expect(of(running(300))).toMatchObject([
			{
				severity: 'warning',
				pid: 11,
				subject: `11@${instantAt(-900)} ${instantAt(-300)}`,
				summary: '11 (app@shop) runs select report() for 5m00.',
				evidence: 'It is 100% of what the server works on; it is on a processor.',
				leads: {pane: 'sessions', identity: `11@${instantAt(-900)}`},
				action: 'C cancels its statement, K ends the session. e explains it.',
			},
		]);
		expect(of(running(3600))[0]?.severity).toBe('critical');
	});

	it('is not one that waits for others', () => {
		for (const [wait_event_type, wait_event] of [
			['Lock', 'relation'],
			['Client', 'ClientWrite'],
			['IPC', 'SyncRep'],
			['IPC', 'SafeSnapshot'],
		] as const)
			expect(of(running(9000, {wait_event_type, wait_event}), visitor), wait_event).toEqual([]);
		expect(of(running(9000, {wait_event_type: 'IO', wait_event: 'DataFileRead'}))[0]?.evidence).toContain('IO DataFileRead');
	});

	it('is not one that is long by nature, whatever its comments', () => {
		for (const query of [
			'VACUUM (ANALYZE) orders',
			'/* nightly */ create unique index concurrently i on t (a)',
			'-- dump\ncopy public.orders to stdout',
			'reindex table t',
			'analyze',
		])
			expect(of(running(9000, {query}), visitor), query).toEqual([]);
	});

	it('is none of those who serve others', () => {
		for (const backend_type of ['walsender', 'autovacuum worker', 'logical replication worker'])
			expect(of(running(9000, {backend_type}))).toEqual([]);
		expect(of(running(9000, {state: 'idle in transaction'}))).toEqual([]);
	});

	it('is told of three at most, the longest first', () => {
		const many = [300, 400, 500, 600].map((seconds, index) => sessionRow(20 + index, {query_start: instantAt(-seconds)}));
		expect(of(...many).map(({pid}) => pid)).toEqual([23, 22, 21]);
	});
});

describe('a statement that is most of what the server does', () => {
	const workers = [31, 32].map(pid => sessionRow(pid, {backend_type: 'parallel worker', leader_pid: 11}));

	it('is told from ten seconds on where somebody else uses the server', () => {
		expect(of(running(9), visitor)).toEqual([]);
		expect(of(running(10), visitor)[0]?.severity).toBe('warning');
	});

	it('is nobody’s trouble on a server that nobody else uses', () => {
		expect(of(running(60))).toEqual([]);
		expect(of(running(60), sessionRow(12, {state: 'idle', state_change: instantAt(-600)}))).toEqual([]);
	});

	it('counts with its parallel workers', () => {
		const others = [sessionRow(41), sessionRow(42), sessionRow(43)];
		expect(of(running(60), ...others)).toEqual([]);
		expect(of(running(60), ...workers, ...others)[0]?.evidence).toBe(
			'It is 50% of what the server works on, in 3 processes; it is on a processor.',
		);
	});

	it('is not one that only sleeps', () => {
		expect(of(running(60, {wait_event_type: 'Timeout', wait_event: 'PgSleep'}), visitor)).toEqual([]);
	});
});
