import {countedBloat} from '../../core/bloat/estimate.ts';
import {type Instant, secondsBetween} from '../../core/values/instant.ts';
import type {Measured} from '../../queries/beside/measured.ts';
import type {Table} from '../../queries/storage/tables.ts';
import {shareOf, type TableRow, total} from './table-row.ts';

// Time a failure is shown, and the change of the catalog's figures that makes a measurement outdated.
const shownSeconds = 60;
const mostChange = 0.05;

const isAbout = (now: number, then: number | null): boolean =>
	then === null || Math.abs(now - then) <= mostChange * Math.max(Math.abs(now), Math.abs(then), 1);

/** True if the catalog's figures are those of the measurement: a VACUUM, ANALYZE or rewrite since then is more recent. */
const isValid = (measured: Measured, {relpages, reltuples}: Table): boolean =>
	isAbout(relpages, measured.relpages) && isAbout(reltuples, measured.reltuples);

const bloatOf = (live: number | null, dead: number | null, free: number | null, fillfactor: number): number | null =>
	live === null || dead === null || free === null ? null : countedBloat({live, dead, free, fillfactor});

/** Row with its measurement: exact figures, a running measurement, or a recent failure. */
export const measuredRow = (row: TableRow, measured: Measured, table: Table, now: Instant): TableRow => {
	if (measured.state === 'running') return {...row, measuring: measured.started, measure_message: measured.step};
	if (measured.state === 'failed') {
		const ago = secondsBetween(measured.finished, now) ?? 0;
		return ago > shownSeconds ? row : {...row, measure_message: measured.message};
	}
	if (!isValid(measured, table)) return row;
	const heap_bloat_bytes = bloatOf(
		measured.heap_live_bytes,
		measured.heap_dead_bytes,
		measured.heap_free_bytes,
		measured.fillfactor ?? 100,
	);
	const toast_bloat_bytes =
		measured.toast_bytes === null
			? 0
			: bloatOf(measured.toast_live_bytes, measured.toast_dead_bytes, measured.toast_free_bytes, 100);
	const toast_bytes = measured.toast_bytes ?? 0;
	const table_bytes = total(measured.heap_bytes, toast_bytes);
	const bloat_bytes = total(heap_bloat_bytes, toast_bloat_bytes);
	return {
		...row,
		heap_bytes: measured.heap_bytes,
		toast_bytes,
		index_bytes: measured.index_bytes,
		table_bytes,
		total_bytes: total(table_bytes, measured.index_bytes),
		heap_bloat_bytes,
		toast_bloat_bytes,
		index_bloat_bytes: measured.index_bloat_bytes,
		bloat_bytes,
		bloat_ratio: shareOf(bloat_bytes, table_bytes),
		bloat_source: 'exact',
		unknown: null,
		hidden: false,
		measured: measured.finished,
	};
};
