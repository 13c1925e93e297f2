import {existsSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import type pg from 'pg';
import {afterAll, afterEach, beforeAll, expect} from 'vitest';
import {createExplainer} from '../../../source/adapters/explain/explainer.ts';
import type {ExplainOutcome, ExplainRequest} from '../../../source/core/explain/request.ts';
import type {Server} from '../../../source/demo/server.ts';
import {targetOf} from '../lanes.ts';
import {connect, type ServerVersion, startTestServer} from '../servers.ts';

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

/** Steps that succeed and affect nobody else. */
export const harmless = new Set(['reset all', 'discard temp', 'deallocate all', 'listen pgtriage']);

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
-- The selectivity of an operator is asked for each bound of the histogram.
alter table app.t alter a set statistics 10;
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

/** A server with attacks planted by the role app, and what watches them; its hooks belong to the suite that calls this. */
export const victimOf = (version: ServerVersion) => {
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
		const from = server.logSize();
		const told = (): readonly string[] =>
			server
				.log(from)
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

	return {admin: () => admin, server: () => server, canary: () => canary, explain, watch, unharmed, planOf, stillPlans, withPath};
};
