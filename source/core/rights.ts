import type {Relation, Task} from './maintenance.ts';
import type {Order} from './order.ts';
import {identifier} from './quote.ts';
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
	task: Task,
	{kind, name}: Pick<Relation, 'kind' | 'name'>,
	owner: string,
): string => {
	const role = identifier(user);
	if (version >= 170_000)
		return `It takes: grant maintain on ${kind === 'table' ? name : 'its table'} to ${role}, or grant pg_maintain to ${role}`;
	const others = task === 'reindex' ? 'or a superuser' : 'the owner of the database or a superuser';
	return `Before PostgreSQL 17 only its owner ${identifier(owner)}, ${others} may do that.`;
};

/** What a role lacks to give an order, as a sentence. */
export const orderRight = ({user}: Pick<Self, 'user'>, order: Order): string => {
	const role = identifier(user);
	switch (order.kind) {
		case 'reload':
			return `It takes a superuser, or: grant execute on function pg_catalog.pg_reload_conf() to ${role}`;
		case 'reset-statistics':
			return `It takes a superuser, or in ${identifier(order.database)}: grant execute on function pg_catalog.pg_stat_reset() to ${role}`;
		case 'rollback-prepared': {
			const {owner} = order.transaction;
			return `Only ${owner === null ? 'the role' : identifier(owner)} that prepared it, or a superuser, may end it; to be a member is not enough.`;
		}
	}
};
