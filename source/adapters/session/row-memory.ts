import type {RawRow} from '../../core/sample/query.ts';

/** Rows of one statement as they arrived, each from `starts` to `ends` of its `bytes`, and the cells read from them. */
type Table = {
	readonly bytes: Buffer[];
	readonly starts: number[];
	readonly ends: number[];
	readonly cells: RawRow[];
};

/** Reads the rows of one answer. */
export type RowReading = {
	/** Takes the body of a DataRow message, and keeps its bytes; throws a RangeError if it is cut short. */
	readonly take: (bytes: Buffer, start: number, end: number) => void;
	/** Ends the rows of a statement. */
	readonly endStatement: () => void;
	/** Rows by statement; those of a complete answer are what the next one is compared with. */
	readonly end: (isComplete: boolean) => readonly (readonly RawRow[])[];
};

/**
 * Rows of the last answer to a question. A row whose bytes are unchanged has the cells of the last answer, and a changed one those of
 * its cells that are unchanged: most of a list of sessions costs a comparison of bytes, and no memory.
 */
export type RowMemory = {readonly begin: () => RowReading};

const emptyTable = (): Table => ({bytes: [], starts: [], ends: [], cells: []});

// Servers mostly answer in the same order: further away a row is taken for a new one, which costs time and nothing else.
const searched = 16;
const countBytes = 2;
const lengthBytes = 4;

/** Remembers the rows of answers; the first `named` cells identify a row. */
export const createRowMemory = (named: number): RowMemory => {
	let remembered: readonly Table[] = [];
	return {
		begin: () => {
			const before = remembered;
			const tables: Table[] = [emptyTable()];
			let next = 0;
			const take = (bytes: Buffer, start: number, end: number): void => {
				const known = before[tables.length - 1];
				const isExpected = known !== undefined && isSame(known, next, bytes, start, end);
				const place = isExpected ? next : known ? placeOf(known, next, bytes, start, end, named) : -1;
				if (place >= 0) next = place + 1;
				const {bytes: chunks, starts, ends, cells} = tables.at(-1) as Table;
				chunks.push(bytes);
				starts.push(start);
				ends.push(end);
				if (known && (isExpected || isSame(known, place, bytes, start, end))) cells.push(known.cells[place] as RawRow);
				else cells.push(cellsOf(bytes, start, end, known, place));
			};
			return {
				take,
				endStatement: () => {
					tables.push(emptyTable());
					next = 0;
				},
				end: isComplete => {
					if (isComplete) remembered = tables;
					return tables.map(({cells}) => cells);
				},
			};
		},
	};
};

/** True if there is a row at a place of a table, and it has these bytes. */
const isSame = (table: Table, place: number, bytes: Buffer, start: number, end: number): boolean => {
	if (place < 0 || place >= table.cells.length) return false;
	const from = table.starts[place] as number;
	const to = table.ends[place] as number;
	return to - from === end - start && (table.bytes[place] as Buffer).compare(bytes, start, end, from, to) === 0;
};

/** Place of the row of the same name, at or soon after the expected one; -1 if it is new. */
const placeOf = (table: Table, expected: number, bytes: Buffer, start: number, end: number, named: number): number => {
	const length = nameEnd(bytes, start, end, named) - start;
	const last = Math.min(expected + searched, table.cells.length);
	for (let place = expected; place < last; place++) {
		const from = table.starts[place] as number;
		const isLongEnough = (table.ends[place] as number) - from >= length;
		if (isLongEnough && (table.bytes[place] as Buffer).compare(bytes, start, start + length, from, from + length) === 0)
			return place;
	}
	return -1;
};

/** End of the first cells of a row. */
const nameEnd = (bytes: Buffer, start: number, end: number, named: number): number => {
	const count = Math.min(named, countOf(bytes, start, end));
	let at = start + countBytes;
	for (let index = 0; index < count; index++) at = cellEnd(bytes, at, end);
	return at;
};

const cutShort = (): RangeError => new RangeError('A row is cut short.');

const countOf = (bytes: Buffer, start: number, end: number): number => {
	if (start + countBytes > end) throw cutShort();
	return bytes.readUInt16BE(start);
};

/** Length of the cell whose length is at `at`; -1 for null. */
const lengthAt = (bytes: Buffer, at: number, end: number): number => {
	if (at + lengthBytes > end) throw cutShort();
	const length = bytes.readInt32BE(at);
	if (length < -1 || at + lengthBytes + length > end) throw cutShort();
	return length;
};

const cellEnd = (bytes: Buffer, at: number, end: number): number => at + lengthBytes + Math.max(0, lengthAt(bytes, at, end));

/** Cells of a row; those that are unchanged are those of the row at a place of the table before. */
const cellsOf = (bytes: Buffer, start: number, end: number, table: Table | undefined, place: number): RawRow => {
	const cells: (string | null)[] = [];
	const known = table?.cells[place];
	const old = table?.bytes[place];
	let oldAt = (table?.starts[place] ?? 0) + countBytes;
	let at = start + countBytes;
	for (let index = 0, count = countOf(bytes, start, end); index < count; index++) {
		const length = lengthAt(bytes, at, end);
		const next = at + lengthBytes + Math.max(0, length);
		const isKnown = old !== undefined && known !== undefined && index < known.length;
		const oldNext = isKnown ? oldAt + lengthBytes + Math.max(0, old.readInt32BE(oldAt)) : 0;
		if (length === -1) cells.push(null);
		else if (isKnown && oldNext - oldAt === next - at && old.compare(bytes, at, next, oldAt, oldNext) === 0)
			cells.push(known[index] as string);
		else cells.push(bytes.toString('utf8', at + lengthBytes, next));
		at = next;
		oldAt = oldNext;
	}
	return cells;
};
