import {defineReading, float, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

/**
 * Tables measured on demand since this program started, one row per table: state (`running`, `done`, `failed`), and what
 * pgstattuple counted in heap, TOAST and btrees, in bytes. `relpages` and `reltuples` are the catalog's values at that time: once
 * they differ the catalog is newer. `index_bytes` covers all its indexes, `index_bloat_bytes` its btrees.
 */
export const measured = defineReading({
	name: 'measured',
	fields: {
		relid: int,
		started: timestamp,
		state: textField,
		step: nullable(textField),
		finished: nullable(timestamp),
		relpages: nullable(float),
		reltuples: nullable(float),
		fillfactor: nullable(float),
		heap_bytes: nullable(float),
		heap_live_bytes: nullable(float),
		heap_dead_bytes: nullable(float),
		heap_free_bytes: nullable(float),
		toast_bytes: nullable(float),
		toast_live_bytes: nullable(float),
		toast_dead_bytes: nullable(float),
		toast_free_bytes: nullable(float),
		index_bytes: nullable(float),
		index_bloat_bytes: nullable(float),
		message: nullable(textField),
	},
});

/** Measurement of one table. */
export type Measured = RowOf<typeof measured>;
