import {bool, defineQuery, float, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

// A client whose type is hidden from our role has a database and a role, which background processes do not have.
const isClient = `a.backend_type operator(pg_catalog.=) 'client backend'
		or (a.backend_type is null and a.datid is not null and a.usesysid is not null)`;
// Our own backend runs this question; it waits for no lock and is not idle.
const isOther = 'a.pid operator(pg_catalog.<>) pg_catalog.pg_backend_pid()';
const seconds = (from: string): string =>
	`pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() operator(pg_catalog.-) ${from})::pg_catalog.float8`;

/**
 * The state of one server of a fleet, in one row: the narrow question that each of them is asked once a second. `hidden` counts the
 * sessions whose state our role cannot see; `lag_bytes` is that of the slowest standby, or of the replay on a standby. The timeline of
 * a primary is that of the WAL it writes, the timeline of a standby the newest that it has received or checkpointed.
 */
export const fleetMember = defineQuery({
	name: 'fleet_member',
	title: 'state of a server',
	deadlineMs: 2000,
	named: 1,
	fields: {
		in_recovery: nullable(bool),
		started: nullable(timestamp),
		version_text: nullable(textField),
		timeline: nullable(int),
		lag_bytes: nullable(float),
		lag_seconds: nullable(float),
		standbys: nullable(int),
		max_connections: nullable(int),
		reserved_connections: nullable(int),
		connections: nullable(int),
		hidden: nullable(int),
		active: nullable(int),
		blocked: nullable(int),
		idle_in_transaction: nullable(int),
		oldest_xact_seconds: nullable(float),
		idle_in_transaction_seconds: nullable(float),
		transactions: nullable(float),
		xid_age: nullable(int),
		freeze_max_age: nullable(int),
		mxid_age: nullable(int),
		multixact_freeze_max_age: nullable(int),
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	pg_catalog.pg_is_in_recovery() as in_recovery,
	pg_catalog.pg_postmaster_start_time() as started,
	pg_catalog.current_setting('server_version') as version_text,
	case when pg_catalog.pg_is_in_recovery()
		then (
			select greatest(c.timeline_id, r.received_tli)
			from pg_catalog.pg_control_checkpoint() as c
			left join pg_catalog.pg_stat_get_wal_receiver() as r on true
		)
		else ('x' operator(pg_catalog.||) pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)
			)::pg_catalog.bit(32)::pg_catalog.int4
	end as timeline,
	case when pg_catalog.pg_is_in_recovery()
		then (
			select pg_catalog.pg_wal_lsn_diff(
				greatest(pg_catalog.pg_last_wal_receive_lsn(), r.latest_end_lsn), pg_catalog.pg_last_wal_replay_lsn())
			from pg_catalog.pg_stat_get_wal_receiver() as r
			where r.pid is not null
		)
		else (
			select pg_catalog.max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.replay_lsn))
			from pg_catalog.pg_stat_get_wal_senders() as s
		)
	end::pg_catalog.float8 as lag_bytes,
	case
		when not pg_catalog.pg_is_in_recovery() then null
		when pg_catalog.pg_last_wal_receive_lsn() operator(pg_catalog.=) pg_catalog.pg_last_wal_replay_lsn() then 0
		else ${seconds('pg_catalog.pg_last_xact_replay_timestamp()')}
	end::pg_catalog.float8 as lag_seconds,
	(select pg_catalog.count(*)::pg_catalog.int4 from pg_catalog.pg_stat_get_wal_senders() as s) as standbys,
	pg_catalog.current_setting('max_connections')::pg_catalog.int4 as max_connections,
	pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4
		operator(pg_catalog.+) coalesce(pg_catalog.current_setting('reserved_connections', true)::pg_catalog.int4, 0) as reserved_connections,
	n.connections,
	n.hidden,
	n.active,
	n.blocked,
	n.idle_in_transaction,
	${seconds('n.oldest_xact')} as oldest_xact_seconds,
	${seconds('n.oldest_idle')} as idle_in_transaction_seconds,
	c.transactions,
	c.xid_age,
	pg_catalog.current_setting('autovacuum_freeze_max_age')::pg_catalog.int4 as freeze_max_age,
	c.mxid_age,
	pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::pg_catalog.int4 as multixact_freeze_max_age
from (
	select
		pg_catalog.count(*)::pg_catalog.int4 as connections,
		(pg_catalog.count(*) filter (where a.state is null or a.state operator(pg_catalog.=) 'disabled'))::pg_catalog.int4 as hidden,
		(pg_catalog.count(*) filter (where a.state operator(pg_catalog.=) 'active' and ${isOther}))::pg_catalog.int4 as active,
		(pg_catalog.count(*) filter (where a.wait_event_type operator(pg_catalog.=) 'Lock'))::pg_catalog.int4 as blocked,
		(pg_catalog.count(*) filter (where a.state operator(pg_catalog.~~) 'idle in transaction%'))::pg_catalog.int4 as idle_in_transaction,
		pg_catalog.min(a.xact_start) filter (where ${isOther}) as oldest_xact,
		pg_catalog.min(a.state_change) filter (where a.state operator(pg_catalog.~~) 'idle in transaction%') as oldest_idle
	from pg_catalog.pg_stat_get_activity(null) as a
	where ${isClient}
) as n
cross join (
	select
		pg_catalog.sum(pg_catalog.pg_stat_get_db_xact_commit(d.oid)
			operator(pg_catalog.+) pg_catalog.pg_stat_get_db_xact_rollback(d.oid))::pg_catalog.float8 as transactions,
		pg_catalog.max(pg_catalog.age(d.datfrozenxid)) as xid_age,
		pg_catalog.max(pg_catalog.mxid_age(d.datminmxid)) as mxid_age
	from pg_catalog.pg_database as d
) as c
`,
		},
	],
});

/** The state of one server of a fleet. */
export type FleetMemberState = RowOf<typeof fleetMember>;
