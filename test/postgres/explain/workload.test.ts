import type pg from 'pg';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {createExplainer} from '../../../source/adapters/explain/explainer.ts';
import type {ExplainOutcome} from '../../../source/core/explain/request.ts';
import type {Server} from '../../../source/demo/server.ts';
import {targetOf} from '../lanes.ts';
import {connect, type ServerVersion, startTestServer} from '../servers.ts';

const long = `select item, ${Array.from({length: 400}, (_, index) => `id + ${index}`).join(', ')} from orders where id = 7`;

/** Statements of a mixed workload: how a session of `app` comes to run each, and its plan or why it has none. */
type Ordinary = {
	readonly name: string;
	/** Statements of the session before it. */
	readonly before?: string;
	readonly query: string;
	readonly values?: readonly unknown[];
	/** Not run, but as a driver sends it with types of its own. */
	readonly typed?: true;
	readonly expected:
		| {readonly node: string; readonly relation?: string; readonly says?: RegExp}
		| {readonly refused: RegExp; readonly hint: RegExp};
};

const merge = 'merge into stock using orders on stock.item = orders.item when matched then update set count = stock.count + 1';
const chained = 'with gone as (delete from stock where count = 0 returning item) insert into log select item from gone';

const workload = (version: number): readonly Ordinary[] => [
	{name: 'SELECT with literals', query: 'select * from orders where id = 7', expected: {node: 'Index Scan', relation: 'orders'}},
	{name: 'SELECT with parameters', query: 'select * from orders where id = $1', values: [7], expected: {node: 'Index Scan'}},
	{
		name: 'SELECT with parameters that the driver typed',
		query: 'select * from orders where ($1 is null or item = $1) and id > $2 + $3',
		typed: true,
		expected: {node: 'Index Scan', says: /Types assumed: \$1 text, \$3 int8/},
	},
	{name: 'INSERT', query: 'insert into log values ($1)', values: ['a'], expected: {node: 'ModifyTable'}},
	{
		name: 'upsert',
		query: `insert into stock values ('a', 1) on conflict (item) do update set count = stock.count + 1`,
		expected: {node: 'ModifyTable'},
	},
	{name: 'UPDATE', query: 'update orders set item = $2 where id = $1', values: [7, 'b'], expected: {node: 'ModifyTable'}},
	version >= 15
		? {name: 'MERGE', query: merge, expected: {node: 'ModifyTable'}}
		: {name: 'DELETE and INSERT', query: chained, expected: {node: 'ModifyTable'}},
	{
		name: 'COPY of a query',
		query: 'copy (select * from orders where id = 7) to stdout',
		expected: {node: 'Index Scan', says: /Query of the COPY/},
	},
	{
		name: 'CREATE TABLE AS',
		query: 'create table made as select * from orders where id < 7 with no data',
		expected: {node: 'Index Scan'},
	},
	{name: 'SELECT INTO', query: 'select id into made_too from orders where id = 7', expected: {node: 'Index Only Scan'}},
	{
		name: 'DECLARE CURSOR',
		before: 'begin',
		query: 'declare c no scroll cursor for select * from orders where id = 7',
		expected: {node: 'Index Scan', says: /DECLARE CURSOR/},
	},
	{
		name: 'CREATE MATERIALIZED VIEW',
		query: 'create materialized view digest_too as select item, count(*) from orders group by item',
		expected: {node: 'Aggregate'},
	},
	{
		name: 'REFRESH MATERIALIZED VIEW',
		query: 'refresh materialized view digest',
		expected: {node: 'Aggregate', says: /REFRESH MATERIALIZED VIEW public\.digest, with the privileges of its owner app/},
	},
	{
		name: 'EXECUTE',
		before: 'prepare one_order (int) as select at from orders where id = $1',
		query: 'execute one_order(7)',
		expected: {node: 'Index Scan', says: version >= 14 ? /EXECUTE by its query id/ : /EXECUTE by its name/},
	},
	{
		name: 'several statements in one text',
		query: `set work_mem = '8MB'; select * from orders where id = 7${version >= 14 ? '; select 1' : ''}`,
		// Without query ids the text must have one plan only.
		expected:
			version >= 14
				? {node: 'Result', says: /one of 3 statements by its query id/}
				: {node: 'Index Scan', says: /The only one of 2 statements that has a plan/},
	},
	{
		name: 'another search_path',
		before: 'set search_path = tenant_7, public',
		query: 'select * from invoices join orders using (id) where id = 7',
		expected: {node: 'Nested Loop', says: /Schema tenant_7 was added/},
	},
	version >= 14
		? {name: 'a long text', query: long, expected: {node: 'Index Scan', says: /pg_stat_statements/}}
		: {
				name: 'a literal with a type',
				query: `select * from orders where at > now() - interval $1`,
				typed: true,
				expected: {node: 'Seq Scan'},
			},
	{name: 'a view', query: 'select * from recent where id = 7', expected: {node: 'Index Scan', relation: 'orders'}},
	{name: 'a partitioned table', query: 'select * from events where at = 7', expected: {node: 'Seq Scan', relation: 'events_1'}},
	{
		name: 'a function in FROM',
		query: 'select * from generate_series(1, 7) as g join orders on id = g',
		expected: {node: 'Nested Loop'},
	},
	{
		name: 'a temporary table',
		before: 'create temporary table basket (a int)',
		query: 'select * from basket',
		expected: {refused: /relation "basket" does not exist/, hint: /temporary table, or no schema that app may use/},
	},
	{name: 'CALL', query: 'call nightly()', expected: {refused: /CALL has no plan/, hint: /press e there/}},
	{name: 'DO', query: 'do $$begin perform 1; end$$', expected: {refused: /DO has no plan/, hint: /press e there/}},
	{
		name: 'FETCH',
		before: 'begin; declare d cursor for select * from orders',
		query: 'fetch 10 from d',
		expected: {refused: /only its session knows the cursor/, hint: /DECLARE in Statements/},
	},
];

const fixture = `
create role app login;
create role dba login;
grant pg_monitor, pg_signal_backend to dba;
grant create on schema public to app;
create schema tenant_7;
create schema tenant_8;
grant usage on schema tenant_7, tenant_8 to app;
create table tenant_7.invoices (id int primary key, amount int);
create table tenant_8.invoiced (id int primary key, amount int);
grant select on tenant_7.invoices, tenant_8.invoiced to app;
set role app;
create table orders (id int primary key, item text, at timestamptz);
insert into orders select g, (g % 10)::text from generate_series(1, 20000) as g;
create table stock (item text primary key, count int);
create table log (item text);
create view recent as select * from orders where id > 5;
create table events (at int, what text) partition by range (at);
create table events_1 partition of events for values from (0) to (100);
create table events_2 partition of events for values from (100) to (200);
create materialized view digest as select item, count(*) from orders group by item;
create procedure nightly() language plpgsql as $$begin perform 1; end$$;
reset role;
analyze orders;
`;

/** Outcome of a statement in four words: the top step of its plan, its relation and its notes, or the refusal and its hint. */
const shown = (outcome: ExplainOutcome): readonly string[] => {
	if (outcome.outcome === 'risky') return ['risky', ...outcome.risks];
	if (outcome.outcome === 'refused') return ['refused', outcome.failure.message, outcome.failure.hint ?? '', ''];
	const plan = JSON.parse(outcome.json)[0].Plan;
	const notes = [...outcome.of.notes, ...(outcome.of.normalised ? ['pg_stat_statements'] : [])];
	return ['planned', plan['Node Type'], plan['Relation Name'] ?? '', notes.join(' ')];
};

describe.each<ServerVersion>([13, 15, 16, 18])('on PostgreSQL %i', version => {
	let server: Server;
	let admin: pg.Client;
	beforeAll(async () => {
		server = await startTestServer(version);
		admin = await connect(server);
		await admin.query(fixture);
		// As docs/connecting.md recommends.
		await admin.query(version >= 16 ? 'grant app to dba with inherit false, set true' : 'grant app to dba');
		if (version >= 14) await admin.query('grant pg_read_all_data to dba');
	});
	afterAll(() => server?.remove());

	/** What pg_stat_activity shows of a session that runs a statement. */
	const seen = async ({before, query, values, typed}: Ordinary) => {
		if (typed) return {query, queryId: null, truncated: false};
		await using session = await connect(server, {user: 'app', applicationName: 'shop'});
		if (before !== undefined) await session.query(before);
		await session.query(query, values as unknown[] | undefined);
		const id = version >= 14 ? 'query_id::text' : 'null::text';
		const {rows} = await admin.query(`select query, ${id} as id from pg_stat_activity where application_name = 'shop'`);
		return {query: rows[0].query as string, queryId: rows[0].id as string | null, truncated: rows[0].query.length >= 1020};
	};

	test('the refusal names the grant to a role that may not become the role of the statement', async () => {
		const request = {database: 'postgres', role: 'app', pid: null, analyze: false, accepted: [], queryId: null, truncated: false};
		const explainer = createExplainer(targetOf(server, {user: 'monitor'}));
		const grant = `GRANT app TO monitor${version >= 16 ? ' WITH INHERIT FALSE, SET TRUE' : ''}`;
		const asked = {...request, query: 'select * from orders where id = 7'};
		expect(await explainer.explain(asked, new AbortController().signal)).toMatchObject({
			outcome: 'refused',
			failure: {hint: expect.stringContaining(`${grant}: it is then planned with only the privileges of app.`)},
		});
		await admin.query(grant);
		expect(await explainer.explain(asked, new AbortController().signal)).toMatchObject({
			outcome: 'planned',
			of: {rights: 'role'},
		});
	});

	test.each(['postgres', 'dba'])('20 of 24 ordinary statements have a plan for %s', async login => {
		const explainer = createExplainer(targetOf(server, {user: login}));
		const got: unknown[][] = [];
		const wanted: unknown[][] = [];
		const all = workload(version);
		expect(all).toHaveLength(24);
		for (const ordinary of all) {
			await admin.query('drop table if exists made, made_too; drop materialized view if exists digest_too');
			const {query, queryId, truncated} = await seen(ordinary);
			const outcome: ExplainOutcome = await explainer.explain(
				{database: 'postgres', role: 'app', pid: null, analyze: false, accepted: [], query, queryId, truncated},
				new AbortController().signal,
			);
			const {expected, name} = ordinary;
			got.push([name, ...shown(outcome)]);
			wanted.push([
				name,
				...('node' in expected
					? ['planned', expected.node, expect.stringMatching(expected.relation ?? ''), expect.stringMatching(expected.says ?? '')]
					: ['refused', expect.stringMatching(expected.refused), expect.stringMatching(expected.hint), '']),
			]);
		}
		expect(got).toEqual(wanted);
		const planned = got.filter(([, outcome]) => outcome === 'planned').length;
		expect(planned).toBe(20);
		const left = await admin.query(`select from pg_stat_activity where application_name = 'pgtriage'`);
		expect(left.rowCount).toBe(0);
	});
});
