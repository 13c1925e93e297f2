import {defineQuery, defineReading, id, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

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
 * One look at the waits of active clients and their parallel workers, aggregated on the server so that little is sent: it runs
 * several times a second. If nothing is active there is one row of nulls. `answered`, on the server's clock, gives its cost.
 * `query_id` is new in 14.
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

/** SQL of a look without these backends. */
export const withoutPids = (sql: string, pids: readonly number[]): string => sql.replace("'{}'", `'{${pids.join(',')}}'`);

/**
 * Waits seen since the sample before, in `looks` looks, one of which is the list of sessions: how often a backend was seen in each
 * wait, with each statement, `CPU` if it waited for nothing. `seen` divided by `looks` is the average number of active sessions,
 * over several samples too. If nothing was active, one row without a wait has the number of looks.
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

/** Count of one wait with one statement. */
export type WaitSample = RowOf<typeof waitSamples>;
