import {bool, defineQuery, float, int, nullable, type RowOf, textField} from '../../core/sample/query.ts';

const systemSchemas = "'pg_catalog', 'pg_toast', 'information_schema'";

// Expression trees and not their texts: pg_get_expr locks the table and waits for an ACCESS EXCLUSIVE lock on it. A tree records
// the position of each part in its statement, which does not distinguish two indexes.
const digest = (tree: string): string =>
	`pg_catalog.md5(pg_catalog.regexp_replace(${tree}::pg_catalog.text, ':location -?[0-9]+', '', 'g'))`;

const definitions = (nullsNotDistinct: string): string => `
select
	i.indexrelid,
	i.indrelid,
	n.nspname as schemaname,
	t.relname,
	c.relname as indexrelname,
	c.relkind operator(pg_catalog.=) 'I' as partitioned,
	h.inhparent::pg_catalog.regclass::pg_catalog.text as parent,
	a.amname as access_method,
	i.indisunique,
	i.indisprimary,
	i.indisexclusion,
	i.indisreplident,
	i.indisvalid,
	i.indisready,
	${nullsNotDistinct} as indnullsnotdistinct,
	i.indnkeyatts,
	i.indkey::pg_catalog.text as indkey,
	i.indclass::pg_catalog.text as indclass,
	i.indcollation::pg_catalog.text as indcollation,
	i.indoption::pg_catalog.text as indoption,
	${digest('i.indexprs')} as expressions,
	${digest('i.indpred')} as predicate,
	pg_catalog.array_to_string(c.reloptions, ', ') as reloptions,
	k.conname,
	i.indexrelid in (
		select f.conindid
		from pg_catalog.pg_constraint as f
		where f.contype operator(pg_catalog.=) 'f'
	) as referenced
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid operator(pg_catalog.=) i.indexrelid
join pg_catalog.pg_class as t on t.oid operator(pg_catalog.=) i.indrelid
join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) c.relnamespace
join pg_catalog.pg_am as a on a.oid operator(pg_catalog.=) c.relam
left join pg_catalog.pg_inherits as h on h.inhrelid operator(pg_catalog.=) i.indexrelid
left join pg_catalog.pg_constraint as k
	on k.conindid operator(pg_catalog.=) i.indexrelid and k.contype in ('p', 'u', 'x')
where n.nspname not in (${systemSchemas})
	and c.relpersistence operator(pg_catalog.<>) 't'
`;

/**
 * Indexes of our database with everything that two equal ones share, as numbers and digests, because it is compared and not shown.
 * `partitioned` ones have no storage, `parent` is the index that a partition's index belongs to. NULLS NOT DISTINCT is new in 15.
 */
export const indexes = defineQuery({
	name: 'indexes',
	deadlineMs: 10_000,
	everyMs: 60_000,
	fields: {
		indexrelid: int,
		indrelid: int,
		schemaname: textField,
		relname: textField,
		indexrelname: textField,
		partitioned: bool,
		parent: nullable(textField),
		access_method: textField,
		indisunique: bool,
		indisprimary: bool,
		indisexclusion: bool,
		indisreplident: bool,
		indisvalid: bool,
		indisready: bool,
		indnullsnotdistinct: bool,
		indnkeyatts: int,
		indkey: textField,
		indclass: textField,
		indcollation: textField,
		indoption: textField,
		expressions: nullable(textField),
		predicate: nullable(textField),
		reloptions: nullable(textField),
		conname: nullable(textField),
		referenced: bool,
	},
	ladder: [
		{since: 130_000, sql: definitions('false')},
		{since: 150_000, sql: definitions('i.indnullsnotdistinct')},
	],
});

/** Definition of one index. */
export type IndexDefinition = RowOf<typeof indexes>;

// OFFSET keeps the sort narrow: names and vectors in full width would be sorted on disk.
const columnTexts = (expression: string, predicate: string, where: string): string => `
select
	u.indexrelid,
	u.indrelid,
	pg_catalog.string_agg(u.part, ', ' order by u.place) filter (where u.is_key) as keys,
	pg_catalog.string_agg(u.part, ', ' order by u.place) filter (where not u.is_key) as included,
	${predicate} as predicate_text
from (
	select
		i.indexrelid,
		i.indrelid,
		k.place,
		k.place operator(pg_catalog.<=) i.indnkeyatts as is_key,
		case when k.attnum operator(pg_catalog.=) 0 then ${expression} else pg_catalog.quote_ident(a.attname) end
			operator(pg_catalog.||) coalesce(' ' operator(pg_catalog.||) pg_catalog.quote_ident(o.opcname), '')
			operator(pg_catalog.||) case i.indoption[k.place operator(pg_catalog.-) 1]
				when 1 then ' desc nulls last'
				when 2 then ' nulls first'
				when 3 then ' desc'
				else ''
			end as part
	from pg_catalog.pg_index as i
	cross join lateral pg_catalog.unnest(i.indkey) with ordinality as k (attnum, place)
	left join pg_catalog.pg_attribute as a
		on a.attrelid operator(pg_catalog.=) i.indrelid and a.attnum operator(pg_catalog.=) k.attnum
	left join pg_catalog.pg_opclass as o
		on o.oid operator(pg_catalog.=) i.indclass[k.place operator(pg_catalog.-) 1] and not o.opcdefault
	where ${where}
	offset 0
) as u
group by u.indexrelid, u.indrelid
`;

const columnFields = {
	indexrelid: int,
	indrelid: int,
	keys: nullable(textField),
	included: nullable(textField),
	predicate_text: nullable(textField),
};

/** Columns of each index as in its definition, quoted; a computed one is `(expression)`. */
export const indexColumns = defineQuery({
	name: 'index_columns',
	deadlineMs: 20_000,
	everyMs: 300_000,
	fields: columnFields,
	ladder: [
		{
			since: 130_000,
			sql: columnTexts(
				"'(expression)'",
				'null::pg_catalog.text',
				`i.indrelid in (
		select t.oid
		from pg_catalog.pg_class as t
		join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) t.relnamespace
		where n.nspname not in (${systemSchemas})
	)`,
			),
		},
	],
});

/** Columns of one index in words. */
export type IndexColumns = RowOf<typeof indexColumns>;

/**
 * Columns and predicates of the indexes with expressions, in words. To print an expression the server locks its table, so tables in
 * ACCESS EXCLUSIVE mode are left out, and nothing but the words depends on this answer.
 */
export const indexExpressions = defineQuery({
	name: 'index_expressions',
	deadlineMs: 20_000,
	everyMs: 300_000,
	hints: {'55P03': 'A table was locked in ACCESS EXCLUSIVE mode; index expressions are read again later.'},
	fields: columnFields,
	ladder: [
		{
			since: 130_000,
			sql: columnTexts(
				'pg_catalog.pg_get_indexdef(i.indexrelid, k.place::pg_catalog.int4, false)',
				`(
		select pg_catalog.pg_get_expr(p.indpred, p.indrelid)
		from pg_catalog.pg_index as p
		where p.indexrelid operator(pg_catalog.=) u.indexrelid
	)`,
				`(i.indexprs is not null or i.indpred is not null)
		and i.indrelid not in (
			select l.relation
			from pg_catalog.pg_locks as l
			where l.relation is not null
				and l.mode operator(pg_catalog.=) 'AccessExclusiveLock'
		)
		and i.indrelid in (
			select t.oid
			from pg_catalog.pg_class as t
			join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) t.relnamespace
			where n.nspname not in (${systemSchemas})
				and t.relpersistence operator(pg_catalog.<>) 't'
		)`,
			),
		},
	],
});

/**
 * Indexes that no query uses because they are not valid, also those that failed builds left on TOAST tables. `building_pid` is the
 * backend that builds an index on their table; `maybe_built` is true if a build runs whose table our role may not see.
 */
export const invalidIndexes = defineQuery({
	name: 'invalid_indexes',
	deadlineMs: 3000,
	everyMs: 30_000,
	fields: {
		indexrelid: int,
		indrelid: int,
		schemaname: textField,
		relname: textField,
		indexrelname: textField,
		partitioned: bool,
		indisready: bool,
		index_bytes: nullable(float),
		building_pid: nullable(int),
		maybe_built: bool,
	},
	ladder: [
		{
			since: 130_000,
			sql: `
with p as materialized (
	select
		s.pid,
		s.relid
	from pg_catalog.pg_stat_get_progress_info('CREATE INDEX') as s
	where s.datid operator(pg_catalog.=) (
		select a.datid
		from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a
	)
)
select
	i.indexrelid,
	i.indrelid,
	n.nspname as schemaname,
	t.relname,
	c.relname as indexrelname,
	c.relkind operator(pg_catalog.=) 'I' as partitioned,
	i.indisready,
	nullif(c.relpages, 0)::pg_catalog.float8
		operator(pg_catalog.*) pg_catalog.current_setting('block_size')::pg_catalog.float8 as index_bytes,
	(
		select pg_catalog.min(p.pid)
		from p
		where p.relid in (i.indrelid, m.oid)
	) as building_pid,
	exists (
		select
		from p
		where p.relid is null
	) as maybe_built
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid operator(pg_catalog.=) i.indexrelid
join pg_catalog.pg_class as t on t.oid operator(pg_catalog.=) i.indrelid
join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) c.relnamespace
left join pg_catalog.pg_class as m
	on t.relkind operator(pg_catalog.=) 't' and m.reltoastrelid operator(pg_catalog.=) t.oid
where not i.indisvalid
`,
		},
	],
});

/** One invalid index. */
export type InvalidIndex = RowOf<typeof invalidIndexes>;
