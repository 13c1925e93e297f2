import {describe, expect, it} from 'vitest';
import {replayStalled} from '../../../../source/findings/rules/replication/replay-stalled.ts';
import {standbyLag} from '../../../../source/findings/rules/replication/standby-lag.ts';
import {standbyLost} from '../../../../source/findings/rules/replication/standby-lost.ts';
import {senders, slots, standby} from '../../../../source/queries/replication.ts';
import {wal} from '../../../../source/queries/wal.ts';
import {answer, findingsOf, instantAt, makeSample, type QueryAnswer, samplesEvery} from '../../samples.ts';

const megabyte = 1024 ** 2;
const lsn = (bytes: number): string => `0/${Math.round(bytes).toString(16).toUpperCase()}`;

type Given = Readonly<Record<string, string | number | boolean | null>>;

const running = (given: Given = {}): QueryAnswer => answer(wal, {started: instantAt(-9000), current_lsn: '0/0', ...given});
const end = 2000 * megabyte;

const sender = (given: Given = {}): QueryAnswer =>
	answer(senders, {
		pid: 21,
		backend_start: instantAt(-900),
		application_name: 'berlin',
		state: 'streaming',
		sync_state: 'async',
		current_lsn: lsn(end),
		sent_lsn: lsn(end),
		write_lsn: lsn(end),
		flush_lsn: lsn(end),
		replay_lsn: lsn(end),
		...given,
	});

describe('a standby that is connected', () => {
	const behind = (bytes: number, given: Given = {}) =>
		findingsOf(
			standbyLag,
			makeSample(0, running(), sender({replay_lsn: lsn(end - bytes - 1)})),
			makeSample(5, running(), sender({replay_lsn: lsn(end - bytes), ...given})),
		)[0];

	it('is a warning from a hundred megabytes on, and critical from a gigabyte on', () => {
		expect(behind(99 * megabyte)).toBeUndefined();
		expect(behind(100 * megabyte)).toMatchObject({
			severity: 'warning',
			summary: 'berlin is 100MB behind: most is there, but not replayed.',
			leads: {pane: 'replication', identity: `sender 21@${instantAt(-900)}`},
		});
		expect(behind(1024 * megabyte)?.severity).toBe('critical');
	});

	it('is behind in time only while it replays', () => {
		expect(behind(megabyte, {replay_lag_seconds: 400})).toMatchObject({severity: 'warning'});
		const still = lsn(end - megabyte - 1);
		expect(behind(megabyte, {replay_lag_seconds: 400, replay_lsn: still})).toBeUndefined();
	});

	it('is told sooner where its replay stands still between two replies', () => {
		const still = {replay_lsn: lsn(end - 5 * megabyte - 1), reply_time: instantAt(4)};
		expect(behind(5 * megabyte, still)?.summary).toContain('its replay stands still');
		expect(behind(1000, {...still, replay_lsn: lsn(end - 1001)})).toBeUndefined();
	});

	it('is not told of while it takes a base backup, nor where our role is told nothing of it', () => {
		expect(behind(500 * megabyte, {state: 'backup'})).toBeUndefined();
		expect(behind(0, {state: null, current_lsn: null, replay_lsn: null})).toBeUndefined();
	});
});

describe('a standby that is gone', () => {
	const present = [running(), sender(), answer(slots, {slot_name: 'standby_berlin', active: true, active_pid: 21})];
	const gone = [running(), answer(senders), answer(slots, {slot_name: 'standby_berlin'})];
	const until = (second: number, before: readonly QueryAnswer[] = present, after: readonly QueryAnswer[] = gone, total = 60) =>
		findingsOf(standbyLost, ...samplesEvery(5, total, now => (now < second ? before : after)))[0];

	it('is told with its slot, for ten minutes', () => {
		expect(until(40)).toMatchObject({
			severity: 'warning',
			summary: 'berlin streamed from here until 25s ago, and is gone.',
			evidence: 'Its slot standby_berlin keeps the WAL it misses.',
			leads: {pane: 'replication', identity: 'slot standby_berlin'},
		});
		expect(until(40, present, gone, 700)).toBeUndefined();
	});

	it('is not told where it is back, was there for a moment only, or only copied', () => {
		expect(until(40, present, present)).toBeUndefined();
		expect(until(10)).toBeUndefined();
		expect(until(40, [running(), sender({state: 'backup'}), answer(slots)])).toBeUndefined();
		expect(until(40, [running(), sender({application_name: 'pg_16395_sync_16388_7'}), answer(slots)])).toBeUndefined();
	});

	it('is not told where the server itself was another', () => {
		expect(until(40, [running({started: instantAt(-99_999)}), sender(), answer(slots)])).toBeUndefined();
	});

	it('names no slot that it did not use', () => {
		expect(until(40, [running(), sender(), answer(slots)], [running(), answer(senders), answer(slots)])).toMatchObject({
			leads: {pane: 'replication', identity: null},
		});
	});
});

describe('on a standby', () => {
	const replaying = (given: Given, before: Given = given) =>
		findingsOf(
			replayStalled,
			...[before, given].map((now, index) =>
				makeSample(
					5 * index,
					running({in_recovery: true}),
					answer(standby, {
						in_recovery: true,
						receiver_pid: 30,
						status: 'streaming',
						receive_lsn: lsn(end),
						replay_lsn: lsn(end),
						pause_state: 'not paused',
						last_xact_replay: instantAt(-7),
						...now,
					}),
				),
			),
		);

	it('nothing is found while it replays', () => {
		expect(replaying({})).toEqual([]);
		expect(replaying({replay_lsn: lsn(end - megabyte)}, {replay_lsn: lsn(end - 2 * megabyte)})).toEqual([]);
	});

	it('replay that is paused is told, with how to go on', () => {
		expect(replaying({pause_state: 'paused', replay_lsn: lsn(end - megabyte)})).toMatchObject([
			{
				severity: 'warning',
				summary: 'Replay is paused on this standby: 1.0MB was received but not replayed.',
				action: 'select pg_wal_replay_resume() goes on.',
				leads: {pane: 'replication', identity: 'standby standby'},
			},
		]);
		expect(replaying({pause_state: 'paused', replay_lsn: '0/0'})[0]?.severity).toBe('critical');
	});

	it('replay that stands still is told, and lag in time only while there is something to replay', () => {
		expect(replaying({replay_lsn: lsn(end - 5 * megabyte)})[0]?.summary).toContain('Replay stands still');
		expect(replaying({last_xact_replay: instantAt(-4000)})).toEqual([]);
		const old = {last_xact_replay: instantAt(-4000)};
		expect(replaying({...old, replay_lsn: lsn(end - 1)}, {...old, replay_lsn: lsn(end - 2)})[0]?.severity).toBe('warning');
	});

	it('a missing or broken walreceiver is told, but not where WAL comes from an archive', () => {
		expect(replaying({receiver_pid: null, status: null})[0]?.summary).toContain('no walreceiver');
		expect(replaying({status: 'waiting', sender_host: 'db1'})).toMatchObject([
			{
				summary: 'This standby receives nothing: its walreceiver from db1 is waiting.',
				leads: {pane: 'replication', identity: 'receiver 30'},
			},
		]);
		expect(replaying({receiver_pid: null, status: null, receive_lsn: null})).toEqual([]);
		expect(replaying({status: null})).toEqual([]);
	});
});
