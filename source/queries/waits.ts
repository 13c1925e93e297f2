import {defineQuery, defineReading, id, int, nullable, type RowOf, textField, timestamp} from '../core/sample/query.ts';

const read = (queryId: string): string => `
select
	w.wait_event_type,
	w.wait_event,
	w.query_id,
	coalesce(w.seen, 0) as seen,
	pg_catalog.clock_timestamp() as answered
from (select) as once
left join (
	select
		a.wait_event_type,
		a.wait_event,
		${queryId} as query_id,
		pg_catalog.count(*)::pg_catalog.int4 as seen
	from pg_catalog.pg_stat_get_activity(null) as a
	where a.state in ('active', 'fastpath function call')
		and a.backend_type in ('client backend', 'parallel worker')
		and a.pid <> pg_catalog.pg_backend_pid()
		and a.pid <> all ('{}'::pg_catalog.int4[])
	group by
		a.wait_event_type,
		a.wait_event,
		${queryId}
) as w on true
`;

/**
 * One look at what active clients and their parallel workers wait for, counted where it is seen so that little is sent: asked
 * several times a second. A row of nothing stands where nobody is active. `answered` tells, by the server's own clock, what
 * the look cost. `query_id` arrived in 14.
 */
export const look = defineQuery({
	name: 'look',
	deadlineMs: 2000,
	fields: {
		wait_event_type: nullable(textField),
		wait_event: nullable(textField),
		query_id: nullable(id),
		seen: int,
		answered: timestamp,
	},
	named: 3,
	ladder: [
		{since: 130_000, sql: read('null::pg_catalog.text')},
		{since: 140_000, sql: read('a.query_id')},
	],
});

/** The SQL of a look that leaves these backends out. */
export const withoutPids = (sql: string, pids: readonly number[]): string => sql.replace("'{}'", `'{${pids.join(',')}}'`);

/**
 * What was seen since the sample before, in `looks` looks of which the list of sessions is one: how often a backend was seen in
 * each wait, `CPU` while it waited for nothing, with each statement. So `seen` over `looks` is the average of active sessions,
 * over many samples too. Where nobody was active, one row without a wait says how often was looked.
 */
export const waitSamples = defineReading({
	name: 'wait_samples',
	fields: {
		wait_event_type: nullable(textField),
		wait_event: nullable(textField),
		query_id: nullable(id),
		seen: int,
		looks: int,
	},
});

/** How often one wait was seen with one statement. */
export type WaitSample = RowOf<typeof waitSamples>;
