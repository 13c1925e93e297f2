import {bool, defineQuery, id, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';
import type {LockScope, Scopes} from '../../core/sample/scope.ts';
import {oneLine} from '../../core/sql/one-line.ts';
import {mostLocks, ownDatabase, preparedTransactions, related, relationIn, relationNameSql} from './related.ts';

const tagOf = (alias: string): string => `
			${alias}.locktype,
			coalesce(${alias}.database, 0::pg_catalog.oid),
			coalesce(${alias}.relation, 0::pg_catalog.oid),
			coalesce(${alias}.page, -1),
			coalesce(${alias}.tuple, -1::pg_catalog.int2),
			coalesce(${alias}.virtualxid, ''),
			coalesce(${alias}.transactionid::pg_catalog.text, ''),
			coalesce(${alias}.classid, 0::pg_catalog.oid),
			coalesce(${alias}.objid, 0::pg_catalog.oid),
			coalesce(${alias}.objsubid, -1::pg_catalog.int2)`;

/** Condition for the locks of a scope: those of a session with the waiters for them, and the holders of what it waits for. */
const locksIn = (scope: LockScope | undefined): string => {
	switch (scope?.kind) {
		case 'session': {
			const own = (condition: string): string =>
				`(${tagOf('l')}) in (select ${tagOf('o')} from l as o where o.pid = ${scope.pid}${condition})`;
			return oneLine(`l.pid = ${scope.pid} or (not l.granted and ${own('')}) or ${own(' and not o.granted')}`);
		}
		case 'relation':
		case 'named':
			return `l.relation in (select r.oid from related as r) and l.database in (0, ${ownDatabase})`;
		default:
			return 'true';
	}
};

// The function and not the view, and one call of it: it copies the whole lock table. Names come from the catalogs by oid, because a
// cast to regclass could mean another relation in another database. Waits come first, then the locks that can block: a fast-path
// lock is weak.
const lockTable = (waitstart: string): string => `
l as materialized (
	select
		s.virtualtransaction,
		s.mode,
		s.locktype,
		s.database,
		s.relation,
		s.page,
		s.tuple,
		s.virtualxid,
		s.transactionid,
		s.classid,
		s.objid,
		s.objsubid,
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
		l.*,
		pg_catalog.row_number() over (order by l.granted, l.fastpath, l.pid) as place,
		pg_catalog.count(*) over () as total
	from l
	where {locks}
)`;

// The row with the number of the locks that are left out.
const rest = `
select
	'',
	'',
	'',
	null,
	null,
	null,
	null,
	null,
	null,
	null,
	null,
	null,
	null,
	true,
	false,
	null,
	null,
	null,
	null,
	null,
	null,
	k.total - ${mostLocks}
from kept as k
where k.place = ${mostLocks} + 1
`;

const read = (waitstart: string): string => `
with recursive ${related},
${lockTable(waitstart)},
${kept},
${preparedTransactions}
select
	k.virtualtransaction,
	k.mode,
	k.locktype,
	k.database,
	k.relation,
	k.page,
	k.tuple,
	k.virtualxid,
	k.transactionid,
	k.classid,
	k.objid,
	k.objsubid,
	k.pid,
	k.granted,
	k.fastpath,
	k.waitstart,
	case when k.database in (0, ${ownDatabase}) then ${relationNameSql('k.relation')} end as relation_name,
	p.gid,
	p.dbid as gid_database,
	p.owner as gid_owner,
	p.prepared,
	null::pg_catalog.int8 as rest
from kept as k
left join prepared as p on p.virtualtransaction = k.virtualtransaction and k.pid is null
where k.place <= ${mostLocks}
union all
${rest}`;

/** Declaration of a query for the locks of a scope. */
const lockQuery = (name: string, title: string, scopeOf: (scopes: Scopes) => LockScope | undefined) =>
	defineQuery({
		name,
		title,
		deadlineMs: 5000,
		named: 12,
		fields: {
			virtualtransaction: textField,
			mode: textField,
			locktype: textField,
			database: nullable(int),
			relation: nullable(int),
			page: nullable(int),
			tuple: nullable(int),
			virtualxid: nullable(textField),
			transactionid: nullable(id),
			classid: nullable(int),
			objid: nullable(int),
			objsubid: nullable(int),
			pid: nullable(int),
			granted: bool,
			fastpath: bool,
			waitstart: nullable(timestamp),
			relation_name: nullable(textField),
			gid: nullable(textField),
			gid_database: nullable(int),
			gid_owner: nullable(textField),
			prepared: nullable(timestamp),
			rest: nullable(int),
		},
		scoped: scopes => ({relation: relationIn(scopeOf(scopes)), locks: locksIn(scopeOf(scopes))}),
		ladder: [
			{since: 130_000, sql: read('null::pg_catalog.timestamptz')},
			{since: 140_000, sql: read('s.waitstart')},
		],
	});

/**
 * Locks held and awaited, also while nobody waits: of a session, on a relation with its relatives, or all. At most 5000; the last
 * row, without a mode, has the number of the others in `rest`. Predicate locks are left out, because they block nothing. A null
 * pid is a prepared transaction.
 */
export const heldLocks = lockQuery('held_locks', 'held locks', ({held}) => held);

/**
 * Locks of the session whose details are shown, with the waiters for them, in rows of the same shape; asked only for such a session.
 */
export const sessionLocks = lockQuery('session_locks', 'locks of the session', ({details}) =>
	details === undefined ? undefined : {kind: 'session', pid: details},
);

/** A lock held or awaited, or the row with the number of those left out. */
export type HeldLock = RowOf<typeof heldLocks>;
