import {describe, expect, it} from 'vitest';
import type {Sample} from '../../../../source/core/sample/sample.ts';
import {rollbacksJump} from '../../../../source/findings/rules/load/rollbacks-jump.ts';
import {tempStorm} from '../../../../source/findings/rules/load/temp-storm.ts';
import {deadlocks} from '../../../../source/findings/rules/locks/deadlocks.ts';
import {diskFull} from '../../../../source/findings/rules/storage/disk-full.ts';
import {wraparound} from '../../../../source/findings/rules/storage/wraparound.ts';
import {horizon} from '../../../../source/queries/activity/horizon.ts';
import {databaseNames, sessions} from '../../../../source/queries/activity/sessions.ts';
import {host} from '../../../../source/queries/beside/host.ts';
import {logDeadlocks, serverLog} from '../../../../source/queries/beside/server-log.ts';
import {databaseSizes, databases} from '../../../../source/queries/server/databases.ts';
import {facts, pulse} from '../../../../source/queries/server/server.ts';
import {freezeAges, oldestTables} from '../../../../source/queries/storage/freeze.ts';
import {answer, findingsOf, instantAt, makeSample, type QueryAnswer, samplesEvery} from '../../samples.ts';
import {awaitedLock, grantedLock, lockAnswer, sessionAnswers, sessionRow} from '../../session-rows.ts';

const megabyte = 1024 ** 2;
const gigabyte = 1024 ** 3;

type Counters = Readonly<Partial<Record<'temp_bytes' | 'deadlocks' | 'xact_commit' | 'xact_rollback', number>>>;

const shop = (counters: Counters, stats_reset: string | null = null): QueryAnswer =>
	answer(databases, {datid: 5, datname: 'shop', ...counters, stats_reset});

describe('temporary files', () => {
	const at5 = (pace: number, ...others: readonly QueryAnswer[]) =>
		samplesEvery(5, 30, second => [
			shop({temp_bytes: second * pace}),
			answer(databaseNames, {datid: 5, datname: 'shop'}),
			...others,
		]);

	it('are a storm from 100 MB a second', () => {
		expect(findingsOf(tempStorm, ...at5(99 * megabyte))).toEqual([]);
		expect(findingsOf(tempStorm, ...at5(100 * megabyte))).toMatchObject([
			{
				severity: 'warning',
				summary: 'Statements in shop write 100MB/s of temporary files.',
				pid: null,
				leads: {pane: 'databases', identity: 'database 5'},
			},
		]);
	});

	it('are blamed on the session that uses one right now', () => {
		const writing = answer(sessions, {
			pid: 4711,
			backend_start: instantAt(-9),
			backend_type: 'client backend',
			datid: 5,
			usename: 'app',
			state: 'active',
			wait_event_type: 'IO',
			wait_event: 'BufFileWrite',
			query_start: instantAt(-8),
		});
		expect(findingsOf(tempStorm, ...at5(200 * megabyte, writing))).toMatchObject([
			{
				pid: 4711,
				summary: '4711 (app@shop) writes temporary files: 200MB/s in shop.',
				leads: {pane: 'sessions', identity: `4711@${instantAt(-9)}`},
			},
		]);
	});

	it('are not a storm over a moment or across a reset', () => {
		expect(findingsOf(tempStorm, makeSample(0, shop({})), makeSample(5, shop({temp_bytes: 9 * gigabyte})))).toEqual([]);
		expect(
			findingsOf(tempStorm, makeSample(0, shop({})), makeSample(20, shop({temp_bytes: 9 * gigabyte}, instantAt(3)))),
		).toEqual([]);
	});
});

describe('deadlocks', () => {
	const met = (count: number) =>
		findingsOf(deadlocks, ...samplesEvery(10, 120, second => [shop({deadlocks: 40 + (second < 60 ? 0 : count)})]));

	it('are a notice, and three within minutes are a warning', () => {
		expect(met(0)).toEqual([]);
		expect(met(1)[0]).toMatchObject({severity: 'notice', summary: '1 deadlock in shop in the last 2m00.'});
		expect(met(3)[0]).toMatchObject({severity: 'warning', summary: '3 deadlocks in shop in the last 2m00.'});
	});

	it('are over a minute after the last one, and then say when that was', () => {
		const since = (second: number) =>
			findingsOf(deadlocks, ...samplesEvery(10, 290, now => [shop({deadlocks: now < second ? 0 : 3})]))[0];
		expect(since(230)).toMatchObject({ongoing: true, summary: '3 deadlocks in shop in the last 4m50.'});
		expect(since(220)).toMatchObject({
			severity: 'warning',
			ongoing: false,
			summary: '3 deadlocks in shop in the last 4m50, the last one 1m10 ago.',
		});
	});

	const logged = answer(logDeadlocks, {
		number: 7,
		at: instantAt(60),
		pid: 12,
		datname: 'shop',
		detail: [
			'Process 12 waits for ShareLock on transaction 741; blocked by process 15.',
			'Process 15 waits for ShareLock on transaction 740; blocked by process 12.',
			'Process 12: update accounts set balance = 1',
			'Process 15: update accounts set balance = 2',
		].join('\n'),
		context: 'while updating tuple (0,1) in relation "accounts"',
	});
	const risen = (second: number) => shop({deadlocks: second < 60 ? 0 : 1});

	it('are named with their statements from the log, the aborted one first', () => {
		expect(findingsOf(deadlocks, ...samplesEvery(10, 120, second => [risen(second), logged]))[0]).toMatchObject({
			summary: '12 and 15 deadlocked on accounts: 1 deadlock in shop in the last 2m00.',
			evidence:
				'12 (aborted): update accounts set balance = 1; 15: update accounts set balance = 2. Each deadlock cost a transaction.',
			leads: {pane: 'serverlog', identity: null},
		});
	});

	it('lead to the entry of the log if it was read', () => {
		const entries = answer(serverLog, {number: 7, message: 'deadlock detected'});
		expect(findingsOf(deadlocks, ...samplesEvery(10, 120, second => [risen(second), logged, entries]))[0]?.leads).toEqual({
			pane: 'serverlog',
			identity: '7',
		});
	});

	it('are named with sessions that waited for each other if the log is unread, and the reason is said', () => {
		const circle = [
			...sessionAnswers(sessionRow(11), sessionRow(12)),
			lockAnswer(grantedLock(11), awaitedLock(12, 1), grantedLock(12, {relation: 2}), awaitedLock(11, 1, {relation: 2})),
		];
		const samples = samplesEvery(10, 120, second => [risen(second), ...(second === 50 ? circle : [])]);
		const [last] = samples.slice(-1);
		const refused = {
			...last,
			results: {
				...last?.results,
				[logDeadlocks.name]: {
					ok: false,
					at: instantAt(120),
					tookMs: 1,
					error: {code: '42501', message: 'Not allowed', hint: 'Grant it.'},
				},
			},
		} as Sample;
		const [found] = findingsOf(deadlocks, ...samples.slice(0, -1), refused);
		expect(found?.summary).toMatch(/^1[12] \(app@shop\) and 1[12] \(app@shop\) deadlocked on public\.t[12]: 1 deadlock in shop/);
		expect(found?.evidence).toMatch(/ Each deadlock cost a transaction\. Server log not read: Not allowed\. Grant it\.$/);
		expect(found?.leads.pane).toBe('databases');
	});

	it('from before the first sample or before the server started are not reported', () => {
		expect(findingsOf(deadlocks, makeSample(0, shop({deadlocks: 40})))).toEqual([]);
		const begun = answer(facts, {started: instantAt(50)});
		expect(
			findingsOf(deadlocks, ...samplesEvery(10, 120, second => [begun, shop({deadlocks: second < 40 ? 0 : 9})]))[0],
		).toBeUndefined();
	});
});

describe('rollbacks', () => {
	const rolled = (before: number, now: number, seconds = 180) => {
		const since = seconds - 30;
		return findingsOf(
			rollbacksJump,
			...samplesEvery(5, seconds, second => [
				shop({xact_commit: second * 100, xact_rollback: second * before + Math.max(0, second - since) * (now - before)}),
			]),
		)[0];
	};

	it('that jump are a warning', () => {
		expect(rolled(1, 50)).toMatchObject({
			severity: 'warning',
			summary: 'shop rolls back 50.0 transactions/s, 33% of all.',
			evidence: 'It was 1.0% in the minutes before.',
		});
	});

	it('are not a jump if they are few or usual, or if the time before is unknown', () => {
		expect(rolled(0, 5)).toBeUndefined();
		expect(rolled(50, 60)).toBeUndefined();
		expect(rolled(1, 50, 60)).toBeUndefined();
	});

	it('are not a jump if a session reports hours of counts when it ends', () => {
		const reported = (second: number) => [shop({xact_commit: second * 100, xact_rollback: second < 170 ? 0 : 20_000})];
		expect(findingsOf(rollbacksJump, ...samplesEvery(5, 180, reported))).toEqual([]);
	});

	it('are not a jump if logical decoding has just started, which counts its reads as rollbacks', () => {
		const decoded = (since: number) =>
			samplesEvery(5, 180, second => [
				shop({xact_commit: second * 100, xact_rollback: Math.max(0, second - 150) * 100}),
				answer(sessions, {pid: 21, backend_start: instantAt(since), backend_type: 'walsender', datid: 5}),
			]);
		expect(findingsOf(rollbacksJump, ...decoded(150))).toEqual([]);
		expect(findingsOf(rollbacksJump, ...decoded(-900))).toHaveLength(1);
	});
});

describe('a database close to wraparound', () => {
	const aged = (ages: Readonly<Record<string, number>>, ...others: readonly QueryAnswer[]) => [
		answer(freezeAges, {
			datid: 5,
			datname: 'shop',
			freeze_max_age: 200_000_000,
			multixact_freeze_max_age: 400_000_000,
			failsafe_age: 1_600_000_000,
			...ages,
		}),
		...others,
	];
	const of = (ages: Readonly<Record<string, number>>, ...others: readonly QueryAnswer[]) =>
		findingsOf(wraparound, makeSample(0, ...aged(ages, ...others)));

	it('is rated by its way from the forced autovacuum to the shutdown', () => {
		expect(of({xid_age: 450_000_000})).toEqual([]);
		expect(of({xid_age: 500_000_000})).toMatchObject([
			{severity: 'warning', leads: {pane: 'horizon', identity: 'wraparound 5'}, pid: null},
		]);
		expect(of({xid_age: 1_600_000_000})[0]).toMatchObject({
			severity: 'critical',
			summary: '544M XIDs left before shutdown (shop).',
		});
	});

	it('is rated by the settings of the server', () => {
		expect(of({xid_age: 1_200_000_000, freeze_max_age: 1_200_000_000})).toEqual([]);
	});

	it('is reported for multixacts too', () => {
		expect(of({mxid_age: 1_800_000_000})[0]).toMatchObject({
			severity: 'critical',
			subject: 'multixact ids',
			summary: '344M multixact IDs left before shutdown (shop).',
		});
	});

	it('names the holder of xmin and the oldest table', () => {
		const next = 2_100_000_000;
		const [finding] = of(
			{xid_age: 2_000_000_000},
			answer(facts, {database: 'shop'}),
			answer(pulse, {next_xid: next}),
			answer(horizon, {kind: 'physical slot', name: 'berlin', xmin: '100000000', active: false}),
			answer(sessions),
			answer(oldestTables, {oid: 7, schemaname: 'public', relname: 'Big', xid_age: 2_000_000_000}),
		);
		expect(finding?.summary).toBe('144M XIDs left before shutdown (shop): slot berlin holds xmin.');
		expect(finding?.evidence).toContain('The oldest table is public."Big".');
		expect(finding?.action).toContain("pg_drop_replication_slot('berlin')");
	});

	it('has a forecast if the shutdown is near at the rate of the last minutes', () => {
		const at10 = (perSecond: number) =>
			findingsOf(
				wraparound,
				...samplesEvery(10, 60, second => aged({xid_age: 600_000_000}, answer(pulse, {next_xid: 1000 + second * perSecond}))),
			)[0];
		expect(at10(1000)?.summary).not.toContain('at this rate');
		expect(at10(10_000)).toMatchObject({severity: 'warning'});
		expect(at10(10_000)?.summary).toContain('gone in 1d18h at this rate');
		expect(at10(50_000)?.severity).toBe('critical');
	});

	it('is reported once with others of the same age', () => {
		const both = [
			{datid: 5, datname: 'shop'},
			{datid: 1, datname: 'template1'},
		].map(row => ({...row, xid_age: 2_000_000_000, freeze_max_age: 200_000_000, multixact_freeze_max_age: 400_000_000}));
		expect(findingsOf(wraparound, makeSample(0, answer(facts, {database: 'shop'}), answer(freezeAges, ...both)))).toMatchObject([
			{summary: '144M XIDs left before shutdown (shop +1).'},
		]);
	});
});

describe('a disk', () => {
	const disk = (used: number, free: number): QueryAnswer =>
		answer(host, {kind: 'data', name: 'data', path: '/srv', device: '8:1', used_bytes: used, free_bytes: free});

	it('is rated by its use', () => {
		const of = (percent: number) => findingsOf(diskFull, makeSample(0, disk(percent * gigabyte, (100 - percent) * gigabyte)))[0];
		expect([69, 70, 85, 95].map(percent => of(percent)?.severity)).toEqual([undefined, 'notice', 'warning', 'critical']);
		expect(of(85)).toMatchObject({
			summary: 'The disk with data is 85% full: 15.0GB left.',
			leads: {pane: 'databases', identity: 'disk 8:1'},
		});
	});

	it('is reported sooner if it fills, with the database that grows fastest', () => {
		const filling = (used: number) =>
			findingsOf(
				diskFull,
				...samplesEvery(60, 900, second => [
					disk(used * gigabyte + second * 10 * megabyte, (100 - used) * gigabyte - second * 10 * megabyte),
					shop({}),
					answer(databaseSizes, {datid: 5, datname: 'shop', size_bytes: second * 8 * megabyte}),
				]),
			)[0];
		expect(filling(51)?.summary).toMatch(/, full in .* at this rate[.]$/);
		expect(filling(51)?.evidence).toBe('It grows by 10.0MB/s. Database shop grows fastest, by 8.0MB/s.');
		expect(filling(20)).toBeUndefined();
	});

	it('of another host is unknown', () => {
		expect(findingsOf(diskFull, makeSample(0, answer(host)))).toEqual([]);
	});
});
