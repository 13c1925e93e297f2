import type pg from 'pg';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {createExplainer} from '../../../source/adapters/explain/explainer.ts';
import type {ExplainOutcome, ExplainRequest} from '../../../source/core/explain/request.ts';
import type {JournalEntry} from '../../../source/core/sample/journal.ts';
import type {Server} from '../../../source/demo/server.ts';
import {targetOf} from '../lanes.ts';
import {connect, type ServerVersion, serverVersions, startStandby, startTestServer, undo, withServer} from '../servers.ts';

type Request = Partial<ExplainRequest> & {readonly query: string};

const explainOn = (
	server: Server,
	{login = 'postgres', signal, ...more}: Request & {readonly login?: string; readonly signal?: AbortSignal},
): Promise<ExplainOutcome> =>
	createExplainer(targetOf(server, {user: login})).explain(
		{database: 'postgres', role: 'app', truncated: false, queryId: null, analyze: false, accepted: [], pid: null, ...more},
		signal ?? new AbortController().signal,
	);

type Node = {readonly [key: string]: unknown};

const rootOf = (outcome: ExplainOutcome): Node => {
	if (outcome.outcome !== 'planned') throw new Error(JSON.stringify(outcome));
	return JSON.parse(outcome.json)[0].Plan;
};

const fixture = `
create role app login;
create table public.orders (a int primary key, b text);
insert into public.orders select g, g::text from generate_series(1, 20000) as g;
analyze public.orders;
grant all on public.orders to app;
create function public.slow() returns int language plpgsql immutable as $$begin perform pg_sleep(60); return 1; end$$;
create function public.stubborn() returns int language plpgsql immutable as $$
begin
	loop
		begin
			perform pg_sleep(60);
		exception when query_canceled then
			null;
		end;
	end loop;
end$$;
`;

describe.each(serverVersions)('on PostgreSQL %i', version => {
	let server: Server;
	let admin: pg.Client;
	beforeAll(async () => {
		server = await startTestServer(version);
		admin = await connect(server);
		await admin.query(fixture);
	});
	afterAll(() => server?.remove());
	const explain = (request: Parameters<typeof explainOn>[1]): Promise<ExplainOutcome> => explainOn(server, request);

	/** Number of our backends that still exist. */
	const left = async (): Promise<number> =>
		(await admin.query(`select from pg_stat_activity where application_name = 'pgtriage'`)).rowCount ?? -1;

	test('a statement with parameters gets a generic plan', async () => {
		const one = await explain({query: 'select * from orders where a = $1'});
		expect(rootOf(one)).toMatchObject({'Node Type': 'Index Scan', 'Index Cond': '(a = $1)', 'Plan Rows': 1});
		const two = await explain({query: 'update orders set b = $2 where a between $1 and $3 and b <> $2'});
		expect(rootOf(two)).toMatchObject({'Node Type': 'ModifyTable', Operation: 'Update'});
		expect(two).toMatchObject({of: {rights: 'role', role: 'app', normalised: false, analyzed: false}});
		await expect.poll(left).toBe(0);
	});

	test('names resolve with the search_path of the role at log-in', async () => {
		undo(
			server,
			`drop schema one, two cascade;
			alter role app reset search_path;
			alter role app in database postgres reset search_path;
			alter database postgres reset search_path;
			alter role postgres reset search_path`,
		);
		await admin.query(`
			create schema one; create table one.named (a int, one int); grant usage on schema one to app; grant select on one.named to app;
			create schema two; create table two.named (a int, two int); grant usage on schema two to app; grant select on two.named to app;`);
		const query = 'select two from named';
		expect(await explain({query})).toMatchObject({
			outcome: 'planned',
			of: {path: 'two, "$user", public', notes: [expect.stringContaining('Schema two was added')]},
		});
		expect(await explain({query: 'select three from named'})).toMatchObject({outcome: 'refused', failure: {code: '42P01'}});
		await admin.query('alter role app set search_path = one');
		await admin.query('alter role app in database postgres set search_path = two, one');
		await admin.query('alter role postgres set search_path = one');
		const found = await explain({query});
		expect(rootOf(found)).toMatchObject({'Relation Name': 'named'});
		expect(found).toMatchObject({of: {path: 'two, one'}});
		await admin.query('alter role app in database postgres reset search_path');
		expect(await explain({query})).toMatchObject({outcome: 'planned', of: {path: 'two, one'}});
		expect(await explain({query: 'select three from named'})).toMatchObject({outcome: 'refused', failure: {code: '42703'}});
		await admin.query('alter role app reset search_path');
		await admin.query('alter database postgres set search_path = two');
		expect(rootOf(await explain({query}))).toMatchObject({'Relation Name': 'named'});
	});

	test('a statement is planned in its database with the settings of its role there', async () => {
		undo(server, 'drop database other with (force)');
		await admin.query('create database other');
		const other = await connect(server, {database: 'other'});
		await other.query(`create table there (a int primary key); grant select on there to app`);
		await admin.query('alter role app in database other set enable_indexscan = off');
		await admin.query('alter role app in database other set enable_bitmapscan = off');
		await admin.query('alter role app in database other set enable_indexonlyscan = off');
		expect(rootOf(await explain({database: 'other', query: 'select * from there where a = 1'}))).toMatchObject({
			'Node Type': 'Seq Scan',
			'Relation Name': 'there',
		});
		expect(await explain({query: 'select * from there'})).toMatchObject({
			outcome: 'refused',
			failure: {code: '42P01', hint: expect.stringContaining('temporary table')},
		});
		expect(await explain({database: 'nowhere', query: 'select 1'})).toMatchObject({outcome: 'refused', failure: {code: '3D000'}});
	});

	test('planning gives up on a locked table after 0.3 s', async () => {
		const holder = await connect(server);
		await holder.query('begin; lock table orders in access exclusive mode');
		// Answered while the lock is held: the limit of the whole statement, 5 s, would answer 57014.
		expect(await explain({query: 'select * from orders'})).toMatchObject({
			outcome: 'refused',
			failure: {code: '55P03', hint: expect.stringContaining('locks pane')},
		});
		await holder.end();
		await expect.poll(left).toBe(0);
	});

	test('EXPLAIN ANALYZE reports the time of each step and changes nothing', async () => {
		const query = 'select count(*) from orders where a > 10';
		const asked = await explain({query, analyze: true});
		if (asked.outcome !== 'risky') throw new Error(JSON.stringify(asked));
		const done = await explain({query, analyze: true, accepted: asked.risks});
		expect(rootOf(done)).toMatchObject({'Actual Loops': 1, 'Node Type': 'Aggregate'});
		expect(done).toMatchObject({of: {analyzed: true}});
		undo(server, 'drop function public.writes; drop sequence public.counting');
		await admin.query(`
			create function public.writes() returns int language plpgsql as $$begin delete from public.orders; return 1; end$$;
			create sequence public.counting; grant usage on public.counting to app`);
		for (const writing of ['select writes()', `select nextval('counting')`])
			expect(await explain({query: writing, analyze: true, accepted: asked.risks})).toMatchObject({
				outcome: 'refused',
				failure: {code: '25006'},
			});
		for (const refused of [
			'delete from orders',
			'with x as (delete from orders returning 1) select * from x',
			'select * from orders for update',
			'select * from orders for no key update',
			'select * from orders where a = $1',
		])
			expect(await explain({query: refused, analyze: true, accepted: asked.risks}), refused).toMatchObject({
				outcome: 'refused',
				failure: {code: 'explain'},
			});
		expect((await admin.query('select count(*)::int as n from orders')).rows).toEqual([{n: 20_000}]);
	});

	test('a truncated statement is planned with its text in pg_stat_statements', async () => {
		const mine = await connect(server, {user: 'app'});
		const long = `select b, ${Array.from({length: 400}, (_, index) => `a + ${index}`).join(', ')} from orders where a = 7`;
		await mine.query('set compute_query_id = on').catch(() => {});
		await mine.query(long);
		const {rows} = await admin.query(
			`select s.queryid::text as id from pg_stat_statements as s join pg_roles as r on r.oid = s.userid where r.rolname = 'app' and s.query like 'select b,%'`,
		);
		const found = await explain({query: long.slice(0, 1020), truncated: true, queryId: rows[0].id});
		expect(rootOf(found)).toMatchObject({'Node Type': 'Index Scan', 'Index Cond': expect.stringContaining('a = $')});
		expect(found).toMatchObject({of: {normalised: true, query: expect.stringContaining('from orders where a = $')}});
		expect(await explain({query: long.slice(0, 1020), truncated: true, queryId: '1'})).toMatchObject({
			outcome: 'refused',
			failure: {message: 'The statement text is truncated.', hint: expect.stringContaining('has finished')},
		});
		expect(await explain({query: long.slice(0, 1020), truncated: true, queryId: null})).toMatchObject({
			outcome: 'refused',
			failure: {hint: expect.stringContaining('track_activity_query_size')},
		});
		expect(await explain({query: `select * from orders where b = '***'`})).toMatchObject({
			outcome: 'refused',
			failure: {message: expect.stringContaining('masked')},
		});
	});

	test.each([
		['select * from orders where b > (now() - interval $1)::text', '($1::pg_catalog.interval)', []],
		['select b from orders where a = $2', '$2', ['Types assumed: $1 text.']],
		['select b from orders where $1 is null or a = $1', '$1 is null', ['Types assumed: $1 int8.']],
		['select b from orders where ($1 is null or b = $1) and ($2 is null or a > $2)', '', ['Types assumed: $1 text, $2 int8.']],
		['select b from orders where a = $1 + $2', '', ['Types assumed: $2 int8.']],
		['prepare p (text, int) as select b from orders where b = $1 and a = $2', 'select b', ['Query of the PREPARE.']],
	])('the types of %s are found', async (query, part, notes) => {
		const found = await explain({query});
		expect(found).toMatchObject({outcome: 'planned', of: {query: expect.stringContaining(part), notes}});
	});

	test('a text whose parameters have no type that fits is refused with a hint', async () => {
		for (const query of ['select point($1) is null or $1 is null', 'select interval day $1'])
			expect(await explain({query})).toMatchObject({
				outcome: 'refused',
				failure: {code: expect.stringMatching(/^42/), hint: expect.any(String)},
			});
	});

	test('a slow function in planning is cancelled, and one that catches the cancel is terminated', async () => {
		const begun = performance.now();
		const [slow, stubborn] = await Promise.all([explain({query: 'select slow()'}), explain({query: 'select stubborn()'})]);
		expect(slow).toMatchObject({outcome: 'refused', failure: {code: '57014', message: expect.stringContaining('5 s')}});
		expect(stubborn).toMatchObject({outcome: 'refused', failure: {code: '57014'}});
		// Less than the sleep that they were in.
		expect(performance.now() - begun).toBeLessThan(55_000);
		await expect.poll(left).toBe(0);
	});

	test('a request can be aborted at once', async () => {
		const aborter = new AbortController();
		const pending = explain({query: 'select slow()', signal: aborter.signal});
		const sleeping = "select from pg_stat_activity where application_name = 'pgtriage' and wait_event = 'PgSleep'";
		await expect.poll(async () => (await admin.query(sleeping)).rowCount).toBe(1);
		aborter.abort();
		// The limit of the statement would answer 57014.
		expect(await pending).toMatchObject({outcome: 'refused', failure: {code: 'cancelled'}});
		await expect.poll(left).toBe(0);
		expect(await explain({query: 'select 1', signal: AbortSignal.abort()})).toMatchObject({outcome: 'refused'});
	});
});

describe.each<ServerVersion>([13, 15, 18])('of a server of version %i', version => {
	test('a standby refuses a superuser and plans for the role itself', async () => {
		await withServer(version, async primary => {
			const admin = await connect(primary);
			await admin.query(fixture);
			const standby = await startStandby(primary);
			try {
				const replayed = await connect(standby);
				await expect
					.poll(async () => (await replayed.query(`select to_regclass('public.orders') is not null as there`)).rows)
					.toEqual([{there: true}]);
				const query = 'select * from orders where a = $1';
				expect(await explainOn(standby, {query})).toMatchObject({
					outcome: 'refused',
					failure: {message: expect.stringContaining('standby'), hint: expect.stringContaining('primary')},
				});
				expect(rootOf(await explainOn(standby, {query, login: 'app'}))).toMatchObject({'Node Type': 'Index Scan'});
			} finally {
				await standby.remove();
			}
		});
	});

	test('a flood of messages is cut off and the journal masks secrets', async () => {
		await withServer(version, async server => {
			const admin = await connect(server);
			await admin.query(`${fixture}
				create function public.flood() returns int language plpgsql immutable as $$
				begin
					perform set_config('client_min_messages', 'notice', false);
					for i in 1..100000 loop raise notice '%', repeat('x', 1000000); end loop;
					return 1;
				end$$`);
			expect(await explainOn(server, {query: 'select flood()'})).toMatchObject({outcome: 'refused', failure: {code: 'flood'}});
			const entries: JournalEntry[] = [];
			await createExplainer(targetOf(server), entry => entries.push(entry)).explain(
				{
					database: 'postgres',
					role: 'app',
					query: `select dblink('password=hunter2')`,
					truncated: false,
					queryId: null,
					analyze: false,
					accepted: [],
					pid: null,
				},
				new AbortController().signal,
			);
			const last = entries.at(-1);
			expect(last).toMatchObject({kind: 'measure', sqlstate: '42883', target: 'a statement of app in postgres'});
			expect(JSON.stringify(entries)).not.toContain('hunter2');
		});
	});
});
