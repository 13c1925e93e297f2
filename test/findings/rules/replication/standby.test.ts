import {describe, expect, it} from 'vitest';
import {replayStalled} from '../../../../source/findings/rules/replication/replay-stalled.ts';
import {standbyLag} from '../../../../source/findings/rules/replication/standby-lag.ts';
import {standbyLost} from '../../../../source/findings/rules/replication/standby-lost.ts';
import {senders, slots, standby} from '../../../../source/queries/replication/replication.ts';
import {wal} from '../../../../source/queries/replication/wal.ts';
import {answer, findingsOf, instantAt, makeSample, type QueryAnswer, samplesEvery} from '../../samples.ts';

const megabyte = 1024 ** 2;
const lsn = (bytes: number): string => `0/${Math.round(bytes).toString(16).toUpperCase()}`;

type Fields = Readonly<Record<string, string | number | boolean | null>>;

const running = (overrides: Fields = {}): QueryAnswer =>
	answer(wal, {started: instantAt(-9000), current_lsn: '0/0', ...overrides});
const end = 2000 * megabyte;

const sender = (overrides: Fields = {}): QueryAnswer =>
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
		...overrides,
	});

describe('a connected standby', () => {
	const behind = (bytes: number, overrides: Fields = {}) =>
		findingsOf(
			standbyLag,
			makeSample(0, running(), sender({replay_lsn: lsn(end - bytes - 1)})),
			makeSample(5, running(), sender({replay_lsn: lsn(end - bytes), ...overrides})),
		)[0];

	it('is a warning from 100 MB of lag and critical from 1 GB', () => {
		expect(behind(99 * megabyte)).toBeUndefined();
		expect(behind(100 * megabyte)).toMatchObject({
			severity: 'warning',
			summary: 'berlin is 100MB behind: most is received but not replayed.',
			leads: {pane: 'replication', identity: `sender 21@${instantAt(-900)}`},
		});
		expect(behind(1024 * megabyte)?.severity).toBe('critical');
	});

	it('lags in time only while it replays', () => {
		expect(behind(megabyte, {replay_lag_seconds: 400})).toMatchObject({severity: 'warning'});
		const still = lsn(end - megabyte - 1);
		expect(behind(megabyte, {replay_lag_seconds: 400, replay_lsn: still})).toBeUndefined();
	});

	it('is reported sooner if its replay does not move between two replies', () => {
		const still = {replay_lsn: lsn(end - 5 * megabyte - 1), reply_time: instantAt(4)};
		expect(behind(5 * megabyte, still)?.summary).toContain('its replay is stuck');
		expect(behind(1000, {...still, replay_lsn: lsn(end - 1001)})).toBeUndefined();
	});

	it('is ignored during a base backup and if the role cannot see its position', () => {
		expect(behind(500 * megabyte, {state: 'backup'})).toBeUndefined();
		expect(behind(0, {state: null, current_lsn: null, replay_lsn: null})).toBeUndefined();
	});
});

describe('a lost standby', () => {
	const present = [running(), sender(), answer(slots, {slot_name: 'standby_berlin', active: true, active_pid: 21})];
	const gone = [running(), answer(senders), answer(slots, {slot_name: 'standby_berlin'})];
	const until = (second: number, before: readonly QueryAnswer[] = present, after: readonly QueryAnswer[] = gone, total = 60) =>
		findingsOf(standbyLost, ...samplesEvery(5, total, now => (now < second ? before : after)))[0];

	it('is reported with its slot for ten minutes', () => {
		expect(until(40)).toMatchObject({
			severity: 'warning',
			summary: 'berlin stopped streaming 25s ago and is gone.',
			evidence: 'Its slot standby_berlin retains the WAL it misses.',
			leads: {pane: 'replication', identity: 'slot standby_berlin'},
		});
		expect(until(40, present, gone, 700)).toBeUndefined();
	});

	it('goes on while its slot waits for it; without one it is over after a minute', () => {
		const dropped = [running(), answer(senders), answer(slots)];
		expect(until(40)?.ongoing).toBe(true);
		expect(until(40, present, gone, 400)?.ongoing).toBe(true);
		expect(until(40, present, dropped)?.ongoing).toBe(true);
		expect(until(40, present, dropped, 400)).toMatchObject({severity: 'warning', ongoing: false});
	});

	it('is ignored if it is back, was connected only briefly, or only copied', () => {
		expect(until(40, present, present)).toBeUndefined();
		expect(until(10)).toBeUndefined();
		expect(until(40, [running(), sender({state: 'backup'}), answer(slots)])).toBeUndefined();
		for (const application_name of ['pg_16395_sync_16388_7', 'pg_16395_sequence_sync_7'])
			expect(until(40, [running(), sender({application_name}), answer(slots)]), application_name).toBeUndefined();
	});

	it('is ignored if the server itself restarted', () => {
		expect(until(40, [running({started: instantAt(-99_999)}), sender(), answer(slots)])).toBeUndefined();
	});

	it('names only a slot that it used', () => {
		expect(until(40, [running(), sender(), answer(slots)], [running(), answer(senders), answer(slots)])).toMatchObject({
			leads: {pane: 'replication', identity: null},
		});
	});
});

describe('on a standby', () => {
	const replaying = (overrides: Fields, before: Fields = overrides) =>
		findingsOf(
			replayStalled,
			...[before, overrides].map((now, index) =>
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

	it('normal replay is not reported', () => {
		expect(replaying({})).toEqual([]);
		expect(replaying({replay_lsn: lsn(end - megabyte)}, {replay_lsn: lsn(end - 2 * megabyte)})).toEqual([]);
	});

	it('paused replay is reported with the function that resumes it', () => {
		expect(replaying({pause_state: 'paused', replay_lsn: lsn(end - megabyte)})).toMatchObject([
			{
				severity: 'warning',
				summary: 'Replay is paused on this standby: 1.0MB received but not replayed.',
				action: 'select pg_wal_replay_resume() resumes it.',
				leads: {pane: 'replication', identity: 'standby standby'},
			},
		]);
		expect(replaying({pause_state: 'paused', replay_lsn: '0/0'})[0]?.severity).toBe('critical');
	});

	it('stuck replay is reported, and lag in time only while there is WAL to replay', () => {
		expect(replaying({replay_lsn: lsn(end - 5 * megabyte)})[0]?.summary).toContain('Replay is stuck');
		expect(replaying({last_xact_replay: instantAt(-4000)})).toEqual([]);
		const old = {last_xact_replay: instantAt(-4000)};
		expect(replaying({...old, replay_lsn: lsn(end - 1)}, {...old, replay_lsn: lsn(end - 2)})[0]?.severity).toBe('warning');
	});

	it('a missing or broken walreceiver is reported unless WAL comes from an archive', () => {
		expect(replaying({receiver_pid: null, status: null})[0]?.summary).toContain('no walreceiver');
		expect(replaying({status: 'waiting', sender_host: 'db1'})).toMatchObject([
			{
				summary: 'This standby receives no WAL: its walreceiver from db1 is waiting.',
				leads: {pane: 'replication', identity: 'receiver 30'},
			},
		]);
		expect(replaying({receiver_pid: null, status: null, receive_lsn: null})).toEqual([]);
		expect(replaying({status: null})).toEqual([]);
	});
});
