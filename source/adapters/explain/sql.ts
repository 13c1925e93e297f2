import {explainOptions} from '../../core/explain/options.ts';
import {oneLine} from '../../core/sql/one-line.ts';

// Roles that can act on the server or on other sessions even in a read-only transaction that is rolled back.
const powerful = [
	'pg_execute_server_program',
	'pg_read_server_files',
	'pg_write_server_files',
	'pg_signal_backend',
	'pg_signal_autovacuum_worker',
	'rds_superuser',
	'rds_replication',
	'azure_pg_admin',
	'cloudsqlsuperuser',
	'alloydbsuperuser',
	'neon_superuser',
	'supabase_admin',
]
	.map(name => `'${name}'`)
	.join(', ');

// Settings that apply at log-in (ALTER ROLE, ALTER DATABASE), in order: role in database, role, database, all.
const roleSettings = (role: string): string => `
	select distinct on (pg_catalog.split_part(c.setting, '=', 1))
		pg_catalog.split_part(c.setting, '=', 1) as name,
		pg_catalog.substr(c.setting, pg_catalog.strpos(c.setting, '=') + 1) as value
	from pg_catalog.pg_db_role_setting as s
	cross join lateral pg_catalog.unnest(s.setconfig) as c (setting)
	where s.setrole in (0, ${role})
		and s.setdatabase in (0, (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()))
	order by pg_catalog.split_part(c.setting, '=', 1), s.setrole <> 0 desc, s.setdatabase <> 0 desc`;

const ownRole = '(select o.oid from pg_catalog.pg_roles as o where o.rolname = session_user)';

// A setting of our own role hides the server-wide value; boot_val is the best guess then.
const atLogIn = (role: string): string => `coalesce(
		(select g.value from (${roleSettings(role)}) as g where g.name = p.name),
		case when exists (select from (${roleSettings(ownRole)}) as g where g.name = p.name) then p.boot_val else p.reset_val end
	)`;

/** Query for our own role and the rights of the query's role: $1 is that role, $2 the log-in role. One row of text. */
export const circumstancesText = (version: number): string =>
	oneLine(`/* pgtriage:explain */ select
	session_user = $2::pg_catalog.name and current_user = session_user as ours,
	me.rolsuper as superuser,
	pg_catalog.pg_is_in_recovery() as in_recovery,
	exists (
		select
		from pg_catalog.pg_event_trigger as t
		where t.evtevent <> 'login' and t.evtenabled in ('A', 'R')
	) as always_triggers,
	exists (
		select
		from pg_catalog.pg_language as l
		where l.lanname = 'plpgsql' and pg_catalog.has_language_privilege(l.oid, 'USAGE')
	) and pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMP') as makes_functions,
	r.oid,
	pg_catalog.quote_ident(r.rolname) as quoted,
	r.rolsuper as role_superuser,
	r.oid = me.oid as is_login,
	pg_catalog.pg_has_role(session_user, r.oid, '${version >= 160_000 ? 'SET' : 'MEMBER'}') as can_become,
	pg_catalog.has_database_privilege(r.oid, pg_catalog.current_database(), 'TEMP') as role_temporary,
	(
		select pg_catalog.string_agg(b.rolname, ', ' order by b.rolname)
		from pg_catalog.pg_roles as b
		where pg_catalog.pg_has_role(session_user, b.oid, 'MEMBER')
			and (b.rolsuper or b.rolcreaterole or b.rolreplication or b.rolname in (${powerful}))
	) as powers,
	(select ${atLogIn('r.oid')} from pg_catalog.pg_settings as p where p.name = 'search_path') as path
from pg_catalog.pg_roles as me
left join pg_catalog.pg_roles as r on r.rolname = $1::pg_catalog.name
where me.rolname = session_user`);

const planner =
	'^(enable_.*|.*_cost|jit.*|geqo.*|(from|join)_collapse_limit|constraint_exclusion|cursor_tuple_fraction|effective_.*|work_mem|hash_mem_multiplier|min_eager_agg_group_size|(min|max)_parallel_.*|parallel_.*|recursive_worktable_factor)$';

/** Applies the planner settings of the role at log-in to this transaction and forces generic plans. */
const settings = (role: number): string =>
	oneLine(`select
	pg_catalog.count(pg_catalog.set_config(s.name, s.value, true))
from (
	select
		p.name,
		${atLogIn(String(role))} as value
	from pg_catalog.pg_settings as p
	where p.context = 'user' and p.name ~ '${planner}'
) as s
where s.value is not null;
select pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true)`);

/** Begins a read-only transaction with the planner settings of a role. */
export const beginReading = (role: number): string => `begin read only; ${settings(role)}`;

/** Sets the search_path of the role, $1; later statements must qualify every name. */
export const takePath = "select pg_catalog.set_config('search_path', $1, true)";

const statementName = 'pgtriage_x';
const functionName = 'pg_temp.pgtriage_explain';
const mostBytes = 8_000_000;

/** Query for the number of parameters of the text; all names are qualified because the search_path is that of the role. */
export const parameterCount = (): string =>
	oneLine(`select pg_catalog.cardinality(p.parameter_types)
from pg_catalog.pg_prepared_statements as p
where p.name operator(pg_catalog.=) '${statementName}'::pg_catalog.text`);

// The body is the same for every query: the text is an argument.
const body = (): string =>
	oneLine(`
declare
	parameters pg_catalog.int4;
	answer pg_catalog.text;
begin
	perform pg_catalog.set_config('search_path', role_path, true);
	execute prepare_text;
	parameters := (${parameterCount()});
	execute pg_catalog.concat(
		explain_text,
		case when parameters operator(pg_catalog.>) 0 then
			pg_catalog.concat('(null', pg_catalog.repeat(', null', parameters operator(pg_catalog.-) 1), ')')
		end
	) into answer;
	if pg_catalog.octet_length(answer) operator(pg_catalog.>) ${mostBytes} then
		raise exception using message = 'The plan is too large to show.';
	end if;
	return answer;
end
`);

/**
 * Begins a transaction with a function that runs with the rights of a role and cannot gain others: the role owns it, and it is
 * SECURITY DEFINER, in which the server refuses SET ROLE. The last statement returns the actual owner of the function. A superuser
 * switches event triggers off meanwhile, because they would run as superuser.
 */
export const beginAsRole = (as: {
	readonly oid: number;
	readonly quoted: string;
	readonly superuser: boolean;
	readonly version: number;
}): string => {
	const triggers = as.version >= 170_000 ? 'event_triggers' : 'session_replication_role';
	const off = as.version >= 170_000 ? 'off' : 'replica';
	return oneLine(`begin;
${settings(as.oid)};
${as.superuser ? `set local ${triggers} = ${off};` : ''}
create function ${functionName}(role_path pg_catalog.text, prepare_text pg_catalog.text, explain_text pg_catalog.text)
returns pg_catalog.text language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $pgtriage$${body()}$pgtriage$;
alter function ${functionName}(pg_catalog.text, pg_catalog.text, pg_catalog.text) owner to ${as.quoted};
${as.superuser ? `set local ${triggers} to default;` : ''}
select
	p.proowner
from pg_catalog.pg_proc as p
join pg_catalog.pg_roles as r on r.oid = p.proowner
where p.oid = '${functionName}'::pg_catalog.regproc::pg_catalog.oid and p.prosecdef and not r.rolsuper`);
};

/** Makes the rest of the transaction read-only. */
export const onlyReads = "select pg_catalog.set_config('transaction_read_only', 'on', true)";

/** Sets session_user to the role, $1, because functions may check it. Requires superuser. */
export const takeSession = "select pg_catalog.set_config('session_authorization', $1, true)";

/** Plans the text as the role: $1 is its search_path, $2 the PREPARE, $3 the EXPLAIN without values. */
export const callAsRole = `/* pgtriage:explain */ select ${functionName}($1, $2, $3)`;

/**
 * Prepares the text under a name to explain; fails unless it is a single optimizable statement. The server finds the type of a
 * parameter that is `unknown` or beyond the list.
 */
export const prepareText = (query: string, types: readonly string[]): string =>
	`prepare ${statementName}${types.length > 0 ? ` (${types.join(', ')})` : ''} as ${query}`;

/** EXPLAIN of the prepared text, without values for the parameters. */
export const explainText = (analyze: boolean, version: number): string =>
	`explain (${explainOptions(analyze, version)}) execute ${statementName}`;

/** Begins an attempt, which `retry` undoes: settings and locks of the attempt before are undone. */
export const attempt = 'savepoint pgtriage_attempt';

/** Undoes an attempt. A prepared statement outlives a rollback. */
export const retry = 'rollback to savepoint pgtriage_attempt; deallocate all';

/** Nulls for `count` parameters: a generic plan does not depend on values. */
export const nulls = (count: number): string => (count > 0 ? `(${Array.from({length: count}, () => 'null').join(', ')})` : '');

/** Query for the quoted name of the pg_stat_statements view in this database; no row if it is not installed. */
export const statementsView = (): string =>
	oneLine(`select
	pg_catalog.format('%I.%I', n.nspname, c.relname) as name
from pg_catalog.pg_extension as e
join pg_catalog.pg_depend as d on d.refobjid = e.oid
	and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
	and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
join pg_catalog.pg_class as c on c.oid = d.objid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where e.extname = 'pg_stat_statements' and c.relname = 'pg_stat_statements'`);

/** Query for the full text of a statement by query id, role and database: $1, $2, $3. */
export const statementText = (view: string): string =>
	oneLine(`select
	s.query
from ${view} as s
join pg_catalog.pg_database as d on d.oid = s.dbid
join pg_catalog.pg_roles as r on r.oid = s.userid
where s.queryid = $1::pg_catalog.int8 and r.rolname = $2::pg_catalog.name and d.datname = $3::pg_catalog.name
limit 1`);

/** Query for the texts of PREPARE commands of a role and database: $1, $2. */
export const preparesText = (view: string): string =>
	oneLine(`select distinct
	s.query
from ${view} as s
join pg_catalog.pg_database as d on d.oid = s.dbid
join pg_catalog.pg_roles as r on r.oid = s.userid
where r.rolname = $1::pg_catalog.name and d.datname = $2::pg_catalog.name
	and pg_catalog.lower(pg_catalog.left(pg_catalog.ltrim(s.query), 7)) = 'prepare'
limit 200`);
