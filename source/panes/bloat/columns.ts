import {above, age, amount, type Column, count, flag, instant, ratio, size, text} from '../../core/pane/column.ts';
import type {Tone} from '../../core/text/line.ts';
import {type Instant, secondsBetween} from '../../core/values/instant.ts';
import {duration} from '../../core/values/units.ts';
import {qualified, type TableRow} from './table-row.ts';

const megabyte = 1024 ** 2;

/** Tone of bloat: a problem if it is most of a large table. */
const bloatTone = ({bloat_bytes, bloat_ratio}: TableRow): Tone => {
	const bytes = bloat_bytes ?? 0;
	const share = bloat_ratio ?? 0;
	if (bytes >= 1024 * megabyte && share >= 0.7) return 'danger';
	return bytes >= 100 * megabyte && share >= 0.5 ? 'warn' : 'calm';
};

const latest = (...moments: readonly (Instant | null)[]): Instant | null =>
	moments.reduce((last, moment) => (moment !== null && (last === null || moment > last) ? moment : last), null);

const lockOf = ({lockers, locked}: TableRow): string | undefined => {
	if (!locked) return undefined;
	const holder = lockers.find(({granted}) => granted);
	const who = (pid: number | null): string => (pid === null ? 'a prepared transaction' : String(pid));
	return holder ? `locked by ${who(holder.pid)}` : `${who(lockers[0]?.pid ?? null)} waits to lock it`;
};

const isWraparound = ({due}: TableRow): boolean => due.some(because => because.includes('wraparound'));

/** Note of a table, the most urgent part first. */
const noteOf = (row: TableRow, now: Instant): string => {
	const seconds = secondsBetween(row.measuring, now);
	const due = row.due.length === 0 ? '' : `due: ${row.due.join(', ')}`;
	return [
		seconds === null ? undefined : `measuring ${duration(Math.max(1, Math.floor(seconds)))}`,
		lockOf(row),
		row.measure_message && (row.measuring === null ? `not measured: ${row.measure_message}` : row.measure_message),
		row.removes_nothing ? 'autovacuum removes nothing' : '',
		due,
		row.unknown,
	]
		.filter(Boolean)
		.join('; ');
};

const noteTone = (row: TableRow): Tone => {
	if (row.locked || row.removes_nothing || isWraparound(row)) return 'danger';
	if (row.measuring !== null) return 'strong';
	return row.measure_message !== null ? 'warn' : 'dim';
};

/** Columns of the bloat pane. */
export const bloatColumns: readonly Column<TableRow>[] = [
	text('relname', 'Table, with its schema unless that is public.', row => row.relname, {
		title: 'TABLE',
		aliases: ['table', 'name'],
		keep: 94,
		width: {min: 20, max: 44},
		format: (_, row) => qualified(row),
		tone: (_, row) => (row.locked ? 'danger' : 'calm'),
	}),
	size('bloat_bytes', 'Heap and TOAST space beyond what the live rows need.', row => row.bloat_bytes, {
		aliases: ['bloat'],
		keep: 98,
		tone: (_, row) => bloatTone(row),
	}),
	ratio('bloat_ratio', 'Bloat as a share of heap and TOAST.', row => row.bloat_ratio, {
		title: 'BLOAT%',
		keep: 96,
		tone: (_, row) => bloatTone(row),
	}),
	text(
		'bloat_source',
		'Source of the figure: estimate (statistics), exact (measured with .) or unknown.',
		row => row.bloat_source,
		{
			title: 'SOURCE',
			aliases: ['source'],
			keep: 86,
			width: {min: 8},
			tone: value => (value === 'unknown' ? 'dim' : 'calm'),
		},
	),
	size('total_bytes', 'Heap, TOAST and indexes, as of the last VACUUM or ANALYZE.', row => row.total_bytes, {
		aliases: ['total', 'size'],
		keep: 90,
	}),
	amount('n_dead_tup', 'Dead rows, from the cumulative statistics.', row => row.n_dead_tup, {
		title: 'DEAD',
		aliases: ['dead'],
		keep: 88,
		tone: (_, row) => (row.removes_nothing ? 'danger' : 'calm'),
	}),
	ratio('dead_ratio', 'Dead rows as a share of all rows.', row => row.dead_ratio, {title: 'DEAD%', keep: 55}),
	amount('n_live_tup', 'Live rows, from the cumulative statistics.', row => row.n_live_tup, {
		title: 'LIVE',
		aliases: ['live'],
		keep: 50,
	}),
	age(
		'vacuumed_seconds',
		'Time since the last VACUUM, manual or by autovacuum.',
		(row, now) => secondsBetween(latest(row.last_vacuum, row.last_autovacuum), now),
		{title: 'VACUUM', aliases: ['vacuumed'], keep: 70},
	),
	age(
		'analyzed_seconds',
		'Time since the last ANALYZE, manual or by autovacuum.',
		(row, now) => secondsBetween(latest(row.last_analyze, row.last_autoanalyze), now),
		{title: 'ANALYZE', aliases: ['analyzed'], keep: 45, width: {min: 7}},
	),
	size('table_bytes', 'Heap and TOAST, as of the last VACUUM or ANALYZE.', row => row.table_bytes, {
		title: 'TABLE B',
		keep: 48,
	}),
	size('index_bytes', 'Indexes, including the TOAST index.', row => row.index_bytes, {
		title: 'INDEXES',
		aliases: ['indexes'],
		keep: 60,
	}),
	size(
		'index_bloat_bytes',
		'Index space beyond need; unknown if an index cannot be estimated (. measures btrees).',
		row => row.index_bloat_bytes,
		{title: 'IX BLOAT', keep: 58, width: {min: 8}},
	),
	count('xid_age', 'Age of the oldest unfrozen row, TOAST included, in transactions.', row => row.xid_age, {
		title: 'XID AGE',
		aliases: ['age'],
		keep: 40,
		width: {min: 10},
		tone: (_, row) => (isWraparound(row) ? 'danger' : 'calm'),
	}),
	text('note', 'Remarks: measuring, locked, why autovacuum is due, why bloat is unknown.', noteOf, {
		keep: 97,
		width: {min: 16, max: 40, grow: true},
		tone: (_, row) => noteTone(row),
	}),
	flag('vacuum_due', 'Autovacuum would vacuum the table or its TOAST now.', row => row.vacuum_due, {
		title: 'VAC DUE',
		width: {min: 7},
	}),
	flag('analyze_due', 'Autovacuum would analyze the table now.', row => row.analyze_due, {title: 'ANL DUE', width: {min: 7}}),
	count(
		'autovacuum_score',
		'Score of a table that is due: autovacuum takes the highest first. PostgreSQL 19 and later.',
		row => row.autovacuum_score,
		{title: 'SCORE', format: value => Number(value).toFixed(1), width: {min: 6}},
	),
	flag(
		'removes_nothing',
		'Autovacuum ran while pgtriage watched and left the dead rows: something holds xmin back.',
		row => row.removes_nothing,
		{title: 'FUTILE', width: {min: 6}},
	),
	flag('locked', 'An ACCESS EXCLUSIVE lock on it is held or waited for.', row => row.locked, {width: {min: 6}}),
	text('schemaname', 'Schema of the table.', row => row.schemaname, {title: 'SCHEMA', aliases: ['schema']}),
	count('oid', 'Oid of the table.', row => row.relid, {width: {min: 8}}),
	text('parent', 'Partitioned table it belongs to.', row => row.parent, {
		title: 'PART OF',
		width: {min: 12, max: 24},
	}),
	count('partitions', 'Partitions with storage; the figures of a partitioned table are their sums.', row => row.partitions, {
		title: 'PARTS',
	}),
	size('toast_bytes', 'Size of TOAST, as of its last VACUUM.', row => row.toast_bytes, {title: 'TOAST'}),
	size('toast_bloat_bytes', 'Bloat in TOAST, part of the bloat.', row => row.toast_bloat_bytes, {
		title: 'TOAST BLOAT',
		width: {min: 11},
	}),
	count('mxid_age', 'Age of the oldest multixact id, in multixacts.', row => row.mxid_age, {title: 'MXID AGE', width: {min: 10}}),
	ratio('freeze_ratio', 'Share of the way to wraparound.', row => row.freeze_ratio, {
		title: 'FREEZE%',
		width: {min: 7},
		tone: above(0.25, 0.6),
	}),
	count('n_mod_since_analyze', 'Rows changed since the last ANALYZE.', row => row.n_mod_since_analyze, {
		title: 'CHANGED',
		width: {min: 8},
	}),
	instant('last_vacuum', 'Last manual VACUUM.', row => row.last_vacuum, {width: {min: 11}}),
	instant('last_autovacuum', 'Last autovacuum.', row => row.last_autovacuum, {width: {min: 15}}),
	instant('last_analyze', 'Last manual ANALYZE.', row => row.last_analyze, {width: {min: 12}}),
	instant('last_autoanalyze', 'Last autoanalyze.', row => row.last_autoanalyze, {width: {min: 16}}),
	instant('measured', 'Last measurement with ., while it is valid.', row => row.measured, {width: {min: 8}}),
];
