import type {Past} from '../../core/history/past.ts';
import {answersOver, perSecond} from '../../core/history/rates.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Line, line} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {duration} from '../../core/values/units.ts';
import {type LockStatistics, lockStatistics} from '../../queries/activity/lock-statistics.ts';
import {rowsOf} from '../reading/answers.ts';

/** Waits for locks of one type since the statistics were reset, and how many a minute there were of late. */
export type LockTotals = LockStatistics & {readonly wait_seconds: number; readonly waits_per_minute: number | null};

const windowMs = 300_000;

/** Types of locks for which anything waited or found no fast-path slot, the longest waits first; none before 19. */
export const lockTotals = (sample: Sample, past: Past): readonly LockTotals[] => {
	const [from] = answersOver<LockStatistics>(sample, past, lockStatistics, windowMs);
	const at = sample.results[lockStatistics.name]?.at ?? sample.at;
	return rowsOf(sample, lockStatistics)
		.filter(({waits, fastpath_exceeded}) => waits > 0 || fastpath_exceeded > 0)
		.map(row => {
			const before = from?.rows.find(({locktype}) => locktype === row.locktype);
			const isSame = from !== undefined && before?.stats_reset === row.stats_reset;
			const rate = isSame ? perSecond({at: from.at, value: before?.waits ?? null}, {at, value: row.waits}) : null;
			return {...row, wait_seconds: row.wait_time / 1000, waits_per_minute: rate === null ? null : rate * 60};
		})
		.sort((a, b) => b.wait_seconds - a.wait_seconds);
};

/** Page of a type of locks. */
export const lockTotalsLines = (totals: LockTotals, sample: Sample): readonly Line[] => {
	const since = secondsBetween(totals.stats_reset, sample.at);
	const average = totals.waits > 0 ? `, ${duration(totals.wait_seconds / totals.waits)} on average` : '';
	return [
		line(`Locks of type ${totals.locktype}`, 'strong'),
		line(
			`  ${plural(totals.waits, 'wait')} longer than deadlock_timeout${average}${since === null ? '' : `, in ${duration(since)}`}.`,
		),
		...(totals.fastpath_exceeded > 0
			? [line(`  ${plural(totals.fastpath_exceeded, 'lock')} found no fast-path slot: raise max_locks_per_transaction.`)]
			: []),
	];
};
