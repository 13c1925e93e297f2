import {describe, expect, it} from 'vitest';
import type {Sample} from '../../source/core/sample/sample.ts';
import {fleetFindings} from '../../source/findings/fleet.ts';
import {thresholds} from '../../source/findings/thresholds.ts';
import {fleetRows} from '../../source/panes/fleet/rows.ts';
import {type FleetServer, fleet} from '../../source/queries/beside/fleet.ts';
import {answer, instantAt, makeSample} from './samples.ts';

const find = fleetFindings(thresholds);

const server = (changes: Partial<FleetServer> = {}, label = 'a', position = 0): Partial<FleetServer> => ({
	server: label,
	label,
	position,
	status: 'up',
	...changes,
});

/** Samples a second apart with the same servers, or with those of each second. */
const samplesWith = (seconds: number, rowsAt: (second: number) => readonly Partial<FleetServer>[]): readonly Sample[] =>
	Array.from({length: seconds + 1}, (_, second) => makeSample(second, answer(fleet, ...rowsAt(second))));

const rowsIn = (samples: readonly Sample[]) => fleetRows(samples.at(-1) as Sample, samples, find);

/** Rule, severity and summary of the worst finding of one server. */
const worst = (changes: Partial<FleetServer>, seconds = 10) => {
	const [row] = rowsIn(samplesWith(seconds, () => [server(changes)]));
	return row?.severity === null ? null : [row?.rule, row?.severity, row?.summary];
};

describe('the worst finding of a server of a fleet', () => {
	it('is none while all figures are below their levels, or unknown', () => {
		expect(worst({})).toBeNull();
		expect(
			worst({blocked: 0, connections: 50, max_connections: 100, reserved_connections: 3, lag_bytes: 0, hidden: 0}),
		).toBeNull();
	});

	it.each<[string, Partial<FleetServer>, readonly unknown[]]>([
		['sessions that stay blocked', {blocked: 3}, ['root-blocker', 'warning', '3 sessions blocked for at least 10s.']],
		['many that stay blocked', {blocked: 6}, ['root-blocker', 'critical', '6 sessions blocked for at least 10s.']],
		[
			'connections near the limit',
			{connections: 96, max_connections: 100, reserved_connections: 3},
			['connections', 'critical', '96 of 97 connections in use (99%).'],
		],
		[
			'a session idle in transaction',
			{idle_in_transaction_seconds: 75},
			['idle-in-transaction', 'warning', 'A session has been idle in transaction for 1m15.'],
		],
		[
			'wraparound',
			{xid_age: 1_900_000_000, freeze_max_age: 200_000_000},
			['wraparound', 'critical', '244M XIDs left before shutdown.'],
		],
		['a standby that lags', {in_recovery: false, lag_bytes: 2 ** 31}, ['standby-lag', 'critical', 'A standby is 2.0GB behind.']],
		[
			'replay that is old while WAL waits',
			{in_recovery: true, lag_bytes: 8192, lag_seconds: 400},
			['standby-lag', 'warning', 'Replay is 8.0kB behind, 6m40.'],
		],
		[
			'a disk that is nearly full',
			{disk_name: 'wal', disk_total_bytes: 100 * 2 ** 30, disk_used_bytes: 96 * 2 ** 30, disk_free_bytes: 4 * 2 ** 30},
			['disk-full', 'critical', 'The disk with wal is 96% full: 4.0GB left.'],
		],
		[
			'a disk that fills up, by the share that df shows',
			{disk_name: 'tablespace fast', disk_total_bytes: 1000, disk_used_bytes: 720, disk_free_bytes: 200},
			['disk-full', 'notice', expect.stringMatching(/^The disk with tablespace fast is 78% full/)],
		],
		[
			'a role without rights',
			{hidden: 2},
			['not-read', 'notice', 'The role may not see 2 sessions: GRANT pg_monitor shows them.'],
		],
		[
			'no answer',
			{status: 'down', since: instantAt(-50), error: 'No server is listening at a.', last_in_recovery: false},
			['not-read', 'critical', 'The primary has not answered for 1m00. No server is listening at a.'],
		],
		[
			'no answer of a standby',
			{status: 'down', since: instantAt(-50), error: null, last_in_recovery: true},
			['not-read', 'critical', 'A standby has not answered for 1m00.'],
		],
		[
			'no answer at all so far',
			{status: 'down', since: instantAt(-50), error: null, last_in_recovery: null},
			['not-read', 'critical', 'No answer for 1m00.'],
		],
	])('is %s', (_, changes, expected) => {
		expect(worst(changes)).toEqual(expected);
	});

	it('is not a wait that a single look met', () => {
		expect(worst({blocked: 4}, 0)).toBeNull();
		const [row] = rowsIn(samplesWith(10, second => [server({blocked: second === 9 ? 0 : 2})]));
		expect(row?.severity).toBeNull();
	});

	it('is what the server refuses, by the names of its own figures', () => {
		const error = {code: '42501', message: 'The role may not read data_directory.', hint: 'Ask for the right.'};
		const refused = [
			{fields: ['a disk', 'a lag_bytes'], error},
			{fields: ['a b disk'], error},
		];
		const rows = [server({}, 'a', 0), server({}, 'a b', 1), server({}, 'c', 2)];
		const base = makeSample(0, answer(fleet, ...rows));
		const read = base.results.fleet;
		const sample: Sample = {...base, results: {fleet: {...(read as Extract<typeof read, {ok: true}>), refused}}};
		expect(fleetRows(sample, [sample], find).map(({label, rule, summary}) => [label, rule, summary])).toEqual([
			['a', 'not-read', 'Not read: disk, lag bytes. The role may not read data_directory. Ask for the right.'],
			['a b', 'not-read', 'Not read: disk. The role may not read data_directory. Ask for the right.'],
			['c', null, null],
		]);
	});

	it('is not the age of an old transaction on a standby that has replayed everything', () => {
		expect(worst({in_recovery: true, lag_bytes: 0, lag_seconds: 4000})).toBeNull();
	});
});

describe('the servers of a fleet', () => {
	it('come worst first: down, then by severity, in the given order among equals', () => {
		const rows = rowsIn(
			samplesWith(0, () => [
				server({}, 'calm', 0),
				server({idle_in_transaction_seconds: 75}, 'warning', 1),
				server({status: 'connecting'}, 'new', 2),
				server({idle_in_transaction_seconds: 75, blocked: 0}, 'warning too', 3),
				server({idle_in_transaction_seconds: 1000}, 'critical', 4),
				server({status: 'down'}, 'down', 5),
			]),
		);
		expect(rows.map(({label}) => label)).toEqual(['down', 'critical', 'warning', 'warning too', 'calm', 'new']);
	});

	it('have a rate of transactions by their own clocks, which a restart ends', () => {
		const at = (second: number, started: string) => server({read_at: instantAt(second), transactions: second * 50, started});
		const steady = rowsIn(samplesWith(6, second => [at(second, instantAt(-100))]));
		expect(steady[0]?.transactions_per_second).toBe(50);
		const restarted = rowsIn(samplesWith(6, second => [at(second, instantAt(second === 6 ? 5 : -100))]));
		expect(restarted[0]?.transactions_per_second).toBeNull();
	});
});
