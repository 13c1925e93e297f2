import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {connect, type ServerVersion, undo} from '../servers.ts';
import {harmless, victimOf} from './victim.ts';

/** Commands around a query, each a path into the planner of its own. */
const wraps: readonly (readonly [command: string, around: (query: string) => string])[] = [
	['COPY', query => `copy (${query}) to program 'touch nothing'`],
	['CREATE TABLE AS', query => `create table public.stray as ${query} with no data`],
	['CREATE MATERIALIZED VIEW', query => `create materialized view public.stray as ${query}`],
	['DECLARE CURSOR', query => `declare c insensitive cursor with hold for ${query}`],
	['PREPARE', query => `prepare x as ${query}`],
	['EXPLAIN', query => `explain (analyze, verbose) ${query}`],
	['nested EXPLAIN', query => `explain analyze explain verbose ${query}`],
	['a comment', query => `/* copy (select 1 */ -- ;\n${query} /* ; */ ;`],
];

/** Queries whose planning runs code of the role; none of them writes. */
const queries: readonly {readonly tag: string; readonly query: string}[] = [
	{tag: 'immutable', query: `select app.plain_sight('immutable')`},
	{tag: 'stable', query: `select 1 from app.t where a = app.steady('stable')`},
	{tag: 'domain', query: `select '{1}'::app.checked[]`},
	{tag: 'cast', query: `select 'a'::app.kind::int`},
	{tag: 'statistics', query: 'select 1 from app.t where a operator(app.<<<) 5'},
	{tag: 'view', query: 'select x from app.v'},
];

const planted = (canary: string): string => `
create role mallory login;
grant create on database postgres to mallory;
create materialized view app.digest as select 1 as x with no data;
alter materialized view app.digest owner to app;
create table public.stock (a int primary key);
create table public.lonely_not (a int);
grant all on public.stock to app;
set session authorization app;
create materialized view app.hostile as select app.plain_sight('refresh') as x with no data;
create materialized view app."x""; drop table public.canary; --" as select app.plain_sight('quoted view') as x with no data;
create function app.liar(text) returns int language plpgsql immutable as $$
begin
	perform app.strike('liar');
	perform set_config('search_path', 'app, pg_catalog', false);
	perform set_config('standard_conforming_strings', 'off', false);
	perform set_config('plan_cache_mode', 'force_custom_plan', false);
	begin execute 'prepare pgtriage_x as insert into public.canary values (app.strike(''prepared anew''))'; exception when others then null; end;
	raise exception using errcode = $1, message = 'could not determine data type of parameter $1';
end $$;
create domain app.lies as int check (app.liar('42P18') = 1);
create domain app.hides as int check (app.liar('42P01') = 1);
reset session authorization;
set session authorization mallory;
create schema mallory;
grant usage on schema mallory to app;
create table mallory.lonely (a int primary key, b text);
grant select on mallory.lonely to app;
create function mallory.raid() returns int language plpgsql volatile as $$
begin
	raise log 'strike:mallory:%:%:%:', current_user, session_user, current_setting('is_superuser');
	begin execute 'insert into public.canary values (1)'; exception when others then null; end;
	begin execute 'copy (select 1) to program ''touch ${canary}'''; exception when others then null; end;
	return 1;
end $$;
create function mallory.calm_helper(int) returns int language plpgsql immutable as $$begin return mallory.raid(); end$$;
create function mallory.same(int, int) returns bool language plpgsql immutable as $$begin return mallory.raid() = 1; end$$;
create operator mallory.= (leftarg = int, rightarg = int, procedure = mallory.same, restrict = eqsel);
grant usage on schema mallory to public;
reset session authorization;
create schema team;
grant usage on schema team to app;
create table team.only_here (a int primary key);
grant select on team.only_here to app;
create schema shared;
grant usage on schema shared to app, mallory;
create table shared.in_shared (a int);
grant select on shared.in_shared to app;
`;

describe.each<ServerVersion>([13, 15, 18])('on PostgreSQL %i', version => {
	const victim = victimOf(version);
	const {explain, stillPlans, unharmed, watch} = victim;
	beforeAll(async () => void (await victim.admin().query(planted(victim.canary()))));
	let checked = 0;
	afterAll(() => expect(checked).toBe(wraps.length * queries.length * 2));

	const noStray = async (): Promise<void> =>
		expect((await victim.admin().query(`select to_regclass('public.stray') as stray`)).rows).toEqual([{stray: null}]);

	describe.each(queries)('code through: $tag', ({tag, query}) => {
		test.each(['postgres', 'boss'])('has only the rights of its role inside of every command if %s asks', async login => {
			for (const [command, around] of wraps) {
				const seen = watch(tag);
				const outcome = await unharmed(() => explain({query: around(query)}, login));
				expect(outcome.outcome, command).toBe('planned');
				expect(seen.as().length, command).toBe(1);
				expect(seen.as()[0], command).toMatch(new RegExp(`^strike:${tag}:app:`));
				if (login === 'postgres')
					expect(
						seen.did().filter(step => !harmless.has(step)),
						command,
					).toEqual([]);
				checked += 1;
			}
			await noStray();
			await stillPlans(login);
		});
	});

	test.each([
		`create table public.stray as with w as (insert into public.canary values (app.strike('inner')) returning a) select a from w`,
		`copy (insert into public.canary values (app.strike('inner')) returning a) to stdout`,
		`copy (with w as (delete from app.t returning a) select app.strike('inner') from w) to program 'touch nothing'`,
		`select app.strike('inner') into public.stray`,
		`with w as (select 1) select app.strike('inner') into unlogged table public.stray from w`,
		`create table public.stray as select app.strike('inner')`,
		`declare c cursor for select app.strike('inner')`,
		`explain analyze insert into public.canary values (app.strike('inner'))`,
		`prepare x as delete from app.t where app.strike('inner') = 1`,
	])('%s is planned and not executed', async query => {
		const seen = watch('inner');
		for (const login of ['postgres', 'boss'])
			expect((await unharmed(() => explain({query}, login))).outcome, login).toBe('planned');
		expect(seen.as()).toEqual([]);
		expect((await victim.admin().query('select count(*)::int as n from app.t')).rows).toEqual([{n: 1000}]);
		await noStray();
	});

	test('EXPLAIN ANALYZE of an inner query executes only that, as its role', async () => {
		const seen = watch('executed');
		const query = `create table public.stray as select app.strike('executed')`;
		const asked = await unharmed(() => explain({query, analyze: true}));
		if (asked.outcome !== 'risky') throw new Error(JSON.stringify(asked));
		expect(seen.as()).toEqual([]);
		expect((await unharmed(() => explain({query, analyze: true, accepted: asked.risks}))).outcome).toBe('planned');
		expect(seen.as()).toEqual(['strike:executed:app:app:off']);
		await noStray();
		const writes = `create table public.stray as with w as (delete from app.t returning a) select a from w`;
		expect((await unharmed(() => explain({query: writes, analyze: true, accepted: asked.risks}))).outcome).toBe('refused');
	});

	test('REFRESH plans with the rights of the owner for every role that runs it', async () => {
		const seen = watch('refresh');
		for (const role of ['app', 'postgres']) {
			const found = await unharmed(() => explain({role, query: 'refresh materialized view concurrently app.hostile'}));
			expect(found).toMatchObject({outcome: 'planned', of: {role: 'app', rights: 'role'}});
		}
		expect(seen.as()).toEqual(['strike:refresh:app:app:off']);
		expect(seen.did().filter(step => !harmless.has(step))).toEqual([]);
		const quoted = watch('quoted view');
		const name = `refresh materialized view app."x""; drop table public.canary; --" with no data`;
		expect((await unharmed(() => explain({query: name}))).outcome).toBe('planned');
		expect(quoted.as()).toEqual(['strike:quoted view:app:app:off']);
	});

	test('REFRESH of a view that a superuser owns asks first', async () => {
		undo(victim.server(), 'drop materialized view public.official');
		await victim
			.admin()
			.query(`create materialized view public.official as select app.plain_sight('official') as x with no data`);
		const seen = watch('official');
		expect(await unharmed(() => explain({query: 'refresh materialized view official'}))).toMatchObject({
			outcome: 'risky',
			risks: [expect.stringContaining('postgres is a superuser')],
		});
		expect(await unharmed(() => explain({query: 'refresh materialized view official'}, 'boss'))).toMatchObject({
			outcome: 'refused',
		});
		expect(seen.as()).toEqual([]);
	});

	test('the query of an EXECUTE is only taken from the role itself', async () => {
		const other = await connect(victim.server(), {user: 'mallory'});
		await other.query(`set search_path = mallory`);
		await other.query('prepare take_it as select a, mallory.calm_helper(1) from mallory.lonely');
		await other.query('execute take_it');
		const {rows} = await victim
			.admin()
			.query(
				`select queryid::text as id from pg_stat_statements where query like 'prepare take_it%' or query like 'select a, mallory.calm_helper%'`,
			);
		const seen = watch('mallory');
		for (const queryId of [rows[0]?.id ?? '1', null])
			for (const query of ['execute take_it', 'select 1; select 2'])
				expect(await unharmed(() => explain({query, queryId}))).toMatchObject({outcome: 'refused'});
		expect(seen.as()).toEqual([]);
	});

	describe('of another search_path', () => {
		test("others' schemas are not tried before a typed word", async () => {
			const seen = watch('mallory');
			for (const query of ['select * from lonely where a = 1', 'select calm_helper(1)']) {
				for (const login of ['postgres', 'boss'])
					expect(await unharmed(() => explain({query}, login)), login).toMatchObject({
						outcome: 'risky',
						risks: [expect.stringContaining('schema mallory, which others than app write in')],
					});
			}
			expect(seen.as()).toEqual([]);
			const asked = await explain({query: 'select calm_helper(1)'});
			if (asked.outcome !== 'risky') throw new Error(JSON.stringify(asked));
			const found = await explain({query: 'select calm_helper(1)', accepted: asked.risks});
			expect(found).toMatchObject({outcome: 'planned', of: {path: 'mallory, "$user", public'}});
			expect(seen.as()).toEqual(['strike:mallory:app:app:off']);
		});

		test('a schema of a superuser is taken, unless others may write in it', async () => {
			const query = 'select * from only_here where a = 1';
			expect(await unharmed(() => explain({query}))).toMatchObject({outcome: 'planned', of: {path: 'team, "$user", public'}});
			undo(victim.server(), 'drop table if exists shared.only_here', 'revoke create on schema shared, team from public, mallory');
			const changes = [
				['grant create on schema team to public', 'revoke create on schema team from public'],
				['grant create on schema team to mallory', 'revoke create on schema team from mallory'],
				[
					'create function team.f() returns int language sql as $$select 1$$; alter function team.f() owner to mallory',
					'drop function team.f()',
				],
				['create table team.g (a int); alter table team.g owner to mallory', 'drop table team.g'],
				['create type team.h as enum (); alter type team.h owner to mallory', 'drop type team.h'],
				[
					'create operator team.=== (leftarg = int, rightarg = int, procedure = int4eq); alter operator team.=== (int, int) owner to mallory',
					'drop operator team.=== (int, int)',
				],
				['alter schema team owner to mallory', 'alter schema team owner to postgres'],
			] as const;
			for (const [change, back] of changes) {
				await victim.admin().query(change);
				expect(await unharmed(() => explain({query})), change).toMatchObject({outcome: 'risky'});
				await victim.admin().query(back);
			}
			expect((await explain({query})).outcome).toBe('planned');
		});

		test('a table that others plant under the same name makes no choice', async () => {
			undo(victim.server(), 'drop table mallory.only_here');
			const other = await connect(victim.server(), {user: 'mallory'});
			await other.query('create table mallory.only_here (a int, b int); grant select on mallory.only_here to app');
			const seen = watch('mallory');
			const found = await unharmed(() => explain({query: 'select * from only_here where a = 1'}));
			expect(found).toMatchObject({outcome: 'planned', of: {path: 'team, "$user", public'}});
			expect(seen.as()).toEqual([]);
		});

		test('several schemas that fit are named, none is chosen', async () => {
			undo(victim.server(), 'drop table shared.only_here');
			await victim.admin().query('create table shared.only_here (a int); grant select on shared.only_here to app');
			expect(await explain({query: 'select * from only_here'})).toMatchObject({
				outcome: 'refused',
				failure: {message: 'Names of the statement are in several schemas: shared, team.'},
			});
		});
	});

	describe('of types of parameters', () => {
		test.each([
			'prepare x (app.checked) as select 1 from app.t where a = $1',
			'prepare x (app.kind) as select $1::int',
			'select 1 from app.t where a operator(app.<<<) $1',
			'select $1::app.checked',
			'select $1 is null or $1::app.checked = 1',
			'prepare x (app.nothing) as select 1',
		])('%s runs code with the rights of its role only', async query => {
			const seen = ['domain', 'cast', 'statistics'].map(watch);
			await unharmed(() => explain({query}));
			await unharmed(() => explain({query}, 'boss'));
			for (const {as} of seen) expect(as().filter(who => !/^strike:\w+:app:/.test(who))).toEqual([]);
			await stillPlans();
		});
	});

	test.each([
		`select '{1}'::app.lies[], $1`,
		`select '{1}'::app.hides[], $1 from only_here`,
		`select app.liar('42P18'), $1::int`,
		`select app.liar('42P01') from only_here`,
		`select app.liar('42883'), $1::int from app.t`,
		`select app.liar('42725'), $1 + $2`,
	])('code that fakes the failures of the parser gains nothing by the next attempt: %s', async query => {
		const liar = watch('liar');
		const anew = watch('prepared anew');
		const begun = performance.now();
		for (const login of ['postgres', 'boss'])
			expect((await unharmed(() => explain({query}, login))).outcome, login).toBe('refused');
		expect(liar.as().filter(who => !who.startsWith('strike:liar:app:'))).toEqual([]);
		expect(liar.as().length).toBeGreaterThan(0);
		expect(anew.as()).toEqual([]);
		// Both together: an attempt too many would take longer than any statement has.
		expect(performance.now() - begun).toBeLessThan(40_000);
		await stillPlans();
	});
});
