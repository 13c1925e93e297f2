import type {Row, Value} from '../sample/sample.ts';

/**
 * Rows as a line of a recording has them. An element of `rows` is a row, as the values of `columns` or as an object, or a run
 * `start+length` of the rows of the line before; `changes` has, for each column, indexes of rows and their new values in turn.
 */
export type EncodedRows = {
	readonly columns?: readonly string[];
	readonly rows: readonly (Row | readonly Value[] | string)[];
	readonly changes?: Readonly<Record<string, readonly Value[]>>;
};

/** Rows as their changes against the line before; a row that is the same object as before costs nothing. */
export const encodeRows = (rows: readonly Row[], known: readonly Row[]): EncodedRows => {
	const placeOf = createPlaces(rows, known);
	const written: (Row | readonly Value[] | string)[] = [];
	const changes: Record<string, Value[]> = {};
	let columns: readonly string[] | undefined;
	let run: [number, number] | undefined;
	for (const [index, row] of rows.entries()) {
		const place = placeOf(row);
		if (place === undefined) {
			run = undefined;
			columns ??= Object.keys(row);
			written.push(hasColumns(row, columns) ? Object.values(row) : row);
			continue;
		}
		noteChanges(changes, index, row, known[place] as Row);
		if (run && run[0] + run[1] === place) {
			run[1]++;
			written.pop();
		} else run = [place, 1];
		written.push(run.join('+'));
	}
	return {...(columns && {columns}), rows: written, ...(Object.keys(changes).length > 0 && {changes})};
};

const noteChanges = (changes: Record<string, Value[]>, index: number, row: Row, before: Row): void => {
	if (before === row) return;
	for (const column in row) {
		const value = row[column] as Value;
		if (isSame(before[column], value)) continue;
		changes[column] ??= [];
		changes[column].push(index, value);
	}
};

const isSame = (before: Value | undefined, now: Value): boolean =>
	before === now || (Array.isArray(now) && JSON.stringify(before) === JSON.stringify(now));

const hasColumns = (row: Row, columns: readonly string[]): boolean => {
	const names = Object.keys(row);
	return names.length === columns.length && names.every((name, index) => name === columns[index]);
};

/**
 * Finds the row of the line before that a row equals or is a later version of: first where it is expected, since servers mostly answer
 * in the same order.
 */
const createPlaces = (rows: readonly Row[], known: readonly Row[]): ((row: Row) => number | undefined) => {
	let expected = 0;
	let kept: ReadonlySet<Row> | undefined;
	let search: ((row: Row) => number | undefined) | undefined;
	return row => {
		const candidate = known[expected];
		if (candidate === row) return expected++;
		kept ??= new Set(rows);
		if (candidate && !kept.has(candidate) && isLaterVersion(row, candidate)) return expected++;
		search ??= createSearch(kept, known);
		const place = search(row);
		if (place !== undefined) expected = place + 1;
		return place;
	};
};

/** Finds a row anywhere in the line before; each serves only once for a later version. */
const createSearch = (kept: ReadonlySet<Row>, known: readonly Row[]): ((row: Row) => number | undefined) => {
	const places = new Map<Row, number>();
	const older = new Map<string, number[]>();
	for (const [index, row] of known.entries()) {
		if (kept.has(row)) {
			places.set(row, index);
			continue;
		}
		const name = nameOf(row);
		const found = older.get(name);
		if (found) found.push(index);
		else older.set(name, [index]);
	}
	return row => {
		const place = places.get(row);
		if (place !== undefined || older.size === 0) return place;
		const found = older.get(nameOf(row));
		const first = found?.[0];
		if (first === undefined || !isLaterVersion(row, known[first] as Row)) return undefined;
		found?.shift();
		return first;
	};
};

/** True if a row has the columns of another one, and its first two values, which usually identify it; if not, changes are longer. */
const isLaterVersion = (row: Row, before: Row): boolean => {
	const columns = Object.keys(before);
	const [first = '', second = ''] = columns;
	return row[first] === before[first] && row[second] === before[second] && hasColumns(row, columns);
};

const nameOf = (row: Row): string => {
	const [first = '', second = ''] = Object.keys(row);
	return `${row[first]}@${row[second]}`;
};

// A damaged file could ask for more memory than there is.
const mostRows = 1_000_000;

/** Rows of a line, which share those of the line before; undefined if they cannot be decoded. */
export const decodeRows = (written: EncodedRows, known: readonly Row[]): readonly Row[] | undefined => {
	const {columns = [], changes = {}} = written;
	if (!isTextList(columns) || !isLists(changes)) return undefined;
	const blank = JSON.parse(JSON.stringify(Object.fromEntries(columns.map(name => [name, null])))) as Row;
	const rows: Row[] = [];
	for (const each of written.rows) {
		if (typeof each === 'string') {
			const [start, end] = runOf(each);
			if (start === undefined || end === undefined || end > known.length || rows.length + end - start > mostRows)
				return undefined;
			for (let place = start; place < end; place++) rows.push(known[place] as Row);
		} else if (isValues(each)) {
			if (each.length !== columns.length) return undefined;
			const row: Record<string, Value> = {...blank};
			for (const [index, name] of columns.entries()) row[name] = each[index] as Value;
			rows.push(row);
		} else if (typeof each === 'object' && each !== null) rows.push(each);
		else return undefined;
	}
	return changed(rows, changes);
};

const isTextList = (value: unknown): boolean => Array.isArray(value) && value.every(each => typeof each === 'string');

const isLists = (value: unknown): boolean =>
	typeof value === 'object' && value !== null && Object.values(value).every(each => Array.isArray(each));

const isValues = (each: Row | readonly Value[]): each is readonly Value[] => Array.isArray(each);

const runOf = (text: string): readonly number[] => {
	const [, start, length] = /^(\d{1,7})\+(\d{1,7})$/.exec(text) ?? [];
	return start === undefined ? [] : [Number(start), Number(start) + Number(length)];
};

const changed = (rows: Row[], changes: NonNullable<EncodedRows['changes']>): readonly Row[] | undefined => {
	const copies = new Map<number, Record<string, Value>>();
	for (const [column, cells] of Object.entries(changes)) {
		for (let index = 0; index < cells.length; index += 2) {
			const place = cells[index] as number;
			const row = rows[place];
			const value = cells[index + 1];
			if (row === undefined || value === undefined) return undefined;
			const copy = copies.get(place) ?? {...row};
			copy[column] = value;
			copies.set(place, copy);
		}
	}
	for (const [place, copy] of copies) rows[place] = copy;
	return rows;
};
