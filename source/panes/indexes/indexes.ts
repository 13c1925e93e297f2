import type {RelationRef} from '../../core/actions/maintenance.ts';
import type {Past} from '../../core/history/past.ts';
import {amount, type Column, count, flag, instant, size, text} from '../../core/pane/column.ts';
import {type Described, definePane} from '../../core/pane/pane.ts';
import type {Sample, Value} from '../../core/sample/sample.ts';
import {clean} from '../../core/text/clean.ts';
import type {Tone} from '../../core/text/line.ts';
import {relationName} from '../../core/values/quote.ts';
import {bytes, shortCount as short} from '../../core/values/units.ts';
import {indexUsage, scanCounters, tableScans} from '../../queries/storage/index-usage.ts';
import {indexColumns, indexExpressions, indexes, invalidIndexes} from '../../queries/storage/indexes.ts';
import {factsOf} from '../reading/answers.ts';
import {indexLines, scannedTableLines} from './page.ts';
import {type IndexRow, indexRows} from './rows.ts';
import {type ScannedTable, scannedTables} from './scanned-tables.ts';

type IndexesRow = IndexRow | ScannedTable;

const isIndex = (row: IndexesRow): row is IndexRow => row.section === 'index';

/** Column value of an index; null for a table, which filters ask for too. */
const ofIndex =
	(value: (row: IndexRow) => Value) =>
	(row: IndexesRow): Value =>
		isIndex(row) ? value(row) : null;

const ofTable =
	(value: (row: ScannedTable) => Value) =>
	(row: IndexesRow): Value =>
		isIndex(row) ? null : value(row);

const paceOf = (value: Value): string =>
	Number(value) > 0 && Number(value) < 10 ? Number(value).toFixed(2) : short(Number(value));

const manyRowsPerSecond = 1_000_000;

const verdictTone = (_: Value, row: IndexesRow): Tone => {
	if (!isIndex(row)) return row.rows_read_per_second >= manyRowsPerSecond ? 'warn' : 'calm';
	return row.verdict !== null && row.verdict.rank <= 3 ? 'warn' : row.verdict?.kind === 'ok' ? 'dim' : 'calm';
};

const relname = text<IndexesRow>('relname', 'Name of the table.', row => row.relname, {
	title: 'TABLE',
	aliases: ['table'],
	keep: 60,
	width: {min: 12, max: 30},
});
const schemaname = text<IndexesRow>('schemaname', 'Schema of the table.', row => row.schemaname, {
	title: 'SCHEMA',
	aliases: ['schema'],
	keep: 40,
	width: {min: 8, max: 14},
});
const tableBytes = size<IndexesRow>(
	'table_bytes',
	'Size of the table as of its last VACUUM or ANALYZE.',
	row => (isIndex(row) ? (row.usage?.table_bytes ?? null) : row.table_bytes),
	{title: 'TABLE SIZE', keep: 30, width: {min: 10}},
);
const verdict = text<IndexesRow>(
	'verdict',
	'Verdict: invalid, duplicate, redundant, unused, building or ok; Enter shows the reasons and the remedy.',
	row => (isIndex(row) ? (row.verdict?.text ?? null) : row.text),
	{keep: 100, width: {min: 28, max: 48, grow: true}, tone: verdictTone},
);
const oid = count<IndexesRow>('oid', 'Oid of the index or table.', row => row.oid, {width: {min: 8}});
const section = text<IndexesRow>('section', 'Section: index or table.', row => row.section, {width: {min: 7}});

const indexSection: readonly Column<IndexesRow>[] = [
	text(
		'indexrelname',
		'Name of the index.',
		ofIndex(row => row.indexrelname),
		{title: 'INDEX', aliases: ['index'], keep: 99, width: {min: 20, max: 40}},
	),
	relname,
	schemaname,
	size(
		'index_bytes',
		'Size of the index as of the last VACUUM or ANALYZE of its table.',
		ofIndex(row => row.index_bytes),
		{title: 'SIZE', aliases: ['size'], keep: 90},
	),
	amount(
		'idx_scan',
		'Index scans since the counters began.',
		ofIndex(row => row.usage?.idx_scan ?? null),
		{title: 'SCANS', aliases: ['scans'], keep: 85},
	),
	amount(
		'idx_scans_per_second',
		'Recent index scans per second.',
		ofIndex(row => row.scans_per_second),
		{title: 'SCANS/S', keep: 35, width: {min: 7}, format: paceOf},
	),
	instant(
		'last_idx_scan',
		'Time of the last index scan; PostgreSQL 16 and later.',
		ofIndex(row => row.usage?.last_idx_scan ?? null),
		{title: 'LAST SCAN', keep: 20, width: {min: 16}, format: value => String(value).slice(0, 16).replace('T', ' ')},
	),
	text(
		'columns',
		'Indexed columns.',
		ofIndex(({columns}) => (columns ? [columns.keys, columns.included].filter(part => part !== null).join(' + ') : null)),
		{keep: 50, width: {min: 14, max: 30}},
	),
	tableBytes,
	verdict,
	text(
		'access_method',
		'Access method: btree, gin, gist, brin or another.',
		ofIndex(row => row.definition?.access_method ?? null),
		{title: 'METHOD', width: {min: 6}},
	),
	flag(
		'indisunique',
		'Unique index.',
		ofIndex(row => row.definition?.indisunique ?? null),
		{title: 'UNIQUE', width: {min: 6}},
	),
	flag(
		'indisprimary',
		'Primary key.',
		ofIndex(row => row.definition?.indisprimary ?? null),
		{title: 'PRIMARY', width: {min: 7}},
	),
	text(
		'conname',
		'Constraint that uses the index.',
		ofIndex(row => row.definition?.conname ?? null),
		{title: 'CONSTRAINT'},
	),
	flag(
		'indisvalid',
		'Usable by queries.',
		ofIndex(row => row.verdict?.kind !== 'invalid' && row.verdict?.kind !== 'building'),
		{title: 'VALID', width: {min: 5}},
	),
	flag(
		'indisready',
		'Maintained by writes.',
		ofIndex(row => row.invalid?.indisready ?? row.definition?.indisready ?? null),
		{title: 'READY', width: {min: 5}},
	),
	instant(
		'counted_since',
		'Time when the scan counters began.',
		ofIndex(row => row.since),
		{title: 'COUNTED SINCE', width: {min: 16}, format: value => String(value).slice(0, 16).replace('T', ' ')},
	),
	oid,
	section,
];

const tableSection: readonly Column<IndexesRow>[] = [
	relname,
	schemaname,
	tableBytes,
	amount(
		'seq_scans_per_second',
		'Recent sequential scans per second.',
		ofTable(row => row.seq_scans_per_second),
		{title: 'SCANS/S', keep: 85, width: {min: 7}, format: paceOf},
	),
	amount(
		'rows_per_scan',
		'Rows read per sequential scan.',
		ofTable(row => row.rows_per_scan),
		{title: 'ROWS/SCAN', keep: 80, width: {min: 9}},
	),
	amount(
		'rows_read_per_second',
		'Rows read per second by sequential scans.',
		ofTable(row => row.rows_read_per_second),
		{title: 'ROWS/S', keep: 70},
	),
	amount(
		'seq_scan',
		'Sequential scans since the counters began.',
		ofTable(row => row.seq_scan),
		{title: 'SEQ SCANS', width: {min: 9}},
	),
	verdict,
	oid,
	section,
];

const rows = (sample: Sample, past: Past): readonly IndexesRow[] => [...indexRows(sample, past), ...scannedTables(sample, past)];

const relationOf = (row: IndexesRow, sample: Sample): Described<RelationRef> | undefined => {
	const database = factsOf(sample)?.database;
	if (database === undefined) return undefined;
	const bytesOf = isIndex(row) ? row.index_bytes : row.table_bytes;
	const name = isIndex(row) ? row.indexrelname : row.relname;
	return {
		of: {database, oid: row.oid, kind: isIndex(row) ? 'index' : 'table', name: clean(relationName(row.schemaname, name))},
		about: bytesOf === null ? '' : bytes(bytesOf),
	};
};

/** Indexes of the connected database with a verdict each, and tables with large sequential scans. */
export const indexesPane = definePane<IndexesRow>({
	id: 'indexes',
	keys: ['6'],
	title: 'Indexes',
	tab: 'Idx',
	help: 'Indexes of this database: invalid, redundant and unused ones first. Below them, tables with large sequential scans.',
	queries: [indexes, indexUsage, invalidIndexes, tableScans, scanCounters, indexColumns, indexExpressions],
	rows,
	identity: row => `${row.section} ${row.oid}`,
	relation: relationOf,
	copied: row => `${row.schemaname}.${isIndex(row) ? row.indexrelname : row.relname}`,
	sections: [
		{id: 'index', title: 'Indexes', columns: indexSection, has: isIndex},
		{id: 'table', title: 'Tables with large sequential scans', columns: tableSection, has: row => !isIndex(row)},
	],
	rates: true,
	empty: 'This database has no indexes and no tables with large sequential scans.',
	inspect: (row, sample, width) => (isIndex(row) ? indexLines(row, sample.at, width) : scannedTableLines(row, width)),
});
