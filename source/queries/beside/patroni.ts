import {bool, defineReading, float, id, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

/** Most members that are kept of a list; `members` of the cluster counts all. */
export const mostMembers = 100;

/**
 * The cluster as a Patroni member reports it, one row. `asked` is the address of the REST API that answered, `member` the name of
 * that member, `member_started` the start of its PostgreSQL. `unlocked` is true if that member knows of no leader, `dcs_seen` when it
 * last reached its configuration store. `members` is null if the list of members could not be read.
 */
export const patroniCluster = defineReading({
	name: 'patroni_cluster',
	title: 'Patroni',
	everyMs: 1000,
	fields: {
		asked: textField,
		scope: nullable(textField),
		answered_at: timestamp,
		version: nullable(textField),
		member: nullable(textField),
		member_started: nullable(timestamp),
		system_identifier: nullable(id),
		paused: nullable(bool),
		unlocked: nullable(bool),
		dcs_seen: nullable(timestamp),
		members: nullable(int),
		/** Time of the last change of the leader, by the history of timelines. */
		last_failover: nullable(timestamp),
		last_failover_to: nullable(textField),
		switchover_at: nullable(timestamp),
		switchover_to: nullable(textField),
	},
});

/** A cluster of Patroni. */
export type PatroniCluster = RowOf<typeof patroniCluster>;

/**
 * Members of the cluster by name, at most `mostMembers`. Roles and states are Patroni's own words; `api_url` is the address of the
 * member's REST API without a path, `lag_bytes` null for the leader and if unknown, `connected` true if host and port are those of
 * our connection, else null.
 */
export const patroniMembers = defineReading({
	name: 'patroni_members',
	title: 'Patroni members',
	everyMs: 1000,
	fields: {
		name: textField,
		role: textField,
		state: nullable(textField),
		host: nullable(textField),
		port: nullable(int),
		api_url: nullable(textField),
		timeline: nullable(int),
		lag_bytes: nullable(float),
		pending_restart: nullable(bool),
		tags: nullable(textField),
		connected: nullable(bool),
	},
});

/** A member of a cluster of Patroni. */
export type PatroniMember = RowOf<typeof patroniMembers>;
