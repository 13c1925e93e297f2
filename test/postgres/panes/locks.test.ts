import type pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {lockForest} from '../../../source/core/locks/forest.ts';
import {blockingGraph, type LockSession} from '../../../source/core/locks/graph.ts';
import type {Server} from '../../../source/demo/server.ts';
import {locks} from '../../../source/queries/activity/locks.ts';
import {connect, serverVersions, startTestServer, undo, undoPrepared} from '../servers.ts';
import {connectProbe, type Reading, raw, readLocks} from './lock-reading.ts';

const pidOf = async (client: pg.Client): Promise<number> =>
	(await client.query<{pid: number}>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;

const until = (what: string, holds: () => Promise<boolean>): Promise<void> =>
	expect.poll(holds, {interval: 10, message: what}).toBe(true);

/** Sessions by name instead of pid, some of which wait. */
const openScene = async (server: Server) => {
	const watcher = await connect(server);
	const names = new Map<number, string>();
	const clients: pg.Client[] = [];
	const open = async (name: string, database: string): Promise<pg.Client> => {
		const client = await connect(server, {database});
		await client.query("set deadlock_timeout = '1h'");
		names.set(await pidOf(client), name);
		clients.push(client);
		return client;
	};
	return {
		names,
		session: async (name: string, sql: string, database = 'postgres'): Promise<pg.Client> => {
			const client = await open(name, database);
			await client.query(`begin; ${sql}`);
			return client;
		},
		waits: async (name: string, sql: string, of?: pg.Client, database = 'postgres'): Promise<void> => {
			const client = of ?? (await open(name, database));
			const pid = of ? [...names].find(([, each]) => each === name)?.[0] : [...names.keys()].at(-1);
			client.query(of ? sql : `begin; ${sql}`).catch(() => {});
			await until(`${name} to wait`, async () => {
				const {rows} = await watcher.query('select from pg_locks where pid = $1 and not granted', [pid]);
				return rows.length > 0;
			});
		},
		[Symbol.asyncDispose]: async (): Promise<void> => {
			for (const pid of names.keys()) await watcher.query('select pg_terminate_backend($1)', [pid]);
			await until('the sessions to end', async () => {
				const {rows} = await watcher.query('select from pg_stat_activity where pid = any ($1)', [[...names.keys()]]);
				return rows.length === 0;
			});
			for (const client of clients) void client.end().catch(() => {});
			await watcher.end();
		},
	};
};

const treeOf = (reading: Reading, names: ReadonlyMap<number, string>, sessions: readonly LockSession[] = []): string =>
	lockForest(blockingGraph(reading.rows, sessions), reading.at)
		.map(row =>
			[
				`${'  '.repeat(row.depth)}${row.gid ?? names.get(row.pid)}:`,
				`${row.mode?.replace('Lock', '')} on ${row.target?.replace(/\d+$/, digits => (row.locktype === 'advisory' ? digits : 'N'))}`,
				row.queued_behind().length > 0 && `behind ${row.queued_behind().map(pid => names.get(pid))}`,
				row.soft && 'soft',
				row.cycle && 'cycle',
			]
				.filter(part => part)
				.join(' '),
		)
		.join('\n');

const sessionsSql = `
	select pid, leader_pid, backend_type, state_change, query_start
	from pg_stat_activity`;

describe.each(serverVersions)('the locks of PostgreSQL %i', version => {
	let server: Server;
	let probe: pg.Client;
	beforeAll(async () => {
		server = await startTestServer(version, {max_prepared_transactions: '5', autovacuum: 'off'});
		probe = await connectProbe(server);
		const client = await connect(server);
		await client.query('create table orders as select id, 0 as total from generate_series(1, 3) as id');
		await client.query('create table "Odd.Name" (id int)');
		await client.query('create database other');
		const other = await connect(server, {database: 'other'});
		await other.query('create table hidden (id int)');
		await other.end();
		await client.end();
	});
	afterAll(() => server?.remove());

	it('are empty while no session waits', async () => {
		await using scene = await openScene(server);
		await scene.session('holder', 'lock table orders');
		expect((await readLocks(probe, version)).rows).toEqual([]);
	});

	it.each(['postgres', 'monitor', 'plain'])('have the declared types and all rows for %s', async user => {
		await using scene = await openScene(server);
		await scene.session('holder', 'lock table orders; select pg_advisory_xact_lock(7)');
		await scene.waits('waiter', 'select from orders');
		const own = await connectProbe(server, user);
		const reading = await readLocks(own, version);
		expect(treeOf(reading, scene.names)).toBe('holder: AccessExclusive on public.orders\n  waiter: AccessShare on public.orders');
		expect(reading.rows).toHaveLength(2);
		const known = await own.query<{name: string}>(
			'select t.typname::text as name from unnest($1::oid[]) with ordinality as o (type, place) join pg_catalog.pg_type as t on t.oid = o.type order by place',
			[reading.types],
		);
		for (const [index, field] of Object.values(locks.fields).entries()) expect(field.types).toContain(known.rows[index]?.name);
		await own.end();
	});

	it('show a row pile, a DDL queue, advisory locks and a table of another database', async () => {
		await using scene = await openScene(server);
		await scene.session('updater', 'update orders set total = 1 where id = 2');
		await scene.waits('first', 'update orders set total = 2 where id = 2');
		await scene.waits('second', 'update orders set total = 3 where id = 2');
		await scene.waits('ddl', 'alter table orders add column note text');
		await scene.waits('reader', 'select from orders');
		await scene.session('locker', 'select pg_advisory_xact_lock(-5)');
		await scene.waits('sharer', 'select pg_advisory_xact_lock_shared(-5)');
		await scene.session('away', 'lock table hidden', 'other');
		await scene.waits('abroad', 'select from hidden', undefined, 'other');
		const reading = await readLocks(probe, version);
		const {rows: sessions} = await probe.query<LockSession>({text: sessionsSql, types: raw});
		expect(
			treeOf(
				reading,
				scene.names,
				sessions.map(each => ({...each, pid: Number(each.pid)})),
			),
		).toBe(
			[
				'updater: Exclusive on public.orders (0,2)',
				'  first: Share on public.orders (0,2)',
				'    second: Exclusive on public.orders (0,2)',
				'  ddl: AccessExclusive on public.orders',
				'    reader: AccessShare on public.orders behind ddl soft',
				'locker: Exclusive on advisory -5',
				'  sharer: Share on advisory -5',
				'away: AccessExclusive on N:N',
				'  abroad: AccessShare on N:N',
			]
				.join('\n')
				.replaceAll('N:N', `${await oidOf(probe, 'other')}:N`),
		);
		const asked = reading.rows.filter(row => row.blocking_pids !== null);
		const named = asked.map(row => [row.pid ?? 0, ...(row.blocking_pids ?? [])].map(pid => scene.names.get(pid)));
		expect(named.map(([waiter, ...blockers]) => [waiter, ...blockers.sort()]).sort()).toEqual([
			['ddl', 'first', 'second', 'updater'],
			['reader', 'ddl'],
		]);
		for (const row of reading.rows)
			if (row.granted || version === 13) expect(row.waitstart).toBeNull();
			else expect(row.waitstart).toMatch(/^20\d\d-\d\d-\d\dT/);
	});

	it('name a prepared transaction, its database and its waiters', async () => {
		undoPrepared(server);
		await using scene = await openScene(server);
		await scene.session(
			'preparer',
			`update orders set total = 9 where id = 1; lock table "Odd.Name"; prepare transaction 'pay''s'`,
		);
		await scene.waits('writer', 'update orders set total = 8 where id = 1');
		await scene.waits('reader', 'select from "Odd.Name"');
		const reading = await readLocks(probe, version);
		expect(treeOf(reading, scene.names)).toBe(
			[
				"pay's: Exclusive on public.orders (0,1)",
				'  writer: Share on public.orders (0,1)',
				'  reader: AccessShare on public."Odd.Name"',
			].join('\n'),
		);
		const [root] = lockForest(blockingGraph(reading.rows, []), reading.at);
		expect(root).toMatchObject({pid: 0, gid_database: await oidOf(probe, 'postgres'), blocks_total: 2});
	});

	it('show a deadlock as a cycle', async () => {
		await using scene = await openScene(server);
		const one = await scene.session('one', 'select pg_advisory_xact_lock(1)');
		const two = await scene.session('two', 'select pg_advisory_xact_lock(2)');
		await scene.waits('one', 'select pg_advisory_xact_lock(2)', one);
		await scene.waits('two', 'select pg_advisory_xact_lock(1)', two);
		const tree = treeOf(await readLocks(probe, version), scene.names);
		expect(tree).toBe('one: Exclusive on advisory 2 cycle\n  two: Exclusive on advisory 1 cycle');
	});

	it('fold the workers of a parallel query into their leader', async () => {
		undo(server, 'drop table if exists wide');
		await using scene = await openScene(server);
		const leader = await scene.session(
			'leader',
			`create table wide as select generate_series(1, 5000) as id; alter table wide set (parallel_workers = 2); commit; begin;
			set local parallel_setup_cost = 0; set local parallel_tuple_cost = 0; set local min_parallel_table_scan_size = 0;
			set local max_parallel_workers_per_gather = 2`,
		);
		leader.query('select count(*) from wide where pg_sleep(0.1) is not null').catch(() => {});
		await until('two workers', async () => {
			const {rows} = await probe.query("select from pg_catalog.pg_locks where relation = 'public.wide'::pg_catalog.regclass");
			return rows.length === 3;
		});
		await scene.waits('ddl', 'drop table wide');
		const {rows: sessions} = await probe.query<LockSession>(sessionsSql);
		const reading = await readLocks(probe, version);
		const {byPid} = blockingGraph(reading.rows, sessions);
		expect(reading.rows.filter(row => row.granted)).toHaveLength(3);
		expect(byPid.get(pidNamed(scene.names, 'ddl'))?.blockedBy()).toEqual([pidNamed(scene.names, 'leader')]);
		expect(byPid.get(pidNamed(scene.names, 'leader'))?.blocksDirect).toBe(1);
	});
});

const pidNamed = (names: ReadonlyMap<number, string>, name: string): number =>
	[...names].find(([, each]) => each === name)?.[0] ?? 0;

const oidOf = async (client: pg.Client, database: string): Promise<number> =>
	(await client.query<{oid: number}>('select oid::int4 from pg_catalog.pg_database where datname = $1', [database])).rows[0]
		?.oid ?? 0;
