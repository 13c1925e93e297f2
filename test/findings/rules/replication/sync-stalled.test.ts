import {expect, it} from 'vitest';
import {syncStalled} from '../../../../source/findings/rules/replication/sync-stalled.ts';
import type {Session} from '../../../../source/queries/activity/sessions.ts';
import {type Sender, senders} from '../../../../source/queries/replication/replication.ts';
import {answer, findingsOf, instantAt, makeSample, type QueryAnswer, samplesEvery} from '../../samples.ts';
import {sessionAnswers, sessionRow} from '../../session-rows.ts';

const sender = (name: string, sync_state: string): Partial<Sender> => ({
	pid: 21,
	application_name: name,
	state: 'streaming',
	sync_state,
});
const berlin: QueryAnswer = answer(senders, sender('berlin', 'sync'));

const commit = (pid: number, since: number, overrides: Partial<Session> = {}) =>
	sessionRow(pid, {
		wait_event_type: 'IPC',
		wait_event: 'SyncRep',
		query_start: instantAt(since),
		backend_xid: String(pid),
		...overrides,
	});

const working = (pid: number, since: number) => commit(pid, since, {wait_event_type: null, wait_event: null});

/** Findings for commits that start to wait at second 0 and still wait after `seconds`. */
const stalled = (seconds: number, ...others: readonly QueryAnswer[]) =>
	findingsOf(syncStalled, ...samplesEvery(1, seconds, () => [...sessionAnswers(commit(11, 0), commit(12, 0.5)), ...others]));

it('waiting commits are a warning after two seconds and critical after half a minute', () => {
	expect(stalled(1, berlin)).toEqual([]);
	expect(stalled(2, berlin)).toMatchObject([
		{
			severity: 'warning',
			pid: null,
			weight: 2,
			summary: '2 commits wait for a synchronous standby, the longest for 2.0s: berlin does not confirm.',
			leads: {pane: 'replication', identity: null},
		},
	]);
	expect(stalled(30, berlin)[0]?.severity).toBe('critical');
	expect(stalled(200, berlin)[0]?.summary).toContain('the longest for 3m20');
});

it('the standby that does not confirm is named if it is known', () => {
	const of = (...reads: readonly QueryAnswer[]) => stalled(5, ...reads)[0]?.summary;
	expect(of(answer(senders, sender('paris', 'async')))).toMatch(/: no synchronous standby is connected[.]$/);
	expect(of(answer(senders, sender('a', 'quorum'), sender('b', 'quorum')))).toMatch(/: a, b do not confirm[.]$/);
	expect(of()).toMatch(/the longest for 5[.]0s[.]$/);
});

it('a commit that waits in the first sample is reported with the second', () => {
	const samples = [0, 1].map(second => makeSample(second, ...sessionAnswers(commit(11, -600)), berlin));
	expect(findingsOf(syncStalled, ...samples.slice(0, 1))).toEqual([]);
	expect(findingsOf(syncStalled, ...samples)[0]).toMatchObject({severity: 'critical', weight: 1});
});

it('the commit at the end of a long statement has waited only since the commit', () => {
	const seen = (seconds: number) =>
		findingsOf(
			syncStalled,
			...samplesEvery(1, seconds, second => sessionAnswers(second < 5 ? working(11, -3600) : commit(11, -3600))),
		);
	expect(seen(5)).toEqual([]);
	expect(seen(9)).toMatchObject([{severity: 'warning', summary: expect.stringContaining('the longest for 5.0s')}]);
});

it('a procedure that commits repeatedly is not stalled', () => {
	const samples = samplesEvery(1, 60, second => sessionAnswers(commit(11, -3600, {backend_xid: String(1000 + second)})));
	expect(findingsOf(syncStalled, ...samples)).toEqual([]);
});

it('other waits are ignored', () => {
	const samples = samplesEvery(1, 60, () => sessionAnswers(commit(11, -3600, {wait_event: 'WalSync'})));
	expect(findingsOf(syncStalled, ...samples)).toEqual([]);
});
