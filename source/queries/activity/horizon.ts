import {bool, defineQuery, id, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

// The functions and not the views: the views join pg_authid and pg_database, whose locks would delay them in a lock storm. A lost
// slot still shows its xmin, but the server ignores it.
const read = (inactiveSince: string): string => `
select
	'prepared transaction' as kind,
	p.gid as name,
	p.dbid as datid,
	pg_catalog.pg_get_userbyid(p.ownerid) as owner,
	p.prepared as since,
	p.transaction as xmin,
	null::pg_catalog.xid as catalog_xmin,
	null::pg_catalog.bool as active,
	null::pg_catalog.int4 as active_pid
from pg_catalog.pg_prepared_xact() as p
union all
select
	s.slot_type operator(pg_catalog.||) ' slot',
	s.slot_name,
	s.datoid,
	null,
	${inactiveSince},
	s.xmin,
	s.catalog_xmin,
	s.active,
	s.active_pid
from pg_catalog.pg_get_replication_slots() as s
where (s.xmin is not null or s.catalog_xmin is not null) and s.wal_status is distinct from 'lost'
`;

/**
 * Holders of the xmin horizon other than sessions: prepared transactions, by their own transaction id, and replication slots. The
 * start is known for slots from 17 on, and only while they are inactive.
 */
export const horizon = defineQuery({
	name: 'horizon',
	title: 'xmin holders',
	deadlineMs: 2000,
	everyMs: 2000,
	fields: {
		kind: textField,
		name: textField,
		datid: nullable(int),
		owner: nullable(textField),
		since: nullable(timestamp),
		xmin: nullable(id),
		catalog_xmin: nullable(id),
		active: nullable(bool),
		active_pid: nullable(int),
	},
	ladder: [
		{since: 130_000, sql: read('null::pg_catalog.timestamptz')},
		{since: 170_000, sql: read('s.inactive_since')},
	],
});

/** A prepared transaction or a slot that holds xmin back. */
export type XminHolder = RowOf<typeof horizon>;
