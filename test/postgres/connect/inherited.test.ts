import type pg from 'pg';
import {describe, expect, it} from 'vitest';
import {createMaintainer} from '../../../source/adapters/act/maintainer.ts';
import {createExplainer} from '../../../source/adapters/explain/explainer.ts';
import type {Lane} from '../../../source/adapters/session/lane.ts';
import {pins} from '../../../source/adapters/session/settings.ts';
import {extensionVersion} from '../../../source/core/sample/extension.ts';
import {type Query, type RawRow, sqlFor} from '../../../source/core/sample/query.ts';
import type {Server} from '../../../source/demo/server.ts';
import {queries} from '../../../source/queries/index.ts';
import {laneTo, ready, targetOf} from '../lanes.ts';
import {connect, type ServerVersion, serverVersions, withServer} from '../servers.ts';

/** Settings that a role may change and that pgtriage leaves as they are, by the reason. */
const inherited: Readonly<Record<string, string>> = {
	'the login sends it': 'application_name',
	'the transaction sets it': 'transaction_deferrable transaction_isolation transaction_read_only',
	'maintenance works as the owner of the server wants it':
		'backend_flush_after default_statistics_target effective_io_concurrency gin_pending_list_limit io_combine_limit maintenance_io_concurrency maintenance_work_mem max_parallel_maintenance_workers vacuum_buffer_usage_limit vacuum_cleanup_index_scale_factor vacuum_cost_delay vacuum_cost_limit vacuum_cost_page_dirty vacuum_cost_page_hit vacuum_cost_page_miss vacuum_failsafe_age vacuum_freeze_min_age vacuum_freeze_table_age vacuum_max_eager_freeze_failure_rate vacuum_multixact_failsafe_age vacuum_multixact_freeze_min_age vacuum_multixact_freeze_table_age vacuum_truncate wal_skip_threshold',
	'without parallel workers it changes nothing':
		'debug_parallel_query force_parallel_mode max_parallel_workers min_parallel_index_scan_size min_parallel_table_scan_size parallel_leader_participation parallel_setup_cost parallel_tuple_cost',
	'without JIT it changes nothing':
		'jit_above_cost jit_expressions jit_inline_above_cost jit_optimize_above_cost jit_tuple_deforming',
	'without GEQO it changes nothing': 'geqo_effort geqo_generations geqo_pool_size geqo_seed geqo_selection_bias geqo_threshold',
	'with standard strings it changes nothing': 'escape_string_warning',
	'pgtriage creates no object and no role that would have it':
		'createrole_self_grant default_table_access_method default_tablespace default_toast_compression file_copy_method icu_validation_level md5_password_warnings password_encryption scram_iterations temp_buffers temp_tablespaces',
	'pgtriage has no cursor, no text search, no names of time zones, and no order without ORDER BY':
		'cursor_tuple_fraction default_text_search_config gin_fuzzy_search_limit synchronize_seqscans timezone_abbreviations',
	'only WAL senders and writers of WAL look at it':
		'commit_siblings debug_logical_replication_streaming logical_decoding_work_mem wal_sender_timeout',
	'it is about lines of the log that are off': 'debug_pretty_print',
	'libraries are loaded before the first statement': 'local_preload_libraries',
};
const inheritedNames: ReadonlySet<string> = new Set(Object.values(inherited).flatMap(names => names.split(' ')));

/** Values that differ from the usual ones, for settings whose type does not tell. */
const oddTexts: Readonly<Record<string, string>> = {
	DateStyle: 'German, YMD',
	TimeZone: 'Asia/Kathmandu',
	client_encoding: 'LATIN1',
	lc_monetary: 'POSIX',
	lc_numeric: 'POSIX',
	lc_time: 'POSIX',
	restrict_nonsystem_relation_kind: 'view',
	search_path: 'odd, public',
	default_text_search_config: 'pg_catalog.german',
};

type Setting = {
	readonly name: string;
	readonly vartype: string;
	readonly boot_val: string;
	readonly min_val: string | null;
	readonly max_val: string | null;
	readonly enumvals: readonly string[] | null;
};

/** An odd value of a setting; undefined if there is none, or if a session with it cannot begin. */
const oddValue = ({name, vartype, boot_val, min_val, max_val, enumvals}: Setting): string | undefined => {
	if (name.startsWith('transaction_') && name !== 'transaction_timeout') return undefined;
	if (name === 'default_transaction_isolation') return 'serializable';
	switch (vartype) {
		case 'bool':
			return boot_val === 'on' ? 'off' : 'on';
		case 'enum':
			return enumvals?.findLast(value => value !== boot_val);
		case 'string':
			return oddTexts[name];
		default:
			if (/_(timeout|interval)$/.test(name)) return '1';
			return (max_val === boot_val ? min_val : max_val) ?? undefined;
	}
};

const userSettings = async (admin: pg.Client): Promise<readonly Setting[]> =>
	(
		await admin.query<Setting>(
			"select name, vartype, boot_val, min_val, max_val, enumvals from pg_settings where context = 'user' and name !~ '[.]' order by name",
		)
	).rows;

/** Sets every setting that a role may set to an odd value, for a role or a database; returns the names. */
const setOddly = async (admin: pg.Client, object: string): Promise<readonly string[]> => {
	const names: string[] = [];
	for (const setting of await userSettings(admin)) {
		const value = oddValue(setting);
		if (value === undefined) continue;
		await admin.query(`alter ${object} set ${setting.name} = ${value.includes(', ') ? value : admin.escapeLiteral(value)}`);
		names.push(setting.name);
	}
	await admin.query(`alter ${object} set role = 'plain'`);
	return names;
};

const rowsOf = async (lane: Lane, sql: string): Promise<readonly RawRow[]> => {
	const reply = await lane.run({name: 'probe', sql, deadlineMs: 20_000});
	if (!reply.ok) throw new Error(`${reply.error.code} ${reply.error.message}`);
	return reply.rows;
};

// What a process waits for changes by the moment; the limit is what the autovacuum workers of the database have too.
const changing: ReadonlySet<string> = new Set(['wait_event_type', 'wait_event', 'failsafe_age']);

/** All values of each column of an answer, sorted. */
const columnsOf = (rows: readonly RawRow[]): readonly string[] =>
	(rows[0] ?? []).map((_, place) => JSON.stringify(rows.map(row => row[place] ?? null).sort()));

const sqlOn = async (lane: Lane, query: Query, version: number): Promise<string> => {
	if (query.extension === undefined) return sqlFor(query, version * 10_000);
	const [found] = await rowsOf(lane, `select extversion from pg_catalog.pg_extension where extname = '${query.extension}'`);
	return sqlFor(query, extensionVersion(found?.[0] ?? ''), {schema: 'public'});
};

/**
 * Names of the columns of a query that differ over an odd lane although they are the same over a plain one before and after. The
 * first answers only make both lanes have sent the same.
 */
const differing = async (plain: Lane, odd: Lane, query: Query, version: number): Promise<readonly string[]> => {
	const sql = await sqlOn(plain, query, version);
	for (const lane of [plain, odd]) await rowsOf(lane, sql);
	const before = columnsOf(await rowsOf(plain, sql));
	const between = columnsOf(await rowsOf(odd, sql));
	const after = columnsOf(await rowsOf(plain, sql));
	return Object.keys(query.fields).filter(
		(name, place) => !changing.has(name) && before[place] === after[place] && before[place] !== between[place],
	);
};

/** Leaves a serializable transaction open that has written: a serializable, read-only and deferrable one would wait for it. */
const writeAtLength = async (writer: pg.Client): Promise<void> => {
	await writer.query('create table written as select 1.5::float8 as n');
	await writer.query('begin isolation level serializable; insert into written values (2.5)');
};

/** A server without autovacuum: a worker that only one of the answers saw would be a difference. */
const withCalmServer = (version: ServerVersion, use: (server: Server) => Promise<void>): Promise<void> =>
	withServer(version, use, {autovacuum: 'off'});

describe.each<ServerVersion>([13, 18])('on PostgreSQL %i', version => {
	it.each(['role watcher', 'database postgres'])('odd settings of the %s change no answer', async object => {
		await withCalmServer(version, async server => {
			const admin = await connect(server);
			await admin.query(`create role watcher superuser login; create schema odd;
				create table public."Odd Name" as select 1 as id, 'x'::text as "Text" from generate_series(1, 1000);
				analyze public."Odd Name"; create index on public."Odd Name" (lower("Text")) where id > 1`);
			await writeAtLength(await connect(server));
			const target = targetOf(server, {user: 'watcher'});
			await using plain = laneTo(target);
			await ready(plain);
			const names = await setOddly(admin, object);
			expect(names.length).toBeGreaterThan(100);
			await using odd = laneTo(target);
			await ready(odd);

			const who = 'select session_user, current_user, pg_catalog.pg_backend_pid() is not null';
			expect(await rowsOf(odd, who)).toEqual([['watcher', 'watcher', 't']]);
			const values = "select name, setting from pg_catalog.pg_settings where context operator(pg_catalog.=) 'user'";
			const left = ([name]: RawRow): boolean => !inheritedNames.has(name ?? '');
			expect((await rowsOf(odd, values)).filter(left)).toEqual((await rowsOf(plain, values)).filter(left));

			// The subject of the first is what roles and databases set, of the second the session that asks.
			const own: ReadonlySet<string> = new Set(['settings', 'own_backend']);
			const asked = [...queries.values()].filter(({ladder, name}) => ladder.length > 0 && !own.has(name));
			expect(asked.length).toBeGreaterThan(35);
			const found: string[] = [];
			for (const query of asked)
				for (const column of await differing(plain, odd, query, version)) found.push(`${query.name}.${column}`);
			// The session that asks holds locks itself.
			expect(found.filter(name => !/^(held|session)_locks\.pid$/.test(name))).toEqual([]);
		});
	});
});

it.each(serverVersions)('every setting of PostgreSQL %i that a role may change is pinned or left for a reason', async version => {
	await withServer(version, async server => {
		const names = (await userSettings(await connect(server))).map(({name}) => name);
		const pinned = new Set(pins.map(({name}) => name));
		expect(names.filter(name => !pinned.has(name) && !inheritedNames.has(name))).toEqual([]);
		const present = pins.filter(({since = 0}) => since <= version * 10_000).map(({name}) => name);
		const hidden = ['role', 'session_authorization', 'operator_precedence_warning', 'restrict_nonsystem_relation_kind'];
		expect(present.filter(name => !names.includes(name) && !hidden.includes(name))).toEqual([]);
	});
});

it.each<ServerVersion>([13, 18])('limits of 1 ms on PostgreSQL %i end neither the set-up nor the session', async version => {
	await withServer(version, async server => {
		const admin = await connect(server);
		await admin.query('create role watcher superuser login');
		const since = {statement_timeout: 13, lock_timeout: 13, idle_session_timeout: 14, transaction_timeout: 17};
		for (const [name] of Object.entries(since).filter(([, first]) => first <= version)) {
			await admin.query(`alter role watcher reset all; alter role watcher set ${name} = '1ms'`);
			await using lane = laneTo(targetOf(server, {user: 'watcher'}));
			expect(await ready(lane)).toMatchObject({generation: 1});
			expect(await rowsOf(lane, "select 'slept' from pg_catalog.pg_sleep(0.2)")).toEqual([['slept']]);
			expect(lane.status().generation).toBe(1);
		}
	});
});

it.each<ServerVersion>([13, 17, 18])(
	'maintenance and plans on PostgreSQL %i go on in spite of the role, the isolation and the limits of the database',
	async version => {
		await withServer(version, async server => {
			const admin = await connect(server);
			await admin.query(`create table heap as select id, repeat('x', 500) as filler from generate_series(1, 2000) as id;
				create index heap_id on heap (id); grant select on heap to plain; delete from heap where id % 2 = 0`);
			const limits = {
				statement_timeout: '100ms',
				lock_timeout: '100ms',
				...(version >= 14 && {idle_session_timeout: '100ms'}),
				...(version >= 17 && {transaction_timeout: '100ms'}),
				default_transaction_isolation: 'serializable',
				default_transaction_read_only: 'on',
				default_transaction_deferrable: 'on',
				client_min_messages: 'error',
				role: 'plain',
				// The table takes half a second.
				vacuum_cost_delay: '5ms',
				vacuum_cost_limit: '10',
			};
			const {rows} = await admin.query<{oid: string}>("select 'heap'::regclass::oid as oid");
			for (const [name, value] of Object.entries(limits)) await admin.query(`alter database postgres set ${name} = '${value}'`);
			const relation = {database: 'postgres', oid: Number(rows[0]?.oid), kind: 'table', name: 'heap'} as const;
			const maintainer = createMaintainer(targetOf(server));
			const vacuum = await maintainer.begin('vacuum', relation, () => {}).ended;
			expect(vacuum).toMatchObject({outcome: 'done', removed: 1000});
			expect(vacuum.tookMs).toBeGreaterThan(200);
			await writeAtLength(admin);
			const plan = await createExplainer(targetOf(server)).explain(
				{
					pid: 1,
					database: 'postgres',
					role: 'plain',
					query: 'select * from heap where id = 7',
					truncated: false,
					queryId: null,
					analyze: false,
					accepted: [],
				},
				new AbortController().signal,
			);
			expect(plan).toMatchObject({outcome: 'planned', json: expect.stringContaining('"Relation Name": "heap"')});
		});
	},
);
