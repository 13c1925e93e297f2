import {literal} from '../../core/values/quote.ts';

/** What a session is for: reading in turns, sending what a person asked for, or planning statements of other roles. */
export type Purpose = 'polling' | 'acting' | 'planning';

/** Purpose and limits of a session; limits in milliseconds, 0 for unlimited. */
export type SessionLimits = {
	readonly purpose: Purpose;
	readonly statementTimeoutMs: number;
	readonly lockTimeoutMs: number;
};

/** A server setting that each of our sessions sets, whatever the role, the database or the server sets. */
export type Pin = {
	readonly name: string;
	/** Value as SHOW writes it, so that an equal one is not set again. */
	readonly value: string | ((limits: SessionLimits, user: string) => string);
	readonly why: string;
	/** First version with the setting, as in server_version_num. */
	readonly since?: number;
	/** A session whose server refuses it is given up; any other setting that is refused costs only itself. */
	readonly needed?: true;
	/** Purposes of the sessions that set it; all without. */
	readonly only?: Purpose;
	/** It belongs to a connection, not to a transaction: it is not set behind a connection pooler. */
	readonly ofConnection?: true;
	/** Sent with the login if an inherited value ended a session before it was set up. */
	readonly atLogin?: true;
};

const identity = 'ALTER ROLE or ALTER DATABASE may switch each session to another role, with other rights';
const planner = 'the plans of our queries are those we measured, whatever a role tries out';
const reading = 'our statements and the literals in them are read as they are written';
const writing = 'values arrive as the decoders read them';
const logging = 'the server log gets no lines for our statements beyond those that its owner asked for';
const network = 'only the deadlines of pgtriage end a connection; 0 leaves it to the operating system';
const local = 'C for names of months and signs of money in no language';

const plan = (name: string, value: string, since?: number): Pin => ({
	name,
	value,
	why: planner,
	only: 'polling',
	...(since !== undefined && {since}),
});

/**
 * Every setting that a role may change and that changes a value in our answers, its text, a plan, a wait or a limit, in the order in
 * which they are set. Settings that only a superuser may change are left alone (lc_messages: nothing depends on the text of a
 * message; deadlock_timeout, temp_file_limit, track_*, log_*), and so are those of maintenance (maintenance_work_mem, vacuum_*,
 * default_statistics_target): they are the owner's decisions.
 */
export const pins: readonly Pin[] = [
	{
		name: 'transaction_timeout',
		value: '0',
		why: 'it would end maintenance in the middle; statement_timeout limits everything else',
		since: 170_000,
		atLogin: true,
	},
	{
		name: 'statement_timeout',
		value: ({statementTimeoutMs}) => time(statementTimeoutMs),
		why: 'a query is given up before it is a load; maintenance has no limit',
		needed: true,
		atLogin: true,
	},
	{
		name: 'lock_timeout',
		value: ({lockTimeoutMs}) => time(lockTimeoutMs),
		why: 'a monitor must not wait in the queue that it shows',
		needed: true,
		atLogin: true,
	},
	{
		name: 'idle_session_timeout',
		value: '0',
		why: 'the connections are kept for life',
		since: 140_000,
		ofConnection: true,
		atLogin: true,
	},
	{
		name: 'idle_in_transaction_session_timeout',
		value: '10s',
		why: 'a client that hangs must not hold a snapshot',
	},
	{name: 'exit_on_error', value: 'off', why: 'one refused query must not end the connection'},
	{
		name: 'default_transaction_isolation',
		value: 'read committed',
		why: 'serializable fails on a standby, and read-only with deferrable it waits for every writer',
		ofConnection: true,
		atLogin: true,
	},
	{
		name: 'default_transaction_deferrable',
		value: 'off',
		why: 'see default_transaction_isolation',
		ofConnection: true,
		atLogin: true,
	},
	{
		name: 'default_transaction_read_only',
		value: ({purpose}) => (purpose === 'polling' ? 'on' : 'off'),
		why: 'what polls cannot write; what a person confirmed may',
		needed: true,
		ofConnection: true,
	},
	{name: 'session_authorization', value: (_, user) => user, why: identity, ofConnection: true},
	{name: 'role', value: 'none', why: identity},
	{
		name: 'search_path',
		value: '',
		why: 'an unqualified name must never find the function of another role',
		needed: true,
	},
	{name: 'row_security', value: 'on', why: 'off turns a filtered answer into an error'},
	{
		name: 'restrict_nonsystem_relation_kind',
		value: '',
		why: 'it can forbid the views of extensions',
	},
	{
		name: 'client_encoding',
		value: ({purpose}) => (purpose === 'planning' ? 'UTF8' : 'SQL_ASCII'),
		why: 'texts arrive raw, because bytes of one foreign session would fail a whole answer; a plan needs real text',
		needed: true,
		ofConnection: true,
	},
	{name: 'DateStyle', value: 'ISO, MDY', why: writing, needed: true},
	{name: 'TimeZone', value: 'UTC', why: writing, needed: true},
	{name: 'IntervalStyle', value: 'postgres', why: writing},
	{name: 'extra_float_digits', value: '1', why: `${writing}: less rounds sizes and rates`},
	{name: 'bytea_output', value: 'hex', why: writing},
	{name: 'quote_all_identifiers', value: 'off', why: 'names in definitions and plans are quoted only if they must be'},
	{name: 'xmlbinary', value: 'base64', why: writing},
	{name: 'xmloption', value: 'content', why: writing},
	{name: 'lc_monetary', value: 'C', why: local},
	{name: 'lc_numeric', value: 'C', why: local},
	{name: 'lc_time', value: 'C', why: local},
	{name: 'standard_conforming_strings', value: 'on', why: reading},
	{name: 'backslash_quote', value: 'safe_encoding', why: reading},
	{name: 'array_nulls', value: 'on', why: reading},
	{name: 'transform_null_equals', value: 'off', why: reading},
	{name: 'check_function_bodies', value: 'on', why: reading},
	{
		name: 'stats_fetch_consistency',
		value: 'cache',
		why: 'none mixes counters of several moments in one answer, and snapshot reads those of all objects',
		since: 150_000,
	},
	{
		name: 'client_min_messages',
		value: ({purpose}) => clientMessages[purpose],
		why: 'debug messages flood the connection; outcomes of maintenance need the warnings, and plans nothing',
	},
	{name: 'operator_precedence_warning', value: 'off', why: logging},
	{name: 'debug_print_parse', value: 'off', why: logging},
	{name: 'debug_print_raw_parse', value: 'off', why: logging, since: 190_000},
	{name: 'debug_print_rewritten', value: 'off', why: logging},
	{name: 'debug_print_plan', value: 'off', why: logging},
	{name: 'log_parameter_max_length_on_error', value: '0', why: logging},
	{name: 'trace_sort', value: 'off', why: logging},
	{name: 'trace_notify', value: 'off', why: logging},
	{
		name: 'synchronous_commit',
		value: 'local',
		why: 'no commit of ours may wait for a standby that is gone: what it wrote is safe without it',
	},
	{
		name: 'client_connection_check_interval',
		value: '2s',
		why: 'a query ends soon after its client; refused on systems that cannot poll a socket',
		since: 140_000,
		ofConnection: true,
	},
	{name: 'tcp_keepalives_idle', value: '0', why: network, ofConnection: true},
	{name: 'tcp_keepalives_interval', value: '0', why: network, ofConnection: true},
	{name: 'tcp_keepalives_count', value: '0', why: network, ofConnection: true},
	{name: 'tcp_user_timeout', value: '0', why: network, ofConnection: true},
	{
		name: 'work_mem',
		value: '128MB',
		why: 'a list of 1000 sessions with long texts must not become temporary files, which the server would count as trouble',
		only: 'polling',
	},
	{name: 'hash_mem_multiplier', value: '1', why: 'work_mem is already enough', only: 'polling'},
	{name: 'jit', value: 'off', why: 'compiling takes longer than our queries'},
	{name: 'max_parallel_workers_per_gather', value: '0', why: 'the workers are for the applications'},
	plan('plan_cache_mode', 'auto'),
	plan('constraint_exclusion', 'partition'),
	plan('from_collapse_limit', '8'),
	plan('join_collapse_limit', '8'),
	plan('geqo', 'off'),
	plan('seq_page_cost', '1'),
	plan('random_page_cost', '4'),
	plan('cpu_tuple_cost', '0.01'),
	plan('cpu_index_tuple_cost', '0.005'),
	plan('cpu_operator_cost', '0.0025'),
	plan('effective_cache_size', '4GB'),
	plan('recursive_worktable_factor', '10', 150_000),
	plan('enable_async_append', 'on', 140_000),
	plan('enable_bitmapscan', 'on'),
	plan('enable_distinct_reordering', 'on', 180_000),
	plan('enable_eager_aggregate', 'on', 190_000),
	plan('enable_gathermerge', 'on'),
	plan('enable_group_by_reordering', 'on', 170_000),
	plan('enable_hashagg', 'on'),
	plan('enable_hashjoin', 'on'),
	plan('enable_incremental_sort', 'on'),
	plan('enable_indexonlyscan', 'on'),
	plan('enable_indexscan', 'on'),
	plan('enable_material', 'on'),
	plan('enable_memoize', 'on', 140_000),
	plan('enable_mergejoin', 'on'),
	plan('enable_nestloop', 'on'),
	plan('enable_parallel_append', 'on'),
	plan('enable_parallel_hash', 'on'),
	plan('enable_partition_pruning', 'on'),
	plan('enable_partitionwise_aggregate', 'off'),
	plan('enable_partitionwise_join', 'off'),
	plan('enable_presorted_aggregate', 'on', 160_000),
	plan('enable_self_join_elimination', 'on', 180_000),
	plan('enable_seqscan', 'on'),
	plan('enable_sort', 'on'),
	plan('enable_tidscan', 'on'),
];

const clientMessages: Readonly<Record<Purpose, string>> = {polling: 'warning', acting: 'notice', planning: 'error'};

/** Milliseconds as SHOW writes them: in the largest unit without a rest. */
const time = (ms: number): string => {
	const units = [
		[60_000, 'min'],
		[1000, 's'],
	] as const;
	const [size = 1, unit = 'ms'] = units.find(([size]) => ms > 0 && ms % size === 0) ?? [];
	return ms === 0 ? '0' : `${ms / size}${unit}`;
};

/** A setting with its value in one session. */
export type SessionSetting = Pick<Pin, 'name' | 'needed'> & {readonly value: string};

const valued = (chosen: readonly Pin[], version: number, limits: SessionLimits, user: string): readonly SessionSetting[] =>
	chosen
		.filter(({since = 0, only = limits.purpose}) => since <= version && only === limits.purpose)
		.map(({name, value, needed}) => ({
			name,
			value: typeof value === 'string' ? value : value(limits, user),
			...(needed && {needed}),
		}));

/** Settings of a session of the login role `user` on a server of `version`. */
export const settingsFor = (version: number, limits: SessionLimits, user: string): readonly SessionSetting[] =>
	valued(pins, version, limits, user);

const call = (isLocal: boolean): string => `pg_catalog.set_config(s.name, s.value, ${isLocal})`;

/** Rows of the settings that the server has and whose value is another one. */
const different = (settings: readonly SessionSetting[]): string => {
	const rows = settings.map(({name, value}) => `('${name}', ${literal(value)})`).join(', ');
	return `from (values ${rows}) as s (name, value) where pg_catalog.current_setting(s.name, true) operator(pg_catalog.<>) s.value`;
};

/**
 * Statements that begin a message, none of which takes a snapshot: inherited limits end with them, and a transaction that the
 * database makes serializable and deferrable does not wait for one. The limits last for the session or for this transaction.
 */
export const beginning = (
	version: number,
	{purpose, statementTimeoutMs}: SessionLimits,
	span: 'session' | 'transaction',
): string => {
	const set = span === 'session' ? 'set' : 'set local';
	const endless = version >= 170_000 ? `${set} transaction_timeout = 0; ` : '';
	const readOnly = purpose === 'polling' ? 'read only, ' : '';
	return `${endless}${set} statement_timeout = ${statementTimeoutMs}; set transaction isolation level read committed, ${readOnly}not deferrable; `;
};

/** Message that sets for the session every setting that is not as wanted. */
export const setting = (version: number, limits: SessionLimits, settings: readonly SessionSetting[]): string =>
	`${beginning(version, limits, 'session')}select ${call(false)} ${different(settings)}`;

/**
 * Statements that begin each message behind a connection pooler and whose first row begins with the server's clock and the pid of
 * the backend that answers: everything set ends with the transaction, since anything longer would leak to the pooler's other clients.
 */
export const pooledClock = (version: number, limits: SessionLimits, user: string): string => {
	const settings = valued(
		pins.filter(({ofConnection}) => !ofConnection),
		version,
		limits,
		user,
	);
	const set = `select pg_catalog.count(${call(true)}) ${different(settings)}`;
	return `${beginning(version, limits, 'transaction')}select pg_catalog.clock_timestamp(), pg_catalog.pg_backend_pid(), (${set});`;
};

/** Options of a login that apply before its first statement. */
export const loginOptions = (version: number, limits: SessionLimits, user: string): string =>
	valued(
		pins.filter(({atLogin}) => atLogin),
		version,
		limits,
		user,
	)
		.map(({name, value}) => `-c ${name}=${value.replaceAll(/[ \\]/g, '\\$&')}`)
		.join(' ');
