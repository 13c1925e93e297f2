import {existsSync} from 'node:fs';
import {dirname} from 'node:path';
import pg from 'pg';
import {expect, it} from 'vitest';
import type {Pane} from '../../source/core/pane/pane.ts';
import type {Row} from '../../source/core/sample/sample.ts';
import {startDemo} from '../../source/demo/demo.ts';
import {horizonPane} from '../../source/panes/horizon/horizon.ts';
import {replicationPane} from '../../source/panes/replication/replication.ts';
import {sessionsPane} from '../../source/panes/sessions/sessions.ts';
import {binariesOf, type ServerVersion} from '../postgres/servers.ts';
import {type Watched, watch} from '../postgres/watched.ts';

/** The demo with a scenario: queries, logins and watched panes on its server. */
type Shown = {
	readonly ask: (sql: string) => Promise<Row | undefined>;
	readonly login: (user: string) => Promise<pg.Client>;
	readonly look: (pane: Pane) => Promise<Watched>;
};

/** Runs the demo of a scenario and checks that it leaves nothing behind. */
const showing = async (version: ServerVersion, scenario: string, use: (shown: Shown) => Promise<void>): Promise<void> => {
	const demo = await startDemo({scenario, binaries: binariesOf(version)});
	const clients: pg.Client[] = [];
	const login = async (user: string): Promise<pg.Client> => {
		const client = new pg.Client({...demo.connection, user});
		client.on('error', () => {});
		await client.connect();
		clients.push(client);
		return client;
	};
	try {
		const observer = await login(demo.connection.user);
		await use({
			ask: async sql => (await observer.query<Row>(sql)).rows[0],
			login,
			look: async pane => watch(demo.connection, pane, demo.connection.user, {dbname: demo.connection.database}),
		});
	} finally {
		await Promise.all(clients.map(async client => client.end()));
		await demo.stop();
	}
	expect(existsSync(dirname(demo.connection.host))).toBe(false);
};

const of = (rows: readonly Row[], section: string): Row | undefined => rows.find(row => row.section === section);

const stock = `select
	autovacuum_count::int as runs,
	n_dead_tup::int as dead
from pg_stat_user_tables
where relname = 'stock'`;

it.each<readonly [ServerVersion, string, Row, string | undefined]>([
	[18, 'xmin-slot', {kind: 'physical slot', holder: 'standby_berlin'}, "select pg_drop_replication_slot('standby_berlin')"],
	[13, 'xmin-prepared', {kind: 'prepared transaction', gid: 'payout-2291'}, "rollback prepared 'payout-2291'"],
	[15, 'xmin-standby', {kind: 'standby feedback', application_name: 'berlin'}, undefined],
])('on PostgreSQL %i, in %s, autovacuum removes nothing until the holder is gone', async (version, scenario, holder, end) => {
	await showing(version, scenario, async ({ask, look}) => {
		await expect.poll(async () => (await ask(stock))?.runs).toBeGreaterThan(1);
		expect(await ask(stock)).toMatchObject({dead: expect.toSatisfy((dead: number) => dead > 5000)});
		await using watched = await look(horizonPane);
		const first = await watched.until('a holder', rows => Number(of(rows, 'horizon')?.xmin_age) > 100);
		expect(of(watched.rows(first), 'horizon')).toMatchObject({...holder, effect: 'all tables of this database'});
		const age = Number(of(watched.rows(first), 'horizon')?.xmin_age);
		await watched.until('an older one', rows => Number(of(rows, 'horizon')?.xmin_age) > age + 100);
		if (end === undefined) return;
		await ask(end);
		await expect.poll(async () => (await ask(stock))?.dead).toBeLessThan(5000);
	});
});

it('in slot-fills-disk an unused slot has minutes left and the disk has room', async () => {
	await showing(18, 'slot-fills-disk', async ({ask, look}) => {
		await using watched = await look(replicationPane);
		const foreseen = await watched.until('a forecast', rows => of(rows, 'slot')?.fills_in_seconds !== null);
		const slot = of(watched.rows(foreseen), 'slot');
		expect(slot).toMatchObject({slot_name: 'warehouse_feed', active: false, max_slot_wal_keep_size: '160MB'});
		expect(slot?.safe_wal_bytes).toBeGreaterThan(0);
		expect(slot?.fills_in_seconds).toBeGreaterThan(60);
		expect(slot?.fills_in_seconds).toBeLessThan(3600);
		expect(await ask('select sum(size) < 1e8 as small from pg_ls_waldir()')).toEqual({small: true});
	});
});

it('in connections-exhausted an application is refused and pgtriage connects', async () => {
	await showing(13, 'connections-exhausted', async ({ask, login, look}) => {
		await using watched = await look(replicationPane);
		await expect
			.poll(async () => {
				const client = await login('reporting').catch(({code}: pg.DatabaseError) => code);
				return typeof client === 'string' ? client : client?.end();
			})
			.toBe('53300');
		const {leaked} =
			(await ask("select count(*)::int as leaked from pg_stat_activity where application_name = 'mobile-api'")) ?? {};
		expect(leaked).toBeGreaterThanOrEqual(28);
		expect(watched.samples.length).toBeGreaterThan(0);
		await expect(login('postgres')).resolves.toBeInstanceOf(pg.Client);
	});
});

it('in replication-lag a standby receives WAL and replays nothing', async () => {
	await showing(15, 'replication-lag', async ({look}) => {
		await using watched = await look(replicationPane);
		const lag = (rows: readonly Row[]): number => Number(of(rows, 'sender')?.replay_lag_bytes);
		const first = await watched.until('a lag', rows => lag(rows) > 1_000_000);
		const before = lag(watched.rows(first));
		const later = await watched.until('more of it', rows => lag(rows) > before + 1_000_000);
		const [then, now] = [first, later].map(sample => of(watched.rows(sample), 'sender'));
		expect(now).toMatchObject({application_name: 'berlin', state: 'streaming', replay_lsn: then?.replay_lsn});
		expect(now?.flush_lsn).not.toBe(then?.flush_lsn);
	});
});

it('in sync-stalled commits wait for the standby and no order is placed', async () => {
	await showing(18, 'sync-stalled', async ({ask, look}) => {
		await using watched = await look(sessionsPane);
		await watched.until('the wait', rows => rows.filter(({wait_event}) => wait_event === 'SyncRep').length >= 3);
		const orders = async () => (await ask('select count(*)::int as count from orders'))?.count;
		const before = await orders();
		const seen = watched.samples.length;
		await watched.until('eight more samples', () => watched.samples.length >= seen + 8);
		expect(await orders()).toBe(before);
	});
});

it.each<ServerVersion>([13, 18])(
	'in wraparound-near on PostgreSQL %i autovacuum freezes nothing and writes continue',
	async version => {
		await showing(version, 'wraparound-near', async ({ask, look}) => {
			const frozen = `select age(relfrozenxid) as age, pg_stat_get_autovacuum_count(oid)::int as runs
			from pg_class where oid = 'pg_class'::regclass`;
			await expect.poll(async () => (await ask(frozen))?.runs).toBeGreaterThan(0);
			expect((await ask(frozen))?.age).toBeGreaterThan(2_000_000_000);
			await using watched = await look(horizonPane);
			const aged = await watched.until('the age of databases', rows => Number(of(rows, 'wraparound')?.xid_age) > 2_000_000_000);
			expect(of(watched.rows(aged), 'horizon')).toMatchObject({kind: 'physical slot', holder: 'standby_berlin'});
			const orders = async () => Number((await ask('select count(*)::int as count from orders'))?.count);
			const before = await orders();
			await expect.poll(orders).toBeGreaterThan(before);
		});
	},
);
