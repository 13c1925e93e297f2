import {expect, it} from 'vitest';
import {ddlQueue} from '../../../../source/findings/rules/locks/ddl-queue.ts';
import {deadlock} from '../../../../source/findings/rules/locks/deadlock.ts';
import {rootBlocker} from '../../../../source/findings/rules/locks/root-blocker.ts';
import type {Session} from '../../../../source/queries/sessions.ts';
import {found, sampleAt} from '../../given.ts';
import {awaits, holds, locked, masked, people, session} from '../../people.ts';

/** Two sessions that wait for each other, and one behind them. */
const circle = (seconds: number, of: (pid: number) => Partial<Session> = session) =>
	sampleAt(
		0,
		...people(of(11), of(12), of(13)),
		locked(
			holds(11),
			awaits(12, seconds),
			holds(12, {relation: 2}),
			awaits(11, seconds, {relation: 2}),
			awaits(13, 0.1, {mode: 'AccessShareLock'}),
		),
	);

it('a circle that the server does not break is a warning, and critical from a minute of waiting on', () => {
	expect(found(deadlock, circle(5))).toMatchObject([
		{
			severity: 'warning',
			pid: 11,
			summary: '11 (app@shop) and 1 other wait for each other in a circle.',
			evidence: 'In it are 11, 12; 1 session waits behind. It waits for public.t2.',
			action: 'C cancels its statement, K ends the session.',
		},
	]);
	expect(found(deadlock, circle(60))[0]?.severity).toBe('critical');
});

it('a circle of a moment, which the server is about to break, is not told', () => {
	expect(found(deadlock, circle(1))).toEqual([]);
});

it('a circle is told by no other rule', () => {
	expect(found(rootBlocker, circle(5))).toEqual([]);
	expect(found(ddlQueue, circle(5))).toEqual([]);
});

it('a circle is told to a role that sees nothing but locks', () => {
	expect(found(deadlock, circle(5, masked))[0]).toMatchObject({action: expect.stringContaining('GRANT pg_monitor')});
});

it('a wait that goes round in no circle is none', () => {
	const sample = sampleAt(0, ...people(session(11), session(12)), locked(holds(11), awaits(12, 60)));
	expect(found(deadlock, sample)).toEqual([]);
});
