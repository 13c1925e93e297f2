import {identifier} from '../values/quote.ts';
import type {AdminCommand} from './admin.ts';
import type {Maintenance, RelationRef} from './maintenance.ts';
import type {Target} from './target.ts';

/** Who acts on which server, by which it is known what is missing; `version` as in server_version_num. */
export type Self = {readonly user: string; readonly version: number};

/** What a role lacks to signal a backend, as a sentence. Autovacuum has a role of its own from 18 on. */
export const signalRight = (
	{user, version}: Self,
	{backend_type, superuser, usename}: Pick<Target, 'backend_type' | 'superuser' | 'usename'>,
): string => {
	if (backend_type === 'autovacuum worker')
		return version >= 180_000
			? `It takes: grant pg_signal_autovacuum_worker to ${identifier(user)}`
			: 'Before PostgreSQL 18 only a superuser may signal autovacuum.';
	if (superuser) return 'Only a superuser may signal the sessions of a superuser.';
	const member = usename === null ? '' : `, or to be a member of ${identifier(usename)}`;
	return `It takes: grant pg_signal_backend to ${identifier(user)}${member}`;
};

/** What a role lacks for a task on a relation of an owner, as a sentence. MAINTAIN and pg_maintain came with 17. */
export const maintainRight = (
	{user, version}: Self,
	task: Maintenance,
	{kind, name}: Pick<RelationRef, 'kind' | 'name'>,
	owner: string,
): string => {
	const role = identifier(user);
	if (version >= 170_000)
		return `It takes: grant maintain on ${kind === 'table' ? name : 'its table'} to ${role}, or grant pg_maintain to ${role}`;
	const more = task === 'reindex' ? '' : ', the owner of the database';
	return `Before PostgreSQL 17 only its owner ${identifier(owner)}${more} or a superuser may do that.`;
};

/** What a role lacks to give an order in a database, as a sentence; rights to functions are a matter of each database. */
export const adminRight = ({user, dbname}: {readonly user: string; readonly dbname: string}, order: AdminCommand): string => {
	const granted = (called: string): string =>
		`It takes a superuser, or in ${identifier(dbname)}: grant execute on function pg_catalog.${called}() to ${identifier(user)}`;
	switch (order.kind) {
		case 'reload':
			return granted('pg_reload_conf');
		case 'reset-statistics':
			return granted('pg_stat_reset');
		case 'rollback-prepared': {
			const {owner} = order.transaction;
			return `Only ${owner === null ? 'the role' : identifier(owner)} that prepared it, or a superuser, may end it; to be a member is not enough.`;
		}
	}
};
