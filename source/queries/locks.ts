import {bool, defineQuery, id, int, ints, nullable, textField, timestamp} from '../core/sample/query.ts';

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

const tagText = (row: string): string =>
	`pg_catalog.concat_ws('/', ${['locktype', 'database', 'relation', 'page', 'tuple', 'virtualxid', 'transactionid', 'classid', 'objid', 'objsubid'].map(name => `${row}.${name}`).join(', ')})`;

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

const columns = `
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
	k.prepared`;

/**
 * Contested locks: every row, granted or not, of a tag with a waiter, and the `tuple` locks of waiters (they name the row behind a
 * wait for a transaction). A null `pid` is a prepared transaction, named by `gid`. Virtual transaction and mode come first because
 * they identify nearly every row. `waitstart` is new in 14; 13 answers `blocking_pids` instead, for waiters that no held lock
 * explains and only while at most 100 wait, because its cost is quadratic.
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
		{
			since: 130_000,
			sql: `${kept('null::pg_catalog.timestamptz')},
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
held as materialized (
	select
		${tagText('k')} as tag,
		k.pid,
		m.bit
	from kept as k
	join modes as m on m.mode = k.mode
	where k.granted
)
select${columns},
	case
		when not k.granted
			and (select pg_catalog.count(*) from kept as w where not w.granted) <= 100
			and not exists (
				select
				from held as h
				where h.tag = ${tagText('k')}
					and h.bit & m.conflicts <> 0
					and h.pid is distinct from k.pid
			)
		then pg_catalog.pg_blocking_pids(k.pid)
	end as blocking_pids
from kept as k
join modes as m on m.mode = k.mode`,
		},
		{
			since: 140_000,
			sql: `${kept('l.waitstart')}
select${columns},
	null::pg_catalog.int4[] as blocking_pids
from kept as k`,
		},
	],
});
