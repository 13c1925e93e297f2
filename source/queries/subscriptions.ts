import {bool, defineQuery, float, id, int, nullable, type RowOf, textField, timestamp} from '../core/sample/query.ts';

const conflictKinds = [
	'insert_exists',
	'update_origin_differs',
	'update_exists',
	'update_missing',
	'delete_origin_differs',
	'delete_missing',
	'multiple_unique_conflicts',
];

const conflicts = `(${conflictKinds.map(kind => `e.confl_${kind}`).join(' operator(pg_catalog.+) ')})::pg_catalog.float8`;
const kinds = `nullif(pg_catalog.concat_ws(', ', ${conflictKinds
	.map(kind => `case when e.confl_${kind} operator(pg_catalog.>) 0 then pg_catalog.concat('${kind} ', e.confl_${kind}) end`)
	.join(', ')}), '')`;

type Rung = {readonly oid?: true; readonly errors?: true; readonly leader?: true; readonly conflict?: true};

// Before 14 only superusers may read the oids of pg_subscription; a view has them, but not their databases. If two databases have a
// subscription of the same name they cannot be told apart.
const named = `
	select
		v.subid as oid,
		v.subname,
		p.subdbid,
		p.subenabled,
		p.subslotname,
		p.subpublications
	from (
		select distinct
			w.subid,
			w.subname
		from pg_catalog.pg_stat_subscription as w
	) as v
	left join pg_catalog.pg_subscription as p on p.subname = v.subname and not exists (
		select
		from pg_catalog.pg_subscription as twin
		where twin.subname = p.subname and twin.subdbid <> p.subdbid
	)`;

const listed = `
	select
		p.oid,
		p.subname,
		p.subdbid,
		p.subenabled,
		p.subslotname,
		p.subpublications
	from pg_catalog.pg_subscription as p`;

const read = ({oid, errors, leader, conflict}: Rung): string => `
with worker as materialized (
	select
		w.subid,
		w.relid,
		w.pid,
		${leader ? 'w.leader_pid' : 'null::pg_catalog.int4'} as leader_pid,
		w.received_lsn,
		w.latest_end_lsn,
		w.last_msg_receipt_time
	from pg_catalog.pg_stat_get_subscription(null) as w
)
select
	s.oid as subid,
	s.subname,
	s.subdbid as datid,
	s.subenabled as enabled,
	s.subslotname as slot_name,
	pg_catalog.array_to_string(s.subpublications, ', ') as publications,
	a.pid,
	a.received_lsn,
	a.latest_end_lsn,
	a.last_msg_receipt_time,
	(
		select pg_catalog.count(*)
		from worker as w
		where w.subid = s.oid and w.relid is not null
	) as sync_workers,
	case when s.subdbid = d.oid then t.tables end as tables,
	case when s.subdbid = d.oid then t.not_ready end as tables_not_ready,
	${errors ? 'e.apply_error_count' : 'null'}::pg_catalog.float8 as apply_error_count,
	${errors ? 'e.sync_error_count' : 'null'}::pg_catalog.float8 as sync_error_count,
	${conflict ? conflicts : 'null::pg_catalog.float8'} as conflicts,
	${conflict ? kinds : 'null::pg_catalog.text'} as conflict_kinds
from (${oid ? listed : named}
) as s
left join worker as a on a.subid = s.oid and a.relid is null and a.leader_pid is null
cross join (
	select o.oid
	from pg_catalog.pg_database as o
	where o.datname = pg_catalog.current_database()
) as d
cross join lateral (
	select
		pg_catalog.count(*) as tables,
		pg_catalog.count(*) filter (where r.srsubstate not in ('r', 's')) as not_ready
	from pg_catalog.pg_subscription_rel as r
	where r.srsubid = s.oid
) as t
${errors ? 'left join lateral pg_catalog.pg_stat_get_subscription_stats(s.oid) as e on true' : ''}
`;

/**
 * Subscriptions of the cluster and their apply workers, without their connection strings. Table states are known for our own
 * database. Error counts exist from 15, conflicts from 18.
 */
export const subscriptions = defineQuery({
	name: 'subscriptions',
	deadlineMs: 2000,
	fields: {
		subid: int,
		subname: textField,
		/** Unknown, like the next ones, on 13 if another database has a subscription of the same name. */
		datid: nullable(int),
		enabled: nullable(bool),
		slot_name: nullable(textField),
		publications: nullable(textField),
		/** Null while no apply worker runs. */
		pid: nullable(int),
		received_lsn: nullable(id),
		latest_end_lsn: nullable(id),
		last_msg_receipt_time: nullable(timestamp),
		sync_workers: int,
		tables: nullable(int),
		tables_not_ready: nullable(int),
		apply_error_count: nullable(float),
		sync_error_count: nullable(float),
		conflicts: nullable(float),
		conflict_kinds: nullable(textField),
	},
	ladder: [
		{since: 130_000, sql: read({})},
		{since: 140_000, sql: read({oid: true})},
		{since: 150_000, sql: read({oid: true, errors: true})},
		{since: 160_000, sql: read({oid: true, errors: true, leader: true})},
		{since: 180_000, sql: read({oid: true, errors: true, leader: true, conflict: true})},
	],
});

/** One subscription. */
export type Subscription = RowOf<typeof subscriptions>;
