import type {LockScope, NamedRelation} from '../../core/sample/scope.ts';
import {literal} from '../../core/values/quote.ts';

// As an array, so that the catalogs are read by their indexes: a join reads all of 10,000 tables.
const anyOfFamily = 'any (array(select f.oid from family as f))';

/** Name of a relation by an oid of our database, as a subquery that reads the catalogs by their indexes; null if there is none. */
export const relationNameSql = (oid: string): string => `(
		select pg_catalog.format('%I.%I', n.nspname, c.relname)
		from pg_catalog.pg_class as c
		join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
		where c.oid = ${oid}
	)`;

/**
 * Common table expressions of a query about one relation: `candidates` are the relations that the condition `{relation}` finds,
 * `related` is the one that the name means, with its relatives, each once, by `part`. Catalogs are read by name and oid, so that no
 * lock on the relation itself is ever asked for. An unqualified name is found as an application finds it: in pg_catalog, in the
 * schema of the role, in public, and else in the only other schema that has it.
 */
export const related = `
candidates as materialized (
	select
		c.oid,
		n.nspname,
		c.relname,
		c.relkind::pg_catalog.text as relkind,
		case n.nspname when 'pg_catalog' then 1 when current_user then 2 when 'public' then 3 else 4 end as place
	from pg_catalog.pg_class as c
	join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
	where {relation}
),
chosen as materialized (
	select
		c.oid,
		c.relkind in ('i', 'I') as is_index
	from candidates as c
	where c.place = (select pg_catalog.min(d.place) from candidates as d)
		and (c.place < 4 or 1 = (select pg_catalog.count(*) from candidates))
),
base as materialized (
	select coalesce(i.indrelid, c.oid) as oid
	from chosen as c
	left join pg_catalog.pg_index as i on i.indexrelid = c.oid
),
family (oid) as (
	select b.oid
	from base as b
	union
	select h.inhrelid
	from family as f
	join pg_catalog.pg_inherits as h on h.inhparent = f.oid
),
ancestors (oid) as (
	select h.inhparent
	from base as b
	join pg_catalog.pg_inherits as h on h.inhrelid = b.oid
	union
	select h.inhparent
	from ancestors as a
	join pg_catalog.pg_inherits as h on h.inhrelid = a.oid
),
parts (oid, part, place) as (
	select b.oid, 'table', 0
	from base as b
	union all
	select c.oid, case when c.relispartition then 'partition' else 'child' end, 1
	from pg_catalog.pg_class as c
	where c.oid = ${anyOfFamily}
	union all
	select i.indexrelid, 'index', 2
	from pg_catalog.pg_index as i
	where i.indrelid = ${anyOfFamily}
		and not exists (select from chosen as c where c.is_index and c.oid <> i.indexrelid)
	union all
	select c.reltoastrelid, 'toast', 3
	from pg_catalog.pg_class as c
	where c.oid = ${anyOfFamily} and c.reltoastrelid <> 0
	union all
	select h.inhparent, 'parent', 4
	from base as b
	join pg_catalog.pg_class as c on c.oid = b.oid
	join pg_catalog.pg_inherits as h on h.inhrelid = b.oid
	where c.relispartition
	union all
	select a.oid, 'ancestor', 5
	from ancestors as a
	union all
	select k.confrelid, 'referenced', 6
	from pg_catalog.pg_constraint as k
	where k.conrelid = ${anyOfFamily} and k.contype = 'f'
	union all
	select k.conrelid, 'referencing', 7
	from pg_catalog.pg_constraint as k
	where k.confrelid = ${anyOfFamily} and k.contype = 'f'
),
related as materialized (
	select distinct on (p.oid)
		p.oid,
		p.part
	from parts as p
	order by p.oid, p.place
)`;

/** Condition for `{relation}`: relations of this name; temporary tables of other sessions only by their schema. */
export const isNamed = ({schema, name}: NamedRelation): string =>
	`c.relname = ${literal(name)} and ${schema === null ? "n.nspname not like 'pg\\_temp\\_%'" : `n.nspname = ${literal(schema)}`}`;

/** Condition for `{relation}` in a scope; no relation unless the scope is one. */
export const relationIn = (scope: LockScope | undefined): string => {
	switch (scope?.kind) {
		case 'relation':
			return `c.oid = ${scope.oid}`;
		case 'named':
			return isNamed(scope);
		default:
			return 'false';
	}
};

/** Common table expression of the names of prepared transactions, from the lock table `l`. */
export const preparedTransactions = `
prepared as materialized (
	select
		l.virtualtransaction,
		p.gid,
		p.dbid,
		pg_catalog.pg_get_userbyid(p.ownerid) as owner,
		p.prepared
	from pg_catalog.pg_prepared_xact() as p
	join l on l.transactionid = p.transaction and l.locktype = 'transactionid' and l.granted and l.pid is null
)`;

/** Oid of our database, which needs no lock on a catalog. */
export const ownDatabase = '(select a.datid from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a)';

/** Most locks that one answer holds; the rest are counted. */
export const mostLocks = 5000;
