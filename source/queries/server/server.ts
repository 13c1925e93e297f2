import {bool, defineQuery, float, id, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

/** Facts about the server and the privileges of our role, read once per connection, and again when the server's role changes. */
export const facts = defineQuery({
	name: 'facts',
	title: 'server facts',
	deadlineMs: 3000,
	fields: {
		version: int,
		version_text: textField,
		in_recovery: nullable(bool),
		started: nullable(timestamp),
		database: textField,
		user: textField,
		max_connections: nullable(int),
		reserved_connections: nullable(int),
		track_activity_query_size: nullable(int),
		superuser: bool,
		read_all_stats: nullable(bool),
		signal_backend: nullable(bool),
		lists_wal: nullable(bool),
		lists_temp: nullable(bool),
		track_counts: nullable(bool),
		system_identifier: nullable(id),
		/** Timeline of the last checkpoint. */
		timeline: nullable(int),
		/** As the server sees it; null on a Unix socket. */
		server_address: nullable(textField),
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
	(select s.setting::pg_catalog.int4 from pg_catalog.pg_show_all_settings() as s
		where s.name = 'track_activity_query_size') as track_activity_query_size,
	pg_catalog.current_setting('is_superuser')::pg_catalog.bool as superuser,
	pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') as read_all_stats,
	pg_catalog.pg_has_role('pg_signal_backend', 'USAGE') as signal_backend,
	pg_catalog.has_function_privilege('pg_catalog.pg_ls_waldir()', 'EXECUTE')
		and pg_catalog.has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'EXECUTE') as lists_wal,
	pg_catalog.has_function_privilege('pg_catalog.pg_ls_tmpdir(pg_catalog.oid)', 'EXECUTE') as lists_temp,
	pg_catalog.current_setting('track_counts')::pg_catalog.bool as track_counts,
	(select c.system_identifier from pg_catalog.pg_control_system() as c) as system_identifier,
	(select c.timeline_id from pg_catalog.pg_control_checkpoint() as c) as timeline,
	nullif(pg_catalog.concat_ws(' port ', pg_catalog.host(pg_catalog.inet_server_addr()), pg_catalog.inet_server_port()), '')
		as server_address
`,
		},
	],
});

/** Facts about the server and our role. */
export type Facts = RowOf<typeof facts>;

// A snapshot's xmax is not the next transaction id while the newest transactions run; an age counts from the next one, so the age
// of the first possible id, 3, gives it.

// Replayed on a standby, written on a primary.
const walPosition =
	'case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_lsn() end';

/** Counters of the cluster, one row; the header's rates are their differences over a few seconds. `next_xid` has no epoch. */
export const pulse = defineQuery({
	name: 'pulse',
	title: 'server counters',
	deadlineMs: 2500,
	fields: {
		started: nullable(timestamp),
		in_recovery: nullable(bool),
		stats_reset: nullable(timestamp),
		xact_commit: nullable(float),
		xact_rollback: nullable(float),
		blks_read: nullable(float),
		blks_hit: nullable(float),
		deadlocks: nullable(float),
		temp_bytes: nullable(float),
		wal_bytes: nullable(float),
		xid_age: nullable(int),
		replay_lag_bytes: nullable(float),
		next_xid: nullable(float),
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	pg_catalog.pg_postmaster_start_time() as started,
	pg_catalog.pg_is_in_recovery() as in_recovery,
	pg_catalog.max(pg_catalog.pg_stat_get_db_stat_reset_time(o.oid)) as stats_reset,
	coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_db_xact_commit(o.oid)), 0)::pg_catalog.float8 as xact_commit,
	coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_db_xact_rollback(o.oid)), 0)::pg_catalog.float8 as xact_rollback,
	coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_db_blocks_fetched(o.oid)
		operator(pg_catalog.-) pg_catalog.pg_stat_get_db_blocks_hit(o.oid)), 0)::pg_catalog.float8 as blks_read,
	coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_db_blocks_hit(o.oid)), 0)::pg_catalog.float8 as blks_hit,
	coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_db_deadlocks(o.oid)), 0)::pg_catalog.float8 as deadlocks,
	coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_db_temp_bytes(o.oid)), 0)::pg_catalog.float8 as temp_bytes,
	pg_catalog.pg_wal_lsn_diff(${walPosition}, '0/0'::pg_catalog.pg_lsn)::pg_catalog.float8 as wal_bytes,
	pg_catalog.max(pg_catalog.age(o.datfrozenxid)) as xid_age,
	case when pg_catalog.pg_is_in_recovery()
		then (
			select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
			from pg_catalog.pg_stat_get_wal_receiver() as r
			where r.pid is not null
		)
		else (
			select pg_catalog.max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.replay_lsn))
			from pg_catalog.pg_stat_get_wal_senders() as s
		)
	end::pg_catalog.float8 as replay_lag_bytes,
	((pg_catalog.age('3'::pg_catalog.xid)::pg_catalog.int8 operator(pg_catalog.+) 3)
		operator(pg_catalog.&) 4294967295)::pg_catalog.float8 as next_xid
from pg_catalog.pg_database as o
`,
		},
	],
});

/** Counters of the cluster at one time. */
export type Pulse = RowOf<typeof pulse>;
