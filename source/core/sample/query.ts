import {oneLine} from '../sql/one-line.ts';
import {masked} from '../sql/secrets.ts';
import {selectLists} from '../sql/select-list.ts';
import type {Instant} from '../values/instant.ts';
import type {Result, Row, Value} from './sample.ts';
import type {Scopes} from './scope.ts';

/** Decoding of one column: its JSON type, the PostgreSQL types that it may have, and the decoder of their text form. */
export type Field<T extends Value = Value> = {
	readonly types: readonly string[];
	readonly nullable: boolean;
	readonly decode: (raw: string) => T;
};

const instantShape = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?([+-]\d\d)(?::?(\d\d))?$/;

/** Converts PostgreSQL's ISO text of a timestamptz (`2026-11-22 14:30:00.12+00`) to an Instant; `infinity` is unchanged. */
export const parseInstant = (raw: string): Instant => {
	const parts = instantShape.exec(raw);
	if (!parts) return raw;
	return `${parts[1]}T${parts[2]}.${(parts[3] ?? '').padEnd(6, '0')}${parts[4]}:${parts[5] ?? '00'}`;
};

/** Text of bytes as `encode(..., 'escape')` writes them: plain but for backslashes, zeros and what is not ASCII. */
const unescaped = (raw: string): string => {
	if (!raw.includes('\\')) return raw;
	const bytes = raw.replace(/\\(\\|[0-7]{3})/g, (_, code: string) =>
		code === '\\' ? code : String.fromCharCode(Number.parseInt(code, 8)),
	);
	return new TextDecoder('utf-8', {ignoreBOM: true}).decode(
		Uint8Array.from(bytes, byte => byte.charCodeAt(0)),
		{stream: true},
	);
};

const field = <T extends Value>(types: readonly string[], decode: (raw: string) => T): Field<T> => ({
	types,
	nullable: false,
	decode,
});

/** Integers up to 2^53: pids, ages, oids, counts. */
export const int: Field<number> = field(['int2', 'int4', 'int8', 'oid'], Number);
/** Numbers with a fraction: seconds, ratios, bytes that the server computed. */
export const float: Field<number> = field(['float8', 'float4'], Number);
/** Raw server text, hostile until `clean` has seen it. */
export const textField: Field<string> = field(['text', 'name', 'varchar'], raw => raw);
/** Text that may quote a secret, such as statements and settings: raw like `text`, but masked on decoding. */
export const statement: Field<string> = field(['text'], masked);
/** The start of a statement, sent as its escaped bytes, so that invalid UTF-8 and a character cut in two do no harm. */
export const statementHead: Field<string> = field(['text'], raw => masked(unescaped(raw)));
/** 64-bit identifiers and LSNs, as text: a double would round them. */
export const id: Field<string> = field(['text', 'int8', 'xid', 'pg_lsn'], raw => raw);
/** Booleans. */
export const bool: Field<boolean> = field(['bool'], raw => raw === 't');
/** Timestamps with microseconds. */
export const timestamp: Field<Instant> = field(['timestamptz'], parseInstant);
/** Arrays of pids. */
export const ints: Field<readonly number[]> = field(['_int4'], raw =>
	raw === '{}' ? [] : raw.slice(1, -1).split(',').map(Number),
);

/** The same field, with NULL allowed. */
export const nullable = <T extends Value>(of: Field<T>): Field<T | null> => ({...of, nullable: true});

/**
 * One step of a version ladder: the SQL for servers from `since` (as in server_version_num) up to the next rung. Version 1.8 of an
 * extension is 1008.
 */
export type Rung = {readonly since: number; readonly sql: string};

/** One query: the fields of its answer, and SQL for each range of versions. */
export type Query<R extends Row = Row> = {
	readonly name: string;
	/** What it reads, in words, for sentences about what could not be read. */
	readonly title: string;
	readonly deadlineMs: number;
	/** Milliseconds between two answers while a pane shows them; 0 means every tick. */
	readonly everyMs: number;
	/** Fields in the order of the columns; the first ones identify a row, so that unchanged rows are shared. */
	readonly fields: {readonly [K in keyof R]: Field<R[K]>};
	/** Number of first fields that identify a row, 2 by default. */
	readonly named: number;
	/** Empty for readings that do not come from the server. */
	readonly ladder: readonly Rung[];
	/** Extension that answers: its version chooses the rung, `{schema}` in the SQL is its schema. */
	readonly extension: string | undefined;
	/** True if a server with these facts is queried; otherwise the answer has no rows. */
	readonly when: (facts: Row) => boolean;
	/** Hints for SQLSTATEs that replace the general ones. */
	readonly hints: Readonly<Record<string, string>>;
	/** SQL in place of `{name}`, for a query about one relation or session. */
	readonly scoped: ((scopes: Scopes) => Readonly<Record<string, string>>) | undefined;
	/** For a query that asks only for what its last answer lacks: its answers are added up. */
	readonly adds: Additions | undefined;
};

/** What was read so far: the newest answers by the names of their queries. If `eager`, nobody watches the list meanwhile. */
export type ReadSoFar = {readonly results: Readonly<Record<string, Result>>; readonly eager?: boolean};

/**
 * How the answers to a query are added up: `parts` is SQL in place of `{name}` that says what has been read, and `most` the number of
 * rows that are kept, the newest first.
 */
export type Additions = {readonly most: number; readonly parts: (read: ReadSoFar) => Readonly<Record<string, string>>};

/** The row type of a query. */
export type RowOf<Q> = Q extends Query<infer R> ? R : never;

/** Declares a query; its row type is inferred from `fields`. Each rung returns exactly these columns, in this order. */
export const defineQuery = <R extends Row>(declaration: {
	readonly name: string;
	readonly title?: string;
	readonly deadlineMs: number;
	readonly fields: Query<R>['fields'];
	readonly ladder: readonly Rung[];
	readonly everyMs?: number;
	readonly named?: number;
	readonly extension?: string;
	readonly when?: (facts: Row) => boolean;
	readonly hints?: Readonly<Record<string, string>>;
	readonly scoped?: (scopes: Scopes) => Readonly<Record<string, string>>;
	readonly adds?: Additions;
}): Query<R> => ({
	title: declaration.name.replaceAll('_', ' '),
	everyMs: 0,
	named: 2,
	extension: undefined,
	when: () => true,
	hints: {},
	scoped: undefined,
	adds: undefined,
	...declaration,
});

/** Declares a reading from the host or from this program, which is in samples like an answer of the server. */
export const defineReading = <R extends Row>(declaration: {
	readonly name: string;
	readonly title?: string;
	readonly fields: Query<R>['fields'];
	readonly everyMs?: number;
}): Query<R> => defineQuery({deadlineMs: 1000, ladder: [], ...declaration});

/** What fills in the SQL of a query: the quoted schema of its extension, fields that are null instead of read, scopes, and what was read. */
export type Filling = {
	readonly schema?: string;
	readonly without?: readonly string[];
	readonly scopes?: Scopes;
	readonly read?: ReadSoFar;
};

/** SQL of the newest rung that is not newer than the server or the extension, or of the first rung if all are newer, on one line. */
export const sqlFor = (
	query: Pick<Query, 'name' | 'ladder' | 'fields'> & Partial<Pick<Query, 'scoped' | 'adds'>>,
	version: number,
	{schema = '', without = [], scopes = {}, read = {results: {}}}: Filling = {},
): string => {
	const rung = query.ladder.findLast(step => step.since <= version) ?? query.ladder[0];
	const line = withNulls(rung ? lineOf(rung) : '', query.fields, without);
	const parts: Readonly<Record<string, string>> = {schema, ...query.scoped?.(scopes), ...query.adds?.parts(read)};
	const filled = line.replace(/\{(\w+)\}/g, (written, name: string) => parts[name] ?? written);
	return `/* pgtriage:${query.name} */ ${filled}`;
};

const lines = new WeakMap<Rung, string>();

/** SQL of a rung on one line; made when it is first sent. */
const lineOf = (rung: Rung): string => {
	const line = lines.get(rung) ?? oneLine(rung.sql);
	lines.set(rung, line);
	return line;
};

/** SQL with null in place of the expressions of some fields, in each part of a UNION. */
const withNulls = (sql: string, fields: Query['fields'], without: readonly string[]): string => {
	if (without.length === 0) return sql;
	const names = Object.keys(fields);
	const pieces = selectLists(sql)
		.flatMap(list => list.map((piece, index) => ({...piece, name: names[index] ?? ''})))
		.filter(({name}) => without.includes(name));
	return pieces.reduceRight(
		(text, {from, to, name}) => `${text.slice(0, from)} null::pg_catalog.${fields[name]?.types[0]} as ${name} ${text.slice(to)}`,
		sql,
	);
};

/** A raw answer row: the text of each column, as it came over the wire. */
export type RawRow = readonly (string | null)[];

/** Decoded rows, and the raw rows they came from at the same indexes. */
export type Decoded = {readonly rows: readonly Row[]; readonly raw: readonly RawRow[]};

/** Decoding of one answer, part by part. */
export type Decoding = {readonly take: (part: readonly RawRow[]) => void; readonly decoded: () => Decoded};

const nothing: Decoded = {rows: [], raw: []};

/**
 * Starts decoding an answer. A row whose raw text is unchanged is the row object of `previous`, so that a quiet session costs
 * neither decoding nor memory; if no row changed, the array is the previous one too.
 */
export const decoding = (query: Query, previous: Decoded = nothing): Decoding => {
	const names = Object.keys(query.fields);
	const fields = names.map(name => query.fields[name] as Field);
	const blank = blankOf(query);
	const rows: Row[] = [];
	const raw: RawRow[] = [];
	const placeOf = createPlaces(previous.raw, query.named);
	return {
		take: part => {
			for (const cells of part) {
				const place = placeOf(cells);
				const known = previous.raw[place];
				const row = previous.rows[place];
				const stays = known !== undefined && row !== undefined && same(known, cells);
				// The earlier raw row and not its twin: the new one dies young, and the garbage collector moves little.
				raw.push(stays ? known : cells);
				rows.push(stays ? row : decodeRow(blank, names, fields, cells, known, row));
			}
		},
		decoded: () => ({rows: same(previous.rows, rows) ? previous.rows : rows, raw}),
	};
};

/** Decodes the raw rows of an answer at once. */
export const decode = (query: Query, raw: readonly RawRow[], previous?: Decoded): Decoded => {
	const {take, decoded} = decoding(query, previous);
	take(raw);
	return decoded();
};

/**
 * Finds the index of a row in an answer by its first columns; -1 if it is new. Servers mostly answer in the same order, so the row
 * after the last match is tried first, and names are looked up only if it does not match.
 */
const createPlaces = (before: readonly RawRow[], named: number): ((cells: RawRow) => number) => {
	let next = 0;
	let byName: ReadonlyMap<string, number> | undefined;
	return cells => {
		const expected = before[next];
		if (expected && isNamedAs(expected, cells, named)) return next++;
		byName ??= new Map(before.map((known, place) => [nameOf(known, named), place]));
		const place = byName.get(nameOf(cells, named)) ?? -1;
		if (place >= 0) next = place + 1;
		return place;
	};
};

const isNamedAs = (a: RawRow, b: RawRow, named: number): boolean => {
	if (a === b) return true;
	for (let index = 0; index < named; index++) if (a[index] !== b[index]) return false;
	return true;
};

/** Adds the rows before that an answer does not have, until there are `most`; the same arrays if it has none. */
export const addedUp = ({rows, raw}: Decoded, before: Decoded | undefined, named: number, most: number): Decoded => {
	if (!before || rows.length === 0) return before ?? {rows, raw};
	const names = new Set(raw.map(cells => nameOf(cells, named)));
	const places = before.raw.flatMap((cells, place) => (names.has(nameOf(cells, named)) ? [] : [place]));
	const kept = places.slice(0, Math.max(0, most - rows.length));
	return {
		rows: [...rows, ...kept.map(place => before.rows[place] as Row)],
		raw: [...raw, ...kept.map(place => before.raw[place] as RawRow)],
	};
};

const nameOf = (cells: RawRow, named: number): string => cells.slice(0, named).join('@');

const same = <T>(a: readonly T[], b: readonly T[]): boolean => {
	if (a === b) return true;
	if (a.length !== b.length) return false;
	for (let index = 0; index < b.length; index++) if (a[index] !== b[index]) return false;
	return true;
};

/** Decodes the cells of a row; unchanged values are those of the earlier row, so that memory has one copy. */
const decodeRow = (
	blank: Row,
	names: readonly string[],
	fields: readonly Field[],
	cells: RawRow,
	rawBefore: RawRow | undefined,
	before: Row | undefined,
): Row => {
	const row: Record<string, Value> = {...blank};
	// An index and no entries(), whose pairs would be most of the garbage of a refresh.
	for (let index = 0; index < names.length; index++) {
		const cell = cells[index] ?? null;
		if (cell === null) continue;
		const name = names[index] as string;
		row[name] = before && rawBefore?.[index] === cell ? (before[name] as Value) : (fields[index] as Field).decode(cell);
	}
	return row;
};

const blanks = new WeakMap<Query['fields'], Row>();

/**
 * An empty row, from which rows are copied. V8 turns an object built key by key from many names into a slow hash, but not one from
 * JSON.
 */
const blankOf = ({fields}: Query): Row => {
	const blank = blanks.get(fields) ?? (JSON.parse(JSON.stringify(fields, (key, value) => (key === '' ? value : null))) as Row);
	blanks.set(fields, blank);
	return blank;
};
