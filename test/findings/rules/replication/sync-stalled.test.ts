import {expect, it} from 'vitest';
import {syncStalled} from '../../../../source/findings/rules/replication/sync-stalled.ts';
import {type Sender, senders} from '../../../../source/queries/replication.ts';
import type {Session} from '../../../../source/queries/sessions.ts';
import {answer, findingsOf, instantAt, makeSample, type QueryAnswer, samplesEvery} from '../../samples.ts';
import {sessionAnswers, sessionRow} from '../../session-rows.ts';

const sender = (name: string, sync_state: string): Partial<Sender> => ({
	pid: 21,
	application_name: name,
	state: 'streaming',
	sync_state,
});
const berlin: QueryAnswer = answer(senders, sender('berlin', 'sync'));

const commit = (pid: number, since: number, given: Partial<Session> = {}) =>
	sessionRow(pid, {
		wait_event_type: 'IPC',
		wait_event: 'SyncRep',
		query_start: instantAt(since),
		backend_xid: String(pid),
		...given,
	});

const working = (pid: number, since: number) => commit(pid, since, {wait_event_type: null, wait_event: null});

/** Commits that begin to wait at the moment 0 and do so still, so many seconds after it. */
const stalled = (seconds: number, ...others: readonly QueryAnswer[]) =>
	findingsOf(syncStalled, ...samplesEvery(1, seconds, () => [...sessionAnswers(commit(11, 0), commit(12, 0.5)), ...others]));

it('commits that wait are told from two seconds on, and are critical from half a minute on', () => {
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

it('it is said who does not confirm, as far as that is known', () => {
	const of = (...reads: readonly QueryAnswer[]) => stalled(5, ...reads)[0]?.summary;
	expect(of(answer(senders, sender('paris', 'async')))).toMatch(/: no synchronous standby is connected[.]$/);
	expect(of(answer(senders, sender('a', 'quorum'), sender('b', 'quorum')))).toMatch(/: a, b do not confirm[.]$/);
	expect(of()).toMatch(/the longest for 5[.]0s[.]$/);
});

it('a commit that waits already when we begin to look is told with the second sample', () => {
	const samples = [0, 1].map(second => makeSample(second, ...sessionAnswers(commit(11, -600)), berlin));
	expect(findingsOf(syncStalled, ...samples.slice(0, 1))).toEqual([]);
	expect(findingsOf(syncStalled, ...samples)[0]).toMatchObject({severity: 'critical', weight: 1});
});

it('the commit at the end of a long statement has waited only since it is one', () => {
	const seen = (seconds: number) =>
		findingsOf(
			syncStalled,
			...samplesEvery(1, seconds, second => sessionAnswers(second < 5 ? working(11, -3600) : commit(11, -3600))),
		);
	expect(seen(5)).toEqual([]);
	expect(seen(9)).toMatchObject([{severity: 'warning', summary: expect.stringContaining('the longest for 5.0s')}]);
});

it('a procedure that commits again and again waits for none of its commits', () => {
	const samples = samplesEvery(1, 60, second => sessionAnswers(commit(11, -3600, {backend_xid: String(1000 + second)})));
	expect(findingsOf(syncStalled, ...samples)).toEqual([]);
});

it('other waits are not for a standby', () => {
	const samples = samplesEvery(1, 60, () => sessionAnswers(commit(11, -3600, {wait_event: 'WalSync'})));
	expect(findingsOf(syncStalled, ...samples)).toEqual([]);
});
