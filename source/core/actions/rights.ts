import {identifier} from '../values/quote.ts';
import type {AdminCommand} from './admin.ts';
import type {Maintenance, RelationRef} from './maintenance.ts';
import type {Target} from './target.ts';

/** The acting role, and the server version as in server_version_num. */
export type Self = {readonly user: string; readonly version: number};

/** The privilege that a role lacks to signal a backend, as a sentence. Autovacuum has a role of its own since PostgreSQL 18. */
export const signalRight = (
	{user, version}: Self,
	{backend_type, superuser, usename}: Pick<Target, 'backend_type' | 'superuser' | 'usename'>,
): string => {
	if (backend_type === 'autovacuum worker')
		return version >= 180_000
			? `Needs: grant pg_signal_autovacuum_worker to ${identifier(user)}`
			: 'Before PostgreSQL 18, only a superuser can signal autovacuum.';
	if (superuser) return 'Only a superuser can signal the sessions of a superuser.';
	const member = usename === null ? '' : `, or membership in ${identifier(usename)}`;
	return `Needs: grant pg_signal_backend to ${identifier(user)}${member}`;
};

/** The privilege that a role lacks for maintenance of a relation, as a sentence. MAINTAIN and pg_maintain exist since PostgreSQL 17. */
export const maintainRight = (
	{user, version}: Self,
	maintenance: Maintenance,
	{kind, name}: Pick<RelationRef, 'kind' | 'name'>,
	owner: string,
): string => {
	const role = identifier(user);
	if (version >= 170_000)
		return `Needs: grant maintain on ${kind === 'table' ? name : 'its table'} to ${role}, or grant pg_maintain to ${role}`;
	const more = maintenance === 'reindex' ? '' : ', the database owner';
	return `Before PostgreSQL 17, only its owner ${identifier(owner)}${more} or a superuser can do this.`;
};

/** The privilege that a role lacks for an admin command, as a sentence; EXECUTE is granted per database. */
export const adminRight = ({user, dbname}: {readonly user: string; readonly dbname: string}, command: AdminCommand): string => {
	const needsExecute = (name: string): string =>
		`Needs a superuser, or in ${identifier(dbname)}: grant execute on function pg_catalog.${name}() to ${identifier(user)}`;
	switch (command.kind) {
		case 'reload':
			return needsExecute('pg_reload_conf');
		case 'reset-statistics':
			return needsExecute('pg_stat_reset');
		case 'rollback-prepared': {
			const {owner} = command.transaction;
			const who = owner === null ? 'the role that prepared it' : `${identifier(owner)} (who prepared it)`;
			return `Only ${who} or a superuser can roll it back; membership is not enough.`;
		}
	}
};
