import {bool, defineQuery, id, int, ints, nullable, textField, timestamp} from '../../core/sample/query.ts';

const tag = `
		l.locktype,
		coalesce(l.database, 0::pg_catalog.oid),
		coalesce(l.relation, 0::pg_catalog.oid),
		coalesce(l.page, -1),
		coalesce(l.tuple, -1::pg_catalog.int2),
		coalesce(l.virtualxid, ''),
		coalesce(l.transactionid::pg_catalog.text, ''),
		coalesce(l.classid, 0::pg_catalog.oid),
		coalesce(l.objid, 0::pg_catalog.oid),
		coalesce(l.objsubid, -1::pg_catalog.int2)`;

// One pass over pg_locks and hashed look-ups in its result: a self-join took 10 s at 800 waiters. Names come from regclass, whose
// cached answer needs no lock on pg_class; if it answers a number the relation is gone.
const kept = (waitstart: string): string => `
with l as materialized (
	select
		l.virtualtransaction,
		l.mode,
		l.granted,
		l.pid,
		l.locktype,
		l.database,
		l.relation,
		l.page,
		l.tuple,
		l.virtualxid,
		l.transactionid,
		l.classid,
		l.objid,
		l.objsubid,
		${waitstart} as waitstart
	from pg_catalog.pg_locks as l
	where l.mode <> 'SIReadLock'
),
awaited as materialized (
	select distinct${tag}
	from l
	where not l.granted
),
prepared as materialized (
	select
		l.virtualtransaction,
		p.gid,
		p.dbid,
		pg_catalog.pg_get_userbyid(p.ownerid) as owner,
		p.prepared
	from pg_catalog.pg_prepared_xact() as p
	join l on l.transactionid = p.transaction and l.locktype = 'transactionid' and l.granted and l.pid is null
),
kept as materialized (
	select
		l.virtualtransaction,
		l.mode,
		l.granted,
		l.pid,
		l.locktype,
		l.database,
		l.relation,
		case
			when l.database = 0
				or l.database = (select a.datid from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a)
			then nullif(l.relation::pg_catalog.regclass::pg_catalog.text, l.relation::pg_catalog.text)
		end as relation_name,
		l.page,
		l.tuple,
		l.virtualxid,
		l.transactionid,
		l.classid,
		l.objid,
		l.objsubid,
		l.waitstart,
		p.gid,
		p.dbid as gid_database,
		p.owner as gid_owner,
		p.prepared
	from l
	left join prepared as p on p.virtualtransaction = l.virtualtransaction and l.pid is null
	where (${tag}
	) in (table awaited)
		or l.granted and l.locktype = 'tuple' and l.pid in (select w.pid from l as w where not w.granted)
)`;

// pg_blocking_pids takes all partitions of the lock manager once per call and answers with every waiter ahead: for all of 900
// waiters for one row 100 ms and 2 MB. So all waiters that others may block by their place in a queue are asked for only while
// they are few. In a crowd it is the last waiter of each mode, whose blockers are listed in the order of the queue, all waiters of
// a mode that few want, such as an ALTER TABLE among readers, and those that hold a lock already, which jump the queue. While 900
// deadlock detectors run, each call may take as long as the reading of pg_locks, half a minute: after a second none is begun.
const mostSeconds = 1;
const mostAsked = 100;
const fewWaiters = 8;

const asked = `
modes (mode, bit, conflicts) as (
	values
		('AccessShareLock', 1, 128),
		('RowShareLock', 2, 192),
		('RowExclusiveLock', 4, 240),
		('ShareUpdateExclusiveLock', 8, 248),
		('ShareLock', 16, 236),
		('ShareRowExclusiveLock', 32, 252),
		('ExclusiveLock', 64, 254),
		('AccessExclusiveLock', 128, 255)
),
waits as materialized (
	select
		l.pid,
		l.waitstart,
		m.bit,
		m.conflicts,
		(
			l.pid,${tag}
		) in (
			select
				l.pid,${tag}
			from kept as l
			where l.granted
		) as holds,
		pg_catalog.dense_rank() over (order by${tag}) as tag
	from kept as l
	join modes as m on m.mode = l.mode
	where not l.granted
),
crowds as materialized (
	select
		w.tag,
		w.bit,
		w.conflicts,
		pg_catalog.count(*) as waiters,
		pg_catalog.bit_or(w.bit) over (partition by w.tag) as bits
	from waits as w
	group by w.tag, w.bit, w.conflicts
),
queued as materialized (
	select
		w.pid,
		w.holds or c.waiters <= ${fewWaiters} as matters,
		pg_catalog.row_number() over (partition by w.tag, w.bit order by w.waitstart desc, w.pid desc) as place,
		pg_catalog.count(*) over () as total
	from waits as w
	join crowds as c on c.tag = w.tag and c.bit = w.bit
	where c.bits & c.conflicts & case when c.waiters = 1 then ~c.bit else -1 end <> 0
),
asked as materialized (
	select q.pid
	from queued as q
	where q.total <= ${mostAsked} or q.place = 1 or q.matters
	order by q.place
	limit ${mostAsked}
)`;

const read = (waitstart: string): string => `${kept(waitstart)},${asked}
select
	k.virtualtransaction,
	k.mode,
	k.granted,
	k.pid,
	k.locktype,
	k.database,
	k.relation,
	k.relation_name,
	k.page,
	k.tuple,
	k.virtualxid,
	k.transactionid,
	k.classid,
	k.objid,
	k.objsubid,
	k.waitstart,
	k.gid,
	k.gid_database,
	k.gid_owner,
	k.prepared,
	case
		when not k.granted
			and k.pid in (table asked)
			and pg_catalog.clock_timestamp() < pg_catalog.statement_timestamp() + '${mostSeconds}s'::pg_catalog.interval
		then pg_catalog.pg_blocking_pids(k.pid)
	end as blocking_pids
from kept as k`;

/**
 * Contested locks: every row, granted or not, of a tag with a waiter, and the `tuple` locks of waiters (they name the row behind a
 * wait for a transaction). A null `pid` is a prepared transaction, named by `gid`. Virtual transaction and mode come first because
 * they identify nearly every row. `waitstart` is new in 14. `blocking_pids` are the answers of `pg_blocking_pids`, for waiters
 * whose place in a queue they settle; null for others.
 */
export const locks = defineQuery({
	name: 'locks',
	deadlineMs: 30_000,
	fields: {
		virtualtransaction: textField,
		mode: textField,
		granted: bool,
		pid: nullable(int),
		locktype: textField,
		database: nullable(int),
		relation: nullable(int),
		relation_name: nullable(textField),
		page: nullable(int),
		tuple: nullable(int),
		virtualxid: nullable(textField),
		transactionid: nullable(id),
		classid: nullable(int),
		objid: nullable(int),
		objsubid: nullable(int),
		waitstart: nullable(timestamp),
		gid: nullable(textField),
		gid_database: nullable(int),
		gid_owner: nullable(textField),
		prepared: nullable(timestamp),
		blocking_pids: nullable(ints),
	},
	ladder: [
		{since: 130_000, sql: read('null::pg_catalog.timestamptz')},
		{since: 140_000, sql: read('l.waitstart')},
	],
});
