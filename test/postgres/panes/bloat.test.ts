import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Row} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import type {Server} from '../../../source/demo/server.ts';
import {bloatPane} from '../../../source/panes/bloat/bloat.ts';
import {connect, startStandby, startTestServer, undo, withServer} from '../servers.ts';
import {isComplete, watch} from '../watched.ts';

const versions = [13, 15, 18] as const;
const mebibyte = 1024 ** 2;

const words = 'md5(i::text)';
const filled = (name: string, columns: string, rows: number): string =>
	`create table ${name} as select ${columns} from generate_series(1, ${rows}) as i;`;

/** Tables with known contents: created, vacuumed and analyzed, then changes that ANALYZE must not see. */
const made = `
	create extension pgstattuple;
	create schema twins;
	${filled('clean', `i as id, ${words} as words`, 60_000)}
	${filled('holes', `i as id, ${words} as words`, 60_000)}
	delete from holes where id % 10 < 7;
	${filled('updated', `i as id, ${words} as words`, 60_000)}
	${filled('padded', '1::smallint as a, i::bigint as b, 1::smallint as c, i::bigint as d, 1::smallint as e, i::bigint as f', 60_000)}
	create table half (id int, words text) with (fillfactor = 50);
	insert into half select i, ${words} from generate_series(1, 60000) as i;
	create table wide (id int primary key, words text);
	insert into wide select i, (select string_agg(md5((i * g)::text), '') from generate_series(1, 200) as g)
		from generate_series(1, 1500) as i;
	create table wide_holes (id int primary key, words text);
	insert into wide_holes select * from wide;
	delete from wide_holes where id % 10 < 7;
	${filled('nulls', `i as id, case when i % 2 = 0 then ${words} end as words, null::int as nothing, i::bigint as big`, 60_000)}
	${filled('named', `i as id, ('n' || i)::name as name, ${words} as words`, 60_000)}
	${filled('added', `i as id, ${words} as words`, 60_000)}
	${filled('defaulted', `i as id, ${words} as words`, 60_000)}
	${filled('dropped', `i as id, repeat('x', 100) as gone`, 60_000)}
	${filled('emptied', `i as id, ${words} as words`, 60_000)}
	create table keyed (id bigint primary key, uid uuid unique);
	insert into keyed select i, ${words}::uuid from generate_series(1, 60000) as i;
	create table keyed_holes (id bigint primary key);
	insert into keyed_holes select i from generate_series(1, 200000) as i;
	delete from keyed_holes where id % 10 <> 0;
	${filled('flagged', 'i as id, i % 5 as flag', 60_000)}
	create index on flagged (flag);
	create table parent (id int, part int, words text) partition by list (part);
	create table parent_1 partition of parent for values in (1);
	create table parent_2 partition of parent for values in (2);
	insert into parent select i, 1 + i % 2, ${words} from generate_series(1, 60000) as i;
	delete from parent where part = 1;
	create table twins.clean as select * from clean;
	delete from twins.clean where id % 2 = 0;
`;

const changed = `
	update updated set words = md5(words) where id % 2 = 0;
	analyze updated;
	alter table added add column later int;
	alter table defaulted add column later text default repeat('x', 60);
	analyze defaulted;
	alter table dropped drop column gone;
	analyze dropped;
	delete from emptied;
	create table never as select 1 as id;
`;

/** Runs statements in a session that ends, which reports its counters. */
const done = async (server: Server, sql: string): Promise<void> => {
	const client = await connect(server);
	for (const statement of sql.split(';')) if (statement.trim() !== '') await client.query(statement);
	await client.end();
};

/** Size of a table and its TOAST, with the dead and free bytes that pgstattuple counts. */
const truthOf = async (server: Server, oid: number): Promise<{readonly bloat: number; readonly size: number}> => {
	const client = await connect(server);
	const {rows} = await client.query<{bloat: number; size: number}>(
		`select sum(p.dead_tuple_len + p.free_space)::float8 as bloat, sum(p.table_len)::float8 as size
		from pg_class as c, unnest(array[c.oid, nullif(c.reltoastrelid, 0)]) as r (oid), pgstattuple(r.oid::regclass) as p
		where c.oid = $1`,
		[oid],
	);
	await client.end();
	return rows[0] ?? {bloat: Number.NaN, size: Number.NaN};
};

const named = (rows: readonly Row[], relname: string, schemaname = 'public'): Row => {
	const found = rows.find(row => row.relname === relname && row.schemaname === schemaname);
	if (!found) throw new Error(`There is no row of ${schemaname}.${relname}.`);
	return found;
};

const ofUsers = (rows: readonly Row[]): readonly Row[] =>
	rows.filter(({schemaname}) => schemaname !== 'pg_catalog' && schemaname !== 'information_schema');

/** Rows of the pane as a role sees them. */
const rowsFor = async (server: Server, user = 'postgres') => {
	await using seen = await watch(server, bloatPane, user);
	const sample = await seen.until('a first sample', (rows, each) => rows.length > 0 && isComplete(bloatPane, each));
	return {rows: ofUsers(seen.rows(sample)), hidden: bloatPane.hidden(sample), sample};
};

describe.each(versions)('on PostgreSQL %i', version => {
	let server: Server;
	let rows: readonly Row[];

	beforeAll(async () => {
		server = await startTestServer(version, {autovacuum: 'off', max_prepared_transactions: '2'});
		await done(server, made);
		await done(server, 'vacuum analyze');
		await done(server, changed);
		({rows} = await rowsFor(server));
	});
	afterAll(() => server?.remove());

	const known = [
		'clean',
		'holes',
		'updated',
		'padded',
		'wide',
		'wide_holes',
		'nulls',
		'named',
		'keyed',
		'keyed_holes',
		'flagged',
	];

	test.each(known)('the estimated bloat of %s matches pgstattuple', async relname => {
		const row = named(rows, relname);
		const {bloat, size} = await truthOf(server, Number(row.oid));
		expect(row.bloat_source).toBe('estimate');
		expect(Math.abs(Number(row.bloat_bytes) - bloat)).toBeLessThan(Math.max(mebibyte, size / 5));
		expect(Math.abs(Number(row.bloat_ratio) - bloat / size)).toBeLessThan(0.2);
		expect(row.table_bytes).toBe(size);
	});

	test('bloat is most of a table with holes and next to nothing of a clean, padded or fillfactor 50 table', () => {
		expect(named(rows, 'holes').bloat_ratio).toBeGreaterThan(0.6);
		for (const relname of ['clean', 'padded', 'half', 'nulls', 'named'])
			expect(named(rows, relname).bloat_ratio).toBeLessThan(0.08);
	});

	test.each([
		['never', 'Never vacuumed or analyzed'],
		['added', '1 column has no statistics'],
		['defaulted', 'added with a default'],
		['dropped', 'column was dropped'],
		['emptied', 'More dead rows'],
	])('the table %s has no estimate but a reason', (relname, why) => {
		const row = named(rows, relname);
		expect(row).toMatchObject({bloat_bytes: null, bloat_ratio: null, bloat_source: 'unknown'});
		expect(row.note).toContain(why);
	});

	test('a table never vacuumed or analyzed has no size', () => {
		expect(named(rows, 'never')).toMatchObject({table_bytes: null, total_bytes: null, index_bytes: null});
	});

	test('tables of the same name in two schemas are two rows', async () => {
		const [one, two] = [named(rows, 'clean'), named(rows, 'clean', 'twins')];
		expect(one.oid).not.toBe(two.oid);
		expect(one.bloat_ratio).toBeLessThan(0.08);
		expect(two.bloat_ratio).toBeGreaterThan(0.4);
	});

	test('the size of a table is its heap, TOAST and indexes without the fork maps', async () => {
		const client = await connect(server);
		for (const relname of ['clean', 'wide', 'keyed', 'flagged']) {
			const row = named(rows, relname);
			const sizes = await client.query<{bytes: number}>('select pg_total_relation_size($1)::float8 as bytes', [row.oid]);
			const bytes = sizes.rows[0]?.bytes ?? 0;
			expect(Number(row.total_bytes)).toBeLessThanOrEqual(bytes);
			expect(bytes - Number(row.total_bytes)).toBeLessThan(128 * 1024);
		}
	});

	test('a unique btree is estimated, clean and after deletes; a deduplicating one is not', async () => {
		const client = await connect(server);
		for (const relname of ['keyed', 'keyed_holes']) {
			const row = named(rows, relname);
			const {rows: counted} = await client.query<{bloat: number; size: number}>(
				`select 8192 * sum(s.deleted_pages + s.empty_pages + s.leaf_pages * greatest(0, 1 - s.avg_leaf_density / 90))::float8 as bloat,
					sum(s.index_size)::float8 as size
				from pg_index as i, pgstatindex(i.indexrelid::regclass) as s
				where i.indrelid = $1`,
				[row.oid],
			);
			const [{bloat, size}] = counted as [{bloat: number; size: number}];
			expect(Math.abs(Number(row.index_bloat_bytes) - bloat)).toBeLessThan(size / 10);
		}
		expect(named(rows, 'keyed_holes').index_bloat_bytes).toBeGreaterThan(3 * mebibyte);
		expect(named(rows, 'flagged')).toMatchObject({index_bloat_bytes: null, bloat_source: 'estimate'});
	});

	test('a partitioned table is the sum of its partitions', () => {
		const [parent, one, two] = ['parent', 'parent_1', 'parent_2'].map(relname => named(rows, relname)) as [Row, Row, Row];
		expect(parent).toMatchObject({
			partitions: 2,
			bloat_bytes: Number(one.bloat_bytes) + Number(two.bloat_bytes),
			total_bytes: Number(one.total_bytes) + Number(two.total_bytes),
			n_live_tup: Number(one.n_live_tup) + Number(two.n_live_tup),
		});
		expect([one.parent, two.parent, parent.parent]).toEqual(['parent', 'parent', null]);
	});

	test('its age is that of its oldest row', async () => {
		const client = await connect(server);
		const ages = await client.query<{oid: number; age: number}>(
			"select c.oid, greatest(age(c.relfrozenxid), age(t.relfrozenxid)) as age from pg_class as c left join pg_class as t on t.oid = c.reltoastrelid where c.relkind = 'r' and c.relname = any($1)",
			[known],
		);
		const {rows: now} = await rowsFor(server);
		for (const {oid, age} of ages.rows)
			expect(Math.abs(Number(now.find(row => row.oid === oid)?.xid_age) - age)).toBeLessThanOrEqual(2);
	});

	test('a table with a held or awaited ACCESS EXCLUSIVE lock is locked, and all others are read', async () => {
		const holder = await connect(server);
		const reader = await connect(server);
		await reader.query('begin; select from holes limit 1');
		await holder.query('begin; lock table clean');
		const waiter = await connect(server);
		waiter.query('begin; lock table holes').catch(() => {});
		await using seen = await watch(server, bloatPane);
		const sample = await seen.until('both locks', all => all.filter(({locked}) => locked === true).length === 2);
		const all = seen.rows(sample);
		expect(named(all, 'clean')).toMatchObject({locked: true, bloat_source: 'estimate'});
		expect(named(all, 'clean').note).toMatch(/^locked by \d+/);
		expect(named(all, 'holes').note).toMatch(/^\d+ waits to lock it/);
		expect(named(all, 'clean', 'twins').locked).toBe(false);
	});

	test.each(['plain', 'monitor'])('the role %s, which sees no statistics, gets the GRANT instead of estimates', async user => {
		const {rows: all, hidden} = await rowsFor(server, user);
		const one = named(all, 'clean');
		expect(one).toMatchObject({bloat_bytes: null, bloat_source: 'unknown', n_live_tup: 60_000});
		expect(one.note).toContain('hidden from this role');
		expect(hidden?.rows).toBeGreaterThan(10);
		expect(hidden?.hint).toMatch(version < 14 ? /^GRANT SELECT/ : new RegExp(`^GRANT pg_read_all_data TO ${user}`));
		for (const row of all) if (row.bloat_bytes !== null) expect(row.bloat_source).toBe('estimate');
	});

	test('a role that can read a table gets the estimates of a superuser', async () => {
		undo(server, 'revoke select on clean, holes, padded, wide_holes, nulls from plain');
		await done(server, 'grant select on clean, holes, padded, wide_holes, nulls to plain');
		const {rows: all} = await rowsFor(server, 'plain');
		for (const relname of ['clean', 'holes', 'padded', 'wide_holes', 'nulls'])
			expect(named(all, relname)).toMatchObject({bloat_source: 'estimate', bloat_bytes: named(rows, relname).bloat_bytes});
	});
});

test('a standby shows bloat and points to the primary for counters', async () => {
	await withServer(
		15,
		async primary => {
			await done(
				primary,
				`${filled('holes', `i as id, ${words} as words`, 60_000)} delete from holes where id % 10 < 7; vacuum analyze`,
			);
			const standby = await startStandby(primary);
			try {
				await using seen = await watch(standby, bloatPane);
				const sample = await seen.until('the table', rows =>
					rows.some(row => row.relname === 'holes' && row.bloat_source === 'estimate'),
				);
				const row = named(seen.rows(sample), 'holes');
				expect(row).toMatchObject({n_live_tup: null, n_dead_tup: null, last_vacuum: null, vacuum_due: null, analyze_due: null});
				expect(row.bloat_ratio).toBeGreaterThan(0.6);
				expect(bloatPane.hidden(sample)?.hint).toContain('not available on a standby');
			} finally {
				await standby.remove();
			}
		},
		{autovacuum: 'off'},
	);
});

test.each(versions)('on PostgreSQL %i autovacuum vacuums exactly the tables shown as due', async version => {
	await withServer(version, async server => {
		// Autovacuum does not run before the due tables are read.
		await done(server, "alter system set autovacuum_naptime = '1d'; select pg_reload_conf()");
		const options = version === 18 ? 'create table most (id int) with (autovacuum_vacuum_max_threshold = 20);' : '';
		const mostFilled = version === 18 ? 'insert into most select generate_series(1, 2000);' : '';
		await done(
			server,
			`create table dead as select generate_series(1, 2000) as id;
				create table few as select generate_series(1, 2000) as id;
				create table own (id int) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20, autovacuum_analyze_threshold = 1000000);
				insert into own select generate_series(1, 2000);
				create table off (id int) with (autovacuum_enabled = false);
				insert into off select generate_series(1, 2000);
				create table inserted as select generate_series(1, 2000) as id;
				create table rest as select generate_series(1, 2000) as id;
				${options}${mostFilled}`,
		);
		await done(server, 'vacuum analyze');
		await done(
			server,
			`delete from dead where id <= 600;
				delete from few where id <= 100;
				delete from own where id <= 100;
				delete from off;
				insert into inserted select generate_series(1, 3000);
				${version === 18 ? 'delete from most where id <= 100;' : ''}`,
		);
		await using seen = await watch(server, bloatPane);
		const expected = ['dead', 'inserted', ...(version === 18 ? ['most'] : []), 'own'];
		const dueOf = (rows: readonly Row[], what: 'vacuum_due' | 'analyze_due') =>
			ofUsers(rows)
				.filter(row => row[what])
				.map(({relname}) => relname)
				.toSorted();
		const sample = await seen.until('what is due', rows => dueOf(rows, 'vacuum_due').length === expected.length);
		expect(dueOf(seen.rows(sample), 'vacuum_due')).toEqual(expected);
		expect(dueOf(seen.rows(sample), 'analyze_due')).toEqual(['dead', 'inserted']);
		await done(server, "alter system set autovacuum_naptime = '1s'; select pg_reload_conf()");
		const runs = await seen.until(
			'nothing to be due',
			rows => dueOf(rows, 'vacuum_due').length + dueOf(rows, 'analyze_due').length === 0,
		);
		const byItself = (column: 'last_autovacuum' | 'last_autoanalyze') =>
			ofUsers(seen.rows(runs))
				.filter(row => row[column] !== null)
				.map(({relname}) => relname)
				.toSorted();
		expect(byItself('last_autovacuum')).toEqual(expected);
		expect(byItself('last_autoanalyze')).toEqual(['dead', 'inserted']);
	});
});

test('an autovacuum run that removes nothing is shown with the holder of xmin', async () => {
	await withServer(
		15,
		async server => {
			const holder = await connect(server);
			await holder.query('begin isolation level repeatable read; select 1');
			await done(server, 'create table held as select generate_series(1, 2000) as id; delete from held where id <= 1000');
			await using seen = await watch(server, bloatPane);
			const sample = await seen.until('a run in vain', rows =>
				rows.some(row => row.relname === 'held' && row.removes_nothing === true),
			);
			const row = named(seen.rows(sample), 'held');
			expect(row.note).toMatch(/^autovacuum removes nothing; due: dead/);
			const inside = bloatPane.rows(sample, seen.samples).find(({relname}) => relname === 'held') as Row;
			const page = bloatPane.inspect(inside, sample, 200, seen.samples).map(textOf).join('\n');
			const {rows} = await holder.query<{pid: number}>('select pg_backend_pid() as pid');
			expect(page).toContain(`Session ${rows[0]?.pid}`);
		},
		{autovacuum_naptime: '1s'},
	);
});
