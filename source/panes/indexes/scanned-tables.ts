import {type Answer, answerOf, baseOf, type Past} from '../../core/history/past.ts';
import {perSecond} from '../../core/history/rates.ts';
import {remembered} from '../../core/sample/remembered.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {shortCount} from '../../core/values/units.ts';
import {type TableScans, tableScans} from '../../queries/storage/index-usage.ts';

/** Table with repeated large sequential scans. */
export type ScannedTable = {
	readonly section: 'table';
	readonly schemaname: string;
	readonly relname: string;
	readonly oid: number;
	readonly table_bytes: number | null;
	readonly seq_scan: number;
	readonly seq_scans_per_second: number;
	readonly rows_per_scan: number;
	readonly rows_read_per_second: number;
	readonly text: string;
};

// A sequential scan of fewer rows is as fast as an index scan.
const fewRows = 1000;

// A scan is counted when it begins, its rows when it ends: over a few seconds the two need not match.
const derive = remembered((now: Answer<TableScans>, then: Answer<TableScans>): readonly ScannedTable[] => {
	const before = new Map(then.rows.map(row => [row.relid, row]));
	return now.rows
		.flatMap((table): readonly ScannedTable[] => {
			const base = before.get(table.relid);
			const rate = (value: (of: TableScans) => number | null): number | null =>
				base ? perSecond({at: then.at, value: value(base)}, {at: now.at, value: value(table)}) : null;
			const scans = rate(({seq_scan}) => seq_scan);
			const rows = rate(({seq_tup_read}) => seq_tup_read);
			if (!scans || !rows || rows / scans < fewRows) return [];
			const perScan = Math.round(rows / scans);
			return [
				{
					section: 'table',
					schemaname: table.schemaname,
					relname: table.relname,
					oid: table.relid,
					table_bytes: table.table_bytes,
					seq_scan: table.seq_scan ?? 0,
					seq_scans_per_second: scans,
					rows_per_scan: perScan,
					rows_read_per_second: rows,
					text: `${shortCount(perScan)} rows read by every sequential scan`,
				},
			];
		})
		.sort((a, b) => b.rows_read_per_second - a.rows_read_per_second || a.oid - b.oid);
});

/** Large tables with recent sequential scans, the most rows read first. */
export const scannedTables = (sample: Sample, past: Past): readonly ScannedTable[] => {
	const now = answerOf(sample, tableScans);
	const then = baseOf(sample, past, tableScans);
	return now && then ? derive(now, then) : [];
};
