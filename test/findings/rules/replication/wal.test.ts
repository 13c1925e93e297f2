import {describe, expect, it} from 'vitest';
import {checkpointPressure} from '../../../../source/findings/rules/load/checkpoint-pressure.ts';
import {archiverFailing} from '../../../../source/findings/rules/replication/archiver-failing.ts';
import {slotRetainsWal} from '../../../../source/findings/rules/replication/slot-retains-wal.ts';
import {host} from '../../../../source/queries/beside/host.ts';
import {slots} from '../../../../source/queries/replication/replication.ts';
import {type Archiver, archiver, wal} from '../../../../source/queries/replication/wal.ts';
import {answer, findingsOf, instantAt, makeSample, type QueryAnswer, samplesEvery} from '../../samples.ts';

const megabyte = 1024 ** 2;
const gigabyte = 1024 ** 3;

const lsn = (bytes: number): string => `0/${Math.round(bytes).toString(16).toUpperCase()}`;

const written = (bytes: number, overrides: Readonly<Record<string, string | number | boolean>> = {}): QueryAnswer =>
	answer(wal, {
		started: instantAt(-9000),
		current_lsn: lsn(bytes),
		max_wal_size: gigabyte,
		wal_segment_size: 16 * megabyte,
		max_slot_wal_keep_size: '-1',
		...overrides,
	});

describe('a slot', () => {
	type Fields = Readonly<Record<string, string | number | boolean | null>>;

	/** Finding for a slot that retained `before` bytes 15 seconds ago and retains `now`. */
	const keeping = (before: number, now: number, overrides: Fields = {}, ...others: readonly QueryAnswer[]) =>
		findingsOf(
			slotRetainsWal,
			...[before, now].map((kept, index) =>
				makeSample(
					15 * index,
					written(kept, {max_slot_wal_keep_size: overrides.safe_wal_size === undefined ? '-1' : '64MB'}),
					answer(slots, {
						slot_name: 'feed',
						slot_type: 'physical',
						wal_status: 'reserved',
						current_lsn: lsn(kept),
						restart_lsn: '0/0',
						...overrides,
					}),
					...others,
				),
			),
		)[0];

	it('that is unused is critical if it may be lost within an hour', () => {
		expect(keeping(megabyte, 16 * megabyte, {safe_wal_size: 150 * megabyte})).toMatchObject({
			severity: 'critical',
			summary: 'Unused physical slot feed retains 16.0MB of WAL and may be lost in 2m30.',
			leads: {pane: 'replication', identity: 'slot feed'},
		});
	});

	it('that is unused has a forecast after one second', () => {
		const moment = (second: number, kept: number, active: boolean) =>
			makeSample(
				second,
				written(kept, {max_slot_wal_keep_size: '64MB'}),
				answer(slots, {
					slot_name: 'feed',
					slot_type: 'physical',
					wal_status: 'reserved',
					current_lsn: lsn(kept),
					restart_lsn: '0/0',
					safe_wal_size: 60 * megabyte,
					active,
				}),
			);
		expect(findingsOf(slotRetainsWal, moment(0, megabyte, false), moment(1, 2 * megabyte, false))[0]?.summary).toContain(
			'retains 2.0MB of WAL and may be lost in 1m00',
		);
		expect(findingsOf(slotRetainsWal, moment(0, megabyte, true), moment(1, 2 * megabyte, true))).toEqual([]);
	});

	it('has no forecast of a distant end', () => {
		const finding = keeping(megabyte, 16 * megabyte, {safe_wal_size: 100 * gigabyte});
		expect(finding).toMatchObject({
			severity: 'notice',
			summary: 'Unused physical slot feed retains 16.0MB of WAL.',
		});
	});

	it('without a limit has a forecast of the disk if that is half full', () => {
		const disk = (free: number) =>
			answer(host, {kind: 'wal', name: 'wal', device: '8:1', used_bytes: 10 * gigabyte, free_bytes: free});
		expect(keeping(megabyte, 16 * megabyte, {}, disk(2 * gigabyte))?.summary).toContain('fills the disk in 34m08');
		expect(keeping(megabyte, 16 * megabyte, {}, disk(2 * gigabyte))?.severity).toBe('critical');
		expect(keeping(megabyte, 16 * megabyte, {}, disk(20 * gigabyte))?.severity).toBe('notice');
		expect(keeping(megabyte, 16 * megabyte)?.severity).toBe('notice');
	});

	it('that is unused is a warning from a gigabyte or an hour', () => {
		expect(keeping(gigabyte, gigabyte)?.severity).toBe('warning');
		expect(keeping(20 * megabyte, 20 * megabyte, {inactive_since: instantAt(-3600)})?.severity).toBe('warning');
		expect(keeping(20 * megabyte, 20 * megabyte, {inactive_since: instantAt(-60)})?.severity).toBe('notice');
		expect(keeping(1000, 1000, {inactive_since: instantAt(-3600)})).toBeUndefined();
	});

	it('in use is trouble only if most of its limit is used', () => {
		const used = (safe: number) => keeping(megabyte, 16 * megabyte, {active: true, active_pid: 7, safe_wal_size: safe})?.severity;
		expect(used(100 * megabyte)).toBeUndefined();
		expect(used(16 * megabyte)).toBe('critical');
		expect(keeping(16 * megabyte, 16 * megabyte, {active: true, safe_wal_size: 10 * megabyte})?.severity).toBe('warning');
	});

	it('that is lost names the reason, and is critical before it is lost', () => {
		expect(keeping(0, 0, {wal_status: 'lost', restart_lsn: null, invalidation_reason: 'wal_removed'})).toMatchObject({
			severity: 'warning',
			summary: 'Physical slot feed is lost (wal_removed): what its consumer needs is gone.',
		});
		expect(keeping(megabyte, megabyte, {wal_status: 'unreserved'})?.severity).toBe('critical');
	});

	it('that was synchronized from the primary is ignored', () => {
		expect(keeping(gigabyte, gigabyte, {synced: true})).toBeUndefined();
	});
});

describe('the archiver', () => {
	const archiving = (overrides: Partial<Archiver>, segments = 20) =>
		findingsOf(
			archiverFailing,
			makeSample(
				0,
				written(segments * 16 * megabyte),
				answer(archiver, {archive_mode: 'on', last_archived_wal: '000000010000000000000001', ...overrides}),
			),
		)[0];

	it('that fails is a warning and critical after an hour', () => {
		const failing = {last_failed_wal: '000000010000000000000002', last_failed_time: instantAt(-5), failed_count: 3};
		expect(archiving({...failing, last_archived_time: instantAt(-60)})).toMatchObject({
			severity: 'warning',
			summary: 'WAL archiving fails at 000000010000000000000002, 18 segments wait.',
			leads: {pane: 'replication', identity: 'archiver archiver'},
		});
		expect(archiving({...failing, last_archived_time: instantAt(-3601)})?.severity).toBe('critical');
		expect(archiving({...failing, last_archived_time: instantAt(-4)})).toBeUndefined();
	});

	it('that does not keep up is reported with its backlog', () => {
		expect(archiving({last_archived_time: instantAt(-4)}, 101)).toBeUndefined();
		expect(archiving({last_archived_time: instantAt(-4)}, 102)).toMatchObject({
			severity: 'warning',
			summary: 'WAL archiving does not keep up, 100 segments wait.',
		});
	});

	it('without a command is reported, and one that is off is not', () => {
		expect(archiving({without_command: true})?.summary).toContain('nothing archives WAL');
		expect(archiving({archive_mode: 'off', last_failed_time: instantAt(-5)}, 2000)).toBeUndefined();
	});
});

describe('checkpoints', () => {
	const asked = (perMinute: number, bytesPerSecond: number, minutes = 5) =>
		findingsOf(
			checkpointPressure,
			...samplesEvery(10, minutes * 60, second => [
				written(second * bytesPerSecond, {
					max_wal_size: 64 * megabyte,
					in_recovery: false,
					checkpoints_timed: 0,
					checkpoints_requested: Math.floor((second / 60) * perMinute),
				}),
			]),
		)[0];

	it('requested by WAL in quick succession are a warning', () => {
		expect(asked(2, megabyte)).toMatchObject({
			severity: 'warning',
			summary: 'Checkpoints every 30s: max_wal_size (64.0MB) is too small for the WAL written.',
			leads: {pane: 'replication', identity: 'wal wal'},
		});
	});

	it('are ignored if they are few or requested by commands', () => {
		expect(asked(0.5, megabyte)).toBeUndefined();
		expect(asked(2, 1000)).toBeUndefined();
	});
});
