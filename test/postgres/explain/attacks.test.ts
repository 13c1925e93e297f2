import {existsSync} from 'node:fs';
import type pg from 'pg';
import {describe, expect, test} from 'vitest';
import {connect, type ServerVersion, undo} from '../servers.ts';
import {harmless, victimOf} from './victim.ts';

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
	const victim = victimOf(version);
	const {explain, planOf, stillPlans, unharmed, watch, withPath} = victim;

	describe.each(ways)('code through: $tag, $query', ({tag, query, path}) => {
		// Row security does not apply to superusers: plain EXPLAIN is safe.
		if (tag !== 'policy')
			test('a plain EXPLAIN as superuser runs the attack', async () => {
				const client = await connect(victim.server());
				const seen = watch(tag);
				if (path !== undefined) await client.query(`set search_path = ${path}`);
				await client.query('begin read only');
				const values = query.includes('$1') ? '(null)' : '';
				await client.query({text: `prepare x as ${query}`, queryMode: 'extended'} as pg.QueryConfig).catch(() => {});
				await client.query(`explain execute x${values}`).catch(() => {});
				expect(seen.as().join()).toContain(':postgres:postgres:on');
				expect(existsSync(victim.canary())).toBe(true);
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
		`select '; select app.strike('text')`,
		`select 1 as "; select app.strike('text')`,
		`select $pgtriage$; end $pgtriage$; select app.strike('text'); --`,
		`select 1 $pgtriage$; create table public.stray (); --`,
		`select 1) ; select app.strike('text'`,
		`execute pgtriage_x; select app.strike('text')`,
		`values (1) \\; select app.strike('text')`,
		`select E'\\'; select app.strike(''text'')'; select app.strike('text')`,
		`select '\\'; select app.strike('text'); --'`,
		`copy (select 1; select app.strike('text')) to stdout`,
		`copy (select 1) to stdout; select app.strike('text')`,
		`copy (select 1) to stdout) ; select app.strike('text'); --`,
		`create table public.stray as select 1; insert into public.canary values (1)`,
		`create table public.stray as execute pgtriage_x`,
		`create table public.stray (a int default app.strike('text'))`,
		`prepare x ("int) as select 1; select app.strike('text'); --") as select 1`,
		`prepare x (int); select app.strike('text'); prepare y as select 2`,
		`prepare x (int) as select 1); select app.strike('text'); --`,
		`declare c cursor for select 1; select app.strike('text')`,
		`explain analyze select 1; select app.strike('text')`,
		`explain (analyze, verbose) call app.run()`,
		`refresh materialized view "x"; select app.strike('text'); --"`,
		`refresh materialized view pg_catalog.pg_class`,
		`execute "x' or true or '"`,
		`do $$begin perform app.strike('text'); end$$`,
		`with x as (select 1) select 1 \n; \n; select app.strike('text')`,
	])('nothing runs of the text %s', async query => {
		const seen = watch('text');
		for (const login of ['postgres', 'boss'])
			expect((await unharmed(() => explain({query}, login))).outcome, query).toBe('refused');
		expect(seen.as()).toEqual([]);
		expect((await victim.admin().query(`select to_regclass('public.stray') as stray`)).rows).toEqual([{stray: null}]);
	});

	test.each([
		'/* a /* nested */ ; */ select 1 -- ; select 2',
		`select 1 /* ; select app.strike('text')`,
		`explain (analyze) analyze select 1`,
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

	test('functions of the role do not shadow those that we call', async () => {
		undo(
			victim.server(),
			`drop function app.set_config, app.cardinality, app.concat, app.repeat, app.octet_length;
			drop operator app.> (int, int);
			drop operator app.- (int, int);
			drop function app.less;
			drop table app.pg_prepared_statements;
			drop type app.int4`,
		);
		await victim.admin().query(`
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
		const mine = await connect(victim.server(), {user: 'app'});
		await mine.query(
			`create function pg_temp.pgtriage_explain(text, text, text) returns text language plpgsql as $$begin return app.strike('planted'); end$$`,
		);
		await stillPlans();
		expect(seen.as()).toEqual([]);
	});

	test('event triggers do not run as our role', async () => {
		await victim.admin().query(`
			set session authorization app;
			create function app.on_event() returns event_trigger language plpgsql as $$begin perform app.strike('event'); end$$;
			reset session authorization;
			create event trigger e on ddl_command_end execute function app.on_event()`);
		try {
			const seen = watch('event');
			await unharmed(() => stillPlans());
			expect(seen.as()).toEqual([]);
			await victim.admin().query('alter event trigger e enable always');
			const found = await unharmed(() => explain({query: 'select 1'}));
			expect(found).toMatchObject(
				version < 17 ? {outcome: 'refused', failure: {message: expect.stringContaining('always fires')}} : {outcome: 'planned'},
			);
			expect(seen.as()).toEqual([]);
		} finally {
			await victim.admin().query('drop event trigger e');
		}
	});

	test('database settings that change our role are detected', async () => {
		const database = `app's "own"`;
		const quoted = `"app's ""own"""`;
		await victim.admin().query(`create database ${quoted} owner app`);
		undo(victim.server(), `drop database ${quoted} with (force)`);
		const own = await connect(victim.server(), {user: 'app', database});
		await own.query(`
			create function public.strike() returns int language plpgsql as $$
			declare
				step text;
			begin
				raise log 'strike:settings:%:%:%:', current_user, session_user, current_setting('is_superuser');
				foreach step in array array[
					'reset role', 'set role none', 'set role postgres',
					'reset session authorization', 'set session authorization default', 'set session authorization postgres',
					'copy (select 1) to program ''touch ${victim.canary()}'''
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
		await victim.admin().query(`
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
		// Up to 14 everyone may create in public, so it asks first.
		expect((await explain({role: name, query: 'select * from calm'})).outcome).toBe(version < 15 ? 'risky' : 'refused');
	});

	test('a log-in role that cannot become the role is asked first, and refused if it has powers', async () => {
		const query = `select app.plain_sight('monitor')`;
		const seen = watch('monitor');
		expect(await unharmed(() => explain({query}, 'monitor'))).toMatchObject({
			outcome: 'refused',
			failure: {message: expect.stringContaining('monitor can become pg_signal_backend')},
		});
		await victim.admin().query('revoke pg_signal_backend from monitor');
		try {
			const asked = await unharmed(() => explain({query: 'select 1'}, 'monitor'));
			if (asked.outcome !== 'risky') throw new Error(JSON.stringify(asked));
			expect(asked.risks).toEqual([expect.stringContaining('with the privileges of monitor')]);
			const found = await unharmed(() => explain({query: 'select 1', accepted: asked.risks}, 'monitor'));
			expect(found).toMatchObject({outcome: 'planned', of: {rights: 'login'}});
			expect(seen.as()).toEqual([]);
		} finally {
			await victim.admin().query('grant pg_signal_backend to monitor');
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
