import {type Answer, answerOf, baseOf, type Past} from '../../core/history/past.ts';
import {answersOver, perSecond, trend} from '../../core/history/rates.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type DatabaseCounters, type DatabaseSize, databaseSizes, databases} from '../../queries/server/databases.ts';
import type {SectionRow} from '../reading/sections.ts';

/** Database with its size and the rates of its counters; null is unknown. */
export type DatabaseRow = SectionRow &
	DatabaseCounters & {
		readonly connection_limit: number | null;
		readonly size_bytes: number | null;
		readonly growth_bytes_per_second: number | null;
		readonly xact_commit_per_second: number | null;
		readonly xact_rollback_per_second: number | null;
		readonly hit_ratio: number | null;
		readonly blks_read_per_second: number | null;
		readonly tup_returned_per_second: number | null;
		readonly tup_written_per_second: number | null;
		readonly temp_bytes_per_second: number | null;
		readonly deadlocks_per_second: number | null;
		readonly sessions_per_second: number | null;
		readonly average_active_sessions: number | null;
	};

type Counter = Exclude<keyof DatabaseCounters, 'datname' | 'stats_reset'>;

const growthMs = 3_600_000;
const leastGrowthSeconds = 600;
// With fewer blocks per second a ratio is meaningless.
const leastBlocks = 10;

const byDatabase = <R extends {readonly datid: number}>({rows}: Answer<R>): ReadonlyMap<number, R> =>
	new Map(rows.map(row => [row.datid, row]));

/** Growth of each database, from the sizes of the last hour. */
const growths = (sample: Sample, past: Past): ((datid: number) => number | null) => {
	const sizes = answersOver<DatabaseSize>(sample, past, databaseSizes, growthMs).map(answer => ({
		at: answer.at,
		of: byDatabase(answer),
	}));
	return datid =>
		trend(
			sizes.map(({at, of}) => ({at, value: of.get(datid)?.size_bytes ?? null})),
			leastGrowthSeconds,
		);
};

const hitRatio = (hit: number | null, read: number | null): number | null =>
	hit === null || read === null || hit + read < leastBlocks ? null : hit / (hit + read);

/** Databases of a sample; empty if they could not be read. */
export const databaseRows = (sample: Sample, past: Past): readonly DatabaseRow[] => {
	const now = answerOf<DatabaseCounters>(sample, databases);
	if (!now) return [];
	const sizes = answerOf<DatabaseSize>(sample, databaseSizes);
	const sizeOf = sizes && byDatabase(sizes);
	const growthOf = growths(sample, past);
	const base = baseOf<DatabaseCounters>(sample, past, databases);
	const before = base && byDatabase(base);
	return now.rows.map((row): DatabaseRow => {
		const then = before?.get(row.datid);
		const rate = (counter: Counter): number | null =>
			!base || !then || then.stats_reset !== row.stats_reset
				? null
				: perSecond({at: base.at, value: then[counter]}, {at: now.at, value: row[counter]});
		const read = rate('blks_read');
		return {
			...row,
			section: 'database',
			datname: row.datid === 0 ? '(shared objects)' : row.datname,
			connection_limit: row.datconnlimit === null || row.datconnlimit < 0 ? null : row.datconnlimit,
			size_bytes: sizeOf?.get(row.datid)?.size_bytes ?? null,
			growth_bytes_per_second: growthOf(row.datid),
			xact_commit_per_second: rate('xact_commit'),
			xact_rollback_per_second: rate('xact_rollback'),
			hit_ratio: hitRatio(rate('blks_hit'), read),
			blks_read_per_second: read,
			tup_returned_per_second: rate('tup_returned'),
			tup_written_per_second: rate('tup_written'),
			temp_bytes_per_second: rate('temp_bytes'),
			deadlocks_per_second: rate('deadlocks'),
			sessions_per_second: rate('sessions'),
			average_active_sessions: rate('active_seconds'),
		};
	});
};
