import {
	bool,
	defineQuery,
	id,
	int,
	nullable,
	type RowOf,
	statement,
	statementHead,
	textField,
	timestamp,
} from '../../core/sample/query.ts';

// The function and not the view: the view joins pg_authid and pg_database, whose locks freeze it in the very lock storm this
// program is for (14 to 19 s against 50 to 80 ms with 900 waiters on one row). A session of a database in another encoding leaves
// bytes that are not text in ours, and a single function that counts their characters fails the whole answer: only bytes are
// counted, and a long text is cut as bytes.
const columnsOf = (queryId: string): string => `
	a.pid,
	a.backend_start,
	a.datid,
	a.usesysid,
	pg_catalog.pg_get_userbyid(a.usesysid) as usename,
	a.application_name,
	pg_catalog.host(a.client_addr) as client_addr,
	a.client_port,
	a.backend_type,
	a.state,
	a.wait_event_type,
	a.wait_event,
	a.xact_start,
	a.query_start,
	a.state_change,
	a.backend_xid,
	a.backend_xmin,
	a.leader_pid,
	${queryId} as query_id,
	pg_catalog.octet_length(a.query) as query_bytes,
	case when pg_catalog.octet_length(a.query) operator(pg_catalog.<=) 16384 then a.query end as query,
	case when pg_catalog.octet_length(a.query) operator(pg_catalog.>) 16384
		then pg_catalog.encode(pg_catalog.substr(pg_catalog.textsend(a.query), 1, 4096), 'escape')
	end as query_head
`;

const read = (queryId: string): string => `
select
	${columnsOf(queryId)}
from pg_catalog.pg_stat_get_activity(null) as a
`;

/** Backends of the server, our own included; rows of other roles are masked for a role without pg_read_all_stats. */
export const sessions = defineQuery({
	name: 'sessions',
	deadlineMs: 2000,
	fields: {
		pid: int,
		backend_start: nullable(timestamp),
		datid: nullable(int),
		usesysid: nullable(int),
		usename: nullable(textField),
		application_name: nullable(textField),
		client_addr: nullable(textField),
		client_port: nullable(int),
		backend_type: nullable(textField),
		state: nullable(textField),
		wait_event_type: nullable(textField),
		wait_event: nullable(textField),
		xact_start: nullable(timestamp),
		query_start: nullable(timestamp),
		state_change: nullable(timestamp),
		backend_xid: nullable(id),
		backend_xmin: nullable(id),
		leader_pid: nullable(int),
		query_id: nullable(id),
		query_bytes: nullable(int),
		query: nullable(statement),
		query_head: nullable(statementHead),
	},
	ladder: [
		{since: 130_000, sql: read('null::pg_catalog.text')},
		{since: 140_000, sql: read('a.query_id')},
	],
});

/** Columns of the list from 14 on, of `a`. */
export const sessionColumns: string = columnsOf('a.query_id');

/** One backend. */
export type Session = RowOf<typeof sessions>;

/** Names of databases by oid, because sessions have only the oid. */
export const databaseNames = defineQuery({
	name: 'database_names',
	deadlineMs: 2000,
	fields: {datid: int, datname: textField, connectable: bool},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	d.oid as datid,
	d.datname,
	d.datallowconn as connectable
from pg_catalog.pg_database as d
`,
		},
	],
});

/** Superusers by oid: an action on one of their sessions needs a typed word as confirmation. */
export const superusers = defineQuery({
	name: 'superusers',
	deadlineMs: 2000,
	fields: {usesysid: int, rolname: textField, rolsuper: bool},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	r.oid as usesysid,
	r.rolname,
	r.rolsuper
from pg_catalog.pg_roles as r
where r.rolsuper
`,
		},
	],
});
