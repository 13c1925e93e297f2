import {defineQuery, nullable, type RowOf, textField} from '../../core/sample/query.ts';

/**
 * Extensions that some queries need, if installed in our database; the schema is quoted for SQL. `available` is the version that the
 * files of the server would update to, null if they are missing.
 */
export const extensions = defineQuery({
	name: 'extensions',
	deadlineMs: 2000,
	everyMs: 30_000,
	fields: {extname: textField, extversion: textField, schema: textField, available: nullable(textField)},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	e.extname,
	e.extversion,
	pg_catalog.quote_ident(n.nspname) as schema,
	(
		select a.default_version
		from pg_catalog.pg_available_extensions() as a
		where a.name operator(pg_catalog.=) e.extname
	) as available
from pg_catalog.pg_extension as e
join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) e.extnamespace
where e.extname operator(pg_catalog.=) any (array['pg_stat_statements', 'pgstattuple']::pg_catalog.name[])
`,
		},
	],
});

/** An installed extension. */
export type InstalledExtension = RowOf<typeof extensions>;
