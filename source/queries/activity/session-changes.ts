import {oneLine} from '../../core/sql/one-line.ts';
import {sessionColumns, sessions} from './sessions.ts';

/** Servers from this one on can say which sessions changed: hash_record_extended is new in 14. */
export const changesSince = 140_000;

/**
 * The list of sessions as changes since an earlier answer to the same question over the same connection. The connection remembers, in
 * a setting of its own, the pid and a hash of each row that it sent, under the name of the answer: `before` is the name of the answer
 * that the changes are asked for, `now` that of this one; both are letters, digits and dots.
 *
 * Rows that changed or are new come whole; behind their columns come three more. `gone_pid` names a session that ended. `known`
 * is the number of rows that `before` had, or 0 if the connection knows no such answer: then all rows come. `kept` says that this
 * answer is remembered. If nothing changed there is one row of nulls and the last two.
 */
export const sessionChanges = (before: string, now: string): string =>
	template().replaceAll('{before}', before).replaceAll('{now}', now);

let line: string | undefined;
const template = (): string => {
	line ??= oneLine(sql);
	return line;
};

// The setting is read before it is written, because its new value needs the number of rows of the old one.
const sql = `/* pgtriage:${sessions.name} */
with
seen as materialized (
	select pg_catalog.string_to_array(pg_catalog.current_setting('pgtriage.sessions', true), ';') as parts
),
before as materialized (
	select b.pid, b.hash
	from seen as s
	cross join lateral rows from (
		pg_catalog.unnest(s.parts[2]::pg_catalog.int4[]),
		pg_catalog.unnest(s.parts[3]::pg_catalog.int8[])
	) as b (pid, hash)
	where s.parts[1] operator(pg_catalog.=) '{before}'
),
now as materialized (
	select a.*, pg_catalog.hash_record_extended(row(
		a.pid, a.backend_start, a.datid, a.usesysid, pg_catalog.pg_get_userbyid(a.usesysid), a.application_name, a.client_addr,
		a.client_port, a.backend_type, a.state, a.wait_event_type, a.wait_event, a.xact_start, a.query_start, a.state_change,
		a.backend_xid, a.backend_xmin, a.leader_pid, a.query_id, a.query
	), 0) as hash
	from pg_catalog.pg_stat_get_activity(null) as a
),
kept as materialized (
	select
		n.known,
		pg_catalog.set_config('pgtriage.sessions', pg_catalog.concat(
			case when n.known operator(pg_catalog.>=) 0 then '{now}' end, ';', n.pids, ';', n.hashes
		), false) is not null as kept
	from (
		select
			pg_catalog.array_agg(a.pid) as pids,
			pg_catalog.array_agg(a.hash) as hashes,
			(select pg_catalog.count(*) from before) as known
		from now as a
	) as n
)
select
	${sessionColumns},
	case when a.pid is null then b.pid end as gone_pid,
	k.known,
	k.kept
from kept as k
left join (
	now as a
	full join before as b on b.pid operator(pg_catalog.=) a.pid
) on a.pid is null or b.pid is null or b.hash operator(pg_catalog.<>) a.hash`;
