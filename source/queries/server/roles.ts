import {bool, defineQuery, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

/** Roles of the cluster; nothing of their passwords is read but the expiry. */
export const roles = defineQuery({
	name: 'roles',
	deadlineMs: 2000,
	everyMs: 60_000,
	fields: {
		oid: int,
		rolname: textField,
		rolsuper: bool,
		rolinherit: bool,
		rolcreaterole: bool,
		rolcreatedb: bool,
		rolcanlogin: bool,
		rolreplication: bool,
		rolbypassrls: bool,
		rolconnlimit: int,
		rolvaliduntil: nullable(timestamp),
		config_count: int,
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	r.oid,
	r.rolname,
	r.rolsuper,
	r.rolinherit,
	r.rolcreaterole,
	r.rolcreatedb,
	r.rolcanlogin,
	r.rolreplication,
	r.rolbypassrls,
	r.rolconnlimit,
	r.rolvaliduntil,
	coalesce(pg_catalog.cardinality(r.rolconfig), 0) as config_count
from pg_catalog.pg_roles as r
`,
		},
	],
});

/** One role. */
export type Role = RowOf<typeof roles>;

const memberships = (inherit: string, set: string): string => `
select
	m.roleid,
	m.member,
	m.admin_option,
	${inherit} as inherit_option,
	${set} as set_option
from pg_catalog.pg_auth_members as m
`;

/** Memberships in roles. Until 15 the member decides about inheritance, and SET ROLE is always allowed. */
export const roleMembers = defineQuery({
	name: 'role_members',
	deadlineMs: 2000,
	everyMs: 60_000,
	fields: {
		roleid: int,
		member: int,
		admin_option: bool,
		inherit_option: nullable(bool),
		set_option: nullable(bool),
	},
	ladder: [
		{since: 130_000, sql: memberships('null::pg_catalog.bool', 'null::pg_catalog.bool')},
		{since: 160_000, sql: memberships('m.inherit_option', 'm.set_option')},
	],
});

/** Membership of one role in another. */
export type RoleMember = RowOf<typeof roleMembers>;

// Roles whose privileges pgtriage advises to grant, as far as the server has them.
const advised = [
	'pg_monitor',
	'pg_read_all_stats',
	'pg_read_all_settings',
	'pg_read_all_data',
	'pg_stat_scan_tables',
	'pg_signal_backend',
	'pg_signal_autovacuum_worker',
	'pg_maintain',
];

/**
 * Our role's membership in the predefined roles: `member` directly or through others, `direct`, and `usage` if it has their privileges
 * without SET ROLE. `inherits` is the attribute of our role, which until 15 decides about all its memberships.
 */
export const rights = defineQuery({
	name: 'rights',
	deadlineMs: 2000,
	everyMs: 60_000,
	named: 1,
	fields: {rolname: textField, member: bool, direct: bool, usage: bool, inherits: bool},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	r.rolname,
	pg_catalog.pg_has_role(r.oid, 'MEMBER') as member,
	exists (
		select
		from pg_catalog.pg_auth_members as m
		where m.roleid operator(pg_catalog.=) r.oid and m.member operator(pg_catalog.=) o.oid
	) as direct,
	pg_catalog.pg_has_role(r.oid, 'USAGE') as usage,
	o.rolinherit as inherits
from pg_catalog.pg_roles as r
cross join pg_catalog.pg_roles as o
where o.rolname operator(pg_catalog.=) current_user
	and r.rolname operator(pg_catalog.=) any (array[${advised.map(name => `'${name}'`).join(', ')}]::pg_catalog.name[])
`,
		},
	],
});

/** Membership of our role in a predefined role. */
export type Right = RowOf<typeof rights>;

/** Timeouts that are set for a role, for a database (`roleid` 0), or for a role in a database; `datid` is 0 for all databases. */
export const roleTimeouts = defineQuery({
	name: 'role_timeouts',
	title: 'timeouts of roles',
	deadlineMs: 2000,
	everyMs: 60_000,
	fields: {roleid: int, datid: int, name: textField, setting: textField},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	s.setrole as roleid,
	s.setdatabase as datid,
	pg_catalog.split_part(c.setting, '=', 1) as name,
	pg_catalog."left"(pg_catalog.split_part(c.setting, '=', 2), 40) as setting
from pg_catalog.pg_db_role_setting as s
cross join lateral pg_catalog.unnest(s.setconfig) as c (setting)
where pg_catalog.split_part(c.setting, '=', 1) in ('idle_in_transaction_session_timeout', 'statement_timeout', 'lock_timeout')
limit 5000
`,
		},
	],
});

/** Roles with a limit of their own for connections; superusers are let in whatever theirs is. */
export const limitedRoles = defineQuery({
	name: 'limited_roles',
	title: 'connection limits of roles',
	deadlineMs: 2000,
	everyMs: 60_000,
	fields: {oid: int, rolname: textField, rolconnlimit: int},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	r.oid,
	r.rolname,
	r.rolconnlimit
from pg_catalog.pg_roles as r
where r.rolconnlimit operator(pg_catalog.>=) 0
	and r.rolcanlogin
	and not r.rolsuper
limit 5000
`,
		},
	],
});
