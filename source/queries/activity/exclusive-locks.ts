import {bool, defineQuery, int, nullable, type RowOf} from '../../core/sample/query.ts';

/** Holders and waiters of ACCESS EXCLUSIVE locks on relations of our database; a null pid is a prepared transaction. */
export const exclusiveLocks = defineQuery({
	name: 'exclusive_locks',
	deadlineMs: 2000,
	everyMs: 2000,
	fields: {relation: int, pid: nullable(int), granted: bool},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	l.relation,
	l.pid,
	l.granted
from pg_catalog.pg_locks as l
where l.locktype = 'relation'
	and l.mode = 'AccessExclusiveLock'
	and l.database = (select a.datid from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a)
`,
		},
	],
});

/** A session that holds or awaits an ACCESS EXCLUSIVE lock. */
export type ExclusiveLock = RowOf<typeof exclusiveLocks>;
