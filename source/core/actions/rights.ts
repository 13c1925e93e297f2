import {type Belonging, grantOf} from '../memberships.ts';
import {identifier} from '../values/quote.ts';
import type {ServerCommand, StatementStatistics} from './admin.ts';
import type {Maintenance, RelationRef} from './maintenance.ts';
import type {Target} from './target.ts';

/** The acting role, the server version as in server_version_num, and how the role belongs to the predefined roles, if known. */
export type Self = {
	readonly user: string;
	readonly version: number;
	readonly belongingTo?: (role: string) => Belonging | undefined;
};

const grant = (role: string, {user, version, belongingTo}: Self): string => grantOf(role, user, version, belongingTo?.(role));

/** The privilege that a role lacks to signal a backend, as a sentence. Autovacuum has a role of its own since PostgreSQL 18. */
export const signalRight = (
	self: Self,
	{backend_type, superuser, usename}: Pick<Target, 'backend_type' | 'superuser' | 'usename'>,
): string => {
	if (backend_type === 'autovacuum worker')
		return self.version >= 180_000
			? `Needs: ${grant('pg_signal_autovacuum_worker', self)}`
			: 'Before PostgreSQL 18, only a superuser can signal autovacuum.';
	if (superuser) return 'Only a superuser can signal the sessions of a superuser.';
	const member = usename === null ? '' : `, or membership in ${identifier(usename)}`;
	return `Needs: ${grant('pg_signal_backend', self)}${member}`;
};

/** The privilege that a role lacks for maintenance of a relation, as a sentence. MAINTAIN and pg_maintain exist since PostgreSQL 17. */
export const maintainRight = (
	self: Self,
	maintenance: Maintenance,
	{kind, name}: Pick<RelationRef, 'kind' | 'name'>,
	owner: string,
): string => {
	if (self.version >= 170_000)
		return `Needs: GRANT MAINTAIN ON ${kind === 'table' ? name : 'its table'} TO ${identifier(self.user)}, or ${grant('pg_maintain', self)}`;
	const more = maintenance === 'reindex' || maintenance === 'repack' ? '' : ', the database owner';
	return `Before PostgreSQL 17, only its owner ${identifier(owner)}${more} or a superuser can do this.`;
};

const resetRight = (user: string, {database, schema}: StatementStatistics): string =>
	`Needs a superuser, or in ${identifier(database)}: GRANT EXECUTE ON FUNCTION ${schema}.pg_stat_statements_reset TO ${identifier(user)}`;

/** The privilege that a role lacks for an admin command, as a sentence; EXECUTE is granted per database. */
export const adminRight = ({user, dbname}: {readonly user: string; readonly dbname: string}, command: ServerCommand): string => {
	const needsExecute = (name: string): string =>
		`Needs a superuser, or in ${identifier(dbname)}: GRANT EXECUTE ON FUNCTION pg_catalog.${name}() TO ${identifier(user)}`;
	switch (command.kind) {
		case 'reload':
			return needsExecute('pg_reload_conf');
		case 'reset-statistics':
			return needsExecute('pg_stat_reset');
		case 'drop-slot':
			return `Needs a superuser or: ALTER ROLE ${identifier(user)} REPLICATION`;
		case 'reset-statement':
			return resetRight(user, command.entry);
		case 'reset-statements':
			return resetRight(user, command.statistics);
		case 'rollback-prepared': {
			const {owner} = command.transaction;
			const who = owner === null ? 'the role that prepared it' : `${identifier(owner)} (who prepared it)`;
			return `Only ${who} or a superuser can roll it back; membership is not enough.`;
		}
	}
};
