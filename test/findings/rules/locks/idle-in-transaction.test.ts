import {expect, it} from 'vitest';
import {idleInTransaction} from '../../../../source/findings/rules/locks/idle-in-transaction.ts';
import {rootBlocker} from '../../../../source/findings/rules/locks/root-blocker.ts';
import type {Session} from '../../../../source/queries/activity/sessions.ts';
import {pulse} from '../../../../source/queries/server/server.ts';
import {answer, findingsOf, instantAt, makeSample} from '../../samples.ts';
import {
	awaitedLock,
	grantedLock,
	idleSession,
	lockAnswer,
	maskedSession,
	sessionAnswers,
	sessionRow,
} from '../../session-rows.ts';

const of = (...overrides: readonly Partial<Session>[]) =>
	findingsOf(idleInTransaction, makeSample(0, ...sessionAnswers(...overrides)));

it('a session idle in transaction is a warning after a minute and critical after 15 minutes', () => {
	expect(of(idleSession(11, 59))).toEqual([]);
	const next = answer(pulse, {next_xid: 5000});
	const holding = sessionAnswers(idleSession(11, 60, {backend_xmin: '3800'}));
	expect(findingsOf(idleInTransaction, makeSample(0, ...holding, next))).toMatchObject([
		{
			severity: 'warning',
			pid: 11,
			summary: '11 (app@shop) has been idle in transaction for 1m00.',
			evidence: 'Its snapshot is 1.2k transactions old.',
			leads: {pane: 'sessions', identity: `11@${instantAt(-900)}`},
			action: 'K terminates the session and rolls back its transaction.',
		},
	]);
	expect(findingsOf(idleInTransaction, makeSample(0, ...holding))[0]?.evidence).toBe('It holds a snapshot.');
	expect(of(idleSession(11, 60))[0]?.evidence).toBe('It holds no snapshot, but keeps its locks.');
	expect(of(idleSession(11, 900))[0]?.severity).toBe('critical');
});

it('a session in a failed transaction is not said to keep its locks', () => {
	expect(of(idleSession(11, 90, {state: 'idle in transaction (aborted)'}))).toMatchObject([
		{
			summary: '11 (app@shop) has been idle in transaction (aborted) for 1m30.',
			evidence: 'A statement failed and the transaction was not rolled back.',
		},
	]);
});

it('an active session or one idle without a transaction is ignored', () => {
	expect(
		of(sessionRow(11, {query_start: instantAt(-900)}), sessionRow(12, {state: 'idle', state_change: instantAt(-900)})),
	).toEqual([]);
	expect(of(maskedSession(11))).toEqual([]);
});

it('the three oldest of many sessions are reported with the number of the others', () => {
	const found = of(...Array.from({length: 8}, (_, index) => idleSession(11 + index, 100 + index)));
	expect(found.map(({pid}) => pid)).toEqual([18, 17, 16]);
	expect(found.map(({summary}) => summary.includes('; so have 5 more.'))).toEqual([false, false, true]);
});

it('a session that blocks others is reported as their blocker unless they wait only briefly', () => {
	const blocking = (seconds: number) =>
		makeSample(0, ...sessionAnswers(idleSession(11, 300), sessionRow(12)), lockAnswer(grantedLock(11), awaitedLock(12, seconds)));
	expect(findingsOf(idleInTransaction, blocking(5))).toEqual([]);
	expect(findingsOf(rootBlocker, blocking(5))).toHaveLength(1);
	expect(findingsOf(idleInTransaction, blocking(0.5))).toHaveLength(1);
	expect(findingsOf(rootBlocker, blocking(0.5))).toEqual([]);
});
