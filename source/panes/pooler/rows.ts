import {baseOf, type Past} from '../../core/history/past.ts';
import {perSecond} from '../../core/history/rates.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type PoolerClient, type PoolerPool, poolerClients, poolerPools} from '../../queries/beside/pgbouncer.ts';
import {rowsOf} from '../reading/answers.ts';

/** A pool of PgBouncer with the rates of its database. */
export type PoolRow = PoolerPool & {
	readonly section: 'pool';
	/** Servers that are open, whatever they do; null if a part is unknown. */
	readonly servers: number | null;
	readonly mean_query_ms: number | null;
	/** Milliseconds that a transaction waited for a server. */
	readonly mean_wait_ms: number | null;
	readonly xact_per_second: number | null;
};

/** A client of PgBouncer that waits for a server or holds one. */
export type ClientRow = PoolerClient & {readonly section: 'client'; readonly maxwait_seconds: number | null};

/** Servers of a pool that are open; null if a part is unknown. */
export const openServers = ({sv_active, sv_idle, sv_used, sv_tested, sv_login}: PoolerPool): number | null =>
	[sv_active, sv_idle, sv_used, sv_tested, sv_login].reduce<number | null>(
		(sum, part) => (sum === null || part === null ? null : sum + part),
		0,
	);

const isSame = (a: PoolerPool, b: PoolerPool): boolean =>
	a.bouncer === b.bouncer && a.database === b.database && a.user === b.user;

/** Pools of a sample: rates between two answers, else the averages of PgBouncer, which are of its last minute. */
export const poolRowsOf = (sample: Sample, past: Past): readonly PoolRow[] => {
	const base = baseOf<PoolerPool>(sample, past, poolerPools);
	const at = sample.results[poolerPools.name]?.at ?? sample.at;
	return rowsOf(sample, poolerPools).map((pool): PoolRow => {
		const then = base?.rows.find(row => isSame(row, pool));
		const grown = (count: (of: PoolerPool) => number | null): number | null => {
			const [before, now] = [then && count(then), count(pool)];
			return before == null || now === null || now < before ? null : now - before;
		};
		const each = (time: (of: PoolerPool) => number | null, count: (of: PoolerPool) => number | null): number | null => {
			const [spent, times] = [grown(time), grown(count)];
			return spent === null || times === null || times === 0 ? null : spent / times / 1000;
		};
		const rate = perSecond({at: base?.at ?? '', value: then?.total_xact_count ?? null}, {at, value: pool.total_xact_count});
		const average = then ? null : pool.avg_query_time;
		return {
			...pool,
			section: 'pool',
			servers: openServers(pool),
			mean_query_ms:
				each(
					of => of.total_query_time,
					of => of.total_query_count,
				) ?? (average === null ? null : average / 1000),
			mean_wait_ms: each(
				of => of.total_wait_time,
				of => of.total_xact_count,
			),
			xact_per_second: then ? rate : pool.avg_xact_count,
		};
	});
};

/** Clients of a sample. */
export const clientRowsOf = (sample: Sample): readonly ClientRow[] =>
	rowsOf(sample, poolerClients).map(client => ({...client, section: 'client', maxwait_seconds: client.wait_seconds}));
