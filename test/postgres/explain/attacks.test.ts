import {existsSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import type pg from 'pg';
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {createExplainer} from '../../../source/adapters/explain/explainer.ts';
import type {ExplainOutcome, ExplainRequest} from '../../../source/core/explain/request.ts';
import type {Server} from '../../../source/demo/server.ts';
import {targetOf} from '../lanes.ts';
import {connect, type ServerVersion, startTestServer, undo} from '../servers.ts';

// Attacks of a role from inside the planner: each step runs alone and logs to the server log if it succeeds.
const steps = (canary: string): readonly string[] => [
	`copy (select 1) to program 'touch ${canary}'`,
	'set role none',
	'reset role',
	'set role postgres',
	`select set_config('role', 'none', false)`,
	'reset session authorization',
	'set session authorization default',
	'set session authorization postgres',
	`select set_config('session_authorization', 'postgres', true)`,
	'reset all',
	'discard temp',
	`copy (select 1) to program 'touch ${canary}'`,
	`select set_config('transaction_read_only', 'off', false)`,
	'set transaction read write',
	'insert into public.canary values (1)',
	'alter role app superuser',
	`select lo_import('/etc/hostname')`,
	`select pg_read_file('postgresql.conf')`,
	`select pg_terminate_backend(pid) from pg_stat_get_activity(null) where application_name = 'bystander'`,
	`select admin.run('copy (select 1) to program ''touch ${canary}''')`,
	'alter function pg_temp.pgtriage_explain(text, text, text) owner to postgres',
	`create or replace function pg_temp.pgtriage_explain(text, text, text) returns text language sql as 'select 1'`,
	'deallocate all',
	'commit',
	'rollback',
	'listen pgtriage',
];

const harmless = new Set(['reset all', 'discard temp', 'deallocate all', 'listen pgtriage']);

const fixture = (canary: string): string => `
create role app login;
create role boss login;
grant app, pg_signal_backend, pg_execute_server_program to boss;
create table public.canary (a int);
grant all on public.canary to app;
create table public.calm (a int primary key, b text);
insert into public.calm select g, g::text from generate_series(1, 10000) as g;
analyze public.calm;
grant all on public.calm to app;
create schema admin;
grant usage on schema admin to public;
-- A function that trusts session_user, as many do.
create function admin.run(command text) returns void language plpgsql security definer as $$
begin
	if session_user <> 'postgres' and current_setting('is_superuser') <> 'on' then raise exception 'not for %', session_user; end if;
	execute command;
end $$;
grant create on database postgres to app;
set session authorization app;
create schema app;
create function app.strike(tag text) returns int language plpgsql volatile as $strike$
declare
	step text;
	steps text[] := array[${steps(canary)
		.map(step => `$step$${step}$step$`)
		.join(',\n')}];
begin
	raise log 'strike:%:%:%:%:', tag, current_user, session_user, current_setting('is_superuser');
	foreach step in array steps loop
		begin
			execute step;
			raise log 'strike:%:did:%:', tag, step;
		exception when others then null;
		end;
	end loop;
	return 1;
end $strike$;
create function app.plain_sight(tag text) returns int language plpgsql immutable as $$begin return app.strike(tag); end$$;
create function app.steady(tag text) returns int language plpgsql stable as $$begin return app.strike(tag); end$$;
create function app.inlined() returns int language sql immutable as $$select app.plain_sight('inlined')$$;
create function app.with_default(a int default app.plain_sight('default argument')) returns int language sql as 'select a';
create domain app.checked as int check (app.strike('domain') = 1);
create type app.pair as (a app.checked);
create type app.span as range (subtype = app.checked);
create type app.kind as enum ('a', 'b');
create function app.kind_number(app.kind) returns int language plpgsql immutable as $$begin return app.strike('cast'); end$$;
create cast (app.kind as int) with function app.kind_number(app.kind);
create function app.under(int, int) returns bool language plpgsql immutable as $$begin return app.strike('statistics') = $1; end$$;
create operator app.<<< (leftarg = int, rightarg = int, procedure = app.under, restrict = scalarltsel);
create table app.t (a int primary key, b text, c int default app.plain_sight('column default'));
insert into app.t (a, b, c) select g, g::text, 1 from generate_series(1, 1000) as g;
analyze app.t;
create table app.indexed (a int, c int);
create index partial on app.indexed (c) where a > app.plain_sight('partial index');
create table app.guarded (a int);
alter table app.guarded enable row level security;
alter table app.guarded force row level security;
create policy p on app.guarded using (app.plain_sight('policy') = a);
create view app.v as select a, app.plain_sight('view') as x from app.t;
create rule r as on insert to app.v do instead insert into app.t (a) values (app.plain_sight('rule'));
create table app.checked_table (a int, check (a > app.plain_sight('constraint')));
create function app.same(text, text) returns bool language plpgsql immutable as $$begin return app.strike('operator') = 1; end$$;
create operator app.= (leftarg = text, rightarg = text, procedure = app.same);
create function app.again() returns int language plpgsql immutable as $$begin return app.anew(); end$$;
create function app.anew() returns int language plpgsql as $$
begin
	execute 'deallocate all';
	execute 'prepare pgtriage_x as insert into public.canary values (app.strike(''prepared anew''))';
	return 1;
end $$;
create domain app.prepares as int check (app.again() = 1);
reset session authorization;
`;

/** Ways into the planner and the parser by their tag in the log; the role's search_path if it matters. */
const ways: readonly {readonly tag: string; readonly query: string; readonly path?: string}[] = [
	{tag: 'immutable', query: `select app.plain_sight('immutable')`},
	{tag: 'stable', query: `select 1 from app.t where a = app.steady('stable')`},
	{tag: 'inlined', query: 'select app.inlined()'},
	{tag: 'default argument', query: 'select app.with_default()'},
	{tag: 'domain', query: `select '{1}'::app.checked[]`},
	{tag: 'domain', query: `select '(1)'::app.pair`},
	{tag: 'domain', query: `select '[1,2)'::app.span`},
	{tag: 'cast', query: `select 'a'::app.kind::int`},
	{tag: 'statistics', query: 'select 1 from app.t where a operator(app.<<<) 5'},
	{tag: 'column default', query: 'insert into app.t (a) values (1)'},
	{tag: 'partial index', query: 'select 1 from app.indexed where c = 1'},
	{tag: 'view', query: 'select x from app.v'},
	{tag: 'rule', query: 'insert into app.v values (1)'},
	{tag: 'operator', query: `select 'a'::text = 'b'::text`, path: 'app, pg_catalog'},
	// Row security does not apply to a superuser, so this attack does not reach one.
	{tag: 'policy', query: 'select 1 from app.guarded'},
];

describe.each<ServerVersion>([13, 15, 18])('on PostgreSQL %i', version => {
	let server: Server;
	let admin: pg.Client;
	let canary: string;
	beforeAll(async () => {
		server = await startTestServer(version);
		canary = join(server.socketDirectory, 'canary');
		admin = await connect(server);
		await admin.query(fixture(canary));
		await calm();
	});
	// The effects of one attack, in the fixture too, do not count for the next.
	afterEach(() => calm());
	afterAll(() => server?.remove());

	const calm = async (): Promise<void> => {
		await admin.query('delete from public.canary');
		await admin.query('alter role app nosuperuser');
		rmSync(canary, {force: true});
	};

	const explain = (more: Partial<ExplainRequest> & {readonly query: string}, login = 'postgres'): Promise<ExplainOutcome> =>
		createExplainer(targetOf(server, {user: login})).explain(
			{database: 'postgres', role: 'app', truncated: false, queryId: null, analyze: false, accepted: [], pid: null, ...more},
			new AbortController().signal,
		);

	/** Lines of the server log with a tag from now on. */
	const watch = (tag: string) => {
		const from = server.log().length;
		const told = (): readonly string[] =>
			server
				.log()
				.slice(from)
				.split('\n')
				.flatMap(line => /LOG: {2}(strike:.*):(?: at character \d+)?$/.exec(line)?.[1] ?? [])
				.filter(line => line.startsWith(`strike:${tag}:`));
		return {
			as: () => [...new Set(told().filter(line => !line.includes(':did:')))],
			did: () => told().flatMap(line => line.split(':did:')[1] ?? []),
		};
	};

	/** Runs `act` beside a session of another role and checks that neither it nor anything else was affected. */
	const unharmed = async <T>(act: () => Promise<T>): Promise<T> => {
		const bystander = await connect(server, {user: 'plain', applicationName: 'bystander'});
		const pid = server.pid();
		const answer = await act();
		expect((await bystander.query('select 1')).rowCount).toBe(1);
		await bystander.end();
		expect(existsSync(canary)).toBe(false);
		expect(server.pid()).toBe(pid);
		const {rows} = await admin.query(
			`select (select count(*) from public.canary)::int as rows, rolsuper from pg_roles where rolname = 'app'`,
		);
		expect(rows).toEqual([{rows: 0, rolsuper: false}]);
		return answer;
	};

	const planOf = (outcome: ExplainOutcome): string => {
		if (outcome.outcome !== 'planned') throw new Error(JSON.stringify(outcome));
		return JSON.parse(outcome.json)[0].Plan['Node Type'];
	};

	/** The role itself still gets its plan. */
	const stillPlans = async (login = 'postgres'): Promise<void> =>
		expect(planOf(await explain({query: 'select b from calm where a = $1'}, login))).toBe('Index Scan');

	const withPath = async <T>(path: string | undefined, act: () => Promise<T>): Promise<T> => {
		if (path !== undefined) await admin.query(`alter role app set search_path = ${path}`);
		try {
			return await act();
		} finally {
			await admin.query('alter role app reset search_path');
		}
	};

	describe.each(ways)('code through: $tag, $query', ({tag, query, path}) => {
		// Row security does not apply to superusers: plain EXPLAIN is safe.
		if (tag !== 'policy')
			test('a plain EXPLAIN as superuser runs the attack', async () => {
				const client = await connect(server);
				const seen = watch(tag);
				if (path !== undefined) await client.query(`set search_path = ${path}`);
				await client.query('begin read only');
				const values = query.includes('$1') ? '(null)' : '';
				await client.query({text: `prepare x as ${query}`, queryMode: 'extended'} as pg.QueryConfig).catch(() => {});
				await client.query(`explain execute x${values}`).catch(() => {});
				expect(seen.as().join()).toContain(':postgres:postgres:on');
				expect(existsSync(canary)).toBe(true);
				await client.end();
			});

		test('the code has only the rights of its role if a superuser asks', async () => {
			const seen = watch(tag);
			await withPath(path, () => unharmed(() => explain({query})));
			expect(seen.as()).toEqual([`strike:${tag}:app:app:off`]);
			expect(seen.did().filter(step => !harmless.has(step))).toEqual([]);
			await stillPlans();
		});

		test('the code has only the rights of its role if a member of the role asks', async () => {
			const seen = watch(tag);
			await withPath(path, () => unharmed(() => explain({query}, 'boss')));
			expect(seen.as().every(as => as.startsWith(`strike:${tag}:app:`))).toBe(true);
			expect(seen.as().length).toBeGreaterThan(0);
			await stillPlans('boss');
		});
	});

	test('an executed statement has only the rights of its role', async () => {
		const seen = watch('executed');
		const query = `select app.strike('executed')`;
		const asked = await unharmed(() => explain({query, analyze: true}));
		if (asked.outcome !== 'risky') throw new Error(JSON.stringify(asked));
		expect(asked.risks).toEqual([expect.stringMatching(/^The statement really runs/)]);
		expect(seen.as()).toEqual([]);
		expect(planOf(await unharmed(() => explain({query, analyze: true, accepted: asked.risks})))).toBe('Result');
		expect(seen.as()).toEqual(['strike:executed:app:app:off']);
		expect(seen.did().filter(step => !harmless.has(step))).toEqual([]);
	});

	test.each([
		`select 1; select app.strike('text')`,
		`select 1; insert into public.canary values (1); commit`,
		`analyze select app.strike('text')`,
		`(analyze) select app.strike('text')`,
		`ANALYZE VERBOSE insert into public.canary values (1)`,
		`/* select */ analyze insert into public.canary values (1)`,
		`-- select\n(analyze) insert into public.canary values (1)`,
		`select 1 /* ; select app.strike('text')`,
		`select '; select app.strike('text')`,
		`select 1 as "; select app.strike('text')`,
		`select $pgtriage$; end $pgtriage$; select app.strike('text'); --`,
		`select 1 $pgtriage$; create table public.stray (); --`,
		`select 1) ; select app.strike('text'`,
		`execute pgtriage_x; select app.strike('text')`,
		`create table public.stray as select app.strike('text')`,
		`values (1) \\; select app.strike('text')`,
		`select E'\\'; select app.strike(''text'')'; select app.strike('text')`,
		`select '\\'; select app.strike('text'); --'`,
		`copy (select app.strike('text')) to program 'touch nothing'`,
		`do $$begin perform app.strike('text'); end$$`,
		`with x as (select 1) select 1 \n; \n; select app.strike('text')`,
	])('nothing runs of the text %s', async query => {
		const seen = watch('text');
		for (const login of ['postgres', 'boss'])
			expect((await unharmed(() => explain({query}, login))).outcome, query).toBe('refused');
		expect(seen.as()).toEqual([]);
		expect((await admin.query(`select to_regclass('public.stray') as stray`)).rows).toEqual([{stray: null}]);
	});

	test.each([
		'/* a /* nested */ ; */ select 1 -- ; select 2',
		'select 1;',
		'select 1 ; ;',
		`(select '$pgtriage$')`,
		`select $pgtriage$ end $pgtriage$`,
		'with a as (select 1) select * from a',
		'table public.calm',
		'values (1)',
	])('the harmless text %s is planned', async query => {
		expect((await explain({query})).outcome).toBe('planned');
	});

	test('a statement that the parser is made to prepare is neither planned nor executed', async () => {
		const seen = watch('prepared anew');
		const query = `select '{1}'::app.prepares[]`;
		expect(await unharmed(() => explain({query}))).toMatchObject({outcome: 'refused', failure: {code: '42P05'}});
		expect(seen.as()).toEqual([]);
	});

	test('SELECT INTO creates no table', async () => {
		const seen = watch('into');
		const query = `select app.strike('into') into public.stray`;
		for (const analyze of [false, true]) await unharmed(() => explain({query, analyze}));
		expect(seen.as()).toEqual([]);
		expect((await admin.query(`select to_regclass('public.stray') as stray`)).rows).toEqual([{stray: null}]);
	});

	test('functions of the role do not shadow those that we call', async () => {
		undo(
			server,
			`drop function app.set_config, app.cardinality, app.concat, app.repeat, app.octet_length;
			drop operator app.> (int, int);
			drop operator app.- (int, int);
			drop function app.less;
			drop table app.pg_prepared_statements;
			drop type app.int4`,
		);
		await admin.query(`
			set session authorization app;
			create function app.set_config(text, text, bool) returns text language plpgsql immutable as $$begin perform app.strike('planted'); return ''; end$$;
			create function app.cardinality(anyarray) returns int language plpgsql immutable as $$begin return app.strike('planted'); end$$;
			create function app.concat(variadic text[]) returns text language plpgsql immutable as $$begin perform app.strike('planted'); return ''; end$$;
			create function app.repeat(text, int) returns text language plpgsql immutable as $$begin perform app.strike('planted'); return ''; end$$;
			create function app.octet_length(text) returns int language plpgsql immutable as $$begin return app.strike('planted'); end$$;
			create operator app.> (leftarg = int, rightarg = int, procedure = app.under);
			create function app.less(int, int) returns int language plpgsql immutable as $$begin return app.strike('planted'); end$$;
			create operator app.- (leftarg = int, rightarg = int, procedure = app.less);
			create table app.pg_prepared_statements (name text, parameter_types regtype[]);
			create type app.int4 as enum ('a');
			reset session authorization`);
		const seen = watch('planted');
		const statistics = watch('statistics');
		for (const login of ['postgres', 'boss']) {
			const path = 'app, public, pg_catalog';
			const found = await withPath(path, () => unharmed(() => explain({query: 'select b from calm where a = $1'}, login)));
			expect(planOf(found)).toBe('Index Scan');
		}
		expect([...seen.as(), ...statistics.as()]).toEqual([]);
		const mine = await connect(server, {user: 'app'});
		await mine.query(
			`create function pg_temp.pgtriage_explain(text, text, text) returns text language plpgsql as $$begin return app.strike('planted'); end$$`,
		);
		await stillPlans();
		expect(seen.as()).toEqual([]);
	});

	test('event triggers do not run as our role', async () => {
		await admin.query(`
			set session authorization app;
			create function app.on_event() returns event_trigger language plpgsql as $$begin perform app.strike('event'); end$$;
			reset session authorization;
			create event trigger e on ddl_command_end execute function app.on_event()`);
		try {
			const seen = watch('event');
			await unharmed(() => stillPlans());
			expect(seen.as()).toEqual([]);
			await admin.query('alter event trigger e enable always');
			const found = await unharmed(() => explain({query: 'select 1'}));
			expect(found).toMatchObject(
				version < 17 ? {outcome: 'refused', failure: {message: expect.stringContaining('always fires')}} : {outcome: 'planned'},
			);
			expect(seen.as()).toEqual([]);
		} finally {
			await admin.query('drop event trigger e');
		}
	});

	test('database settings that change our role are detected', async () => {
		const database = `app's "own"`;
		const quoted = `"app's ""own"""`;
		await admin.query(`create database ${quoted} owner app`);
		undo(server, `drop database ${quoted} with (force)`);
		const own = await connect(server, {user: 'app', database});
		await own.query(`
			create function public.strike() returns int language plpgsql as $$
			declare
				step text;
			begin
				raise log 'strike:settings:%:%:%:', current_user, session_user, current_setting('is_superuser');
				foreach step in array array[
					'reset role', 'set role none', 'set role postgres',
					'reset session authorization', 'set session authorization default', 'set session authorization postgres',
					'copy (select 1) to program ''touch ${canary}'''
				] loop
					begin execute step; exception when others then null; end;
				end loop;
				return 1;
			end $$;
			create function public.now_then() returns int language plpgsql immutable as $$begin return strike(); end$$`);
		const query = 'select now_then()';
		const seen = watch('settings');
		const taken: string[] = [];
		for (const setting of [
			`role = 'app'`,
			'search_path = public, pg_catalog',
			`session_authorization = 'app'`,
			'standard_conforming_strings = off',
		]) {
			const name = setting.split(' ')[0] ?? '';
			await own.query(`alter database ${quoted} set ${setting}`).then(
				() => taken.push(name),
				() => {},
			);
			// Planned, not refused: the role of our session is reset before the check.
			for (const login of ['postgres', 'boss', 'app'])
				expect((await unharmed(() => explain({database, query}, login))).outcome, `${setting} as ${login}`).toBe('planned');
			await unharmed(() => explain({database, query: `select '\\'; select now_then(); --'`}));
			await own.query(`alter database ${quoted} reset ${name}`).catch(() => {});
		}
		expect(taken).toContain('role');
		expect(seen.as().filter(as => !as.startsWith('strike:settings:app:'))).toEqual([]);
		expect(seen.as()).toContain('strike:settings:app:app:off');
		expect((await explain({database, query: 'select 1'})).outcome).toBe('planned');
	});

	test('a role name that needs quotes is quoted', async () => {
		const name = `x"; alter role app superuser; --'$pgtriage$`;
		const quoted = `"${name.replaceAll('"', '""')}"`;
		await admin.query(`
			create role ${quoted} login;
			create schema ${quoted} authorization ${quoted};
			create schema "a ""b"", c" authorization ${quoted};
			create table ${quoted}.mine (a int);
			alter table ${quoted}.mine owner to ${quoted};
			create table "a ""b"", c".other (a int);
			alter table "a ""b"", c".other owner to ${quoted};
			alter role ${quoted} set search_path = "$user", "a ""b"", c", 'no such'`);
		for (const table of ['mine', 'other']) {
			const found = await unharmed(() => explain({role: name, query: `select * from ${table}`}));
			expect(planOf(found)).toBe('Seq Scan');
		}
		expect((await explain({role: name, query: 'select * from calm'})).outcome).toBe('refused');
	});

	test('a log-in role that cannot become the role is asked first, and refused if it has powers', async () => {
		const query = `select app.plain_sight('monitor')`;
		const seen = watch('monitor');
		expect(await unharmed(() => explain({query}, 'monitor'))).toMatchObject({
			outcome: 'refused',
			failure: {message: expect.stringContaining('monitor can become pg_signal_backend')},
		});
		await admin.query('revoke pg_signal_backend from monitor');
		try {
			const asked = await unharmed(() => explain({query: 'select 1'}, 'monitor'));
			if (asked.outcome !== 'risky') throw new Error(JSON.stringify(asked));
			expect(asked.risks).toEqual([expect.stringContaining('with the privileges of monitor')]);
			const found = await unharmed(() => explain({query: 'select 1', accepted: asked.risks}, 'monitor'));
			expect(found).toMatchObject({outcome: 'planned', of: {rights: 'login'}});
			expect(seen.as()).toEqual([]);
		} finally {
			await admin.query('grant pg_signal_backend to monitor');
		}
	});

	test("a superuser's statement is planned after a confirmation only", async () => {
		const seen = watch('superuser');
		const query = `select app.plain_sight('superuser')`;
		const asked = await unharmed(() => explain({query, role: 'postgres'}));
		expect(asked).toMatchObject({outcome: 'risky', risks: [expect.stringContaining('postgres is a superuser')]});
		const asBoss = await unharmed(() => explain({query, role: 'postgres'}, 'boss'));
		expect(asBoss).toMatchObject({outcome: 'refused', failure: {hint: 'Log in as a superuser.'}});
		expect(seen.as()).toEqual([]);
	});

	test('planning as a role that does not exist is refused', async () => {
		expect(await explain({role: 'nobody', query: 'select 1'})).toMatchObject({
			outcome: 'refused',
			failure: {message: 'Role nobody no longer exists.'},
		});
	});
});
