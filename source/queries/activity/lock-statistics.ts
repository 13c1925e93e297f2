import {defineQuery, float, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

/**
 * Waits for locks since the statistics were reset, by type, of the whole cluster; new in 19. A wait counts once it has lasted for
 * deadlock_timeout and was then granted. `fastpath_exceeded` counts locks that found no fast-path slot.
 */
export const lockStatistics = defineQuery({
	name: 'lock_statistics',
	deadlineMs: 2000,
	everyMs: 5000,
	when: facts => Number(facts.version) >= 190_000,
	named: 1,
	fields: {
		locktype: textField,
		waits: int,
		/** Milliseconds. */
		wait_time: float,
		fastpath_exceeded: int,
		stats_reset: nullable(timestamp),
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	null::pg_catalog.text as locktype,
	0::pg_catalog.int8 as waits,
	0::pg_catalog.float8 as wait_time,
	0::pg_catalog.int8 as fastpath_exceeded,
	null::pg_catalog.timestamptz as stats_reset
where false
`,
		},
		{
			since: 190_000,
			sql: `
select
	l.locktype,
	l.waits,
	l.wait_time::pg_catalog.float8 as wait_time,
	l.fastpath_exceeded,
	l.stats_reset
from pg_catalog.pg_stat_get_lock() as l
`,
		},
	],
});

/** Waits for locks of one type. */
export type LockStatistics = RowOf<typeof lockStatistics>;
