import {type Attribute, attributesOf} from '../../core/bloat/attribute.ts';
import {optionsOf} from '../../core/bloat/due.ts';
import {btreeEstimate, type Estimate, heapEstimate, toastEstimate} from '../../core/bloat/estimate.ts';
import type {TableColumns} from '../../queries/storage/table-columns.ts';
import type {TableIndexes} from '../../queries/storage/table-indexes.ts';
import type {Table} from '../../queries/storage/tables.ts';

/** Sizes of a table from the catalog and its estimated bloat, in bytes; null if unknown, with the reason. */
export type TableEstimate = {
	readonly heap_bytes: number | null;
	readonly toast_bytes: number | null;
	readonly index_bytes: number | null;
	readonly heap_bloat_bytes: number | null;
	readonly toast_bloat_bytes: number | null;
	/** Null if one of its indexes cannot be estimated. */
	readonly index_bloat_bytes: number | null;
	/** Bloat of the indexes that can be estimated. */
	readonly unique_bloat_bytes: number | null;
	readonly unknown: string | null;
};

/** Context of a table's estimate; `version` is server_version_num. */
export type TableContext = {
	readonly columns: TableColumns | undefined;
	readonly indexes: TableIndexes | undefined;
	readonly toastIndexes: TableIndexes | undefined;
	readonly blockSize: number;
	readonly version: number;
	/** Reason why there are no columns, if there are none. */
	readonly hidden: string;
};

const fillfactorOf = (reloptions: string | null, usual: number): number =>
	Number(optionsOf(reloptions).get('fillfactor') ?? usual);

// The columns of a table stay the same object while they do not change.
const parsedAttributes = new WeakMap<TableColumns, readonly Attribute[]>();

const attributesFor = (columns: TableColumns): readonly Attribute[] => {
	const parsed = parsedAttributes.get(columns) ?? attributesOf(columns);
	parsedAttributes.set(columns, parsed);
	return parsed;
};

const bytesOf = (estimate: Estimate, blockSize: number): number | null =>
	'unknown' in estimate ? null : estimate.bloatPages * blockSize;

// Before 14 an empty relation and one never vacuumed or analyzed look the same.
const rowsOf = (reltuples: number, relpages: number, version: number, seen: boolean): number =>
	version < 140_000 && reltuples === 0 && relpages === 0 && !seen ? -1 : reltuples;

/** Estimate for one table; partitioned tables have no storage and are sums of others. */
export const tableEstimate = (table: Table, context: TableContext): TableEstimate => {
	const {blockSize, version, columns, indexes} = context;
	const isVisited = [table.last_vacuum, table.last_autovacuum, table.last_analyze, table.last_autoanalyze].some(
		at => at !== null,
	);
	const rows = rowsOf(table.reltuples, table.relpages, version, isVisited);
	const attributes = columns && attributesFor(columns);
	const estimated = heapEstimate(
		{
			pages: table.relpages,
			rows,
			fillfactor: fillfactorOf(table.reloptions, 100),
			dead: table.n_dead_tup,
			blockSize,
		},
		attributes,
	);
	const isHidden = rows > 0 && !table.readable && (attributes === undefined || attributes.some(({width}) => width === null));
	const heap: Estimate =
		isHidden || (attributes === undefined && 'unknown' in estimated && rows > 0) ? {unknown: context.hidden} : estimated;
	const toast = toastOf(table, context, Math.max(0, rows), attributes);
	const unique = uniqueBloatOf(indexes, blockSize, attributes);
	const isAllUnique = indexes !== undefined && indexes.unique_btrees?.split(',').length === indexes.indexes;
	// If rows came after the last VACUUM or ANALYZE of an empty table, the catalog does not have its size yet.
	const isSeen = rows >= 0 && !(table.relpages === 0 && (table.n_live_tup ?? 0) + (table.n_dead_tup ?? 0) > 0);
	return {
		heap_bytes: isSeen ? table.relpages * blockSize : null,
		toast_bytes: toast.bytes,
		index_bytes: isSeen ? ((indexes?.relpages ?? 0) + toastIndexPages(table, context)) * blockSize : null,
		heap_bloat_bytes: isSeen ? bytesOf(heap, blockSize) : null,
		toast_bloat_bytes: bytesOf(toast.estimate, blockSize),
		index_bloat_bytes: isAllUnique ? unique : indexes === undefined && isSeen ? 0 : null,
		unique_bloat_bytes: unique,
		unknown: reasonOf(heap) ?? reasonOf(toast.estimate) ?? (isSeen ? null : 'It was empty at its last VACUUM or ANALYZE.'),
	};
};

const reasonOf = (estimate: Estimate): string | null => ('unknown' in estimate ? estimate.unknown : null);

const nothing: Estimate = {bloatPages: 0, rowBytes: 0};

const toastOf = (
	table: Table,
	{blockSize, version}: TableContext,
	rows: number,
	attributes: readonly Attribute[] | undefined,
): {readonly bytes: number | null; readonly estimate: Estimate} => {
	if (table.toast_relid === null) return {bytes: 0, estimate: nothing};
	const pages = table.toast_relpages ?? 0;
	const chunks = rowsOf(table.toast_reltuples ?? -1, pages, version, table.toast_vacuumed === true);
	// Most tables have a TOAST relation that was never used.
	if (chunks < 0 && table.toast_n_tup_ins === 0) return {bytes: 0, estimate: nothing};
	const values = (attributes ?? [])
		.filter(({length}) => length === -1)
		.reduce((sum, {nulls}) => sum + rows * (1 - (nulls ?? 0)), 0);
	const relation = {pages, rows: chunks, fillfactor: 100, dead: table.toast_n_dead_tup, blockSize};
	return {bytes: chunks < 0 ? null : pages * blockSize, estimate: toastEstimate(relation, values)};
};

// VACUUM updates an index's pages only if its table had dead rows, and ANALYZE never those of TOAST: this is the least that its
// entries need.
const toastIndexPages = (table: Table, {toastIndexes, blockSize}: TableContext): number =>
	table.toast_relid === null
		? 0
		: Math.max(toastIndexes?.relpages ?? 1, Math.ceil((Math.max(0, table.toast_reltuples ?? 0) * 20) / (blockSize * 0.9)));

const uniqueBloatOf = (
	indexes: TableIndexes | undefined,
	blockSize: number,
	attributes: readonly Attribute[] | undefined,
): number | null => {
	let bytes: number | null = null;
	for (const btree of indexes?.unique_btrees?.split(',') ?? []) {
		const [, pages, rows, columns, fillfactor] = btree.split(' ');
		const relation = {pages: Number(pages), rows: Number(rows), fillfactor: Number(fillfactor ?? 90), blockSize};
		const estimate = btreeEstimate(relation, (columns ?? '').split('.').map(Number), attributes);
		if ('unknown' in estimate) return null;
		bytes = (bytes ?? 0) + estimate.bloatPages * blockSize;
	}
	return bytes;
};
