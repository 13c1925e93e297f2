import {describe, expect, it} from 'vitest';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import {laterBy} from '../../../source/core/values/instant.ts';
import {databasesPane} from '../../../source/panes/databases/databases.ts';

const begin = '2026-11-22T14:30:00.000000+00:00';

const counters = (changes: Row): Row => ({
	datid: 5,
	datname: 'shop',
	datconnlimit: -1,
	xid_age: 1000,
	mxid_age: 0,
	freeze_max_age: 200_000_000,
	multixact_freeze_max_age: 400_000_000,
	failsafe_age: 1_600_000_000,
	numbackends: 3,
	xact_commit: 0,
	xact_rollback: 0,
	blks_read: 0,
	blks_hit: 0,
	tup_returned: 0,
	tup_written: 0,
	temp_bytes: 0,
	deadlocks: 0,
	conflicts: 0,
	checksum_failures: null,
	sessions: 0,
	sessions_abandoned: 0,
	sessions_fatal: 0,
	sessions_killed: 0,
	active_seconds: 0,
	stats_reset: null,
	...changes,
});

const place = (changes: Row): Row => ({kind: 'data', name: 'data', path: '/srv', device: '8:1', ...changes});

/** Sample at a number of seconds after `begin`, with these rows. */
const sampleAt = (seconds: number, read: Readonly<Record<string, readonly Row[]>>): Sample => {
	const at = laterBy(begin, seconds * 1000);
	return {
		seq: seconds,
		at,
		own: [],
		results: Object.fromEntries(Object.entries(read).map(([name, rows]) => [name, {ok: true, at, tookMs: 1, rows}])),
	};
};

const rowsOf = (...samples: readonly Sample[]): readonly Row[] => databasesPane.rows(samples.at(-1) as Sample, samples);

const toneOf = (row: Row | undefined, id: string): string => {
	const column = databasesPane.columns.find(one => one.id === id);
	return column && row ? column.tone(column.value(row, begin), row) : 'none';
};

describe('a database', () => {
	const over = (before: Row, after: Row): Row | undefined =>
		rowsOf(sampleAt(0, {databases: [counters(before)]}), sampleAt(4, {databases: [counters(after)]}))[0];

	it('has rates over the seconds between two answers', () => {
		expect(over({xact_commit: 100}, {xact_commit: 500, temp_bytes: 8192, active_seconds: 6})).toMatchObject({
			xact_commit_per_second: 100,
			temp_bytes_per_second: 2048,
			average_active_sessions: 1.5,
		});
	});

	it('has no rate for a counter that fell and no rates across a reset', () => {
		expect(over({xact_commit: 900}, {xact_commit: 500, temp_bytes: 4})).toMatchObject({
			xact_commit_per_second: null,
			temp_bytes_per_second: 1,
		});
		expect(over({xact_commit: 100}, {xact_commit: 500, stats_reset: begin})).toMatchObject({xact_commit_per_second: null});
	});

	it('has a hit ratio only with enough blocks', () => {
		expect(over({}, {blks_hit: 300, blks_read: 100})?.hit_ratio).toBe(0.75);
		expect(over({}, {blks_hit: 30, blks_read: 1})?.hit_ratio).toBeNull();
	});

	it('has no connection limit by default and is red after an interrupted drop', () => {
		const [plain] = rowsOf(sampleAt(0, {databases: [counters({})]}));
		expect(plain).toMatchObject({connection_limit: null});
		expect(toneOf(plain, 'datname')).toBe('calm');
		expect(toneOf(rowsOf(sampleAt(0, {databases: [counters({datconnlimit: -2})]}))[0], 'datname')).toBe('danger');
	});

	it.each([
		[400_000_000, 200_000_000, 'calm'],
		[500_000_000, 200_000_000, 'warn'],
		[900_000_000, 1_000_000_000, 'calm'],
		[1_600_000_000, 1_000_000_000, 'danger'],
	])('with an age of %i and a limit of %i is %s', (xid_age, freeze_max_age, tone) => {
		const [row] = rowsOf(sampleAt(0, {databases: [counters({xid_age, freeze_max_age})]}));
		expect(toneOf(row, 'xid_age')).toBe(tone);
	});

	it('is red after a new deadlock only', () => {
		expect(toneOf(over({deadlocks: 3}, {deadlocks: 3}), 'deadlocks')).toBe('calm');
		expect(toneOf(over({deadlocks: 3}, {deadlocks: 4}), 'deadlocks')).toBe('danger');
	});
});

describe('a disk', () => {
	const filling = (seconds: number, used: number): Sample =>
		sampleAt(seconds, {
			databases: [counters({})],
			host: [
				place({total_bytes: 1000, used_bytes: used, free_bytes: 900 - used}),
				place({kind: 'wal', name: 'wal', path: '/srv/pg_wal', total_bytes: 1000, used_bytes: used, free_bytes: 900 - used}),
			],
		});
	const diskOf = (...samples: readonly Sample[]): Row | undefined => rowsOf(...samples).find(row => row.section === 'disk');

	it('is one row for all locations on it, with the used share of df', () => {
		const disks = rowsOf(filling(0, 450)).filter(row => row.section === 'disk');
		expect(disks).toHaveLength(1);
		expect(disks[0]).toMatchObject({location: 'data, wal', used_ratio: 0.5, free_bytes: 450, fills_in_seconds: null});
	});

	it.each([
		[620, 'calm'],
		[630, 'warn'],
		[764, 'warn'],
		[765, 'danger'],
	])('with %i of 900 used is %s', (used, tone) => expect(toneOf(diskOf(filling(0, used)), 'used_ratio')).toBe(tone));

	it('has a time until full after five minutes of growth', () => {
		const steps = (last: number): readonly Sample[] =>
			Array.from({length: last / 60 + 1}, (_, minute) => filling(minute * 60, 300 + minute * 60));
		expect(diskOf(...steps(240))?.fills_in_seconds).toBeNull();
		expect(diskOf(...steps(300))?.growth_bytes_per_second).toBeCloseTo(1, 9);
		expect(diskOf(...steps(300))?.fills_in_seconds).toBeCloseTo(300, 6);
	});
});
