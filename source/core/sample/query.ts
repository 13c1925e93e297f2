import {masked} from '../sql/secrets.ts';
import type {Instant} from '../values/instant.ts';
import type {Row, Value} from './sample.ts';

/** How one column of an answer is read: its JSON type, the PostgreSQL types it may come as, and the decoder of their text form. */
export type Field<T extends Value = Value> = {
	readonly types: readonly string[];
	readonly nullable: boolean;
	readonly decode: (raw: string) => T;
};

const instantShape = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?([+-]\d\d)(?::?(\d\d))?$/;

/** PostgreSQL's ISO text of a timestamptz (`2026-11-22 14:30:00.12+00`) as an Instant; `infinity` stays as it is. */
export const parseInstant = (raw: string): Instant => {
	const parts = instantShape.exec(raw);
	if (!parts) return raw;
	return `${parts[1]}T${parts[2]}.${(parts[3] ?? '').padEnd(6, '0')}${parts[4]}:${parts[5] ?? '00'}`;
};

const field = <T extends Value>(types: readonly string[], decode: (raw: string) => T): Field<T> => ({
	types,
	nullable: false,
	decode,
});

/** Whole numbers up to 2^53: pids, ages, oids, counts. */
export const int: Field<number> = field(['int2', 'int4', 'int8', 'oid'], Number);
/** Numbers with a fraction: seconds, ratios, bytes computed by the server. */
export const float: Field<number> = field(['float8', 'float4'], Number);
/** Server text, raw: hostile until it passed `clean`. */
export const textField: Field<string> = field(['text', 'name', 'varchar'], raw => raw);
/** Texts that may quote a secret, such as statements and settings: raw as `text`, but masked before anything else sees them. */
export const statement: Field<string> = field(['text'], masked);
/** The beginning of a statement, sent as the hex of its bytes: no character of ours where they are no UTF-8, none cut in two. */
export const statementHead: Field<string> = field(['text'], raw =>
	masked(
		new TextDecoder('utf-8', {ignoreBOM: true}).decode(
			Uint8Array.from(raw.match(/../g) ?? [], byte => Number.parseInt(byte, 16)),
			{stream: true},
		),
	),
);
/** 64-bit identifiers and LSNs, kept as text because a double would round them. */
export const id: Field<string> = field(['text', 'int8', 'xid', 'pg_lsn'], raw => raw);
/** Truth values. */
export const bool: Field<boolean> = field(['bool'], raw => raw === 't');
/** Moments on the server's clock, with their microseconds. */
export const timestamp: Field<Instant> = field(['timestamptz'], parseInstant);
/** Lists of pids. */
export const ints: Field<readonly number[]> = field(['_int4'], raw =>
	raw === '{}' ? [] : raw.slice(1, -1).split(',').map(Number),
);

/** The same field where the server may answer NULL. */
export const nullable = <T extends Value>(of: Field<T>): Field<T | null> => ({...of, nullable: true});

/**
 * One step of a version ladder: the SQL for servers from `since` (as in server_version_num) up to the next rung. Of an
 * extension's 1.8 it is 1008.
 */
export type Rung = {readonly since: number; readonly sql: string};

/** One thing asked of the server: the fields of its answer and the SQL for each version that asks differently. */
export type Query<R extends Row = Row> = {
	readonly name: string;
	readonly deadlineMs: number;
	/** Milliseconds between two answers while somebody looks at what they show; 0 asks in every tick. */
	readonly everyMs: number;
	/** Fields in the order of the answer's columns; the first of them name a row, so that unchanged rows are shared. */
	readonly fields: {readonly [K in keyof R]: Field<R[K]>};
	/** How many of the first fields name a row: two unless it says otherwise. */
	readonly named: number;
	/** Empty for what is not asked of the server but read beside it. */
	readonly ladder: readonly Rung[];
	/** The extension that answers: its version climbs the ladder, `{schema}` in the SQL is where it was installed. */
	readonly extension: string | undefined;
	/** Whether it is asked of a server of which these facts are known; where it is not it has no rows. */
	readonly when: (facts: Row) => boolean;
	/** What to do about an SQLSTATE, where this query knows better than what is said to all. */
	readonly hints: Readonly<Record<string, string>>;
};

/** The row type that a query's fields declare. */
export type RowOf<Q> = Q extends Query<infer R> ? R : never;

/** Declares a query; its row type is inferred from `fields`. Every rung answers exactly these columns, in this order. */
export const defineQuery = <R extends Row>(declaration: {
	readonly name: string;
	readonly deadlineMs: number;
	readonly fields: Query<R>['fields'];
	readonly ladder: readonly Rung[];
	readonly everyMs?: number;
	readonly named?: number;
	readonly extension?: string;
	readonly when?: (facts: Row) => boolean;
	readonly hints?: Readonly<Record<string, string>>;
}): Query<R> => ({everyMs: 0, named: 2, extension: undefined, when: () => true, hints: {}, ...declaration});

/** Declares what is read beside the server, on its host or in this program, but stands in samples like an answer of it. */
export const defineReading = <R extends Row>(declaration: {
	readonly name: string;
	readonly fields: Query<R>['fields'];
	readonly everyMs?: number;
}): Query<R> => defineQuery({deadlineMs: 1000, ladder: [], ...declaration});

/**
 * The SQL of the newest rung that is not newer than the server or the extension, or of the first for one older than all;
 * `schema` is where the extension is, quoted as SQL needs it.
 */
export const sqlFor = (query: Pick<Query, 'name' | 'ladder'>, version: number, schema = ''): string => {
	const rung = query.ladder.findLast(step => step.since <= version) ?? query.ladder[0];
	return `/* pgtriage:${query.name} */ ${rung?.sql.trim().replaceAll('{schema}', schema)}`;
};

/** A raw answer: the text of each column of each row, as the wire brings it. */
export type RawRow = readonly (string | null)[];

/** Decoded rows and, at the same places, the raw ones they came from. */
export type Decoded = {readonly rows: readonly Row[]; readonly raw: readonly RawRow[]};

/** The decoding of one answer, part by part. */
export type Decoding = {readonly take: (part: readonly RawRow[]) => void; readonly decoded: () => Decoded};

const nothing: Decoded = {rows: [], raw: []};

/**
 * Begins to turn raw rows into rows, reusing the row object of `previous` wherever the raw text is unchanged, so that a quiet
 * session costs neither decoding nor memory; an answer of which every row is as before has the very array of before.
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
				// The raw row of before, not a twin of it: what was just read dies young, and the collector has little to move.
				raw.push(stays ? known : cells);
				rows.push(stays ? row : decodeRow(blank, names, fields, cells, known, row));
			}
		},
		decoded: () => ({rows: same(previous.rows, rows) ? previous.rows : rows, raw}),
	};
};

/** Turns the raw rows of an answer into rows at once, as `decoding` does. */
export const decode = (query: Query, raw: readonly RawRow[], previous?: Decoded): Decoded => {
	const {take, decoded} = decoding(query, previous);
	take(raw);
	return decoded();
};

/**
 * Finds where the row of a name stood in an answer, by its first columns; -1 where it did not. Servers mostly answer in the same
 * order, so that it is the row behind the one that was found last; by their names rows are looked up only where it is not.
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
	for (let index = 0; index < named; index++) if (a[index] !== b[index]) return false;
	return true;
};

const nameOf = (cells: RawRow, named: number): string => cells.slice(0, named).join('@');

const same = <T>(a: readonly T[], b: readonly T[]): boolean => {
	if (a.length !== b.length) return false;
	for (let index = 0; index < b.length; index++) if (a[index] !== b[index]) return false;
	return true;
};

/** A row of its cells; of a row that changed the values that did not are those of before, of which memory holds one copy. */
const decodeRow = (
	blank: Row,
	names: readonly string[],
	fields: readonly Field[],
	cells: RawRow,
	rawBefore: RawRow | undefined,
	before: Row | undefined,
): Row => {
	const row: Record<string, Value> = {...blank};
	for (const [index, name] of names.entries()) {
		const cell = cells[index] ?? null;
		if (cell === null) continue;
		row[name] = before && rawBefore?.[index] === cell ? (before[name] as Value) : (fields[index] as Field).decode(cell);
	}
	return row;
};

const blanks = new WeakMap<Query['fields'], Row>();

/** A row of nothing, from which rows are copied. V8 turns what is built of many names one by one into a slow hash; not what JSON made. */
const blankOf = ({fields}: Query): Row => {
	const blank = blanks.get(fields) ?? (JSON.parse(JSON.stringify(fields, (key, value) => (key === '' ? value : null))) as Row);
	blanks.set(fields, blank);
	return blank;
};
