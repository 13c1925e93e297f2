import {bool, defineQuery, float, int, nullable, type RowOf, textField, timestamp} from '../core/sample/query.ts';

/** Facts about the server and the privileges of our role, read once per connection, and again when the server's role changes. */
export const facts = defineQuery({
	name: 'facts',
	deadlineMs: 3000,
	fields: {
		version: int,
		version_text: textField,
		in_recovery: bool,
		started: timestamp,
		database: textField,
		user: textField,
		max_connections: int,
		reserved_connections: int,
		track_activity_query_size: int,
		superuser: bool,
		read_all_stats: bool,
		signal_backend: bool,
		lists_wal: bool,
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version,
	pg_catalog.current_setting('server_version') as version_text,
	pg_catalog.pg_is_in_recovery() as in_recovery,
	pg_catalog.pg_postmaster_start_time() as started,
	pg_catalog.current_database() as database,
	current_user as user,
	pg_catalog.current_setting('max_connections')::pg_catalog.int4 as max_connections,
	pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4
		operator(pg_catalog.+) coalesce(pg_catalog.current_setting('reserved_connections', true)::pg_catalog.int4, 0) as reserved_connections,
	pg_catalog.pg_size_bytes(pg_catalog.current_setting('track_activity_query_size')) as track_activity_query_size,
	pg_catalog.current_setting('is_superuser')::pg_catalog.bool as superuser,
	pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') as read_all_stats,
	pg_catalog.pg_has_role('pg_signal_backend', 'USAGE') as signal_backend,
	pg_catalog.has_function_privilege('pg_catalog.pg_ls_waldir()', 'EXECUTE')
		and pg_catalog.has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'EXECUTE') as lists_wal
`,
		},
	],
});

/** Facts about the server and our role. */
export type Facts = RowOf<typeof facts>;

// A snapshot's xmax is not the next transaction id while the newest transactions run; an age counts from the next one, so the age
// of the first possible id, 3, gives it.

/** Counters of the cluster, one row; the header's rates are their differences over a few seconds. `next_xid` has no epoch. */
export const pulse = defineQuery({
	name: 'pulse',
	deadlineMs: 2500,
	fields: {
		started: timestamp,
		in_recovery: bool,
		stats_reset: nullable(timestamp),
		xact_commit: float,
		xact_rollback: float,
		blks_read: float,
		blks_hit: float,
		deadlocks: float,
		temp_bytes: float,
		wal_bytes: nullable(float),
		xid_age: nullable(int),
		replay_lag_bytes: nullable(float),
		next_xid: float,
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	pg_catalog.pg_postmaster_start_time() as started,
	w.in_recovery,
	d.stats_reset,
	d.xact_commit,
	d.xact_rollback,
	d.blks_read,
	d.blks_hit,
	d.deadlocks,
	d.temp_bytes,
	w.wal_bytes,
	d.xid_age,
	r.replay_lag_bytes,
	w.next_xid
from (
	select
		pg_catalog.pg_is_in_recovery() as in_recovery,
		pg_catalog.pg_wal_lsn_diff(
			case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_lsn() end,
			'0/0'::pg_catalog.pg_lsn
		)::pg_catalog.float8 as wal_bytes,
		((pg_catalog.age('3'::pg_catalog.xid)::pg_catalog.int8 operator(pg_catalog.+) 3)
			operator(pg_catalog.&) 4294967295)::pg_catalog.float8 as next_xid
) as w
cross join (
	select
		pg_catalog.max(pg_catalog.pg_stat_get_db_stat_reset_time(o.oid)) as stats_reset,
		coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_db_xact_commit(o.oid)), 0)::pg_catalog.float8 as xact_commit,
		coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_db_xact_rollback(o.oid)), 0)::pg_catalog.float8 as xact_rollback,
		coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_db_blocks_fetched(o.oid)
			operator(pg_catalog.-) pg_catalog.pg_stat_get_db_blocks_hit(o.oid)), 0)::pg_catalog.float8 as blks_read,
		coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_db_blocks_hit(o.oid)), 0)::pg_catalog.float8 as blks_hit,
		coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_db_deadlocks(o.oid)), 0)::pg_catalog.float8 as deadlocks,
		coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_db_temp_bytes(o.oid)), 0)::pg_catalog.float8 as temp_bytes,
		pg_catalog.max(pg_catalog.age(o.datfrozenxid)) as xid_age
	from pg_catalog.pg_database as o
) as d
cross join lateral (
	select case
		when w.in_recovery then
			pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())::pg_catalog.float8
		else pg_catalog.max(w.wal_bytes operator(pg_catalog.-)
			pg_catalog.pg_wal_lsn_diff(s.replay_lsn, '0/0'::pg_catalog.pg_lsn)::pg_catalog.float8)
	end as replay_lag_bytes
	from pg_catalog.pg_stat_get_wal_senders() as s
) as r
`,
		},
	],
});

/** Counters of the cluster at one time. */
export type Pulse = RowOf<typeof pulse>;
