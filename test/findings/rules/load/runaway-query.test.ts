import {describe, expect, it} from 'vitest';
import {runawayQuery} from '../../../../source/findings/rules/load/runaway-query.ts';
import type {Session} from '../../../../source/queries/sessions.ts';
import {at, found, sampleAt} from '../../given.ts';
import {people, session} from '../../people.ts';

const running = (seconds: number, given: Partial<Session> = {}) =>
	session(11, {query: 'select report()', query_start: at(-seconds), state_change: at(-seconds), ...given});

// Somebody else who uses the server, but does nothing just now.
const visitor = session(12, {state: 'idle', state_change: at(-1)});

const of = (...given: readonly Partial<Session>[]) => found(runawayQuery, sampleAt(0, ...people(...given)));

describe('a statement that works for long', () => {
	it('is a warning from five minutes on, and critical from an hour on', () => {
		expect(of(running(299))).toEqual([]);
		expect(of(running(300))).toMatchObject([
			{
				severity: 'warning',
				pid: 11,
				subject: `11@${at(-900)} ${at(-300)}`,
				summary: '11 (app@shop) runs select report() for 5m00.',
				evidence: 'It is 100% of what the server works on; it is on a processor.',
				leads: {pane: 'sessions', identity: `11@${at(-900)}`},
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
		const many = [300, 400, 500, 600].map((seconds, index) => session(20 + index, {query_start: at(-seconds)}));
		expect(of(...many).map(({pid}) => pid)).toEqual([23, 22, 21]);
	});
});

describe('a statement that is most of what the server does', () => {
	const workers = [31, 32].map(pid => session(pid, {backend_type: 'parallel worker', leader_pid: 11}));

	it('is told from ten seconds on where somebody else uses the server', () => {
		expect(of(running(9), visitor)).toEqual([]);
		expect(of(running(10), visitor)[0]?.severity).toBe('warning');
	});

	it('is nobody’s trouble on a server that nobody else uses', () => {
		expect(of(running(60))).toEqual([]);
		expect(of(running(60), session(12, {state: 'idle', state_change: at(-600)}))).toEqual([]);
	});

	it('counts with its parallel workers', () => {
		const others = [session(41), session(42), session(43)];
		expect(of(running(60), ...others)).toEqual([]);
		expect(of(running(60), ...workers, ...others)[0]?.evidence).toBe(
			'It is 50% of what the server works on, in 3 processes; it is on a processor.',
		);
	});

	it('is not one that only sleeps', () => {
		expect(of(running(60, {wait_event_type: 'Timeout', wait_event: 'PgSleep'}), visitor)).toEqual([]);
	});
});
