import {globSync} from 'node:fs';
import {join} from 'node:path';
import type pg from 'pg';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {extensionVersion} from '../../../source/core/sample/extension.ts';
import {decode, type Field, type Query, type RawRow, sqlFor} from '../../../source/core/sample/query.ts';
import type {Value} from '../../../source/core/sample/sample.ts';
import type {Scopes} from '../../../source/core/sample/scope.ts';
import {oneLine} from '../../../source/core/sql/one-line.ts';
import type {Server} from '../../../source/demo/server.ts';
import {slowSeconds} from '../../../source/queries/activity/statements.ts';
import {heart, questions} from '../../../source/queries/plan.ts';
import {longestWaitMs} from '../../lifetime.ts';
import {declareNineteen} from '../nineteen.ts';
import {
	connect,
	connectSender,
	openSession,
	type ServerVersion,
	serverVersions,
	startStandby,
	startTestServer,
	withServer,
} from '../servers.ts';

const folder = join(import.meta.dirname, '../../../source/queries');
const isQuery = (value: unknown): value is Query =>
	typeof value === 'object' && value !== null && 'ladder' in value && Array.isArray(value.ladder) && value.ladder.length > 0;
const modules = await Promise.all(
	globSync('**/*.ts', {cwd: folder}).map(async (file): Promise<Record<string, unknown>> => import(join(folder, file))),
);

/** All queries of source/queries; a new query is tested automatically. */
const queries = [...new Set(modules.flatMap(module => Object.values(module).filter(isQuery)))];

const raw = {getTypeParser: () => (value: string) => value};
const roles = ['postgres', 'monitor', 'plain'] as const;

/** Expected form of a decoded value by PostgreSQL type. */
const shapes: Readonly<Record<string, (value: Value) => boolean>> = {
	int2: Number.isSafeInteger,
	int4: Number.isSafeInteger,
	int8: value => Number.isSafeInteger(value) || /^-?\d+$/.test(String(value)),
	oid: Number.isSafeInteger,
	xid: value => /^\d+$/.test(String(value)),
	pg_lsn: value => /^[0-9A-F]+\/[0-9A-F]+$/.test(String(value)),
	float8: Number.isFinite,
	float4: Number.isFinite,
	bool: value => typeof value === 'boolean',
	timestamptz: value => /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d|-?infinity)$/.test(String(value)),
	_int4: value => Array.isArray(value) && value.every(Number.isSafeInteger),
	text: value => typeof value === 'string',
	name: value => typeof value === 'string',
	varchar: value => typeof value === 'string',
};

// Versions of the extensions that ship with PostgreSQL 13 to 18.
const extensionVersions: Readonly<Record<string, readonly number[]>> = {
	pg_stat_statements: [1008, 1009, 1010, 1010, 1011, 1012],
};

// No package has a PostgreSQL 19 yet: its rungs are asked on an 18 that declares what is new in 19.
const knownVersions = [...serverVersions, 19];

const versionsOf = ({extension}: Query): readonly number[] =>
	extension === undefined ? knownVersions.map(version => version * 10_000) : (extensionVersions[extension] ?? []);

/** What the queries about locks are asked about: a relation that always has locks. */
const scopes: Scopes = {preflight: {relation: {schema: 'pg_catalog', name: 'pg_class'}, lock: 'select'}};

/** SQL for a server; for a query of an extension, that of the installed version. */
const sqlOn = async (client: pg.Client, server: Server, query: Query): Promise<string> => {
	if (query.extension === undefined) return sqlFor(query, server.version * 10_000, {scopes});
	const {rows} = await client.query<{version: string; schema: string}>(
		`select e.extversion as version, pg_catalog.quote_ident(n.nspname) as schema
		from pg_catalog.pg_extension as e join pg_catalog.pg_namespace as n on n.oid = e.extnamespace where e.extname = $1`,
		[query.extension],
	);
	const [found] = rows;
	if (!found) throw new Error(`${query.extension} is not installed.`);
	return sqlFor(query, extensionVersion(found.version), {schema: found.schema});
};

/** Expected SQLSTATE by query for a role without the right to it. */
const refused: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	wal_directory: {plain: '42501'},
	archive_backlog: {plain: '42501'},
	temp_files: {plain: '42501'},
	config_files: {monitor: '42501', plain: '42501'},
	table_columns: {monitor: '42501', plain: '42501'},
};

const asking = new WeakMap<Server, Map<string, Promise<pg.Client>>>();

/** The connection of a role, set up like the lanes: search_path is pg_catalog, and nothing is written. */
const sessionOf = (server: Server, user: string): Promise<pg.Client> => {
	const sessions = asking.get(server) ?? new Map<string, Promise<pg.Client>>();
	asking.set(server, sessions);
	const known = sessions.get(user) ?? openSessionOf(server, user);
	sessions.set(user, known);
	return known;
};

const openSessionOf = async (server: Server, user: string): Promise<pg.Client> => {
	const client = await openSession(server, {user});
	await client.query("set search_path = ''; set default_transaction_read_only = on; set datestyle = 'ISO, MDY'");
	return client;
};

/** Asks a query; values are text. */
const ask = async (
	server: Server,
	user: string,
	query: Query,
): Promise<{readonly rows: readonly RawRow[]; readonly oids: readonly number[]; readonly names: readonly string[]}> => {
	const client = await sessionOf(server, user);
	const text = await sqlOn(client, server, query);
	const answer = (await client.query({text, rowMode: 'array', types: raw})) as unknown as pg.QueryArrayResult;
	return {
		rows: answer.rows as RawRow[],
		oids: answer.fields.map(({dataTypeID}) => dataTypeID),
		names: answer.fields.map(({name}) => name),
	};
};

const typeNames = new WeakMap<Server, Promise<ReadonlyMap<number, string>>>();

const typeNamesOf = (server: Server): Promise<ReadonlyMap<number, string>> => {
	const known = typeNames.get(server) ?? readTypeNames(server);
	typeNames.set(server, known);
	return known;
};

const readTypeNames = async (server: Server): Promise<ReadonlyMap<number, string>> => {
	const client = await connect(server);
	const {rows} = await client.query<{oid: number; name: string}>('select oid, typname::text as name from pg_catalog.pg_type');
	await client.end();
	return new Map(rows.map(({oid, name}) => [oid, name]));
};

/** Compares an answer with the declaration of its query. */
const compare = async (server: Server, user: string, query: Query): Promise<number> => {
	const types = await typeNamesOf(server);
	const {rows, oids, names} = await ask(server, user, query);
	expect(names).toEqual(Object.keys(query.fields));
	for (const [place, field] of Object.values<Field>(query.fields).entries()) {
		const type = types.get(oids[place] ?? 0) ?? '';
		expect({field: names[place], type, declared: field.types}).toMatchObject({declared: expect.arrayContaining([type])});
		expect(shapes).toHaveProperty(type);
		for (const cells of rows) {
			const cell = cells[place] ?? null;
			if (cell === null) expect({field: names[place], nullable: field.nullable}).toMatchObject({nullable: true});
			else expect({field: names[place], cell, fits: shapes[type]?.(field.decode(cell))}).toMatchObject({fits: true});
		}
	}
	expect(decode(query, rows).rows).toHaveLength(rows.length);
	return rows.length;
};

/** Waits in a hook, which has no expect.poll. */
const until = (holds: () => Promise<boolean>): Promise<boolean> => vi.waitUntil(holds, {interval: 10, timeout: longestWaitMs});

/** Waits for a relation lock, a row lock and an advisory lock, one of them held by a prepared transaction. */
const entangle = async (server: Server): Promise<void> => {
	const first = await connect(server);
	await first.query('create table orders as select id, 0 as total from generate_series(1, 3) as id');
	await first.query("begin; update orders set total = 1 where id = 3; prepare transaction 'payout'");
	await first.query('begin; update orders set total = 1 where id = 1; select pg_advisory_xact_lock(7)');
	const watcher = await connect(server);
	const statements = [
		'update orders set total = 2 where id = 1',
		'update orders set total = 3 where id = 1',
		'update orders set total = 4 where id = 3',
		'select pg_advisory_xact_lock(7)',
		'lock table orders',
	];
	for (const statement of statements) (await connect(server)).query(`begin; ${statement}`).catch(() => {});
	const waiting = 'select from pg_catalog.pg_locks where not granted';
	await until(async () => (await watcher.query(waiting)).rowCount === statements.length);
	// Long enough to be compared with what the same statement took before.
	const slow = `select from pg_catalog.pg_stat_activity where wait_event = 'transactionid'
		and clock_timestamp() - query_start > make_interval(secs => ${slowSeconds})`;
	await until(async () => (await watcher.query(slow)).rowCount !== 0);
};

/** An expression index, a sequential scan, and an invalid index whose build waits. */
const indexItems = async (server: Server): Promise<void> => {
	const first = await connect(server);
	await first.query('create table items as select id, id::text as name from generate_series(1, 3) as id');
	await first.query('create index on items (lower(name)) where id > 1');
	await first.query('select count(*) from items');
	// A session reports its counters when it ends.
	await first.end();
	const writer = await connect(server);
	await writer.query("begin; insert into items values (4, 'four')");
	(await connect(server)).query('create index concurrently items_id_idx on items (id)').catch(() => {});
	const watcher = await connect(server);
	const building = "select from pg_stat_progress_create_index where phase = 'waiting for writers before build'";
	const counted = 'select from pg_stat_user_tables where seq_tup_read > 0';
	for (const what of [building, counted]) await until(async () => (await watcher.query(what)).rowCount !== 0);
};

/** A slot, a disabled subscription and an idle WAL sender. */
const replicate = async (server: Server): Promise<void> => {
	const client = await connect(server);
	await client.query("select pg_create_physical_replication_slot('spare', true)");
	await client.query("create subscription orders connection 'dbname=nowhere' publication orders with (connect = false)");
	await connectSender(server);
};

/** A sequence that can end, a role with a timeout, and a cursor over rows that are sorted on disk. */
const exhaust = async (server: Server): Promise<void> => {
	const client = await connect(server);
	await client.query("create sequence tickets as int maxvalue 100; select nextval('tickets')");
	await client.query("create role hasty login connection limit 7; alter role hasty set lock_timeout = '5s'");
	await client.query(`set work_mem = '64kB'; begin; declare sorted cursor for
		select pg_catalog.repeat('x', 100) from generate_series(1, 100000) as g order by g desc; fetch 1 from sorted`);
};

describe('the queries', () => {
	it('are declared once and include every polled query', () => {
		const names = queries.map(({name}) => name);
		expect(new Set(names).size).toBe(names.length);
		for (const query of [heart, ...questions([]).map(ask => ask.query)]) expect(queries).toContain(query);
	});

	describe.each(queries.map(query => [query.name, query] as const))('%s', (_, query) => {
		it('has rungs in ascending order from the oldest server', () => {
			const since = query.ladder.map(rung => rung.since);
			expect(since[0]).toBe(versionsOf(query)[0]);
			expect(since).toEqual(since.toSorted((a, b) => a - b));
			expect(new Set(since).size).toBe(since.length);
		});

		it('has no rung without a tested server', () => {
			const climbed = new Set(versionsOf(query).map(version => sqlFor(query, version)));
			expect(climbed.size).toBe(query.ladder.length);
		});

		it('uses the newest rung for a newer server', () => {
			expect(sqlFor({...query, scoped: undefined, adds: undefined}, 200_000, {schema: '{schema}'})).toContain(
				oneLine(query.ladder.at(-1)?.sql ?? ''),
			);
		});

		it('names pgtriage in a comment', () => {
			expect(sqlFor(query, 150_000)).toMatch(new RegExp(`^/\\* pgtriage:${query.name} \\*/ (?:select|with)\\b`));
		});
	});
});

/** True for a query without rows on older servers, or for a role that sees no identifiers of other roles. */
const isEmpty = ({name}: Query, version: number, role: string): boolean =>
	name === 'lock_statistics' || (name === 'statement_norms' && (version < 14 || role === 'plain'));

describe.each(serverVersions)('on PostgreSQL %i', version => {
	let server: Server;

	beforeAll(async () => {
		server = await startTestServer(version, {max_prepared_transactions: '5'});
		await entangle(server);
		await indexItems(server);
		await replicate(server);
		await exhaust(server);
	});
	afterAll(() => server?.remove());

	describe.each(queries.map(query => [query.name, query] as const))('%s', (_, query) => {
		it.each(roles)('returns to %s the declared columns', async role => {
			const code = refused[query.name]?.[role];
			if (isEmpty(query, version, role)) expect(await compare(server, role, query)).toBe(0);
			else if (code === undefined) expect(await compare(server, role, query)).toBeGreaterThan(0);
			else await expect(ask(server, role, query)).rejects.toMatchObject({code});
		});
	});
});

describe('with what PostgreSQL 19 declares', () => {
	const repack = [2, 5, 0, 1000, 900, 40, 5, 128, 128, 2];
	const vacuum = [1, 100, 30, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3];
	const changed = queries.filter(({ladder}) => ladder.at(-1)?.since === 190_000);
	let nineteen: Server;

	beforeAll(async () => {
		const server = await startTestServer(18);
		nineteen = {...server, version: 19};
		await declareNineteen(server, [
			{kind: 'REPACK', relation: 'pg_class', parameters: repack},
			{kind: 'VACUUM', relation: 'pg_class', parameters: vacuum},
			{kind: 'ANALYZE', relation: 'pg_class', parameters: [1, 100, 30, 0, 0, 0, 0, 0, 0, 2]},
			{kind: 'BASEBACKUP', relation: 'pg_class', parameters: [3, -1, 8192, 1, 0, 2]},
		]);
		const client = await connect(server);
		await client.query('create table items (id serial primary key)');
		await replicate(server);
		await client.query('set allow_system_table_mods = on');
		await client.query(`
			insert into pg_subscription_rel (srsubid, srrelid, srsubstate)
			select s.oid, c.oid, 'i' from pg_subscription as s, pg_class as c where c.relname in ('items', 'items_id_seq')`);
	});
	afterAll(() => nineteen?.remove());

	const rowsOf = async (name: string, user = 'postgres') => {
		const query = queries.find(each => each.name === name) ?? expect.fail();
		return decode(query, (await ask(nineteen, user, query)).rows).rows;
	};

	describe.each(changed.map(query => [query.name, query] as const))('%s', (_, query) => {
		it.each(roles)('returns to %s the declared columns', async role => {
			expect(await compare(nineteen, role, query)).toBeGreaterThan(0);
		});
	});

	it('a REPACK reports its blocks, rows and changes from the parameters of 19', async () => {
		expect((await rowsOf('progress')).find(({command}) => command === 'REPACK')).toMatchObject({
			relation: 'pg_class',
			phase: 'catch-up',
			tuples_total: 1000,
			tuples_done: 900,
			tuples_updated: 40,
			tuples_deleted: 5,
			blocks_total: 128,
			blocks_done: 128,
			indexes_done: 2,
			mode: null,
			started_by: null,
		});
	});

	it('VACUUM, ANALYZE and a base backup report their mode and starter', async () => {
		const rows = await rowsOf('progress');
		const of = (name: string) => rows.find(({command}) => command === name);
		expect(of('VACUUM')).toMatchObject({blocks_done: 30, mode: 'failsafe', started_by: 'autovacuum_wraparound'});
		expect(of('ANALYZE')).toMatchObject({blocks_done: 30, mode: null, started_by: 'autovacuum'});
		expect(of('BASE BACKUP')).toMatchObject({bytes_done: 8192, mode: 'incremental', started_by: null});
	});

	it('waits for locks are counted by type', async () => {
		expect(await rowsOf('lock_statistics', 'plain')).toMatchObject([
			{locktype: 'relation', waits: 3, wait_time: 4500.5, fastpath_exceeded: 7},
			{locktype: 'tuple', waits: 0},
		]);
	});

	it('only a table that is due has a score', async () => {
		const scored = (await rowsOf('tables')).filter(({autovacuum_score}) => autovacuum_score !== null);
		expect(scored).toMatchObject([{relname: 'items', autovacuum_score: 2.5}]);
	});

	it('a subscription is one row with its apply worker, and counts tables apart from sequences', async () => {
		expect(await rowsOf('subscriptions')).toEqual([
			expect.objectContaining({
				pid: 101,
				sync_workers: 1,
				tables: 1,
				tables_not_ready: 1,
				sequences_not_ready: 1,
				sync_error_count: 0,
				sequence_error_count: 2,
				conflicts: 3,
				conflict_kinds: 'update_deleted 3',
			}),
		]);
	});
});

it.each<ServerVersion>([13, 18])('return the declared columns on a standby of PostgreSQL %i and its primary', async version => {
	await withServer(version, async primary => {
		const standby = await startStandby(primary);
		try {
			for (const query of queries)
				for (const role of roles.filter(each => refused[query.name]?.[each] === undefined))
					for (const server of [standby, primary]) await compare(server, role, query);
		} finally {
			await standby.remove();
		}
	});
});
