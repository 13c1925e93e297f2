import {defineQuery, id, int, nullable, type RowOf, textField} from '../../core/sample/query.ts';

/**
 * Addresses of the physical standbys that stream from a server, in rows that all have its system identifier; one row without a `pid`
 * if there are none. A sender with a database is a logical one: walsender.c requires a database for logical decoding, and a WAL
 * receiver connects without one. pg_receivewal and pg_basebackup report no replay position. `state` is null if our role cannot see the
 * sender, which may then be any of these; `client_addr` is null then too, and over a Unix socket. `client_hostname` needs log_hostname.
 * The port at which a standby listens is not known to its primary.
 */
export const standbyAddresses = defineQuery({
	name: 'standby_addresses',
	title: 'addresses of standbys',
	deadlineMs: 2000,
	named: 1,
	fields: {
		pid: nullable(int),
		application_name: nullable(textField),
		client_addr: nullable(textField),
		client_hostname: nullable(textField),
		state: nullable(textField),
		system_identifier: nullable(id),
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	s.pid,
	s.application_name,
	s.client_addr,
	s.client_hostname,
	s.state,
	(select c.system_identifier from pg_catalog.pg_control_system() as c) as system_identifier
from (select 1) as one
left join (
	select
		w.pid,
		a.application_name,
		pg_catalog.host(a.client_addr) as client_addr,
		a.client_hostname,
		w.state
	from pg_catalog.pg_stat_get_wal_senders() as w
	left join lateral pg_catalog.pg_stat_get_activity(w.pid) as a on true
	where a.datid is null
		and (w.replay_lsn is not null or w.state is null)
	order by w.pid
	limit 101
) as s on true
`,
		},
	],
});

/** A standby that streams from a server, or a sender that may be one. */
export type StandbyAddress = RowOf<typeof standbyAddresses>;
