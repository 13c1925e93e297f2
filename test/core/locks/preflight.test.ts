import {describe, expect, it} from 'vitest';
import {conflictsAmong} from '../../../source/core/locks/conflicts.ts';
import type {LockCommand} from '../../../source/core/locks/lock-commands.ts';
import {parseLock} from '../../../source/core/locks/lock-request.ts';
import {obstaclesTo, type PreflightSession, type TableLock} from '../../../source/core/locks/preflight.ts';
import type {PlainLock} from '../../../source/core/locks/tag.ts';

const now = '2026-11-29T12:00:00.000000+00:00';
const anHourAgo = '2026-11-29T11:00:00.000000+00:00';

const command = (text: string): LockCommand => {
	const request = parseLock(text);
	return request.ok ? request.command : expect.fail();
};

const lock = (pid: number | null, mode: string, changes: Partial<TableLock> = {}): TableLock => ({
	part: 'table',
	name: 'public.orders',
	virtualtransaction: `${pid}/1`,
	mode,
	pid,
	granted: true,
	waitstart: null,
	gid: null,
	gid_database: null,
	gid_owner: null,
	prepared: null,
	...changes,
});

const session = (pid: number, changes: Partial<PreflightSession> = {}): PreflightSession => ({
	pid,
	leader_pid: null,
	backend_type: 'client backend',
	datid: 5,
	xact_start: anHourAgo,
	backend_xmin: null,
	query: 'select 1',
	...changes,
});

const obstacles = (text: string, locks: readonly TableLock[], sessions: readonly PreflightSession[] = []) =>
	obstaclesTo(command(text), locks, {sessions, own: new Set([99]), database: 5, now});

describe('in the way', () => {
	it('are holders of a conflicting mode and nobody else', () => {
		const locks = [lock(1, 'AccessShareLock'), lock(2, 'RowExclusiveLock'), lock(99, 'AccessExclusiveLock')];
		expect(obstacles('share', locks).map(({pid}) => pid)).toEqual([2]);
		expect(obstacles('access exclusive', locks).map(({pid}) => pid)).toEqual([1, 2]);
		expect(obstacles('row exclusive', locks)).toEqual([]);
	});

	it('are waiters for a conflicting mode too, behind the holders', () => {
		const locks = [lock(1, 'AccessExclusiveLock', {granted: false}), lock(2, 'AccessShareLock')];
		expect(obstacles('access share', locks)).toMatchObject([{pid: 1, how: 'awaits'}]);
		expect(obstacles('access exclusive', locks)).toMatchObject([
			{pid: 2, how: 'holds'},
			{pid: 1, how: 'awaits'},
		]);
	});

	it('is a prepared transaction, once, as pid 0', () => {
		const locks = [
			lock(null, 'RowExclusiveLock', {virtualtransaction: '-1/700', gid: 'kept', prepared: anHourAgo}),
			lock(null, 'ShareLock', {virtualtransaction: '-1/700', gid: 'kept', prepared: anHourAgo}),
		];
		expect(obstacles('alter table', locks)).toMatchObject([{pid: 0, how: 'holds', lock: {mode: 'ShareLock', gid: 'kept'}}]);
	});

	it('is the leader of a parallel worker, once', () => {
		const sessions = [session(1), session(2, {backend_type: 'parallel worker', leader_pid: 1})];
		expect(obstacles('alter table', [lock(1, 'AccessShareLock'), lock(2, 'AccessShareLock')], sessions)).toMatchObject([
			{pid: 1},
		]);
	});

	it('are locks on relatives only as far as the command takes them', () => {
		const onPartition = lock(1, 'AccessShareLock', {part: 'partition', name: 'public.orders_1'});
		const onIndex = lock(2, 'AccessShareLock', {part: 'index', name: 'public.orders_pkey'});
		const onPartner = lock(3, 'AccessShareLock', {part: 'referenced', name: 'public.customers'});
		const locks = [onPartition, onIndex, onPartner];
		expect(obstacles('alter table', locks).map(({pid}) => pid)).toEqual([1]);
		expect(obstacles('reindex', locks).map(({pid}) => pid)).toEqual([2]);
		expect(obstacles('drop table', locks).map(({pid}) => pid)).toEqual([1, 2, 3]);
		expect(obstacles('vacuum', locks)).toEqual([]);
	});

	it('is an autovacuum, which yields unless it prevents a wraparound or is hidden', () => {
		const yieldsOf = (query: string | null) =>
			obstacles('alter table', [lock(1, 'ShareUpdateExclusiveLock')], [session(1, {backend_type: 'autovacuum worker', query})])[0]
				?.yields;
		expect(yieldsOf('autovacuum: VACUUM public.orders')).toBe(true);
		expect(yieldsOf('autovacuum: VACUUM public.orders (to prevent wraparound)')).toBe(false);
		expect(yieldsOf(null)).toBe(null);
	});
});

describe('a concurrent command', () => {
	const sessions = [
		session(1, {backend_xmin: '700'}),
		session(2, {backend_xmin: '700', datid: 6}),
		session(3, {backend_xmin: '700', xact_start: '2026-11-29T11:59:59.900000+00:00'}),
		session(4, {backend_xmin: '700', query: '/* nightly */ VACUUM (verbose) t'}),
		session(5, {backend_xmin: '700', backend_type: 'autovacuum worker'}),
		session(99, {backend_xmin: '700'}),
		session(6),
	];

	it('waits for old snapshots of its database, whatever they read', () => {
		expect(obstacles('create index concurrently', [], sessions)).toEqual([{pid: 1, how: 'snapshot', lock: null, yields: false}]);
		expect(obstacles('create index', [], sessions)).toEqual([]);
	});

	it('waits for those that write to its table, with their lock and not twice', () => {
		const locks = [lock(1, 'RowExclusiveLock'), lock(6, 'AccessShareLock')];
		expect(obstacles('create index concurrently', locks, sessions)).toMatchObject([{pid: 1, how: 'holds'}]);
		expect(obstacles('drop index concurrently', locks, sessions).map(({pid}) => pid)).toEqual([1, 6]);
	});
});

describe('conflicts', () => {
	const plain = (pid: number | null, mode: string, changes: Partial<PlainLock> = {}): PlainLock => ({
		virtualtransaction: `${pid}/1`,
		mode,
		granted: true,
		pid,
		locktype: 'relation',
		database: 5,
		relation: 16400,
		relation_name: null,
		page: null,
		tuple: null,
		virtualxid: null,
		transactionid: null,
		classid: null,
		objid: null,
		objsubid: null,
		waitstart: null,
		gid: null,
		gid_database: null,
		prepared: null,
		...changes,
	});

	it('are between locks on the same object in conflicting modes, from both ends', () => {
		const reader = plain(1, 'AccessShareLock');
		const other = plain(2, 'AccessShareLock', {relation: 16401});
		const waiter = plain(3, 'AccessExclusiveLock', {granted: false});
		const prepared = plain(null, 'RowExclusiveLock');
		const conflictsWith = conflictsAmong([reader, other, waiter, prepared]);
		expect([reader, other, waiter, prepared].map(conflictsWith)).toEqual([[3], [], [0, 1], [3]]);
	});

	it('are not with the own session or prepared transaction', () => {
		const own = [plain(1, 'ShareLock'), plain(1, 'RowExclusiveLock')];
		expect(own.map(conflictsAmong(own))).toEqual([[], []]);
		const prepared = [plain(null, 'ExclusiveLock', {virtualtransaction: '-1/700'})];
		expect(prepared.map(conflictsAmong(prepared))).toEqual([[]]);
		const twins = [...prepared, plain(null, 'ShareLock', {virtualtransaction: '-1/701'})];
		expect(twins.map(conflictsAmong(twins))).toEqual([[0], [0]]);
	});
});
