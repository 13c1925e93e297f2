import {defineQuery, int, nullable, type RowOf, textField} from '../../core/sample/query.ts';

/** Number of largest tables to read: for a superuser, and if each column's privilege has to be checked. */
export const mostTables = {superuser: 10_000, others: 3000} as const;

// Separate arrays, because a text made of their elements costs the server twice as much. Values that old rows keep of a dropped
// column, or lack of one added with a default, are marked in the letter of its alignment.
const columns = `
	pg_catalog.array_agg(a.attnum)::pg_catalog.text as numbers,
	pg_catalog.string_agg(
		case
			when a.attisdropped then pg_catalog.upper(a.attalign::pg_catalog.text)
			when a.atthasmissing then pg_catalog.translate(a.attalign::pg_catalog.text, 'csid', '1248')
			else a.attalign::pg_catalog.text
		end,
		''
	) as alignments,
	pg_catalog.array_agg(a.attlen)::pg_catalog.text as lengths`;

const largest = (most: number, readable: string): string => `
	select
		c.oid,
		c.relname,
		c.relnamespace
	from pg_catalog.pg_class as c
	where c.relkind in ('r', 'm')
		and c.relpersistence <> 't'
		and c.relpages > 1${readable}
	order by c.relpages desc
	limit ${most}`;

const fields = {
	relid: int,
	numbers: textField,
	alignments: textField,
	lengths: textField,
	widths: nullable(textField),
	nulls: nullable(textField),
};

const fiveMinutesMs = 300_000;

/**
 * Size of the columns of each table, as arrays of the same order: attnum, attalign (upper case for a dropped column, a digit for
 * one that old rows lack), attlen, and from statistics the average width and the fraction of nulls, `NULL` without statistics.
 * Tables of a single page are left out, because they cannot shrink. For superusers: only they can read pg_statistic.
 */
export const tableColumns = defineQuery({
	name: 'table_columns',
	deadlineMs: 10_000,
	everyMs: fiveMinutesMs,
	fields,
	when: ({superuser}) => superuser === true,
	ladder: [
		{
			since: 130_000,
			sql: `
select
	a.attrelid as relid,${columns},
	pg_catalog.array_agg(s.stawidth)::pg_catalog.text as widths,
	pg_catalog.array_agg(s.stanullfrac)::pg_catalog.text as nulls
from (${largest(mostTables.superuser, '')}
) as c
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
left join pg_catalog.pg_statistic as s on s.starelid = a.attrelid and s.staattnum = a.attnum and not s.stainherit
group by a.attrelid
`,
		},
	],
});

/**
 * The same from the view that shows the statistics of tables which our role may read. It checks each column of each table unless
 * single ones are asked for, and has tables by name only.
 */
export const readableTableColumns = defineQuery({
	name: 'readable_table_columns',
	deadlineMs: 10_000,
	everyMs: fiveMinutesMs,
	fields,
	when: ({superuser}) => superuser !== true,
	ladder: [
		{
			since: 130_000,
			sql: `
select
	c.oid as relid,
	a.numbers,
	a.alignments,
	a.lengths,
	a.widths,
	a.nulls
from (${largest(mostTables.others, "\n\t\tand pg_catalog.has_table_privilege(c.oid, 'select')")}
) as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral (
	select${columns},
		pg_catalog.array_agg(s.avg_width)::pg_catalog.text as widths,
		pg_catalog.array_agg(s.null_frac)::pg_catalog.text as nulls
	from pg_catalog.pg_attribute as a
	left join (
		select
			v.attname,
			v.avg_width,
			v.null_frac
		from pg_catalog.pg_stats as v
		where v.schemaname = n.nspname
			and v.tablename = c.relname
			and not v.inherited
	) as s on s.attname = a.attname
	where a.attrelid = c.oid
		and a.attnum > 0
) as a
`,
		},
	],
});

/** Size of the columns of one table. */
export type TableColumns = RowOf<typeof tableColumns>;
