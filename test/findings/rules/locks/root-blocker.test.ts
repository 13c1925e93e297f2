import {describe, expect, it} from 'vitest';
import {rootBlocker} from '../../../../source/findings/rules/locks/root-blocker.ts';
import {locks} from '../../../../source/queries/locks.ts';
import type {Session} from '../../../../source/queries/sessions.ts';
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

/** What is found of a session that so many others wait for, each so many seconds. */
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

describe('a session that others wait for', () => {
	it('is a warning once they have waited two seconds together, and critical from five sessions or a minute on', () => {
		const root = idleSession(11, 60);
		expect(blocking(root, 1, 1.9)).toEqual([]);
		expect(blocking(root, 2, 1)).toMatchObject([
			{
				severity: 'warning',
				pid: 11,
				summary: '11 (app@shop) blocks 2 sessions, 2.0s of waiting in all.',
				evidence: 'It holds AccessExclusiveLock on public.t1, idle in transaction for 1m00, its transaction open for 1m00.',
				leads: {pane: 'sessions', identity: `11@${instantAt(-900)}`},
				action: 'K ends the session, which rolls its transaction back.',
			},
		]);
		expect(blocking(root, 5, 1)[0]?.severity).toBe('critical');
		expect(blocking(root, 1, 60)[0]?.severity).toBe('critical');
	});

	it('is named by what it is where it is no client', () => {
		const worker = {backend_type: 'autovacuum worker', usename: null, usesysid: null} as const;
		expect(blocking(sessionRow(11, worker), 1, 5)[0]).toMatchObject({
			summary: '11 (autovacuum worker@shop) blocks 1 session, 5.0s of waiting in all.',
			action: 'C cancels it; it comes again.',
		});
		const query = 'autovacuum: VACUUM public.t1 (to prevent wraparound)';
		expect(blocking(sessionRow(11, {...worker, query}), 1, 5)[0]?.action).toMatch(/^It prevents wraparound/);
		const sender = sessionRow(11, {backend_type: 'walsender', application_name: 'berlin'});
		expect(blocking(sender, 1, 5)[0]).toMatchObject({
			summary: expect.stringMatching(/^11 \(app@shop, berlin\)/),
			action: 'K ends it; its consumer has to connect again.',
		});
	});

	it('is told with what our role may see of it, and no key that could not act', () => {
		expect(blocking(maskedSession(11), 1, 5)[0]).toMatchObject({
			summary: '11 (app@shop) blocks 1 session, 5.0s of waiting in all.',
			evidence: 'It holds AccessExclusiveLock on public.t1, state unknown.',
			action: 'This role may not see enough of it to end it: GRANT pg_monitor to it.',
		});
	});

	it('is told also where it is a connection of ours', () => {
		const sample = {
			...makeSample(0, ...sessionAnswers(sessionRow(11), sessionRow(20)), lockAnswer(grantedLock(11), awaitedLock(20, 5))),
			own: [11],
		};
		expect(findingsOf(rootBlocker, sample)).toMatchObject([
			{summary: 'pgtriage itself (11) blocks 1 session, 5.0s of waiting in all.', leads: {pane: 'log', identity: null}},
		]);
	});

	it('is not blamed where another has its pid by now, or it ended its transaction since the locks were read', () => {
		const old = answerAt(-5, lockAnswer(grantedLock(11), awaitedLock(20, 9)));
		const heir = sessionRow(11, {backend_start: instantAt(-1)});
		expect(findingsOf(rootBlocker, makeSample(0, ...sessionAnswers(heir, sessionRow(20)), old))[0]?.summary).toMatch(
			/^Session 11 blocks/,
		);
		const done = sessionRow(11, {state: 'idle', state_change: instantAt(-1)});
		expect(findingsOf(rootBlocker, makeSample(0, ...sessionAnswers(done, sessionRow(20)), old))).toEqual([]);
	});

	it('has its waiters counted as of when the locks were read', () => {
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
		expect(of(33)[0]?.summary).toContain('3.0s of waiting');
	});
});

describe('several that others wait for', () => {
	it('are told one by one, the one with the most behind it first', () => {
		const rows = [
			...[grantedLock(11), awaitedLock(20, 5)],
			...[grantedLock(12, {relation: 2}), awaitedLock(21, 5, {relation: 2}), awaitedLock(22, 5, {relation: 2, ...write})],
		];
		const who = [11, 12, 20, 21, 22].map(pid => sessionRow(pid));
		expect(findingsOf(rootBlocker, makeSample(0, ...sessionAnswers(...who), lockAnswer(...rows))).map(({pid}) => pid)).toEqual([
			12, 11,
		]);
	});

	it('are named with the one that is told where the same sessions wait for all of them', () => {
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
		expect(with2()[0]?.evidence).not.toContain('as well');
		expect(with2(12)).toMatchObject([{pid: 11, evidence: expect.stringMatching(/[.] 12 holds them up as well[.]$/)}]);
		expect(with2(12, 13, 14, 15)[0]?.evidence).toMatch(/[.] 12, 13, 14 and 1 more hold them up as well[.]$/);
	});

	it('in a chain are told by its end alone', () => {
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

it('a relation of another database is told with the name of that database', () => {
	const elsewhere = {relation_name: null, database: 5, relation: 1};
	const rows = [
		{...grantedLock(11), ...elsewhere},
		{...awaitedLock(20, 5), ...elsewhere},
	];
	expect(
		findingsOf(rootBlocker, makeSample(0, ...sessionAnswers(sessionRow(11), sessionRow(20)), answer(locks, ...rows)))[0]
			?.evidence,
	).toMatch(/^It holds AccessExclusiveLock on shop:1, /);
});

describe('a prepared transaction that others wait for', () => {
	it('is told by its name, and leads to where it can be rolled back', () => {
		const of = lockAnswer(grantedLock(0, {gid: 'payout-2291'}), awaitedLock(20, 5));
		expect(findingsOf(rootBlocker, makeSample(0, ...sessionAnswers(sessionRow(20)), of))).toMatchObject([
			{
				subject: 'prepared payout-2291',
				pid: null,
				summary: "The prepared transaction 'payout-2291' blocks 1 session, 5.0s of waiting in all.",
				leads: {pane: 'locks', identity: 'prepared payout-2291'},
				action: 'F9 offers ROLLBACK PREPARED.',
			},
		]);
	});
});

it('nobody is found where nobody waits', () => {
	expect(findingsOf(rootBlocker, makeSample(0, ...sessionAnswers(idleSession(11, 900)), lockAnswer(grantedLock(11))))).toEqual(
		[],
	);
});
