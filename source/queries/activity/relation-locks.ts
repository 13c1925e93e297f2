import {bool, defineQuery, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';
import {isNamed, mostLocks, ownDatabase, preparedTransactions, related, relationNameSql} from './related.ts';

const lockTable = (waitstart: string): string => `
l as materialized (
	select
		s.virtualtransaction,
		s.mode,
		s.locktype,
		s.database,
		s.relation,
		s.transactionid,
		s.pid,
		s.granted,
		s.fastpath,
		${waitstart} as waitstart
	from pg_catalog.pg_lock_status() as s
	where s.mode <> 'SIReadLock'
)`;

const kept = `
kept as materialized (
	select
		r.part,
		r.oid,
		l.virtualtransaction,
		l.mode,
		l.pid,
		l.granted,
		l.fastpath,
		l.waitstart,
		pg_catalog.row_number() over (order by r.part = 'table' desc, l.fastpath, l.granted, l.pid) as place,
		pg_catalog.count(*) over () as total
	from related as r
	join l on l.relation = r.oid and l.locktype = 'relation' and l.database in (0, ${ownDatabase})
)`;

// Rows without a lock: the relations of the name, the table, and the names under which statements reach it.
const relations = `
(
	select
		case when c.oid in (select b.oid from chosen as b) then 'chosen' else 'candidate' end,
		c.oid,
		null,
		null,
		pg_catalog.format('%I.%I', c.nspname, c.relname),
		c.relkind,
		c.place,
		null,
		null,
		null,
		null,
		null,
		null,
		null,
		null,
		null
	from candidates as c
	order by c.place, c.nspname
	limit 20
)
union all
select
	'base',
	b.oid,
	null,
	null,
	pg_catalog.format('%I.%I', n.nspname, c.relname),
	c.relkind::pg_catalog.text,
	null,
	null,
	null,
	null,
	null,
	null,
	null,
	null,
	null,
	null
from base as b
join pg_catalog.pg_class as c on c.oid = b.oid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
union all
select
	'family',
	c.oid,
	null,
	null,
	c.relname,
	c.relkind::pg_catalog.text,
	null,
	null,
	null,
	null,
	null,
	null,
	null,
	null,
	null,
	null
from pg_catalog.pg_class as c
where c.oid = any (array(
	select f.oid from family as f
	union
	select a.oid from ancestors as a
	limit 200
))
`;

// Relations and locks in one statement: a verdict rests on one instant.
const read = (waitstart: string): string => `
with recursive ${related},
${lockTable(waitstart)},
${preparedTransactions},
${kept}
select
	k.part,
	k.oid,
	k.virtualtransaction,
	k.mode,
	${relationNameSql('k.oid')} as name,
	null::pg_catalog.text as relkind,
	null::pg_catalog.int4 as place,
	k.pid,
	k.granted,
	k.fastpath,
	k.waitstart,
	p.gid,
	p.dbid as gid_database,
	p.owner as gid_owner,
	p.prepared,
	nullif(greatest(k.total - ${mostLocks}, 0), 0) as rest
from kept as k
left join prepared as p on p.virtualtransaction = k.virtualtransaction and k.pid is null
where k.place <= ${mostLocks}
union all
${relations}`;

/**
 * Locks held and awaited on the relation of a preflight and on its relatives, whose `part` tells them apart: `table`, `partition`,
 * `child`, `index`, `toast`, `parent`, `ancestor`, `referenced`, `referencing`. Rows without a mode are relations: what the name
 * means (`chosen`), what else has that name (`candidate`), the table itself or that of an index (`base`), and the names under
 * which statements reach it (`family`). `rest` counts locks left out beyond 5000.
 */
export const relationLocks = defineQuery({
	name: 'relation_locks',
	title: 'locks on the table',
	deadlineMs: 5000,
	named: 4,
	fields: {
		part: textField,
		oid: int,
		virtualtransaction: nullable(textField),
		mode: nullable(textField),
		name: textField,
		relkind: nullable(textField),
		place: nullable(int),
		pid: nullable(int),
		granted: nullable(bool),
		fastpath: nullable(bool),
		waitstart: nullable(timestamp),
		gid: nullable(textField),
		gid_database: nullable(int),
		gid_owner: nullable(textField),
		prepared: nullable(timestamp),
		rest: nullable(int),
	},
	scoped: ({preflight}) => ({relation: preflight ? isNamed(preflight.relation) : 'false'}),
	ladder: [
		{since: 130_000, sql: read('null::pg_catalog.timestamptz')},
		{since: 140_000, sql: read('s.waitstart')},
	],
});

/** A lock on a relation of a preflight, or one of its relations. */
export type RelationLock = RowOf<typeof relationLocks>;
