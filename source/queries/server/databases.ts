import {defineQuery, float, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

// Session counters and the time sessions were busy are new in 14, as is vacuum_failsafe_age.
const read = (sessionCounters: string): string => `
select
	d.oid as datid,
	d.datname,
	d.datconnlimit,
	pg_catalog.age(d.datfrozenxid) as xid_age,
	pg_catalog.mxid_age(d.datminmxid) as mxid_age,
	pg_catalog.current_setting('autovacuum_freeze_max_age')::pg_catalog.int4 as freeze_max_age,
	pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::pg_catalog.int4 as multixact_freeze_max_age,
	pg_catalog.current_setting('vacuum_failsafe_age', true)::pg_catalog.int4 as failsafe_age,
	pg_catalog.pg_stat_get_db_numbackends(d.oid) as numbackends,
	pg_catalog.pg_stat_get_db_xact_commit(d.oid)::pg_catalog.float8 as xact_commit,
	pg_catalog.pg_stat_get_db_xact_rollback(d.oid)::pg_catalog.float8 as xact_rollback,
	(pg_catalog.pg_stat_get_db_blocks_fetched(d.oid)
		operator(pg_catalog.-) pg_catalog.pg_stat_get_db_blocks_hit(d.oid))::pg_catalog.float8 as blks_read,
	pg_catalog.pg_stat_get_db_blocks_hit(d.oid)::pg_catalog.float8 as blks_hit,
	pg_catalog.pg_stat_get_db_tuples_returned(d.oid)::pg_catalog.float8 as tup_returned,
	(pg_catalog.pg_stat_get_db_tuples_inserted(d.oid)
		operator(pg_catalog.+) pg_catalog.pg_stat_get_db_tuples_updated(d.oid)
		operator(pg_catalog.+) pg_catalog.pg_stat_get_db_tuples_deleted(d.oid))::pg_catalog.float8 as tup_written,
	pg_catalog.pg_stat_get_db_temp_bytes(d.oid)::pg_catalog.float8 as temp_bytes,
	pg_catalog.pg_stat_get_db_deadlocks(d.oid)::pg_catalog.float8 as deadlocks,
	pg_catalog.pg_stat_get_db_conflict_all(d.oid)::pg_catalog.float8 as conflicts,
	pg_catalog.pg_stat_get_db_checksum_failures(d.oid)::pg_catalog.float8 as checksum_failures,
	${sessionCounters},
	pg_catalog.pg_stat_get_db_stat_reset_time(d.oid) as stats_reset
from (
	select
		o.oid,
		o.datname,
		o.datconnlimit,
		o.datfrozenxid,
		o.datminmxid
	from pg_catalog.pg_database as o
	union all
	select
		0,
		null,
		null,
		null,
		null
	where pg_catalog.pg_stat_get_db_checksum_failures(0) operator(pg_catalog.>) 0
) as d
`;

/**
 * Counters of each database since its statistics were last reset. The shared objects, oid 0, are listed only if their checksums
 * failed: they have neither a size nor sessions.
 */
export const databases = defineQuery({
	name: 'databases',
	deadlineMs: 3000,
	everyMs: 2000,
	fields: {
		datid: int,
		datname: nullable(textField),
		datconnlimit: nullable(int),
		xid_age: nullable(int),
		mxid_age: nullable(int),
		freeze_max_age: int,
		multixact_freeze_max_age: int,
		failsafe_age: nullable(int),
		numbackends: nullable(int),
		xact_commit: float,
		xact_rollback: float,
		blks_read: float,
		blks_hit: float,
		tup_returned: float,
		tup_written: float,
		temp_bytes: float,
		deadlocks: float,
		conflicts: float,
		checksum_failures: nullable(float),
		sessions: nullable(float),
		sessions_abandoned: nullable(float),
		sessions_fatal: nullable(float),
		sessions_killed: nullable(float),
		active_seconds: nullable(float),
		stats_reset: nullable(timestamp),
	},
	ladder: [
		{
			since: 130_000,
			sql: read(`null::pg_catalog.float8 as sessions,
	null::pg_catalog.float8 as sessions_abandoned,
	null::pg_catalog.float8 as sessions_fatal,
	null::pg_catalog.float8 as sessions_killed,
	null::pg_catalog.float8 as active_seconds`),
		},
		{
			since: 140_000,
			sql: read(`pg_catalog.pg_stat_get_db_sessions(d.oid)::pg_catalog.float8 as sessions,
	pg_catalog.pg_stat_get_db_sessions_abandoned(d.oid)::pg_catalog.float8 as sessions_abandoned,
	pg_catalog.pg_stat_get_db_sessions_fatal(d.oid)::pg_catalog.float8 as sessions_fatal,
	pg_catalog.pg_stat_get_db_sessions_killed(d.oid)::pg_catalog.float8 as sessions_killed,
	pg_catalog.pg_stat_get_db_active_time(d.oid)::pg_catalog.float8 operator(pg_catalog./) 1000 as active_seconds`),
		},
	],
});

/** Counters of one database. */
export type DatabaseCounters = RowOf<typeof databases>;

// pg_database_size fails the whole answer for a database that our role may not connect to, and for one dropped during the query;
// has_database_privilege is null for the latter.
const measurable = `case
		when pg_catalog.has_database_privilege(d.oid, 'CONNECT') then true
		when pg_catalog.has_database_privilege(d.oid, 'CONNECT') is null then false
		else pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
	end`;

/** Size of each database; null if our role may not read it. The server walks all files of the cluster, hence once a minute. */
export const databaseSizes = defineQuery({
	name: 'database_sizes',
	deadlineMs: 10_000,
	everyMs: 60_000,
	fields: {datid: int, datname: textField, size_bytes: nullable(float)},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	d.oid as datid,
	d.datname,
	case when ${measurable} then pg_catalog.pg_database_size(d.oid) end::pg_catalog.float8 as size_bytes
from pg_catalog.pg_database as d
`,
		},
	],
});

/** Size of one database. */
export type DatabaseSize = RowOf<typeof databaseSizes>;
