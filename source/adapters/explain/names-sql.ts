import {oneLine} from '../../core/sql/one-line.ts';

const among = (column: string, values: string): string =>
	`${column} operator(pg_catalog.=) any (array(select pg_catalog.jsonb_array_elements_text(${values}::pg_catalog.jsonb))::pg_catalog.name[])`;

const owned = (catalog: string, prefix: string): string =>
	`not exists (select from pg_catalog.${catalog} as o where o.${prefix}namespace = n.oid and o.${prefix}owner not in (select t.oid from trusted as t))`;

/**
 * Query for the schemas in which names of a query may be: $1 is the oid of its role, $2 the names, $3 the schemas of its
 * search_path, as JSON. A schema is trusted if everything in it belongs to those who may run code as the role anyway, and only they
 * may create in it: the role, superusers, the owner of the database, and the owners of schemas in the search_path. In any other
 * schema somebody may have planted functions and operators for this moment.
 */
export const schemasText = (): string =>
	oneLine(`/* pgtriage:explain */ with trusted as (
	select r.oid from pg_catalog.pg_roles as r where r.oid = $1::pg_catalog.oid or r.rolsuper or r.rolname = 'pg_database_owner'
	union
	select d.datdba from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()
	union
	select s.nspowner from pg_catalog.pg_namespace as s where ${among('s.nspname', '$3')}
)
select
	pg_catalog.quote_ident(n.nspname) as schema,
	n.nspowner in (select t.oid from trusted as t)
		and not exists (
			select
			from pg_catalog.aclexplode(n.nspacl) as a
			where a.privilege_type = 'CREATE' and a.grantee not in (select t.oid from trusted as t)
		)
		and ${owned('pg_class', 'rel')}
		and ${owned('pg_proc', 'pro')}
		and ${owned('pg_operator', 'opr')}
		and ${owned('pg_type', 'typ')} as trusted
from pg_catalog.pg_namespace as n
where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' and not (${among('n.nspname', '$3')})
	and pg_catalog.has_schema_privilege($1::pg_catalog.oid, n.oid, 'USAGE')
	and (
		exists (select from pg_catalog.pg_class as c where c.relnamespace = n.oid and ${among('c.relname', '$2')})
		or exists (select from pg_catalog.pg_proc as f where f.pronamespace = n.oid and ${among('f.proname', '$2')})
		or exists (select from pg_catalog.pg_type as y where y.typnamespace = n.oid and ${among('y.typname', '$2')})
	)
order by n.nspname
limit 20`);

/**
 * Query for the materialized views of a name, $1, that a role, $3, can reach: schema, name and owner, and the definition with
 * qualified names if search_path is empty. $2 is the schema, or empty for any. No function of a user runs: the server prints
 * the tree of the query.
 */
export const materializedViewsText = (): string =>
	oneLine(`/* pgtriage:explain */ select
	n.nspname,
	pg_catalog.pg_get_userbyid(c.relowner) as owner,
	pg_catalog.pg_get_viewdef(c.oid) as definition,
	pg_catalog.format('%I.%I', n.nspname, c.relname) as name
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_roles as r on r.rolname = $3::pg_catalog.name
where c.relkind = 'm' and c.relname = $1::pg_catalog.name and ($2 = '' or n.nspname = $2::pg_catalog.name)
	and pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
order by n.nspname
limit 20`);
