import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import type {LockScope} from '../../../source/core/sample/scope.ts';
import {textOf} from '../../../source/core/text/line.ts';
import type {Server} from '../../../source/demo/server.ts';
import {heldPane} from '../../../source/panes/held.ts';
import {sessionsPane} from '../../../source/panes/sessions/sessions.ts';
import {mostLocks} from '../../../source/queries/activity/related.ts';
import {connect, type Session, startTestServer, undoPrepared} from '../servers.ts';
import {watch} from '../watched.ts';

const pidOf = async (session: Session): Promise<number> =>
	(await session.query<{pid: number}>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;

const relations = (rows: readonly Row[]): readonly unknown[] => [...new Set(rows.map(({relation}) => relation))];

describe.each([13, 15, 18] as const)('PostgreSQL %i', version => {
	let server: Server;
	let shop: Session;
	let shopPid: number;
	let migration: Session;
	let migrationPid: number;

	beforeAll(async () => {
		server = await startTestServer(version, {
			max_prepared_transactions: '5',
			max_locks_per_transaction: '1000',
			autovacuum: 'off',
		});
		shop = await connect(server, {applicationName: 'shop'});
		shopPid = await pidOf(shop);
		migration = await connect(server, {applicationName: 'migration'});
		migrationPid = await pidOf(migration);
		await shop.query(`
			create table customers (id int primary key);
			create table orders (id int primary key, customer int references customers, note text);
			create table events (at int) partition by range (at);
			create table events_1 partition of events for values from (0) to (10);
			create schema other;
			create table other.orders (id int);
		`);
		await shop.query('begin; select * from orders where id = 1; insert into events values (1)');
	});

	afterAll(() => server?.remove());

	const aimed = (held: LockScope) => watch(server, heldPane, 'postgres', {scopes: {held}});

	it('shows every lock of a session while nobody waits, fast-path locks too', async () => {
		const watched = await aimed({kind: 'session', pid: shopPid});
		const sample = await watched.until('the locks of the shop', rows => rows.length > 0);
		const rows = watched.rows(sample);
		expect(new Set(rows.map(({pid}) => pid))).toEqual(new Set([shopPid]));
		expect(relations(rows)).toEqual(
			expect.arrayContaining(['public.orders', 'public.orders_pkey', 'public.events', 'public.events_1']),
		);
		expect(rows.find(({relation}) => relation === 'public.orders')).toMatchObject({
			mode: 'AccessShareLock',
			granted: true,
			fastpath: true,
			conflicts_with: [],
			application_name: 'shop',
			state: 'idle in transaction',
		});
	});

	it('shows who conflicts with whom, from both ends, on a table and on a session', async () => {
		const waiting = migration.query('alter table orders add column more int').catch(() => {});
		const onTable = await aimed({kind: 'named', schema: null, name: 'orders'});
		const sample = await onTable.until('the waiter', rows => rows.some(({granted}) => granted === false));
		const rows = onTable.rows(sample);
		expect(rows[0]).toMatchObject({pid: migrationPid, mode: 'AccessExclusiveLock', granted: false, conflicts_with: [shopPid]});
		expect(rows.find(({pid, relation}) => pid === shopPid && relation === 'public.orders')).toMatchObject({
			conflicts_with: [migrationPid],
		});
		expect(relations(rows)).toContain('public.orders_pkey');
		expect(relations(rows)).not.toContain('other.orders');
		const ofWaiter = await aimed({kind: 'session', pid: migrationPid});
		const waiter = await ofWaiter.until('the waiter alone', all => all.some(({granted}) => granted === false));
		expect(ofWaiter.rows(waiter).find(({granted}) => granted === false)).toMatchObject({conflicts_with: [shopPid]});
		const holder = await aimed({kind: 'session', pid: shopPid});
		const held = await holder.until('the holder', all => all.some(({conflicts_with: pids}) => (pids as number[])?.length > 0));
		expect(holder.rows(held).find(({relation}) => relation === 'public.orders')).toMatchObject({conflicts_with: [migrationPid]});
		const killer = await connect(server);
		await killer.query('select pg_cancel_backend($1)', [migrationPid]);
		await waiting;
	});

	it('lists what a session holds among its details, the awaited locks first', async () => {
		const waiting = migration.query('alter table orders add column more int').catch(() => {});
		const watched = await watch(server, sessionsPane, 'postgres', {scopes: {details: shopPid}});
		const detailsIn = (sample: Sample): string => {
			const row = sessionsPane.rows(sample, []).find(({pid}) => pid === shopPid);
			return row ? sessionsPane.inspect(row, sample, 200, []).map(textOf).join('\n') : '';
		};
		const sample = await watched.until('the awaited lock', (_, each) => detailsIn(each).includes('awaited by'));
		const held = detailsIn(sample)
			.split('\n')
			.filter(text => text.includes('Holds'));
		expect(held[0]).toBe('  Holds AccessShareLock on public.orders, awaited by 1 session');
		expect(held.join('\n')).toContain('  Holds RowExclusiveLock on public.events');
		// The details of another session are not its own.
		const other = sessionsPane.rows(sample, []).find(({pid}) => pid === migrationPid);
		expect(other && sessionsPane.inspect(other, sample, 200, []).map(textOf).join('\n')).not.toContain('Holds');
		const killer = await connect(server);
		await killer.query('select pg_cancel_backend($1)', [migrationPid]);
		await waiting;
	});

	it('shows the locks on partitions and on foreign-key partners, of prepared transactions too', async () => {
		undoPrepared(server);
		const prepared = await connect(server);
		await prepared.query("begin; lock table customers in share mode; prepare transaction 'kept'");
		const onOrders = await aimed({kind: 'named', schema: 'public', name: 'orders'});
		const sample = await onOrders.until('the prepared transaction', rows => rows.some(({gid}) => gid === 'kept'));
		expect(onOrders.rows(sample).find(({gid}) => gid === 'kept')).toMatchObject({
			pid: 0,
			state: 'prepared',
			relation: 'public.customers',
			mode: 'ShareLock',
		});
		const onParent = await aimed({kind: 'named', schema: null, name: 'events'});
		const parent = await onParent.until('the partition', rows => rows.length > 0);
		expect(relations(onParent.rows(parent))).toEqual(expect.arrayContaining(['public.events', 'public.events_1']));
		const onPartition = await aimed({kind: 'named', schema: null, name: 'events_1'});
		const partition = await onPartition.until('the parent', rows => rows.length > 0);
		expect(relations(onPartition.rows(partition))).toEqual(expect.arrayContaining(['public.events', 'public.events_1']));
	});

	it('reads at most 5000 locks and counts the rest', async () => {
		const greedy = await connect(server);
		await greedy.query('begin; select count(pg_advisory_xact_lock(g)) from generate_series(1, 5200) as g');
		const watched = await aimed({kind: 'everything'});
		const sample = await watched.until('the most locks', rows => rows.length >= mostLocks - 20);
		expect(watched.rows(sample).length).toBeLessThanOrEqual(mostLocks);
		expect(heldPane.rest(sample)).toBeGreaterThan(200);
		expect(heldPane.headline(sample, [])?.text).toMatch(/^All locks of the server\. \d+ more locks are not listed\.$/);
	});

	it('shows locks while another session keeps the table from being read', async () => {
		const owner = await connect(server);
		await owner.query('begin; lock table customers in access exclusive mode');
		const watched = await aimed({kind: 'named', schema: null, name: 'customers'});
		const sample = await watched.until('the exclusive lock', rows => rows.some(({mode}) => mode === 'AccessExclusiveLock'));
		const exclusive = watched.rows(sample).find(({mode}) => mode === 'AccessExclusiveLock');
		expect(exclusive).toMatchObject({relation: 'public.customers', granted: true, application_name: 'test'});
		await owner.query('rollback');
	});
});
