import {expect, it} from 'vitest';
import {ddlQueue} from '../../../../source/findings/rules/locks/ddl-queue.ts';
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

const read = {mode: 'AccessShareLock'};
const ddl = sessionRow(12, {query: 'alter table t1 add x int'});

/** A queue behind a statement that has waited so long for a session. */
const queued = (root: Partial<Session>, seconds = 5, wants = ddl, behind = 3) => {
	const pids = Array.from({length: behind}, (_, index) => 20 + index);
	return makeSample(
		0,
		...sessionAnswers(root, wants, ...pids.map(pid => sessionRow(pid))),
		lockAnswer(grantedLock(11, read), awaitedLock(12, seconds), ...pids.map(pid => awaitedLock(pid, seconds - 0.5, read))),
	);
};

it('a queue behind DDL blames the transaction that keeps it from its lock, and names the DDL', () => {
	expect(findingsOf(ddlQueue, queued(idleSession(11, 300, {application_name: 'export'})))).toMatchObject([
		{
			severity: 'warning',
			pid: 11,
			weight: 4,
			summary:
				'11 (app@shop, export), idle in transaction for 5m00, keeps 12 (alter table t1 add x int) from its lock on public.t1, and 3 sessions queue behind that.',
			evidence: '12 wants AccessExclusiveLock since 5.0s; 19s of waiting in all.',
			leads: {pane: 'sessions', identity: `11@${instantAt(-900)}`},
			action: 'K ends the session, which rolls its transaction back. To end 12 instead lets the queue pass.',
		},
	]);
	expect(findingsOf(rootBlocker, queued(idleSession(11, 300)))).toEqual([]);
});

it('a queue of five sessions, or of a minute of waiting, is critical', () => {
	expect(findingsOf(ddlQueue, queued(idleSession(11, 300), 5, ddl, 4))[0]?.severity).toBe('critical');
	expect(findingsOf(ddlQueue, queued(idleSession(11, 300), 30, ddl, 2))[0]?.severity).toBe('critical');
});

it('a statement that works and keeps DDL waiting is to be cancelled', () => {
	expect(findingsOf(ddlQueue, queued(sessionRow(11)))[0]).toMatchObject({
		summary: expect.stringMatching(/^11 \(app@shop\), active for 5[.]0s, keeps 12/),
		action: expect.stringMatching(/^C cancels its statement/),
	});
});

it('the queue of a moment is not told', () => {
	expect(findingsOf(ddlQueue, queued(idleSession(11, 300), 0.6))).toEqual([]);
});

it('DDL that waits alone is told by its blocker', () => {
	const alone = queued(idleSession(11, 300), 5, ddl, 0);
	expect(findingsOf(ddlQueue, alone)).toEqual([]);
	expect(findingsOf(rootBlocker, alone)).toHaveLength(1);
});

it('a role that sees no statement is shown none', () => {
	const [finding] = findingsOf(ddlQueue, queued(maskedSession(11), 5, maskedSession(12)));
	expect(finding?.summary).toBe(
		'11 (app@shop), state unknown, keeps 12 from its lock on public.t1, and 3 sessions queue behind that.',
	);
	expect(finding?.action).toContain('GRANT pg_monitor');
});

it('all who keep DDL from its lock are named', () => {
	const sample = makeSample(
		0,
		...sessionAnswers(idleSession(11, 300), idleSession(13, 300), ddl, sessionRow(20)),
		lockAnswer(grantedLock(11, read), grantedLock(13, read), awaitedLock(12, 5), awaitedLock(20, 4, read)),
	);
	expect(findingsOf(ddlQueue, sample)).toMatchObject([
		{pid: 11, evidence: expect.stringMatching(/ 13 holds them up as well[.]$/)},
	]);
});
