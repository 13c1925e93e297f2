import {describe, expect, it} from 'vitest';
import {rootBlocker} from '../../../../source/findings/rules/locks/root-blocker.ts';
import {locks} from '../../../../source/queries/activity/locks.ts';
import type {Session} from '../../../../source/queries/activity/sessions.ts';
import {answer, answerAt, findingsOf, instantAt, makeSample} from '../../samples.ts';
import {
	awaitedLock,
	grantedLock,
	idleSession,
	lockAnswer,
	maskedSession,
	sessionAnswers,
	sessionRow,
} from '../../session-rows.ts';

const write = {mode: 'RowExclusiveLock'};

/** Findings for a session that a number of others wait for, each for `seconds`. */
const blocking = (root: Partial<Session>, waiters: number, seconds: number) => {
	const pids = Array.from({length: waiters}, (_, index) => 20 + index);
	return findingsOf(
		rootBlocker,
		makeSample(
			0,
			...sessionAnswers(root, ...pids.map(pid => sessionRow(pid))),
			lockAnswer(grantedLock(11), ...pids.map(pid => awaitedLock(pid, seconds, write))),
		),
	);
};

describe('a session that blocks others', () => {
	it('is a warning from two seconds total wait and critical from five sessions or a minute', () => {
		const root = idleSession(11, 60);
		expect(blocking(root, 1, 1.9)).toEqual([]);
		expect(blocking(root, 2, 1)).toMatchObject([
			{
				severity: 'warning',
				pid: 11,
				summary: '11 (app@shop) blocks 2 sessions, 2.0s total wait.',
				evidence: 'Holds AccessExclusiveLock on public.t1; idle in transaction for 1m00, transaction open for 1m00.',
				leads: {pane: 'sessions', identity: `11@${instantAt(-900)}`},
				action: 'K terminates the session and rolls back its transaction.',
			},
		]);
		expect(blocking(root, 5, 1)[0]?.severity).toBe('critical');
		expect(blocking(root, 1, 60)[0]?.severity).toBe('critical');
	});

	it('is named by its backend type if it is not a client', () => {
		const worker = {backend_type: 'autovacuum worker', usename: null, usesysid: null} as const;
		expect(blocking(sessionRow(11, worker), 1, 5)[0]).toMatchObject({
			summary: '11 (autovacuum worker on shop) blocks 1 session, 5.0s total wait.',
			action: 'C cancels it; it will start again.',
		});
		const query = 'autovacuum: VACUUM public.t1 (to prevent wraparound)';
		expect(blocking(sessionRow(11, {...worker, query}), 1, 5)[0]?.action).toMatch(/^It prevents wraparound/);
		const sender = sessionRow(11, {backend_type: 'walsender', application_name: 'berlin'});
		expect(blocking(sender, 1, 5)[0]).toMatchObject({
			summary: expect.stringMatching(/^11 \(app@shop, berlin\)/),
			action: 'K terminates it; its consumer has to reconnect.',
		});
	});

	it('is reported as far as the role can see it, without keys that cannot act', () => {
		expect(blocking(maskedSession(11), 1, 5)[0]).toMatchObject({
			summary: '11 (app@shop) blocks 1 session, 5.0s total wait.',
			evidence: 'Holds AccessExclusiveLock on public.t1; state unknown.',
			action: 'Too little of it is visible to terminate it: this role lacks the privileges of pg_monitor.',
		});
	});

	it('is reported if it is a connection of pgtriage', () => {
		const sample = {
			...makeSample(0, ...sessionAnswers(sessionRow(11), sessionRow(20)), lockAnswer(grantedLock(11), awaitedLock(20, 5))),
			own: [11],
		};
		expect(findingsOf(rootBlocker, sample)).toMatchObject([
			{summary: 'pgtriage itself (11) blocks 1 session, 5.0s total wait.', leads: {pane: 'log', identity: null}},
		]);
	});

	it('is not blamed if another session has taken over its pid or its transaction ended after the locks were read', () => {
		const old = answerAt(-5, lockAnswer(grantedLock(11), awaitedLock(20, 9)));
		const heir = sessionRow(11, {backend_start: instantAt(-1)});
		expect(findingsOf(rootBlocker, makeSample(0, ...sessionAnswers(heir, sessionRow(20)), old))[0]?.summary).toMatch(
			/^Session 11 blocks/,
		);
		const done = sessionRow(11, {state: 'idle', state_change: instantAt(-1)});
		expect(findingsOf(rootBlocker, makeSample(0, ...sessionAnswers(done, sessionRow(20)), old))).toEqual([]);
	});

	it('has waits as of the time the locks were read', () => {
		const of = (seconds: number) =>
			findingsOf(
				rootBlocker,
				makeSample(
					0,
					...sessionAnswers(sessionRow(11), sessionRow(20)),
					answerAt(-30, lockAnswer(grantedLock(11), awaitedLock(20, seconds))),
				),
			);
		expect(of(31)).toEqual([]);
		expect(of(33)[0]?.summary).toContain('3.0s total wait');
	});
});

describe('several root blockers', () => {
	it('are reported one by one, the one with the most waiters first', () => {
		const rows = [
			...[grantedLock(11), awaitedLock(20, 5)],
			...[grantedLock(12, {relation: 2}), awaitedLock(21, 5, {relation: 2}), awaitedLock(22, 5, {relation: 2, ...write})],
		];
		const who = [11, 12, 20, 21, 22].map(pid => sessionRow(pid));
		expect(findingsOf(rootBlocker, makeSample(0, ...sessionAnswers(...who), lockAnswer(...rows))).map(({pid}) => pid)).toEqual([
			12, 11,
		]);
	});

	it('are named together if the same sessions wait for all of them', () => {
		const share = {mode: 'ShareLock'};
		const with2 = (...others: readonly number[]) =>
			findingsOf(
				rootBlocker,
				makeSample(
					0,
					...sessionAnswers(sessionRow(11), ...others.map(pid => sessionRow(pid)), sessionRow(30)),
					lockAnswer(grantedLock(11, share), ...others.map(pid => grantedLock(pid, share)), awaitedLock(30, 5, write)),
				),
			);
		expect(with2()[0]?.evidence).not.toContain('also blocked');
		expect(with2(12)).toMatchObject([{pid: 11, evidence: expect.stringMatching(/[.] Its waiters are also blocked by 12[.]$/)}]);
		expect(with2(12, 13, 14, 15)[0]?.evidence).toMatch(/[.] Its waiters are also blocked by 12, 13, 14 and 1 more[.]$/);
	});

	it('are reported only once for a chain', () => {
		const rows = Array.from({length: 10}, (_, index) => [
			grantedLock(11 + index, {relation: index + 1}),
			awaitedLock(12 + index, 5, {relation: index + 1}),
		]).flat();
		const who = Array.from({length: 11}, (_, index) => sessionRow(11 + index));
		expect(findingsOf(rootBlocker, makeSample(0, ...sessionAnswers(...who), lockAnswer(...rows)))).toMatchObject([
			{pid: 11, severity: 'critical', weight: 10},
		]);
	});
});

it('a relation of another database is named with that database', () => {
	const elsewhere = {relation_name: null, database: 5, relation: 1};
	const rows = [
		{...grantedLock(11), ...elsewhere},
		{...awaitedLock(20, 5), ...elsewhere},
	];
	expect(
		findingsOf(rootBlocker, makeSample(0, ...sessionAnswers(sessionRow(11), sessionRow(20)), answer(locks, ...rows)))[0]
			?.evidence,
	).toMatch(/^Holds AccessExclusiveLock on shop:1; /);
});

describe('a prepared transaction that blocks others', () => {
	it('is named and leads to its row in the locks pane', () => {
		const of = lockAnswer(grantedLock(0, {gid: 'payout-2291'}), awaitedLock(20, 5));
		expect(findingsOf(rootBlocker, makeSample(0, ...sessionAnswers(sessionRow(20)), of))).toMatchObject([
			{
				subject: 'prepared payout-2291',
				pid: null,
				summary: "Prepared transaction 'payout-2291' blocks 1 session, 5.0s total wait.",
				leads: {pane: 'locks', identity: 'prepared payout-2291'},
				action: 'F9 offers ROLLBACK PREPARED.',
			},
		]);
	});
});

it('a lock without waiters is not reported', () => {
	expect(findingsOf(rootBlocker, makeSample(0, ...sessionAnswers(idleSession(11, 900)), lockAnswer(grantedLock(11))))).toEqual(
		[],
	);
});
