import type {Result, Row, Sample} from '../sample/sample.ts';

const objectBytes = 56;
const pointerBytes = 8;

/**
 * Bytes that a sample, or those of its answers that count, add to memory if what it shares with `other` is free: an estimate from
 * field counts and text lengths.
 */
export const bytesOf = (
	sample: Sample,
	other: Sample | undefined,
	counts: (result: Result, before: Result | undefined) => boolean = () => true,
): number => {
	let bytes = objectBytes * 4;
	for (const [name, result] of Object.entries(sample.results)) {
		const before = other?.results[name];
		bytes += pointerBytes;
		if (result !== before && counts(result, before)) bytes += answerBytes(result, before);
	}
	return bytes;
};

const noRows: readonly Row[] = [];

/** Bytes that an answer adds to memory if what it shares with another answer to the same query is free. */
export const answerBytes = (result: Result, before: Result | undefined): number => {
	if (!result.ok) return objectBytes * 2 + result.error.message.length * 2;
	const others = before?.ok ? before.rows : noRows;
	let bytes = objectBytes * 2;
	if (result.rows === others) return bytes;
	bytes += result.rows.length * pointerBytes;
	const fresh = without(result.rows, others);
	const versions = byName(without(others, result.rows));
	const names = byName(fresh);
	for (const row of fresh) {
		const name = nameOf(row);
		// A changed row shares its unchanged values; its earlier version is certain only if one row on each side has the name.
		bytes += rowBytes(row, names.get(name) === row ? versions.get(name) : undefined);
	}
	return bytes;
};

/** Rows that are not among others, each once. */
const without = (rows: readonly Row[], others: readonly Row[]): ReadonlySet<Row> => {
	const known = new Set(others);
	return new Set(rows.filter(row => !known.has(row)));
};

/** The first two columns, which usually identify a row. */
const nameOf = (row: Row): string => {
	let name = '';
	let taken = 0;
	for (const field in row) {
		name += `@${row[field]}`;
		if (++taken === 2) break;
	}
	return name;
};

/** Rows by name; undefined for a name that several rows have. */
const byName = (rows: ReadonlySet<Row>): ReadonlyMap<string, Row | undefined> => {
	const named = new Map<string, Row | undefined>();
	for (const row of rows) {
		const name = nameOf(row);
		named.set(name, named.has(name) ? undefined : row);
	}
	return named;
};

const rowBytes = (row: Row, version: Row | undefined): number => {
	let bytes = objectBytes;
	for (const field in row) {
		const value = row[field];
		bytes += pointerBytes;
		if (value === version?.[field]) continue;
		if (typeof value === 'string') bytes += 16 + value.length * (value.length > 0 && isWide(value) ? 2 : 1);
		else if (Array.isArray(value)) bytes += objectBytes + value.length * pointerBytes;
	}
	return bytes;
};

// V8 stores text with any character above U+00FF at two bytes each.
const isWide = (text: string): boolean => /[^\x00-\xff]/.test(text);
