import {bool, defineQuery, float, int, nullable, type RowOf, textField} from '../../core/sample/query.ts';

/** Ages of the oldest unfrozen transaction and multixact ids of each database, and the ages at which the server acts. */
export const freezeAges = defineQuery({
	name: 'freeze_ages',
	deadlineMs: 2000,
	everyMs: 30_000,
	fields: {
		datid: int,
		datname: textField,
		xid_age: int,
		mxid_age: int,
		freeze_max_age: int,
		multixact_freeze_max_age: int,
		failsafe_age: nullable(int),
	},
	ladder: [
		{
			since: 130_000,
			// vacuum_failsafe_age is new in 14.
			sql: `
select
	d.oid as datid,
	d.datname,
	pg_catalog.age(d.datfrozenxid) as xid_age,
	pg_catalog.mxid_age(d.datminmxid) as mxid_age,
	pg_catalog.current_setting('autovacuum_freeze_max_age')::pg_catalog.int4 as freeze_max_age,
	pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::pg_catalog.int4 as multixact_freeze_max_age,
	pg_catalog.current_setting('vacuum_failsafe_age', true)::pg_catalog.int4 as failsafe_age
from pg_catalog.pg_database as d
`,
		},
	],
});

/** A database and its distance from wraparound. */
export type FreezeAge = RowOf<typeof freezeAges>;

/**
 * The twenty tables of our database with the oldest unfrozen ids, which determine the age of the whole database. `toast_of` is the
 * table that a TOAST table belongs to, quoted for SQL. Autovacuum cannot process a temporary table.
 */
export const oldestTables = defineQuery({
	name: 'oldest_tables',
	deadlineMs: 3000,
	everyMs: 60_000,
	fields: {
		oid: int,
		schemaname: textField,
		relname: textField,
		toast_of: nullable(textField),
		temporary: bool,
		xid_age: int,
		mxid_age: int,
		table_bytes: float,
	},
	ladder: [
		{
			since: 130_000,
			sql: `
with oldest as materialized (
	select
		c.oid,
		c.relnamespace,
		c.relname,
		c.relkind,
		c.relpersistence,
		c.relpages,
		pg_catalog.age(c.relfrozenxid) as xid_age,
		pg_catalog.mxid_age(c.relminmxid) as mxid_age
	from pg_catalog.pg_class as c
	where c.relkind operator(pg_catalog.=) any (array['r', 'm', 't']::pg_catalog."char"[])
	order by greatest(pg_catalog.age(c.relfrozenxid), pg_catalog.mxid_age(c.relminmxid)) desc, c.oid
	limit 20
)
select
	o.oid,
	n.nspname as schemaname,
	o.relname,
	case when m.oid is not null
		then m.relnamespace::pg_catalog.regnamespace::pg_catalog.text operator(pg_catalog.||) '.'
			operator(pg_catalog.||) pg_catalog.quote_ident(m.relname)
	end as toast_of,
	o.relpersistence operator(pg_catalog.=) 't' as temporary,
	o.xid_age,
	o.mxid_age,
	o.relpages::pg_catalog.float8 operator(pg_catalog.*)
		pg_catalog.current_setting('block_size')::pg_catalog.float8 as table_bytes
from oldest as o
join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) o.relnamespace
left join pg_catalog.pg_class as m
	on o.relkind operator(pg_catalog.=) 't' and m.reltoastrelid operator(pg_catalog.=) o.oid
`,
		},
	],
});

/** A table with old ids. */
export type OldestTable = RowOf<typeof oldestTables>;
