import {defineQuery, textField} from '../core/sample/query.ts';

/** Extensions that some queries need, if installed in our database; the schema is quoted for SQL. */
export const extensions = defineQuery({
	name: 'extensions',
	deadlineMs: 2000,
	everyMs: 30_000,
	fields: {extname: textField, extversion: textField, schema: textField},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	e.extname,
	e.extversion,
	pg_catalog.quote_ident(n.nspname) as schema
from pg_catalog.pg_extension as e
join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) e.extnamespace
where e.extname operator(pg_catalog.=) any (array['pg_stat_statements', 'pgstattuple']::pg_catalog.name[])
`,
		},
	],
});
