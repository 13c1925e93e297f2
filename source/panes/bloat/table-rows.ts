import {type Due, dueOf, optionsOf, type TableCounters} from '../../core/bloat/due.ts';
import {remembered} from '../../core/sample/remembered.ts';
import type {Autovacuum} from '../../queries/storage/autovacuum.ts';
import type {TableColumns} from '../../queries/storage/table-columns.ts';
import type {TableIndexes} from '../../queries/storage/table-indexes.ts';
import type {Table} from '../../queries/storage/tables.ts';
import {type TableContext, type TableEstimate, tableEstimate} from './table-estimate.ts';
import {qualified, shareOf, type TableRow, total} from './table-row.ts';

/** Answers that the rows of the bloat pane are made from. */
export type TableAnswers = {
	readonly tables: readonly Table[];
	/** Undefined until they are read. */
	readonly columns: readonly TableColumns[] | undefined;
	readonly indexes: readonly TableIndexes[] | undefined;
	readonly settings: Autovacuum | undefined;
	/** Value of server_version_num. */
	readonly version: number;
	/** Limit of tables with more than one page whose columns are read. */
	readonly mostTables: number;
};

const usualBlockSize = 8192;
const permanentAge = 2 ** 31 - 1;

/** Age of an id; ids wrap at 2^32, and those below `first` are permanent. */
const ageOf = (oldest: string | null, next: string | undefined, first: number): number | null => {
	if (oldest === null || next === undefined) return null;
	return Number(oldest) < first ? permanentAge : (Number(next) - Number(oldest)) | 0;
};

const xidAge = (xid: string | null, settings: Autovacuum | undefined): number | null => ageOf(xid, settings?.next_xid, 3);
const mxidAge = (mxid: string | null, settings: Autovacuum | undefined): number | null => ageOf(mxid, settings?.next_mxid, 1);

const oldest = (...ages: readonly (number | null)[]): number | null => {
	const present = ages.filter(age => age !== null);
	return present.length === 0 ? null : Math.max(...present);
};

const heapOf = (table: Table, settings: Autovacuum): TableCounters => ({
	relpages: table.relpages,
	reltuples: table.reltuples,
	relallfrozen: table.relallfrozen,
	options: optionsOf(table.reloptions),
	dead: table.n_dead_tup,
	inserts: table.n_ins_since_vacuum,
	// Autovacuum never analyzes pg_statistic.
	mods: table.schemaname === 'pg_catalog' && table.relname === 'pg_statistic' ? 0 : table.n_mod_since_analyze,
	xidAge: xidAge(table.relfrozenxid, settings),
	mxidAge: mxidAge(table.relminmxid, settings),
});

// A TOAST relation without its own storage parameters uses those of its table.
const toastOf = (table: Table, settings: Autovacuum): TableCounters => ({
	relpages: table.toast_relpages ?? 0,
	reltuples: table.toast_reltuples ?? 0,
	relallfrozen: table.toast_relallfrozen,
	options: optionsOf(table.toast_reloptions ?? table.reloptions),
	dead: table.toast_n_dead_tup,
	inserts: table.toast_n_ins_since_vacuum,
	mods: null,
	xidAge: xidAge(table.toast_relfrozenxid, settings),
	mxidAge: mxidAge(table.toast_relminmxid, settings),
});

const unknownDue: Due = {
	vacuum: null,
	analyze: null,
	why: [],
	deadThreshold: Number.POSITIVE_INFINITY,
	xidLimit: Number.POSITIVE_INFINITY,
	mxidLimit: Number.POSITIVE_INFINITY,
};

const dueFor = (table: Table, settings: Autovacuum | undefined): Due => {
	if (!settings) return unknownDue;
	const heap = dueOf(heapOf(table, settings), settings);
	if (table.toast_relid === null) return heap;
	const toast = dueOf(toastOf(table, settings), settings);
	return {
		...heap,
		xidLimit: Math.min(heap.xidLimit, toast.xidLimit),
		mxidLimit: Math.min(heap.mxidLimit, toast.mxidLimit),
		vacuum: heap.vacuum === null ? null : heap.vacuum || toast.vacuum === true,
		why: [...heap.why, ...(heap.vacuum ? [] : toast.why.map(because => `TOAST ${because}`))],
	};
};

type Ages = Pick<TableRow, 'xid_age' | 'mxid_age' | 'freeze_ratio'>;

const agesOf = (table: Table, settings: Autovacuum | undefined): Ages => {
	const xid_age = oldest(xidAge(table.relfrozenxid, settings), xidAge(table.toast_relfrozenxid, settings));
	const mxid_age = oldest(mxidAge(table.relminmxid, settings), mxidAge(table.toast_relminmxid, settings));
	// Wraparound is at about two billion; autovacuum starts long before.
	const freeze_ratio = oldest(shareOf(xid_age, permanentAge), shareOf(mxid_age, permanentAge));
	return {xid_age, mxid_age, freeze_ratio};
};

const blank = {
	removes_nothing: null,
	locked: null,
	lockers: [],
	partitions: null,
	measuring: null,
	measured: null,
	measure_message: null,
} as const;

const estimatedRow = (table: Table, estimate: TableEstimate, due: Due): Omit<TableRow, keyof Ages> => {
	const table_bytes = total(estimate.heap_bytes, estimate.toast_bytes);
	const bloat_bytes = total(estimate.heap_bloat_bytes, estimate.toast_bloat_bytes);
	const dead = table.n_dead_tup;
	return {
		...blank,
		...estimate,
		relid: table.relid,
		relname: table.relname,
		schemaname: table.schemaname,
		relkind: table.relkind,
		toast_relid: table.toast_relid,
		n_live_tup: table.n_live_tup,
		n_dead_tup: dead,
		n_mod_since_analyze: table.n_mod_since_analyze,
		last_vacuum: table.last_vacuum,
		last_autovacuum: table.last_autovacuum,
		last_analyze: table.last_analyze,
		last_autoanalyze: table.last_autoanalyze,
		total_bytes: total(table_bytes, estimate.index_bytes),
		table_bytes,
		bloat_bytes,
		bloat_ratio: shareOf(bloat_bytes, table_bytes),
		bloat_source: bloat_bytes === null ? 'unknown' : 'estimate',
		unknown: bloat_bytes === null ? (estimate.unknown ?? 'Its size is unknown.') : null,
		hidden:
			bloat_bytes === null && !table.readable && table.schemaname !== 'pg_catalog' && table.schemaname !== 'information_schema',
		dead_ratio: dead === null || table.n_live_tup === null ? null : shareOf(dead, dead + table.n_live_tup),
		vacuum_due: due.vacuum,
		analyze_due: due.analyze,
		due: due.why,
		dead_threshold: due.deadThreshold,
		autovacuum_score: table.autovacuum_score ?? null,
		parent: null,
	};
};

const why = {
	hidden: 'Its column statistics are hidden from this role.',
	small: 'Column statistics are read for the largest tables only.',
	unread: 'Its column statistics are not read yet.',
} as const;

/** Context of a row; `sized` is true once index sizes are read. */
type RowContext = TableContext & {readonly sized: boolean; readonly rules: string};

/** Settings without the next ids, which change every time. */
const stableSettings = (settings: Autovacuum | undefined): string =>
	settings === undefined ? '' : JSON.stringify({...settings, next_xid: '', next_mxid: ''});

const isSame = (a: RowContext, b: RowContext): boolean => {
	for (const name in a) if (a[name as keyof RowContext] !== b[name as keyof RowContext]) return false;
	return true;
};

// An unchanged table is the same object, and so are the objects of its context.
const rowsMade = new WeakMap<Table, {readonly context: RowContext; readonly due: Due; readonly row: TableRow}>();

/** True if the table is not due for its age. */
const isYoung = ({xid_age, mxid_age}: Ages, {xidLimit, mxidLimit}: Due): boolean =>
	(xid_age ?? 0) <= xidLimit && (mxid_age ?? 0) <= mxidLimit;

const rowOf = (table: Table, settings: Autovacuum | undefined, context: RowContext): TableRow => {
	const before = rowsMade.get(table);
	const ages = agesOf(table, settings);
	if (before && isYoung(ages, before.due) && isSame(before.context, context)) return {...before.row, ...ages};
	const estimate = tableEstimate(table, context);
	const sized = context.sized ? estimate : {...estimate, index_bytes: null, index_bloat_bytes: null};
	const due = dueFor(table, settings);
	const row = {...estimatedRow(table, sized, due), ...ages};
	if (isYoung(ages, due)) rowsMade.set(table, {context, due, row});
	return row;
};

const byOid = <T extends {readonly relid: number}>() =>
	remembered((rows: readonly T[] | undefined): ReadonlyMap<number, T> => new Map((rows ?? []).map(row => [row.relid, row])));

const columnsByOid = byOid<TableColumns>();
const indexesByOid = byOid<TableIndexes>();

/** Rows of all tables, with sums for partitioned ones, without locks, measurements and autovacuum runs. */
export const tableRows = ({tables, columns, indexes, settings, version, mostTables}: TableAnswers): readonly TableRow[] => {
	const columnsOf = columnsByOid(columns);
	const indexesOf = indexesByOid(indexes);
	const names = new Map(tables.map(table => [table.relid, qualified(table)]));
	const blockSize = settings?.block_size ?? usualBlockSize;
	const missing = columns === undefined || columns.length < mostTables ? why.unread : why.small;
	const rules = stableSettings(settings);
	const rows = tables
		.filter(({relkind}) => relkind !== 'p')
		.map(table => {
			const row = rowOf(table, settings, {
				columns: columnsOf.get(table.relid),
				indexes: indexesOf.get(table.relid),
				toastIndexes: table.toast_relid === null ? undefined : indexesOf.get(table.toast_relid),
				sized: indexes !== undefined,
				blockSize,
				version,
				hidden: table.readable ? missing : why.hidden,
				rules,
			});
			return table.parent === null ? row : {...row, parent: names.get(table.parent) ?? String(table.parent)};
		});
	return [...rows, ...partitionedRows(tables, rows, names)];
};

const partitionedRows = (
	tables: readonly Table[],
	rows: readonly TableRow[],
	names: ReadonlyMap<number, string>,
): readonly TableRow[] => {
	const parents = new Map(tables.flatMap(({relid, parent}) => (parent === null ? [] : [[relid, parent] as const])));
	const parts = new Map<number, TableRow[]>();
	for (const row of rows)
		for (let above = parents.get(row.relid); above !== undefined; above = parents.get(above))
			if (!parts.get(above)?.push(row)) parts.set(above, [row]);
	return tables
		.filter(({relkind}) => relkind === 'p')
		.map(table => ({
			...sumOf(table, parts.get(table.relid) ?? []),
			parent: table.parent === null ? null : (names.get(table.parent) ?? String(table.parent)),
		}));
};

const sumOf = (table: Table, parts: readonly TableRow[]): TableRow => {
	const sum = (value: (row: TableRow) => number | null): number | null => total(...parts.map(value));
	const table_bytes = sum(row => row.table_bytes);
	const bloat_bytes = sum(row => row.bloat_bytes);
	const n_live_tup = sum(row => row.n_live_tup);
	const n_dead_tup = sum(row => row.n_dead_tup);
	const unknown = parts.filter(row => row.bloat_bytes === null);
	return {
		...blank,
		relid: table.relid,
		relname: table.relname,
		schemaname: table.schemaname,
		relkind: table.relkind,
		toast_relid: null,
		heap_bytes: sum(row => row.heap_bytes),
		toast_bytes: sum(row => row.toast_bytes),
		index_bytes: sum(row => row.index_bytes),
		heap_bloat_bytes: sum(row => row.heap_bloat_bytes),
		toast_bloat_bytes: sum(row => row.toast_bloat_bytes),
		index_bloat_bytes: sum(row => row.index_bloat_bytes),
		unique_bloat_bytes: sum(row => row.unique_bloat_bytes),
		total_bytes: sum(row => row.total_bytes),
		table_bytes,
		bloat_bytes,
		bloat_ratio: shareOf(bloat_bytes, table_bytes),
		bloat_source: unknown.length > 0 ? 'unknown' : 'estimate',
		unknown: unknown.length > 0 ? `${unknown.length} of ${parts.length} partitions cannot be estimated.` : null,
		hidden: false,
		n_live_tup,
		n_dead_tup,
		n_mod_since_analyze: sum(row => row.n_mod_since_analyze),
		dead_ratio: n_dead_tup === null || n_live_tup === null ? null : shareOf(n_dead_tup, n_dead_tup + n_live_tup),
		// A partitioned table is never vacuumed itself, and autovacuum does not analyze it.
		last_vacuum: null,
		last_autovacuum: null,
		last_analyze: table.last_analyze,
		last_autoanalyze: null,
		vacuum_due: parts.some(row => row.vacuum_due === null) ? null : parts.some(row => row.vacuum_due),
		analyze_due: parts.some(row => row.analyze_due === null) ? null : parts.some(row => row.analyze_due),
		due: dueParts(parts),
		dead_threshold: Number.POSITIVE_INFINITY,
		autovacuum_score: oldest(...parts.map(row => row.autovacuum_score)),
		xid_age: oldest(...parts.map(row => row.xid_age)),
		mxid_age: oldest(...parts.map(row => row.mxid_age)),
		freeze_ratio: oldest(...parts.map(row => row.freeze_ratio)),
		parent: null,
		partitions: parts.length,
	};
};

const dueParts = (parts: readonly TableRow[]): readonly string[] => {
	const due = parts.filter(row => row.vacuum_due || row.analyze_due).length;
	return due === 0 ? [] : [`${due} of ${parts.length} partitions`];
};
