import {bool, defineQuery, float, id, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

const since18 = [
	'insert_exists',
	'update_origin_differs',
	'update_exists',
	'update_missing',
	'delete_origin_differs',
	'delete_missing',
	'multiple_unique_conflicts',
];

const since19 = [...since18, 'update_deleted'];

const conflictsOf = (kinds: readonly string[]): string =>
	`(${kinds.map(kind => `e.confl_${kind}`).join(' operator(pg_catalog.+) ')})::pg_catalog.float8`;

const namesOf = (kinds: readonly string[]): string =>
	`nullif(pg_catalog.concat_ws(', ', ${kinds
		.map(kind => `case when e.confl_${kind} operator(pg_catalog.>) 0 then pg_catalog.concat('${kind} ', e.confl_${kind}) end`)
		.join(', ')}), '')`;

type Rung = {
	readonly oid?: true;
	/** Columns of the errors of table and of sequence synchronization. */
	readonly errors?: readonly [tables: string, sequences: string];
	readonly leader?: true;
	/** Has sequences, with workers of their own that only `worker_type` tells from an apply worker. */
	readonly sequences?: true;
	readonly conflicts?: readonly string[];
};

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

// A table that was dropped meanwhile is still a table.
const isTable = `not exists (
			select
			from pg_catalog.pg_class as c
			where c.oid = r.srrelid and c.relkind = 'S'
		)`;

const read = ({oid, errors, leader, sequences, conflicts}: Rung): string => `
with worker as materialized (
	select
		w.subid,
		w.relid,
		w.pid,
		${leader ? 'w.leader_pid' : 'null::pg_catalog.int4'} as leader_pid,${sequences ? '\n\t\tw.worker_type,' : ''}
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
		where w.subid = s.oid and ${sequences ? "w.worker_type = 'table synchronization'" : 'w.relid is not null'}
	) as sync_workers,
	case when s.subdbid = d.oid then t.tables end as tables,
	case when s.subdbid = d.oid then t.not_ready end as tables_not_ready,
	${errors ? 'e.apply_error_count' : 'null'}::pg_catalog.float8 as apply_error_count,
	${errors ? errors[0] : 'null'}::pg_catalog.float8 as sync_error_count,
	${conflicts ? conflictsOf(conflicts) : 'null::pg_catalog.float8'} as conflicts,
	${conflicts ? namesOf(conflicts) : 'null::pg_catalog.text'} as conflict_kinds,
	${errors ? errors[1] : 'null'}::pg_catalog.float8 as sequence_error_count,
	case when s.subdbid = d.oid then t.sequences_not_ready end as sequences_not_ready
from (${oid ? listed : named}
) as s
left join worker as a on a.subid = s.oid and ${sequences ? "a.worker_type = 'apply'" : 'a.relid is null and a.leader_pid is null'}
cross join (
	select o.oid
	from pg_catalog.pg_database as o
	where o.datname = pg_catalog.current_database()
) as d
cross join lateral (
	select
		pg_catalog.count(*) ${sequences ? `filter (where ${isTable}) ` : ''}as tables,
		pg_catalog.count(*) filter (where r.srsubstate not in ('r', 's')${sequences ? ` and ${isTable}` : ''}) as not_ready,
		${sequences ? `pg_catalog.count(*) filter (where r.srsubstate not in ('r', 's') and not ${isTable})` : 'null::pg_catalog.int8'} as sequences_not_ready
	from pg_catalog.pg_subscription_rel as r
	where r.srsubid = s.oid
) as t
${errors ? 'left join lateral pg_catalog.pg_stat_get_subscription_stats(s.oid) as e on true' : ''}
`;

/**
 * Subscriptions of the cluster and their apply workers, without their connection strings. Table states are known for our own
 * database. Error counts exist from 15, conflicts from 18, sequences from 19.
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
		sequence_error_count: nullable(float),
		sequences_not_ready: nullable(int),
	},
	ladder: [
		{since: 130_000, sql: read({})},
		{since: 140_000, sql: read({oid: true})},
		{since: 150_000, sql: read({oid: true, errors: ['e.sync_error_count', 'null']})},
		{since: 160_000, sql: read({oid: true, errors: ['e.sync_error_count', 'null'], leader: true})},
		{since: 180_000, sql: read({oid: true, errors: ['e.sync_error_count', 'null'], leader: true, conflicts: since18})},
		{
			since: 190_000,
			sql: read({
				oid: true,
				errors: ['e.sync_table_error_count', 'e.sync_seq_error_count'],
				leader: true,
				sequences: true,
				conflicts: since19,
			}),
		},
	],
});

/** One subscription. */
export type Subscription = RowOf<typeof subscriptions>;
