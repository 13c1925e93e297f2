import {expect, it} from 'vitest';
import {ddlQueue} from '../../../../source/findings/rules/locks/ddl-queue.ts';
import {deadlock} from '../../../../source/findings/rules/locks/deadlock.ts';
import {rootBlocker} from '../../../../source/findings/rules/locks/root-blocker.ts';
import type {Session} from '../../../../source/queries/activity/sessions.ts';
import {findingsOf, makeSample} from '../../samples.ts';
import {awaitedLock, grantedLock, lockAnswer, maskedSession, sessionAnswers, sessionRow} from '../../session-rows.ts';

/** Two sessions that wait for each other, and one behind them. */
const circle = (seconds: number, of: (pid: number) => Partial<Session> = sessionRow) =>
	makeSample(
		0,
		...sessionAnswers(of(11), of(12), of(13)),
		lockAnswer(
			grantedLock(11),
			awaitedLock(12, seconds),
			grantedLock(12, {relation: 2}),
			awaitedLock(11, seconds, {relation: 2}),
			awaitedLock(13, 0.1, {mode: 'AccessShareLock'}),
		),
	);

it('a deadlock that the server does not resolve is a warning and critical after a minute of waiting', () => {
	expect(findingsOf(deadlock, circle(5))).toMatchObject([
		{
			severity: 'warning',
			pid: 11,
			summary: '11 (app@shop) is deadlocked with 1 other session.',
			evidence: 'Deadlocked: 11, 12; 1 session waits behind them. 11 waits for public.t2.',
			action: 'C cancels its statement, K terminates the session.',
		},
	]);
	expect(findingsOf(deadlock, circle(60))[0]?.severity).toBe('critical');
});

it('a brief deadlock that the server is about to resolve is not reported', () => {
	expect(findingsOf(deadlock, circle(1))).toEqual([]);
});

it('a deadlock is reported by no other rule', () => {
	expect(findingsOf(rootBlocker, circle(5))).toEqual([]);
	expect(findingsOf(ddlQueue, circle(5))).toEqual([]);
});

it('a deadlock is reported to a role that sees only locks', () => {
	expect(findingsOf(deadlock, circle(5, maskedSession))[0]).toMatchObject({
		action: expect.stringContaining('the privileges of pg_monitor'),
	});
});

it('a wait without a cycle is not a deadlock', () => {
	const sample = makeSample(
		0,
		...sessionAnswers(sessionRow(11), sessionRow(12)),
		lockAnswer(grantedLock(11), awaitedLock(12, 60)),
	);
	expect(findingsOf(deadlock, sample)).toEqual([]);
});
