import {bool, defineQuery, float, id, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

/**
 * End of WAL: as written on a primary; on a standby as received or replayed, whichever is further, because a standby forwards WAL
 * before it has replayed it. An item of the select list, so that a server that refuses it still lists its senders and slots.
 */
const currentLsn = `case when pg_catalog.pg_is_in_recovery()
		then greatest(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
		else pg_catalog.pg_current_wal_lsn()
	end as current_lsn`;

/**
 * Receivers of WAL: standbys, logical subscribers, base backups. Calls the functions, because the view waits for locks on
 * pg_authid.
 */
export const senders = defineQuery({
	name: 'senders',
	title: 'WAL senders',
	deadlineMs: 2000,
	fields: {
		pid: int,
		backend_start: nullable(timestamp),
		usename: nullable(textField),
		application_name: nullable(textField),
		client_addr: nullable(textField),
		backend_xmin_age: nullable(int),
		state: nullable(textField),
		sync_state: nullable(textField),
		sync_priority: nullable(int),
		current_lsn: nullable(id),
		sent_lsn: nullable(id),
		write_lsn: nullable(id),
		flush_lsn: nullable(id),
		replay_lsn: nullable(id),
		write_lag_seconds: nullable(float),
		flush_lag_seconds: nullable(float),
		replay_lag_seconds: nullable(float),
		reply_time: nullable(timestamp),
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	s.pid,
	a.backend_start,
	pg_catalog.pg_get_userbyid(a.usesysid) as usename,
	a.application_name,
	pg_catalog.host(a.client_addr) as client_addr,
	pg_catalog.age(a.backend_xmin) as backend_xmin_age,
	s.state,
	s.sync_state,
	s.sync_priority,
	${currentLsn},
	s.sent_lsn,
	s.write_lsn,
	s.flush_lsn,
	s.replay_lsn,
	extract(epoch from s.write_lag)::pg_catalog.float8 as write_lag_seconds,
	extract(epoch from s.flush_lag)::pg_catalog.float8 as flush_lag_seconds,
	extract(epoch from s.replay_lag)::pg_catalog.float8 as replay_lag_seconds,
	s.reply_time
from pg_catalog.pg_stat_get_wal_senders() as s
left join lateral pg_catalog.pg_stat_get_activity(s.pid) as a on true
`,
		},
	],
});

/** One WAL sender. */
export type Sender = RowOf<typeof senders>;

type Since = Readonly<Partial<Record<'two_phase' | 'conflicting' | 'inactive_since' | 'slotsync_skip_reason', true>>>;

const readSlots = (has: Since): string => `
select
	s.slot_name,
	s.slot_type,
	s.plugin,
	s.datoid as datid,
	s.temporary,
	s.active,
	s.active_pid,
	pg_catalog.age(s.xmin) as xmin_age,
	pg_catalog.age(s.catalog_xmin) as catalog_xmin_age,
	${currentLsn},
	s.restart_lsn,
	s.confirmed_flush_lsn,
	s.wal_status,
	s.safe_wal_size::pg_catalog.float8 as safe_wal_size,
	${has.two_phase ? 's.two_phase' : 'null::pg_catalog.bool'} as two_phase,
	${has.conflicting ? 's.conflicting' : 'null::pg_catalog.bool'} as conflicting,
	${has.inactive_since ? 's.inactive_since' : 'null::pg_catalog.timestamptz'} as inactive_since,
	${has.inactive_since ? 's.invalidation_reason' : 'null::pg_catalog.text'} as invalidation_reason,
	${has.inactive_since ? 's.failover' : 'null::pg_catalog.bool'} as failover,
	${has.inactive_since ? 's.synced' : 'null::pg_catalog.bool'} as synced,
	${has.slotsync_skip_reason ? 's.slotsync_skip_reason' : 'null::pg_catalog.text'} as slotsync_skip_reason
from pg_catalog.pg_get_replication_slots() as s
`;

/** Replication slots, which make the server keep WAL and dead rows. */
export const slots = defineQuery({
	name: 'slots',
	title: 'replication slots',
	deadlineMs: 2000,
	fields: {
		slot_name: textField,
		slot_type: textField,
		plugin: nullable(textField),
		datid: nullable(int),
		temporary: bool,
		active: bool,
		active_pid: nullable(int),
		xmin_age: nullable(int),
		catalog_xmin_age: nullable(int),
		current_lsn: nullable(id),
		restart_lsn: nullable(id),
		confirmed_flush_lsn: nullable(id),
		wal_status: nullable(textField),
		/** Bytes; null without a limit and if the slot is lost. */
		safe_wal_size: nullable(float),
		two_phase: nullable(bool),
		conflicting: nullable(bool),
		inactive_since: nullable(timestamp),
		invalidation_reason: nullable(textField),
		failover: nullable(bool),
		synced: nullable(bool),
		/** Reason why the last synchronization from the primary left it as it was; null before 19. */
		slotsync_skip_reason: nullable(textField),
	},
	ladder: [
		{since: 130_000, sql: readSlots({})},
		{since: 140_000, sql: readSlots({two_phase: true})},
		{since: 160_000, sql: readSlots({two_phase: true, conflicting: true})},
		{since: 170_000, sql: readSlots({two_phase: true, conflicting: true, inactive_since: true})},
		{
			since: 190_000,
			sql: readSlots({two_phase: true, conflicting: true, inactive_since: true, slotsync_skip_reason: true}),
		},
	],
});

/** One replication slot. */
export type Slot = RowOf<typeof slots>;

const conflictKinds = ['tablespace', 'lock', 'snapshot', 'bufferpin', 'startup_deadlock'];

/** Counts other than 0 by name, as one text: `snapshot 3, lock 1`. */
const named = (counts: readonly (readonly [name: string, count: string])[]): string =>
	`nullif(pg_catalog.concat_ws(', ', ${counts
		.map(([name, count]) => `case when ${count} operator(pg_catalog.>) 0 then pg_catalog.concat('${name} ', ${count}) end`)
		.join(', ')}), '')`;

const noRecovery = ['null::pg_catalog.bool', 'null::pg_catalog.pg_lsn', 'null::pg_catalog.timestamptz'] as const;

const readStandby = (pauseState: string, kinds: readonly string[], hasRecovery = false): string => {
	const [promoting, replaying, chunkStart] = hasRecovery
		? ['v.promote_triggered', 'v.replay_end_lsn', 'v.current_chunk_start_time']
		: noRecovery;
	return `
select
	w.in_recovery,
	r.pid as receiver_pid,
	r.status,
	r.sender_host,
	r.sender_port,
	r.slot_name,
	r.received_tli,
	r.written_lsn,
	r.flushed_lsn,
	r.latest_end_lsn,
	r.last_msg_send_time,
	r.last_msg_receipt_time,
	case when w.in_recovery then pg_catalog.pg_last_wal_receive_lsn() end as receive_lsn,
	case when w.in_recovery then pg_catalog.pg_last_wal_replay_lsn() end as replay_lsn,
	case when w.in_recovery then ${pauseState} end as pause_state,
	case when w.in_recovery then pg_catalog.pg_last_xact_replay_timestamp() end as last_xact_replay,
	(${kinds.map(kind => `c.${kind}`).join(' operator(pg_catalog.+) ')})::pg_catalog.float8 as conflicts,
	${named(kinds.map(kind => [kind, `c.${kind}`]))} as conflict_kinds,
	${promoting} as promote_triggered,
	${replaying} as replaying_lsn,
	${chunkStart} as chunk_start
from (select pg_catalog.pg_is_in_recovery() as in_recovery) as w
left join pg_catalog.pg_stat_get_wal_receiver() as r on true
${hasRecovery ? 'left join pg_catalog.pg_stat_get_recovery() as v on true' : ''}
cross join (
	select
		${kinds.map(kind => `coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_db_conflict_${kind}(d.oid)), 0) as ${kind}`).join(',\n\t\t')}
	from pg_catalog.pg_database as d
) as c
`;
};

/**
 * WAL that a standby receives and replays, without its connection string, which may contain a password. One row, empty on a
 * primary. The state of recovery is new in 19.
 */
export const standby = defineQuery({
	name: 'standby',
	deadlineMs: 2000,
	when: facts => facts.in_recovery === true,
	fields: {
		in_recovery: nullable(bool),
		receiver_pid: nullable(int),
		status: nullable(textField),
		sender_host: nullable(textField),
		sender_port: nullable(int),
		slot_name: nullable(textField),
		received_tli: nullable(int),
		written_lsn: nullable(id),
		flushed_lsn: nullable(id),
		latest_end_lsn: nullable(id),
		last_msg_send_time: nullable(timestamp),
		last_msg_receipt_time: nullable(timestamp),
		receive_lsn: nullable(id),
		replay_lsn: nullable(id),
		pause_state: nullable(textField),
		last_xact_replay: nullable(timestamp),
		conflicts: nullable(float),
		conflict_kinds: nullable(textField),
		/** The next ones are null before 19 and without pg_read_all_stats. */
		promote_triggered: nullable(bool),
		/** End of the record that is being replayed; the end of the last replayed one if replay waits for WAL. */
		replaying_lsn: nullable(id),
		/** Time when replay got the WAL that it works on, having replayed all before. */
		chunk_start: nullable(timestamp),
	},
	ladder: [
		{
			since: 130_000,
			sql: readStandby(`case when pg_catalog.pg_is_wal_replay_paused() then 'paused' else 'not paused' end`, conflictKinds),
		},
		{since: 140_000, sql: readStandby('pg_catalog.pg_get_wal_replay_pause_state()', conflictKinds)},
		{since: 160_000, sql: readStandby('pg_catalog.pg_get_wal_replay_pause_state()', [...conflictKinds, 'logicalslot'])},
		{
			since: 190_000,
			sql: readStandby('pg_catalog.pg_get_wal_replay_pause_state()', [...conflictKinds, 'logicalslot'], true),
		},
	],
});

/** WAL receiver and replay of a standby. */
export type Standby = RowOf<typeof standby>;
