import {expect, it} from 'vitest';
import {idleInTransaction} from '../../../../source/findings/rules/locks/idle-in-transaction.ts';
import {rootBlocker} from '../../../../source/findings/rules/locks/root-blocker.ts';
import type {Session} from '../../../../source/queries/sessions.ts';
import {findingsOf, instantAt, makeSample} from '../../samples.ts';
import {
	awaitedLock,
	grantedLock,
	idleSession,
	lockAnswer,
	maskedSession,
	sessionAnswers,
	sessionRow,
} from '../../session-rows.ts';

const of = (...given: readonly Partial<Session>[]) => findingsOf(idleInTransaction, makeSample(0, ...sessionAnswers(...given)));

it('a session that does nothing in its transaction is a warning from a minute on, and critical from a quarter of an hour on', () => {
	expect(of(idleSession(11, 59))).toEqual([]);
	expect(of(idleSession(11, 60, {backend_xmin_age: 1200}))).toMatchObject([
		{
			severity: 'warning',
			pid: 11,
			summary: '11 (app@shop) is idle in transaction for 1m00.',
			evidence: 'Its snapshot is 1.2k transactions old.',
			leads: {pane: 'sessions', identity: `11@${instantAt(-900)}`},
			action: 'K ends the session, which rolls its transaction back.',
		},
	]);
	expect(of(idleSession(11, 60))[0]?.evidence).toBe('It holds no snapshot, but its locks.');
	expect(of(idleSession(11, 900))[0]?.severity).toBe('critical');
});

it('one whose transaction failed is not said to hold its locks', () => {
	expect(of(idleSession(11, 90, {state: 'idle in transaction (aborted)'}))).toMatchObject([
		{
			summary: '11 (app@shop) is idle in transaction (aborted) for 1m30.',
			evidence: 'A statement in it failed, and it was not rolled back since.',
		},
	]);
});

it('one that works, or is idle without a transaction, is none', () => {
	expect(
		of(sessionRow(11, {query_start: instantAt(-900)}), sessionRow(12, {state: 'idle', state_change: instantAt(-900)})),
	).toEqual([]);
	expect(of(maskedSession(11))).toEqual([]);
});

it('of many the three that stand longest are told, and how many there are besides', () => {
	const found = of(...Array.from({length: 8}, (_, index) => idleSession(11 + index, 100 + index)));
	expect(found.map(({pid}) => pid)).toEqual([18, 17, 16]);
	expect(found.map(({summary}) => summary.includes(', as are 5 more.'))).toEqual([false, false, true]);
});

it('one that blocks others is told as their blocker, but not while they wait for a moment only', () => {
	const blocking = (seconds: number) =>
		makeSample(0, ...sessionAnswers(idleSession(11, 300), sessionRow(12)), lockAnswer(grantedLock(11), awaitedLock(12, seconds)));
	expect(findingsOf(idleInTransaction, blocking(5))).toEqual([]);
	expect(findingsOf(rootBlocker, blocking(5))).toHaveLength(1);
	expect(findingsOf(idleInTransaction, blocking(0.5))).toHaveLength(1);
	expect(findingsOf(rootBlocker, blocking(0.5))).toEqual([]);
});
