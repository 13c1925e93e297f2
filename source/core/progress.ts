import {type Reading, secondsUntil, trend} from './history/rates.ts';
import {duration, shortCount} from './values/units.ts';

/** Counters of a long command; null if the command does not count that. */
export type ProgressCounters = {
	readonly command: string;
	readonly phase: string | null;
	readonly block_size: number;
	readonly blocks_total: number | null;
	readonly blocks_done: number | null;
	readonly tuples_total: number | null;
	readonly tuples_done: number | null;
	readonly bytes_total: number | null;
	readonly bytes_done: number | null;
	readonly indexes_total: number | null;
	readonly indexes_done: number | null;
	readonly lockers_total: number | null;
	readonly lockers_done: number | null;
	readonly statistics_total: number | null;
	readonly statistics_done: number | null;
};

/** Done and total of a phase; either is null if unknown. */
export type PhaseProgress = {
	readonly unit: 'bytes' | 'rows' | 'indexes' | 'sessions' | 'statistics';
	readonly done: number | null;
	readonly total: number | null;
};

/**
 * Progress of the current phase, by the counters that move in it: the views keep those of earlier phases unchanged. Undefined for
 * phases that count nothing.
 */
export const doneOf = (row: ProgressCounters): PhaseProgress | undefined => {
	const {command, phase} = row;
	if (phase === null) return undefined;
	const blocks = of('bytes', times(row.blocks_done, row.block_size), times(row.blocks_total, row.block_size));
	const tuples = of('rows', row.tuples_done, row.tuples_total);
	switch (command) {
		case 'VACUUM':
			if (phase === 'scanning heap' || phase === 'vacuuming heap') return blocks;
			return /indexes$/.test(phase) && row.indexes_total !== null
				? of('indexes', row.indexes_done, row.indexes_total)
				: undefined;
		case 'ANALYZE':
			if (phase === 'computing extended statistics') return of('statistics', row.statistics_done, row.statistics_total);
			return phase.startsWith('acquiring') ? blocks : undefined;
		case 'CLUSTER':
		case 'VACUUM FULL':
		case 'REPACK':
			if (phase === 'seq scanning heap') return blocks;
			// The number of rows that an index scan returns is unknown until it ends.
			if (phase === 'index scanning heap') return {unit: 'rows', done: row.tuples_total, total: null};
			if (phase === 'writing new heap') return tuples;
			return phase === 'rebuilding index' ? {unit: 'indexes', done: row.indexes_done, total: null} : undefined;
		case 'BASE BACKUP':
			return phase === 'streaming database files' ? of('bytes', row.bytes_done, row.bytes_total) : undefined;
		case 'COPY FROM':
		case 'COPY TO':
			return of('bytes', row.bytes_done, row.bytes_total);
		default:
			if (phase.startsWith('waiting for')) return of('sessions', row.lockers_done, row.lockers_total);
			if (/(loading|sorting)[^:]*tuples/.test(phase)) return tuples.total === null ? undefined : tuples;
			return blocks.total === null ? (tuples.total === null ? undefined : tuples) : blocks;
	}
};

/** Progress of the phase in percent, 0 to 100; null if unknown. */
export const percentOf = (progress: PhaseProgress | undefined): number | null => {
	if (!progress || progress.done === null || progress.total === null) return null;
	// A backup of a growing database sends more than its estimate.
	return Math.round(Math.min(1, progress.done / progress.total) * 1000) / 10;
};

const times = (count: number | null, size: number): number | null => (count === null ? null : count * size);

// A total of 0 is a total that the command does not know.
const of = (unit: PhaseProgress['unit'], done: number | null, total: number | null): PhaseProgress => ({
	unit,
	done,
	total: total === 0 ? null : total,
});

/**
 * Seconds until the phase ends at the pace of its readings, oldest first; null before they span three seconds, if nothing moves,
 * and while it waits for sessions, which have no pace.
 */
export const etaOf = (progress: PhaseProgress | undefined, readings: readonly Reading[]): number | null => {
	if (!progress || progress.done === null || progress.total === null || progress.unit === 'sessions') return null;
	return secondsUntil(progress.total - progress.done, trend(readings, 3));
};

/** Further remarks about a command, in a few words; empty if there is nothing unusual. */
export const noteOf = (
	row: ProgressCounters & {
		readonly index_vacuum_count: number | null;
		readonly partitions_total: number | null;
		readonly partitions_done: number | null;
		readonly tuples_skipped: number | null;
		readonly delay_seconds: number | null;
		readonly tuples_updated: number | null;
		readonly tuples_deleted: number | null;
		readonly mode: string | null;
		readonly started_by: string | null;
	},
): string => {
	const pass = passOf(row.phase, row.index_vacuum_count);
	return [
		row.mode === 'failsafe' ? 'failsafe: wraparound is near' : '',
		row.mode !== 'failsafe' && row.started_by === 'autovacuum_wraparound' ? 'prevents wraparound' : '',
		pass > 1 ? `index pass ${pass}: maintenance memory too small` : '',
		row.partitions_total ? `${row.partitions_done ?? 0} of ${row.partitions_total} partitions done` : '',
		row.command.startsWith('COPY') && row.tuples_done !== null ? `${shortCount(row.tuples_done)} rows` : '',
		row.tuples_skipped ? `${shortCount(row.tuples_skipped)} rows skipped` : '',
		row.phase === 'catch-up'
			? `${shortCount(row.tuples_updated ?? 0)} updates, ${shortCount(row.tuples_deleted ?? 0)} deletes applied`
			: '',
		row.delay_seconds ? `slept ${duration(row.delay_seconds)} for cost delay` : '',
	]
		.filter(part => part !== '')
		.join(', ');
};

/**
 * Number of the current index pass of VACUUM, or of the one that its return to the heap leads to; the server counts completed
 * passes. More than one is needed if the dead rows do not fit into maintenance_work_mem.
 */
const passOf = (phase: string | null, over: number | null): number => {
	if (over === null) return 0;
	return phase === 'scanning heap' || phase === 'vacuuming indexes' ? (over === 0 ? 0 : over + 1) : over;
};
