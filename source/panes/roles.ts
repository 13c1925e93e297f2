import {type Reached, reach} from '../core/memberships.ts';
import {age, count, flag, instant, text} from '../core/pane/column.ts';
import {definePane} from '../core/pane/pane.ts';
import type {Sample, Value} from '../core/sample/sample.ts';
import {line, type Tone} from '../core/text/line.ts';
import {type Instant, msOf} from '../core/values/instant.ts';
import {duration} from '../core/values/units.ts';
import {sessions} from '../queries/activity/sessions.ts';
import {type Role, type RoleMember, roleMembers, roles} from '../queries/server/roles.ts';
import {rowsOf} from './reading/answers.ts';
import {indented} from './reading/indented.ts';

/** Role with its privileges, its own and those of roles it belongs to. */
export type RoleRow = Role & {
	/** Privileges beyond tables, each with the role that grants it if that is another one. */
	readonly rights: readonly string[];
	/** True if it is not a superuser but has privileges that let it become one. */
	readonly isAlmostSuperuser: boolean;
	readonly memberships: readonly string[];
	readonly members: number;
	readonly connections: number | null;
	/** Negative once the password has expired; null if it never expires. */
	readonly expires_in_seconds: number | null;
	readonly reached: readonly string[];
};

const isPredefined = (name: string): boolean => name.startsWith('pg_');

// A role that runs programs or writes files as the server's OS user can make itself a superuser.
const almostSuperuser = new Set(['superuser', 'pg_execute_server_program', 'pg_write_server_files']);

const attributesOf = (role: Role): readonly string[] =>
	[
		role.rolsuper && 'superuser',
		role.rolcreaterole && 'createrole',
		role.rolcreatedb && 'createdb',
		role.rolreplication && 'replication',
		role.rolbypassrls && 'bypassrls',
	].filter(each => each !== false);

type Privileges = Pick<RoleRow, 'rights' | 'isAlmostSuperuser' | 'memberships' | 'members' | 'reached'>;

const grouped = (belongs: readonly RoleMember[], by: 'member' | 'roleid'): ReadonlyMap<number, readonly RoleMember[]> =>
	Map.groupBy(belongs, each => each[by]);

/** Roles and memberships by oid. */
type RoleGraph = {
	readonly byOid: ReadonlyMap<number, Role>;
	readonly nameOf: (oid: number) => string;
	readonly reachedFrom: (oid: number) => readonly Reached[];
	readonly belongsTo: ReadonlyMap<number, readonly RoleMember[]>;
	readonly membersOf: ReadonlyMap<number, readonly RoleMember[]>;
};

const roleGraphOf = (sample: Sample): RoleGraph => {
	const byOid = new Map(rowsOf(sample, roles).map(role => [role.oid, role]));
	const belongs = rowsOf(sample, roleMembers);
	const nameOf = (oid: number): string => byOid.get(oid)?.rolname ?? String(oid);
	return {
		byOid,
		nameOf,
		reachedFrom: reach(belongs, oid => isPredefined(nameOf(oid))),
		belongsTo: grouped(belongs, 'member'),
		membersOf: grouped(belongs, 'roleid'),
	};
};

const privilegesOf = (role: Role, {byOid, nameOf, reachedFrom, belongsTo, membersOf}: RoleGraph): Privileges => {
	const own = attributesOf(role);
	const reached = reachedFrom(role.oid);
	const others = reached.flatMap(({oid}) => {
		const other = byOid.get(oid);
		if (!other || isPredefined(other.rolname)) return [];
		return attributesOf(other)
			.filter(each => !own.includes(each))
			.map(right => ({right, by: other.rolname}));
	});
	const predefined = reached.map(({oid}) => nameOf(oid)).filter(isPredefined);
	// Since 16 a membership can be granted by several roles.
	const direct = (belongsTo.get(role.oid) ?? []).map(each => `${nameOf(each.roleid)}${each.admin_option ? ' (admin)' : ''}`);
	return {
		rights: [...own, ...predefined, ...others.map(({right, by}) => `${right} by ${by}`)],
		isAlmostSuperuser:
			!role.rolsuper && [...predefined, ...others.map(({right}) => right)].some(each => almostSuperuser.has(each)),
		memberships: [...new Set(direct)],
		members: new Set(membersOf.get(role.oid)?.map(({member}) => member)).size,
		reached: reached.map(({path}) => [role.rolname, ...path.map(nameOf)].join(' > ')),
	};
};

const roleRows = (sample: Sample): readonly RoleRow[] => {
	const graph = roleGraphOf(sample);
	const connections = connectionsOf(sample);
	return rowsOf(sample, roles)
		.map(role => ({
			...role,
			...privilegesOf(role, graph),
			connections: connections && (connections.get(role.oid) ?? 0),
			expires_in_seconds: secondsTo(role.rolvaliduntil, sample),
		}))
		.sort((a, b) => rank(b) - rank(a) || (b.connections ?? 0) - (a.connections ?? 0) || (a.rolname < b.rolname ? -1 : 1));
};

// Login roles first, then group roles, then predefined ones.
const rank = ({rolcanlogin, rolname}: Role): number => (rolcanlogin ? 2 : isPredefined(rolname) ? 0 : 1);

/** Connections by role oid, including those of pgtriage, as connection limits count them; null until the sessions are read. */
const connectionsOf = (sample: Sample): ReadonlyMap<number, number> | null => {
	if (!sample.results[sessions.name]?.ok) return null;
	const counts = new Map<number, number>();
	for (const {usesysid, backend_type} of rowsOf(sample, sessions))
		if (usesysid !== null && countedTypes.has(backend_type)) counts.set(usesysid, (counts.get(usesysid) ?? 0) + 1);
	return counts;
};

// Without pg_read_all_stats the backend types of other roles are hidden; nearly all with a user are client backends.
const countedTypes: ReadonlySet<string | null> = new Set([null, 'client backend', 'walsender']);

const secondsTo = (until: Instant | null, {at}: Sample): number | null => {
	const seconds = until === null ? Number.NaN : (msOf(until) - msOf(at)) / 1000;
	return Number.isFinite(seconds) ? Math.round(seconds) : null;
};

const week = 7 * 86_400;

// A role that cannot log in does not use its password.
const expiryTone = (value: Value, {rolcanlogin}: RoleRow): Tone =>
	typeof value !== 'number' || value > week || !rolcanlogin ? 'calm' : value > 0 ? 'warn' : 'danger';

const limitTone = (value: Value, {rolconnlimit, rolsuper}: RoleRow): Tone => {
	if (typeof value !== 'number' || rolconnlimit < 0 || rolsuper) return 'calm';
	return value >= rolconnlimit ? 'danger' : value >= rolconnlimit * 0.8 ? 'warn' : 'calm';
};

/** Roles with login, privileges beyond tables, and distance from their connection limits. */
export const rolesPane = definePane<RoleRow>({
	id: 'roles',
	title: 'Roles',
	help: 'Roles with memberships, dangerous privileges, connection use and password expiry.',
	queries: [roles, roleMembers, sessions],
	rows: roleRows,
	identity: row => String(row.oid),
	copied: row => row.rolname,
	shown: (row, {background}) => background || !isPredefined(row.rolname),
	empty: 'Only predefined roles; a shows them.',
	columns: [
		text('rolname', 'Name of the role.', row => row.rolname, {
			title: 'ROLE',
			aliases: ['role', 'name'],
			keep: 99,
			width: {min: 14, max: 30},
		}),
		flag('rolcanlogin', 'Can log in.', row => row.rolcanlogin, {
			title: 'LOGIN',
			aliases: ['login'],
			keep: 90,
			width: {min: 5},
		}),
		flag('rolsuper', 'Superuser.', row => row.rolsuper, {
			title: 'SUPER',
			aliases: ['superuser'],
			keep: 60,
			width: {min: 5},
		}),
		count('connections', 'Open connections.', row => row.connections, {
			title: 'CONNS',
			keep: 85,
			width: {min: 5},
			tone: limitTone,
		}),
		count('rolconnlimit', 'Connection limit; -1 is none.', row => row.rolconnlimit, {
			title: 'LIMIT',
			aliases: ['limit'],
			keep: 84,
			width: {min: 5},
			format: value => (value === -1 ? '' : String(value)),
		}),
		age('expires_in_seconds', 'Time until its password expires; negative once expired.', row => row.expires_in_seconds, {
			title: 'EXPIRES',
			aliases: ['expires'],
			keep: 88,
			width: {min: 7},
			format: value => (Number(value) <= 0 ? 'expired' : duration(Number(value))),
			tone: expiryTone,
		}),
		text('rights', 'Privileges beyond tables, its own and those of roles it belongs to.', row => row.rights.join(', '), {
			keep: 95,
			width: {min: 20, max: 60, grow: true},
			tone: (_, row) => (row.isAlmostSuperuser ? 'warn' : 'calm'),
		}),
		text('memberships', 'Direct memberships.', row => row.memberships.join(', '), {
			title: 'MEMBER OF',
			aliases: ['member_of'],
			keep: 70,
			width: {min: 14, max: 50},
		}),
		count('members', 'Direct members.', row => row.members, {keep: 40, width: {min: 7}}),
		count('config_count', 'Settings its sessions start with.', row => row.config_count, {
			title: 'SETTINGS',
			keep: 35,
			width: {min: 8},
		}),
		instant('rolvaliduntil', 'Time its password expires.', row => row.rolvaliduntil, {
			title: 'VALID UNTIL',
			keep: 30,
			width: {min: 11},
			format: value => String(value).slice(0, 10),
		}),
		flag('rolinherit', 'Has the privileges of its roles without SET ROLE.', row => row.rolinherit, {
			title: 'INHERITS',
			width: {min: 8},
		}),
		flag('rolcreaterole', 'Can create roles.', row => row.rolcreaterole, {title: 'CREATEROLE', width: {min: 10}}),
		flag('rolcreatedb', 'Can create databases.', row => row.rolcreatedb, {title: 'CREATEDB', width: {min: 8}}),
		flag('rolreplication', 'Can replicate.', row => row.rolreplication, {title: 'REPLICATION', width: {min: 11}}),
		flag('rolbypassrls', 'Bypasses row-level security.', row => row.rolbypassrls, {title: 'BYPASSRLS', width: {min: 9}}),
		count('oid', 'Oid of the role.', row => row.oid),
	],
	inspect: (row, _, width) => [
		...(row.isAlmostSuperuser
			? indented('Not a superuser, but its privileges let it become one at any time.', width, 'warn')
			: []),
		line('Member of', 'strong'),
		...(row.reached.length === 0 ? indented('No roles.', width, 'dim') : row.reached.flatMap(each => indented(each, width))),
	],
});
