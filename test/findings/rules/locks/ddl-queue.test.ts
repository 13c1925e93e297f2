import {expect, it} from 'vitest';
import {ddlQueue} from '../../../../source/findings/rules/locks/ddl-queue.ts';
import {rootBlocker} from '../../../../source/findings/rules/locks/root-blocker.ts';
import type {Session} from '../../../../source/queries/activity/sessions.ts';
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

/** Sample with sessions queued behind a statement that has waited for the root for `seconds`. */
const queued = (root: Partial<Session>, seconds = 5, wants = ddl, behind = 3) => {
	const pids = Array.from({length: behind}, (_, index) => 20 + index);
	return makeSample(
		0,
		...sessionAnswers(root, wants, ...pids.map(pid => sessionRow(pid))),
		lockAnswer(grantedLock(11, read), awaitedLock(12, seconds), ...pids.map(pid => awaitedLock(pid, seconds - 0.5, read))),
	);
};

it('a queue behind DDL blames the transaction that blocks the DDL and names the DDL', () => {
	expect(findingsOf(ddlQueue, queued(idleSession(11, 300, {application_name: 'export'})))).toMatchObject([
		{
			severity: 'warning',
			pid: 11,
			weight: 4,
			summary:
				'11 (app@shop, export), idle in transaction for 5m00, blocks 12 (alter table t1 add x int) on public.t1; 3 sessions queue behind it.',
			evidence: '12 has waited 5.0s for AccessExclusiveLock; 19s total wait.',
			leads: {pane: 'sessions', identity: `11@${instantAt(-900)}`},
			action: 'K terminates the session and rolls back its transaction. Or cancel the ALTER TABLE (12) to let the queue through.',
		},
	]);
	expect(findingsOf(rootBlocker, queued(idleSession(11, 300)))).toEqual([]);
});

it('a queue of five sessions or of one minute total wait is critical', () => {
	expect(findingsOf(ddlQueue, queued(idleSession(11, 300), 5, ddl, 4))[0]?.severity).toBe('critical');
	expect(findingsOf(ddlQueue, queued(idleSession(11, 300), 30, ddl, 2))[0]?.severity).toBe('critical');
});

it('an active statement that blocks DDL can be canceled', () => {
	expect(findingsOf(ddlQueue, queued(sessionRow(11)))[0]).toMatchObject({
		summary: expect.stringMatching(/^11 \(app@shop\), active for 5[.]0s, blocks 12/),
		action: expect.stringMatching(/^C cancels its statement/),
	});
});

it('a brief queue is not reported', () => {
	expect(findingsOf(ddlQueue, queued(idleSession(11, 300), 0.6))).toEqual([]);
});

it('DDL without a queue is reported as a blocked session', () => {
	const alone = queued(idleSession(11, 300), 5, ddl, 0);
	expect(findingsOf(ddlQueue, alone)).toEqual([]);
	expect(findingsOf(rootBlocker, alone)).toHaveLength(1);
});

it('a role that cannot see statements gets the pids only', () => {
	const [finding] = findingsOf(ddlQueue, queued(maskedSession(11), 5, maskedSession(12)));
	expect(finding?.summary).toBe('11 (app@shop), state unknown, blocks 12 on public.t1; 3 sessions queue behind it.');
	expect(finding?.action).toMatch(/the privileges of pg_monitor[.] Or cancel 12 to let the queue through[.]$/);
});

it('all blockers of the DDL are named', () => {
	const sample = makeSample(
		0,
		...sessionAnswers(idleSession(11, 300), idleSession(13, 300), ddl, sessionRow(20)),
		lockAnswer(grantedLock(11, read), grantedLock(13, read), awaitedLock(12, 5), awaitedLock(20, 4, read)),
	);
	expect(findingsOf(ddlQueue, sample)).toMatchObject([
		{pid: 11, evidence: expect.stringMatching(/ Its waiters are also blocked by 13[.]$/)},
	]);
});

it('a queue behind two statements for the whole table is let through by canceling both', () => {
	const [finding] = findingsOf(
		ddlQueue,
		makeSample(
			0,
			...sessionAnswers(idleSession(11, 300), ddl, sessionRow(13), sessionRow(20)),
			lockAnswer(grantedLock(11, read), awaitedLock(12, 5), awaitedLock(13, 4.5), awaitedLock(20, 4, read)),
		),
	);
	expect(finding?.summary).toMatch(/2 sessions queue behind it[.]$/);
	expect(finding?.action).toMatch(
		/ Or cancel the ALTER TABLE [(]12[)] and 1 waiter for the same lock to let the queue through[.]$/,
	);
});

it('a session that another lock blocks as well is not said to be let through', () => {
	const [finding] = findingsOf(
		ddlQueue,
		makeSample(
			0,
			...sessionAnswers(idleSession(11, 300), idleSession(14, 300), ddl, sessionRow(20), sessionRow(21)),
			lockAnswer(
				grantedLock(11, {mode: 'ShareLock'}),
				awaitedLock(12, 5),
				awaitedLock(20, 4, read),
				awaitedLock(21, 4, {mode: 'RowExclusiveLock'}),
			),
		),
	);
	expect(finding?.action).toMatch(/ Or cancel the ALTER TABLE [(]12[)] to let 1 of them through[.]$/);
});
