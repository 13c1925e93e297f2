import {plural} from '../text/words.ts';
import type {Attribute} from './attribute.ts';
import {heapTuple, indexTuple, type Tuple} from './tuple.ts';

/** Estimate of the pages that a relation has beyond what its live rows need; or the reason why there is none, in words. */
export type Estimate = {readonly bloatPages: number; readonly rowBytes: number} | {readonly unknown: string};

/** A relation as of its last VACUUM or ANALYZE, from the catalog; dead rows from the counters, null if there are none. */
export type RelationSize = {
	readonly pages: number;
	readonly rows: number;
	readonly fillfactor: number;
	readonly dead: number | null;
	readonly blockSize: number;
};

const linePointerBytes = 4;
const pageHeaderBytes = 24;
// Largest doubtful fraction of a row: a larger one would show as bloat, or hide it.
const mostDoubt = 0.1;
// Dead rows missing from an estimate may be this fraction of the relation, or this many pages.
const mostMissed = 0.1;
const fewPages = 8;

/** Rows per page filled up to the fillfactor; if rows differ in length, one that does not fit ends the page early. */
const rowsAPage = ({bytes, varies}: Tuple, fillfactor: number, blockSize: number): number => {
	const room = blockSize - pageHeaderBytes - (blockSize * (100 - fillfactor)) / 100;
	const rows = room / (bytes + linePointerBytes);
	return Math.max(1, varies ? Math.max(Math.floor(rows), rows - 0.5) : Math.floor(rows));
};

const estimateOf = (relation: RelationSize, tuple: Tuple): Estimate => {
	const {pages, rows, fillfactor, blockSize} = relation;
	const needed = Math.ceil(rows / rowsAPage(tuple, fillfactor, blockSize));
	return withDead(relation, {bloatPages: Math.max(0, pages - needed), rowBytes: tuple.bytes + linePointerBytes});
};

/** Dead rows are bloat: an estimate below what they take is older than their death, or they are miscounted. */
const withDead = ({pages, dead, blockSize}: RelationSize, estimate: Extract<Estimate, {bloatPages: number}>): Estimate => {
	const deadPages = ((dead ?? 0) * estimate.rowBytes) / blockSize;
	return deadPages - estimate.bloatPages > Math.max(fewPages, pages * mostMissed)
		? {unknown: 'More dead rows are counted than at the last vacuum or analyze.'}
		: estimate;
};

const none = {unknown: 'Never vacuumed or analyzed.'} as const;

/**
 * Pages of a table beyond those that its live rows would fill: rows from the average widths of the columns in order, with padding,
 * a line pointer per row, a header per page, and the room that the fillfactor leaves. A table of one page cannot shrink.
 * `attributes` are undefined if statistics could not be read.
 */
export const heapEstimate = (relation: RelationSize, attributes: readonly Attribute[] | undefined): Estimate => {
	const {pages, rows} = relation;
	if (rows < 0) return none;
	if (rows === 0) return withDead(relation, {bloatPages: pages, rowBytes: 0});
	if (pages <= 1) return withDead(relation, {bloatPages: 0, rowBytes: 0});
	if (attributes === undefined) return {unknown: 'Its column statistics could not be read.'};
	const bare = attributes.filter(({doubt, width}) => doubt !== 'dropped' && width === null).length;
	if (bare > 0) return {unknown: `${plural(bare, 'column has', 'columns have')} no statistics: run ANALYZE.`};
	const tuple = heapTuple(attributes);
	return doubtOf(attributes, tuple) ?? estimateOf(relation, tuple);
};

const doubtOf = (attributes: readonly Attribute[], {bytes}: Tuple): Estimate | undefined => {
	if (attributes.every(({doubt}) => doubt === undefined)) return undefined;
	const dropped = attributes.filter(({doubt}) => doubt === 'dropped');
	const droppedBytes = dropped.reduce((sum, {length}) => sum + (length > 0 ? length : Number.POSITIVE_INFINITY), 0);
	if (droppedBytes > bytes * mostDoubt) return {unknown: 'A column was dropped: old rows may still hold its values.'};
	const first = heapTuple(attributes.filter(({doubt}) => doubt !== 'added')).bytes;
	if (bytes - first > bytes * mostDoubt) return {unknown: 'A column was added with a default: old rows may not hold its values.'};
	return undefined;
};

const chunksAPage = 4;
const chunkHeadBytes = 36;
const pageBytesOfChunks = 40;
// Between one full chunk per value, and two of which the second is half empty.
const leastFilled = 0.875;

/**
 * Pages of a TOAST relation beyond those that its chunks would fill. Four chunks fit a page (TOAST_MAX_CHUNK_SIZE in
 * access/heaptoast.h), except the last one of each value, whose length no statistics tell: it is taken for half full on average.
 * `values` is the largest possible number of values, which gives the fewest chunks per value.
 */
export const toastEstimate = (relation: RelationSize, values: number): Estimate => {
	const {rows, pages, dead, blockSize} = relation;
	// Dead chunks are counted from the first on, and only VACUUM resets the count.
	if (rows < 0) return dead === 0 ? {bloatPages: 0, rowBytes: 0} : {unknown: 'Its TOAST table was never vacuumed.'};
	if (rows === 0) return withDead(relation, {bloatPages: pages, rowBytes: 0});
	const chunkBytes = Math.floor((blockSize - pageBytesOfChunks) / chunksAPage / 8) * 8 - chunkHeadBytes;
	const each = values > 0 ? rows / values : 1;
	const filled = Math.max(leastFilled, (each - 0.5) / each);
	const bytes = chunkBytes * filled + chunkHeadBytes;
	const full = chunkBytes + chunkHeadBytes + linePointerBytes;
	const needed = Math.ceil((rows * (bytes + linePointerBytes)) / (chunksAPage * full));
	return withDead(relation, {bloatPages: Math.max(0, pages - needed), rowBytes: bytes + linePointerBytes});
};

const specialBytes = 16;
// Pages above the leaves have one entry for each page below.
const metaPages = 1;

/**
 * Pages of a unique btree beyond those that its entries would fill up to the fillfactor: entries with the padding of their columns
 * and a line pointer, a high key per page (access/nbtree.h), and the pages above the leaves. `columns` are the attribute numbers. A
 * nullable column, one of type name or a table without statistics makes it unknown.
 */
export const btreeEstimate = (
	{pages, rows, fillfactor, blockSize}: Omit<RelationSize, 'dead'>,
	columns: readonly number[],
	attributes: readonly Attribute[] | undefined,
): Estimate => {
	if (rows < 0 || attributes === undefined) return none;
	const keys = columns.flatMap(number => attributes.find(attribute => attribute.number === number) ?? []);
	// An index stores a name without its padding.
	const isKnown = ({width, nulls, length}: Attribute): boolean => width !== null && nulls === 0 && length !== 64;
	if (keys.length < columns.length || !keys.every(isKnown)) return {unknown: 'The size of its entries is unknown.'};
	const {bytes} = indexTuple(keys);
	const rowBytes = bytes + linePointerBytes;
	const room = blockSize - pageHeaderBytes - specialBytes - rowBytes;
	const leaves = Math.ceil(rows / Math.max(1, Math.floor((room * fillfactor) / 100 / rowBytes)));
	const above = leaves <= 1 ? 0 : Math.ceil((leaves * rowBytes) / room / 0.7);
	return {bloatPages: Math.max(0, pages - leaves - above - metaPages), rowBytes};
};

/** Bytes of a heap or TOAST relation as pgstattuple counts them. */
export type CountedBytes = {readonly live: number; readonly dead: number; readonly free: number; readonly fillfactor: number};

/** Measured bytes of bloat: dead or free space, less the space that the fillfactor leaves next to live rows. */
export const countedBloat = ({live, dead, free, fillfactor}: CountedBytes): number =>
	Math.round(dead + free - Math.min(free, (live * (100 - fillfactor)) / fillfactor));

/** Pages of a btree as pgstatindex counts them; `density` is the filled fraction of its leaves. */
export type CountedBtree = {
	readonly leafPages: number;
	readonly density: number;
	readonly uselessPages: number;
	readonly fillfactor: number;
};

/** Measured pages of bloat in a btree: leaves for which the others have room, and empty or deleted pages. */
export const countedBtreeBloat = ({leafPages, density, uselessPages, fillfactor}: CountedBtree): number =>
	uselessPages + Math.max(0, Math.floor(leafPages * (1 - density / (fillfactor / 100))));
