import {bool, defineQuery, nullable, textField} from '../../core/sample/query.ts';

/**
 * Schema and version of pgstattuple in our database, and whether our role may measure with it, null without the function for that; one
 * row, of nulls if it is not installed. Before 1.5 its functions themselves admit superusers only.
 */
export const pgstattuple = defineQuery({
	name: 'pgstattuple',
	deadlineMs: 2000,
	everyMs: 10_000,
	fields: {schema: nullable(textField), may_measure: nullable(bool), extversion: nullable(textField)},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	pg_catalog.quote_ident(n.nspname) as schema,
	pg_catalog.has_function_privilege(f.oid, 'execute') and pg_catalog.has_schema_privilege(n.oid, 'usage') as may_measure,
	e.extversion
from (values (true)) as o (o)
left join pg_catalog.pg_extension as e on e.extname = 'pgstattuple'
left join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
left join pg_catalog.pg_proc as f on f.pronamespace = n.oid and f.proname = 'pgstattuple_approx'
`,
		},
	],
});
