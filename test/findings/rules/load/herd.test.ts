import {describe, expect, it} from 'vitest';
import {cpuSaturated} from '../../../../source/findings/rules/load/cpu-saturated.ts';
import {rollbacksHigh} from '../../../../source/findings/rules/load/rollbacks-high.ts';
import {statementHerd} from '../../../../source/findings/rules/load/statement-herd.ts';
import {idleCrowd} from '../../../../source/findings/rules/locks/idle-crowd.ts';
import {walFlood} from '../../../../source/findings/rules/storage/wal-flood.ts';
import {type Session, sessions} from '../../../../source/queries/activity/sessions.ts';
import {host} from '../../../../source/queries/beside/host.ts';
import {wal} from '../../../../source/queries/replication/wal.ts';
import {databases} from '../../../../source/queries/server/databases.ts';
import {pulse} from '../../../../source/queries/server/server.ts';
import {answer, findingsOf, instantAt, makeSample, samplesEvery} from '../../samples.ts';

const session = (pid: number, fields: Partial<Session> = {}): Partial<Session> => ({
	pid,
	backend_start: instantAt(-100),
	backend_type: 'client backend',
	state: 'active',
	usename: 'app',
	application_name: 'search',
	query: 'select slow()',
	query_id: '42',
	query_start: instantAt(-3),
	...fields,
});

const many = (count: number, fields: (index: number) => Partial<Session> = () => ({})): readonly Partial<Session>[] =>
	Array.from({length: count}, (_, index) => session(index + 1, fields(index)));

const twoCpus = answer(host, {kind: 'host', name: 'host', cpus: 2, load_average: 9});

describe('a herd', () => {
	const at = (second: number, all: readonly Partial<Session>[]) => makeSample(second, answer(sessions, ...all), twoCpus);

	it('is one statement that many sessions run for a while', () => {
		const found = findingsOf(statementHerd, at(0, many(12)), at(5, many(12)));
		expect(found).toMatchObject([
			{
				severity: 'warning',
				sessions: 12,
				summary: '12 sessions run select slow() at once, such as 1 (app, search).',
				evidence: '100% of the sessions that work, on 2 CPUs; the longest for 8.0s.',
				leads: {pane: 'sessions', identity: null, filter: 'query_id=42'},
			},
		]);
	});

	it.each([
		['of one moment', [at(0, many(3)), at(5, many(12))]],
		[
			'of short statements',
			[
				at(
					0,
					many(12, () => ({query_start: instantAt(-0.2)})),
				),
				at(
					5,
					many(12, () => ({query_start: instantAt(4.8)})),
				),
			],
		],
		[
			'that waits for a lock',
			[0, 5].map(second =>
				at(
					second,
					many(12, () => ({wait_event_type: 'Lock', wait_event: 'tuple'})),
				),
			),
		],
		[
			'of different statements',
			[0, 5].map(second =>
				at(
					second,
					many(12, index => ({query_id: String(index)})),
				),
			),
		],
		[
			'that is a small part of the load',
			[0, 5].map(second =>
				at(
					second,
					many(30, index => (index < 9 ? {} : {query_id: String(index)})),
				),
			),
		],
	])('is none %s', (_, samples) => {
		expect(findingsOf(statementHerd, ...samples)).toEqual([]);
	});
});

describe('saturated CPUs', () => {
	const at = (all: readonly Partial<Session>[], ...others: Parameters<typeof makeSample>[1][]) =>
		makeSample(0, answer(sessions, ...all), ...others);

	it('are named where different statements compute', () => {
		const found = findingsOf(
			cpuSaturated,
			at(
				many(7, index => ({query_id: String(index)})),
				twoCpus,
			),
		);
		expect(found[0]?.summary).toBe('1 (app, search) and 6 more compute on 2 CPUs.');
	});

	it('are not known without the host, and a herd is the better name', () => {
		expect(findingsOf(cpuSaturated, at(many(7, index => ({query_id: String(index)}))))).toEqual([]);
		expect(findingsOf(cpuSaturated, at(many(12), twoCpus))).toEqual([]);
		expect(
			findingsOf(
				cpuSaturated,
				at(
					many(5, index => ({query_id: String(index)})),
					twoCpus,
				),
			),
		).toEqual([]);
	});
});

describe('a crowd of idle transactions', () => {
	const idle = (count: number, seconds: number) =>
		makeSample(0, answer(sessions, ...many(count, () => ({state: 'idle in transaction', state_change: instantAt(-seconds)}))));

	it('is named by its application before it is a minute old', () => {
		expect(findingsOf(idleCrowd, idle(12, 4))).toMatchObject([
			{
				summary: '1 (app, search) and 11 more of that application are idle in open transactions.',
				leads: {pane: 'sessions', identity: null, filter: 'app="search" state~^idle.in'},
			},
		]);
	});

	it('is none between two statements of busy transactions, nor if few', () => {
		expect(findingsOf(idleCrowd, idle(12, 0.1))).toEqual([]);
		expect(findingsOf(idleCrowd, idle(9, 30))).toEqual([]);
	});
});

describe('rollbacks', () => {
	const over = (commits: number, rollbacks: number, extra: readonly Partial<Session>[] = []) =>
		samplesEvery(2, 10, second => [
			answer(databases, {datid: 5, datname: 'shop', xact_commit: commits * second, xact_rollback: rollbacks * second}),
			answer(sessions, ...extra),
		]);

	it('that are most of all transactions are told at connect', () => {
		expect(findingsOf(rollbacksHigh, ...over(33, 299))).toMatchObject([
			{
				subject: 'shop',
				summary: 'shop rolls back 299 transactions/s, 90% of all.',
				evidence: expect.stringContaining('Measured over 10s'),
			},
		]);
	});

	it.each([
		['few', 1, 5, []],
		['a small share', 300, 30, []],
		['counted by logical decoding', 33, 299, [session(9, {backend_type: 'walsender', datid: 5})]],
	] as const)('that are %s are not', (_, commits, rollbacks, extra) => {
		expect(findingsOf(rollbacksHigh, ...over(commits, rollbacks, extra))).toEqual([]);
	});
});

describe('a flood of WAL', () => {
	const megabyte = 2 ** 20;
	const flood = (perSecond: number, all: readonly Partial<Session>[]) =>
		samplesEvery(1, 8, second => [
			answer(pulse, {wal_bytes: perSecond * second, started: instantAt(-500)}),
			answer(wal, {max_wal_size: 1024 * megabyte}),
			answer(sessions, ...all),
		]);

	it('names the session that writes longest', () => {
		const writers = [
			session(1, {query: 'select 1'}),
			session(2, {query: 'copy t from stdin', query_start: instantAt(-40)}),
			session(3, {query: 'insert into a values (1)'}),
		];
		const [found] = findingsOf(walFlood, ...flood(40 * megabyte, writers));
		expect(found).toMatchObject({pid: 2, summary: '2 (app, search) floods WAL: 40.0MB/s while it runs copy t from stdin.'});
		expect(found?.evidence).toBe(
			'Measured over 8.0s: max_wal_size (1.0GB) is full every 26s; it has run for 48s; 1 session more writes at this moment.',
		);
	});

	it('says so if no session is seen that writes', () => {
		expect(findingsOf(walFlood, ...flood(40 * megabyte, []))[0]?.summary).toBe(
			'WAL grows by 40.0MB/s; no session is seen that writes.',
		);
	});

	const insert = (pid: number, second: number) =>
		session(pid, {query: `insert into a values (${second})`, query_start: instantAt(second - 0.1)});
	const idle = (pid: number) => session(pid, {state: 'idle', query: 'delete from a'});
	const inTurn = (writers: (second: number) => readonly Partial<Session>[]) =>
		samplesEvery(1, 8, second => [
			answer(pulse, {wal_bytes: 40 * megabyte * second, started: instantAt(-500)}),
			answer(wal, {max_wal_size: 1024 * megabyte}),
			answer(sessions, ...writers(second)),
		]);

	it('names the session that writes again and again in short statements, also while it pauses', () => {
		const turns = inTurn(second => [second === 8 || second === 3 ? idle(2) : insert(2, second), idle(4)]);
		const [found] = findingsOf(walFlood, ...turns);
		expect(found).toMatchObject({
			pid: 2,
			summary: '2 (app, search) floods WAL: 40.0MB/s while it runs statements like insert into a values (7).',
			leads: {pane: 'sessions', identity: `2@${instantAt(-100)}`},
		});
		expect(found?.evidence).toMatch(/; it wrote in \d of \d looks at the sessions\.$/);
	});

	it('forgets a session that has gone, and does not blame the next one with its pid', () => {
		const turns = inTurn(second => [second === 8 ? session(2, {backend_start: instantAt(7)}) : insert(2, second)]);
		expect(findingsOf(walFlood, ...turns)).toMatchObject([
			{pid: null, summary: 'WAL grows by 40.0MB/s; no session is seen that writes.'},
		]);
	});

	it('blames none of several that write in short statements, and counts them', () => {
		const turns = inTurn(second => [insert(2, second), insert(3, second), second % 2 ? idle(4) : insert(4, second)]);
		expect(findingsOf(walFlood, ...turns)).toMatchObject([
			{pid: null, summary: '3 sessions write WAL at 40.0MB/s, such as 2 (app, search).'},
		]);
	});

	it('is none at an ordinary pace', () => {
		expect(findingsOf(walFlood, ...flood(8 * megabyte, [session(2, {query: 'copy t from stdin'})]))).toEqual([]);
	});
});
