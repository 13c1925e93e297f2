import {answerOf, type Past} from '../../core/history/past.ts';
import {answersOver} from '../../core/history/rates.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Table, tables} from '../../queries/tables.ts';
import type {TableRow} from './table-row.ts';

// Autovacuum comes by once a minute where its naptime is as it was shipped.
const windowMs = 600_000;
// A run that removed half of what was dead did something.
const leastRemoved = 0.5;

const none: ReadonlyMap<number, boolean | null> = new Map();

type Seen = {readonly count: number; readonly dead: number};

const runsByAnswer = new WeakMap<object, ReadonlyMap<number, boolean | null>>();

/**
 * Of each table that autovacuum should take for its dead rows, by oid: whether it did so while we looked, and all that was dead
 * still is; null where it was not seen to come by. Tables without so many dead rows have no entry.
 */
export const futileRuns = (sample: Sample, past: Past, rows: readonly TableRow[]): ReadonlyMap<number, boolean | null> => {
	const answer = answerOf(sample, tables);
	if (!answer) return none;
	const found = runsByAnswer.get(answer) ?? futileAmong(sample, past, rows);
	runsByAnswer.set(answer, found);
	return found;
};

/** The same of these tables alone, and worked out anew. */
export const futileAmong = (
	sample: Sample,
	past: Past,
	rows: readonly Pick<TableRow, 'relid' | 'n_dead_tup' | 'dead_threshold'>[],
): ReadonlyMap<number, boolean | null> => {
	const thresholds = new Map(
		rows.flatMap(({relid, n_dead_tup, dead_threshold}) =>
			(n_dead_tup ?? 0) > dead_threshold ? [[relid, dead_threshold] as const] : [],
		),
	);
	if (thresholds.size === 0) return none;
	const seen = new Map<number, Seen[]>([...thresholds.keys()].map(relid => [relid, []]));
	for (const answer of answersOver(sample, past, tables, windowMs))
		for (const {relid, autovacuum_count, n_dead_tup} of answer.rows as readonly Table[])
			if (autovacuum_count !== null && n_dead_tup !== null) seen.get(relid)?.push({count: autovacuum_count, dead: n_dead_tup});
	return new Map([...seen].map(([relid, series]) => [relid, isFutile(series, thresholds.get(relid) ?? 0)]));
};

const isFutile = (series: readonly Seen[], threshold: number): boolean | null => {
	const runsSeen = series.flatMap((now, index) => {
		const before = series[index - 1];
		return before && now.count > before.count ? [{before, now}] : [];
	});
	if (runsSeen.length === 0) return null;
	return runsSeen.every(({before, now}) => now.dead > threshold && now.dead > before.dead * leastRemoved);
};
