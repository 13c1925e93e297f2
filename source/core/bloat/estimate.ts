import {plural} from '../text/words.ts';
import type {Attribute} from './attribute.ts';
import {heapTuple, indexTuple, type Tuple} from './tuple.ts';

/** An estimate in pages of what a relation needs for its live rows and, above that, has; or why there is none, in words. */
export type Estimate = {readonly bloatPages: number; readonly rowBytes: number} | {readonly unknown: string};

/** A relation as the catalog knows it since its last VACUUM or ANALYZE; dead rows by the counters, null where there are none. */
export type RelationSize = {
	readonly pages: number;
	readonly rows: number;
	readonly fillfactor: number;
	readonly dead: number | null;
	readonly blockSize: number;
};

const linePointerBytes = 4;
const pageHeaderBytes = 24;
// What of a row is in doubt may be this part of it: more than that would be shown as bloat, or hide it.
const mostDoubt = 0.1;
// Dead rows that an estimate does not hold may be this part of the relation, or this many pages.
const mostMissed = 0.1;
const fewPages = 8;

/** Rows that a page takes which is filled up to the fillfactor; where rows differ in length one that does not fit ends a page early. */
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

/** Dead rows are bloat: an estimate that has less of it than they take is of a time before they died, or they are miscounted. */
const withDead = ({pages, dead, blockSize}: RelationSize, estimate: Extract<Estimate, {bloatPages: number}>): Estimate => {
	const deadPages = ((dead ?? 0) * estimate.rowBytes) / blockSize;
	return deadPages - estimate.bloatPages > Math.max(fewPages, pages * mostMissed)
		? {unknown: 'The counters know of more dead rows than there were when it was last vacuumed or analyzed.'}
		: estimate;
};

const none = {unknown: 'It was never vacuumed or analyzed.'} as const;

/**
 * How many pages a table has beyond those that its live rows would fill: rows by the average lengths of its columns in their
 * order with their padding, a line pointer for each, a header for each page, and the room that its fillfactor leaves. A table of
 * one page cannot shrink, whatever its columns are. `attributes` are undefined where no statistics could be read.
 */
export const heapEstimate = (relation: RelationSize, attributes: readonly Attribute[] | undefined): Estimate => {
	const {pages, rows} = relation;
	if (rows < 0) return none;
	if (rows === 0) return withDead(relation, {bloatPages: pages, rowBytes: 0});
	if (pages <= 1) return withDead(relation, {bloatPages: 0, rowBytes: 0});
	if (attributes === undefined) return {unknown: 'The statistics of its columns are not known.'};
	const bare = attributes.filter(({doubt, width}) => doubt !== 'dropped' && width === null).length;
	if (bare > 0) return {unknown: `${plural(bare, 'column has', 'columns have')} no statistics: they come with ANALYZE.`};
	const tuple = heapTuple(attributes);
	return doubtOf(attributes, tuple) ?? estimateOf(relation, tuple);
};

const doubtOf = (attributes: readonly Attribute[], {bytes}: Tuple): Estimate | undefined => {
	if (attributes.every(({doubt}) => doubt === undefined)) return undefined;
	const dropped = attributes.filter(({doubt}) => doubt === 'dropped');
	const droppedBytes = dropped.reduce((sum, {length}) => sum + (length > 0 ? length : Number.POSITIVE_INFINITY), 0);
	if (droppedBytes > bytes * mostDoubt)
		return {unknown: 'A column was dropped: whether old rows still hold its values is not known.'};
	const first = heapTuple(attributes.filter(({doubt}) => doubt !== 'added')).bytes;
	if (bytes - first > bytes * mostDoubt)
		return {unknown: 'A column was added with a default: how many rows hold its values is not known.'};
	return undefined;
};

const chunksAPage = 4;
const chunkHeadBytes = 36;
const pageBytesOfChunks = 40;
// Between one chunk of a value that is full, and two of which the second is half empty.
const leastFilled = 0.875;

/**
 * How many pages a TOAST relation has beyond those that its chunks would fill. A chunk is as long as four fit a page
 * (TOAST_MAX_CHUNK_SIZE in access/heaptoast.h), but for the last of each value, of which no statistics tell the length: on average it
 * is taken for half full. `values` is the most values that can be there: with it the fewest chunks that a value has are known.
 */
export const toastEstimate = (relation: RelationSize, values: number): Estimate => {
	const {rows, pages, dead, blockSize} = relation;
	// Dead chunks are counted from the first on, and only VACUUM ends that.
	if (rows < 0) return dead === 0 ? {bloatPages: 0, rowBytes: 0} : {unknown: 'Its TOAST relation was never vacuumed.'};
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
// What the pages above the leaves take: their entries lead to a page each.
const metaPages = 1;

/**
 * How many pages a unique btree has beyond those that its entries would fill up to the fillfactor: entries with the padding of
 * their columns and a line pointer, one more a page that bounds it (access/nbtree.h), and the pages above the leaves. `columns` are
 * the numbers of its columns. A column that may be null, one of type name or of a table without statistics makes it unknown.
 */
export const btreeEstimate = (
	{pages, rows, fillfactor, blockSize}: Omit<RelationSize, 'dead'>,
	columns: readonly number[],
	attributes: readonly Attribute[] | undefined,
): Estimate => {
	if (rows < 0 || attributes === undefined) return none;
	const keys = columns.flatMap(number => attributes.find(attribute => attribute.number === number) ?? []);
	// A name is stored there without its padding.
	const isKnown = ({width, nulls, length}: Attribute): boolean => width !== null && nulls === 0 && length !== 64;
	if (keys.length < columns.length || !keys.every(isKnown)) return {unknown: 'What its entries take is not known.'};
	const {bytes} = indexTuple(keys);
	const rowBytes = bytes + linePointerBytes;
	const room = blockSize - pageHeaderBytes - specialBytes - rowBytes;
	const leaves = Math.ceil(rows / Math.max(1, Math.floor((room * fillfactor) / 100 / rowBytes)));
	const above = leaves <= 1 ? 0 : Math.ceil((leaves * rowBytes) / room / 0.7);
	return {bloatPages: Math.max(0, pages - leaves - above - metaPages), rowBytes};
};

/** What pgstattuple counts of a heap or TOAST relation, in bytes. */
export type CountedBytes = {readonly live: number; readonly dead: number; readonly free: number; readonly fillfactor: number};

/** The bytes of bloat that were counted: what is dead or free, but for what the fillfactor leaves free beside what lives. */
export const countedBloat = ({live, dead, free, fillfactor}: CountedBytes): number =>
	Math.round(dead + free - Math.min(free, (live * (100 - fillfactor)) / fillfactor));

/** What pgstatindex counts of a btree; `density` is the part of its leaves that is filled. */
export type CountedBtree = {
	readonly leafPages: number;
	readonly density: number;
	readonly uselessPages: number;
	readonly fillfactor: number;
};

/** The pages of bloat that were counted in a btree: leaves that the others had room for, and pages that are empty or deleted. */
export const countedBtreeBloat = ({leafPages, density, uselessPages, fillfactor}: CountedBtree): number =>
	uselessPages + Math.max(0, Math.floor(leafPages * (1 - density / (fillfactor / 100))));
