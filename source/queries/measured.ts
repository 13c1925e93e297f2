import {defineReading, float, int, nullable, type RowOf, textField, timestamp} from '../core/sample/query.ts';

/**
 * What was measured of tables on demand since this program began, one row a table: how far that is (`running`, `done`,
 * `failed`), and what pgstattuple counted of heap, TOAST and btrees, in bytes. `relpages` and `reltuples` are what the catalog said
 * then: once it says something else it knows better. `index_bytes` are of all its indexes, `index_bloat_bytes` of its btrees.
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

/** What was measured of one table. */
export type Measured = RowOf<typeof measured>;
