import {
	bool,
	defineQuery,
	float,
	id,
	int,
	nullable,
	type ReadSoFar,
	type RowOf,
	statementHead,
	textField,
	timestamp,
} from '../../core/sample/query.ts';
import {sessions} from './sessions.ts';

/** Number of entries to read, longest total time first; a server keeps 5000 by default. */
export const mostStatements = 10_000;

const extension = 'pg_stat_statements';

const hints = {
	no_extension: 'As a superuser: create extension pg_stat_statements. Or connect to a database of this server that has it.',
	'42501': 'Grant it USAGE on the schema of pg_stat_statements; pg_monitor does not include that.',
	'55000': 'Add pg_stat_statements to shared_preload_libraries and restart the server.',
} as const;

const foreignBytes =
	'A statement from a database in another encoding cannot be read here: connect to a SQL_ASCII database, or reset that entry with pg_stat_statements_reset.';

/** Expressions that differ between versions of the extension. */
type Differing = {
	readonly toplevel: string;
	readonly read: string;
	readonly written: string;
	readonly jit: string;
	readonly since: string;
	readonly planned: string;
	readonly launched: string;
};

const oldest: Differing = {
	toplevel: 'true',
	read: 's.blk_read_time',
	written: 's.blk_write_time',
	jit: 'null::pg_catalog.float8',
	since: 'null::pg_catalog.timestamptz',
	planned: 'null::pg_catalog.int8',
	launched: 'null::pg_catalog.int8',
};

const sum = (...terms: readonly string[]): string => terms.map(term => `s.${term}`).join(' operator(pg_catalog.+) ');

const v1009: Differing = {...oldest, toplevel: 's.toplevel'};

const v1010: Differing = {
	...v1009,
	read: sum('blk_read_time', 'temp_blk_read_time'),
	written: sum('blk_write_time', 'temp_blk_write_time'),
	jit: sum('jit_generation_time', 'jit_inlining_time', 'jit_optimization_time', 'jit_emission_time'),
};

const v1011: Differing = {
	...v1010,
	read: sum('shared_blk_read_time', 'local_blk_read_time', 'temp_blk_read_time'),
	written: sum('shared_blk_write_time', 'local_blk_write_time', 'temp_blk_write_time'),
	since: 's.stats_since',
};

const v1012: Differing = {...v1011, planned: 's.parallel_workers_to_launch', launched: 's.parallel_workers_launched'};

// Without the texts: one entry in another encoding whose bytes are not text in ours fails an answer with texts.
const read = ({toplevel, read: reading, written, jit, since, planned, launched}: Differing): string => `
select
	s.queryid,
	s.userid,
	s.dbid,
	${toplevel} as toplevel,
	pg_catalog.pg_get_userbyid(s.userid) as usename,
	s.calls,
	s.total_exec_time,
	s.max_exec_time,
	s.stddev_exec_time,
	s.total_plan_time,
	s.rows,
	s.shared_blks_hit,
	s.shared_blks_read,
	s.shared_blks_dirtied,
	s.temp_blks_read,
	s.temp_blks_written,
	${reading} as blk_read_time,
	${written} as blk_write_time,
	${jit} as jit_time,
	s.wal_bytes::pg_catalog.float8 as wal_bytes,
	${planned} as parallel_workers_to_launch,
	${launched} as parallel_workers_launched,
	${since} as stats_since
from {schema}.pg_stat_statements(false) as s
order by s.total_exec_time desc
limit ${mostStatements}
`;

/**
 * Entries of pg_stat_statements, longest total time first; times in milliseconds. For a role without pg_read_all_stats other roles'
 * entries have no queryid.
 */
export const statements = defineQuery({
	name: 'statements',
	deadlineMs: 5000,
	everyMs: 5000,
	extension,
	hints,
	named: 4,
	fields: {
		queryid: nullable(id),
		userid: int,
		dbid: int,
		toplevel: bool,
		usename: textField,
		calls: int,
		total_exec_time: float,
		max_exec_time: float,
		stddev_exec_time: float,
		total_plan_time: float,
		rows: int,
		shared_blks_hit: int,
		shared_blks_read: int,
		shared_blks_dirtied: int,
		temp_blks_read: int,
		temp_blks_written: int,
		blk_read_time: float,
		blk_write_time: float,
		jit_time: nullable(float),
		wal_bytes: float,
		parallel_workers_to_launch: nullable(int),
		parallel_workers_launched: nullable(int),
		stats_since: nullable(timestamp),
	},
	ladder: [
		{since: 1008, sql: read(oldest)},
		{since: 1009, sql: read(v1009)},
		{since: 1010, sql: read(v1010)},
		{since: 1011, sql: read(v1011)},
		{since: 1012, sql: read(v1012)},
	],
});

/** One entry of pg_stat_statements. */
export type Statement = RowOf<typeof statements>;

const textsName = 'statement_texts';
const mostTexts = 500;
// Statements that are not among the longest for the moment keep their texts.
const textsKept = 1000;
const textBytes = 4096;
// A large answer over a slow link delays the list of sessions: where that takes longer than this, texts are read bit by bit.
const slowMs = 500;
const slowLinkBytes = 8192;

/** The texts that were read, which are not sent again, and the most bytes to send. */
const textParts = ({results, eager = false}: ReadSoFar): Readonly<Record<string, string>> => {
	const texts = results[textsName];
	// The longest were read first, and would be dropped first: from a number on they are sent again, and are among the newest then.
	const recent = texts?.ok ? texts.rows.slice(0, mostTexts) : [];
	const known = recent.map(({queryid}) => String(queryid)).filter(queryid => /^-?\d+$/.test(queryid));
	const isSlow = !eager && (results[sessions.name]?.tookMs ?? 0) > slowMs;
	return {known: known.join(','), most: String(isSlow ? slowLinkBytes : mostTexts * textBytes)};
};

/**
 * Beginnings of the texts of the statements with the longest total time, 4 kB each, sent as bytes. The whole answer fails if one
 * entry, of any database, is not text in our encoding; only resetting that entry helps.
 */
export const statementTexts = defineQuery({
	name: textsName,
	deadlineMs: 10_000,
	everyMs: 60_000,
	extension,
	hints: {...hints, '22021': foreignBytes, '22P05': foreignBytes},
	named: 1,
	adds: {most: textsKept, parts: textParts},
	fields: {queryid: id, query_bytes: int, query: statementHead},
	ladder: [
		{
			since: 1008,
			sql: `
select
	t.queryid,
	t.query_bytes,
	pg_catalog.encode(t.head, 'escape') as query
from (
	select
		l.queryid,
		l.query_bytes,
		l.head,
		pg_catalog.sum(pg_catalog.octet_length(l.head)) over (order by l.total_exec_time desc, l.queryid) as sent
	from (
		select
			e.queryid,
			e.total_exec_time,
			pg_catalog.octet_length(e.query) as query_bytes,
			pg_catalog.substr(pg_catalog.textsend(e.query), 1, ${textBytes}) as head
		from (
			select distinct on (s.queryid)
				s.queryid,
				s.total_exec_time,
				s.query
			from {schema}.pg_stat_statements(true) as s
			where s.queryid is not null
				and s.query is not null
			order by s.queryid, s.total_exec_time desc
		) as e
		order by e.total_exec_time desc
		limit ${mostTexts}
	) as l
	where l.queryid operator(pg_catalog.<>) all ('{{known}}'::pg_catalog.int8[])
) as t
where t.sent operator(pg_catalog.-) pg_catalog.octet_length(t.head) operator(pg_catalog.<) {most}
order by t.sent
`,
		},
	],
});

/** Text of a statement, of any role and database. */
export type StatementText = RowOf<typeof statementTexts>;

/**
 * Number of times that entries were evicted because pg_stat_statements.max was reached, and the time of the last full reset; both
 * from 1.9 on.
 */
export const statementInfo = defineQuery({
	name: 'statement_info',
	deadlineMs: 2000,
	everyMs: 5000,
	extension,
	hints,
	fields: {dealloc: nullable(int), stats_reset: nullable(timestamp)},
	ladder: [
		{
			since: 1008,
			sql: `
select
	null::pg_catalog.int8 as dealloc,
	null::pg_catalog.timestamptz as stats_reset
`,
		},
		{
			since: 1009,
			sql: `
select
	i.dealloc,
	i.stats_reset
from {schema}.pg_stat_statements_info() as i
`,
		},
	],
});

/** Seconds that a statement has to run before its usual time is read. */
export const slowSeconds = 3;

/**
 * Usual times in milliseconds of the statements that have been running for some seconds, by role and database; empty before 14,
 * where sessions have no query_id. Reading the entries costs some milliseconds, so it is only done while such a statement runs.
 */
export const statementNorms = defineQuery({
	name: 'statement_norms',
	title: 'usual times of running statements',
	deadlineMs: 3000,
	everyMs: 2000,
	extension,
	hints,
	named: 3,
	fields: {
		queryid: nullable(id),
		userid: int,
		dbid: int,
		calls: float,
		mean_exec_time: nullable(float),
		stddev_exec_time: nullable(float),
	},
	ladder: [
		{
			since: 1008,
			sql: `
select
	null::pg_catalog.int8 as queryid,
	0::pg_catalog.oid as userid,
	0::pg_catalog.oid as dbid,
	0::pg_catalog.float8 as calls,
	null::pg_catalog.float8 as mean_exec_time,
	null::pg_catalog.float8 as stddev_exec_time
where false
`,
		},
		{
			since: 1009,
			sql: `
select
	s.queryid,
	s.userid,
	s.dbid,
	pg_catalog.sum(s.calls)::pg_catalog.float8 as calls,
	(pg_catalog.sum(s.total_exec_time) operator(pg_catalog./)
		nullif(pg_catalog.sum(s.calls)::pg_catalog.float8, 0)) as mean_exec_time,
	pg_catalog.max(s.stddev_exec_time) as stddev_exec_time
from {schema}.pg_stat_statements(false) as s
where s.queryid in (
	select a.query_id
	from pg_catalog.pg_stat_get_activity(null) as a
	where a.state operator(pg_catalog.=) 'active'
		and a.query_id is not null
		and pg_catalog.clock_timestamp() operator(pg_catalog.-) a.query_start
			operator(pg_catalog.>) pg_catalog.make_interval(secs => ${slowSeconds})
)
group by s.queryid, s.userid, s.dbid
order by calls desc
limit 500
`,
		},
	],
});

/** Usual time of one statement. */
export type StatementNorm = RowOf<typeof statementNorms>;
