import {answerOf, type Past} from '../../core/history/past.ts';
import {answersOver} from '../../core/history/rates.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Table, tables} from '../../queries/storage/tables.ts';
import type {TableRow} from './table-row.ts';

// Autovacuum visits a database once a minute with the default autovacuum_naptime.
const windowMs = 600_000;
// A run that removed half of the dead rows was not futile.
const leastRemoved = 0.5;

const none: ReadonlyMap<number, boolean | null> = new Map();

type Counts = {readonly count: number; readonly dead: number};

const runsByAnswer = new WeakMap<object, ReadonlyMap<number, boolean | null>>();

/**
 * Futile autovacuum runs by table oid: true if all observed runs left the dead rows, null if no run was observed. Tables below
 * their threshold of dead rows have no entry.
 */
export const futileRuns = (sample: Sample, past: Past, rows: readonly TableRow[]): ReadonlyMap<number, boolean | null> => {
	const answer = answerOf(sample, tables);
	if (!answer) return none;
	const runs = runsByAnswer.get(answer) ?? futileAmong(sample, past, rows);
	runsByAnswer.set(answer, runs);
	return runs;
};

/** Same as `futileRuns`, for the given tables only and without remembering the result. */
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
	const counts = new Map<number, Counts[]>([...thresholds.keys()].map(relid => [relid, []]));
	for (const answer of answersOver(sample, past, tables, windowMs))
		for (const {relid, autovacuum_count, n_dead_tup} of answer.rows as readonly Table[])
			if (autovacuum_count !== null && n_dead_tup !== null) counts.get(relid)?.push({count: autovacuum_count, dead: n_dead_tup});
	return new Map([...counts].map(([relid, series]) => [relid, isFutile(series, thresholds.get(relid) ?? 0)]));
};

const isFutile = (series: readonly Counts[], threshold: number): boolean | null => {
	const runs = series.flatMap((now, index) => {
		const before = series[index - 1];
		return before && now.count > before.count ? [{before, now}] : [];
	});
	if (runs.length === 0) return null;
	return runs.every(({before, now}) => now.dead > threshold && now.dead > before.dead * leastRemoved);
};
