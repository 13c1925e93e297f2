import {defineQuery, int, nullable, type RowOf, textField} from '../../core/sample/query.ts';

/**
 * Indexes of each table and TOAST relation: count, pages, and for each btree whose estimate is meaningful (unique, on whole
 * columns, without a predicate) a text `oid relpages reltuples columns fillfactor`, with columns as numbers joined by dots. Other
 * btrees store equal keys once, from 13 on, so that their size does not show bloat.
 */
export const tableIndexes = defineQuery({
	name: 'table_indexes',
	deadlineMs: 5000,
	everyMs: 60_000,
	fields: {
		relid: int,
		indexes: int,
		relpages: int,
		unique_btrees: nullable(textField),
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	i.indrelid as relid,
	pg_catalog.count(*)::pg_catalog.int4 as indexes,
	pg_catalog.sum(c.relpages)::pg_catalog.int8 as relpages,
	pg_catalog.string_agg(
		pg_catalog.concat_ws(
			' ',
			c.oid,
			c.relpages,
			c.reltuples,
			pg_catalog.translate(i.indkey::pg_catalog.text, ' ', '.'),
			pg_catalog.substring(pg_catalog.array_to_string(c.reloptions, ' '), 'fillfactor=([0-9]+)')
		),
		','
	) filter (where i.indisunique and i.indisvalid and c.relam = 403 and c.relpages > 1 and i.indpred is null and i.indexprs is null)
		as unique_btrees
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
where c.relkind = 'i'
	and c.relpersistence <> 't'
group by i.indrelid
having pg_catalog.sum(c.relpages) > 1
`,
		},
	],
});

/** Indexes of one table. */
export type TableIndexes = RowOf<typeof tableIndexes>;
