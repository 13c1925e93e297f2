import type {Field, Query} from '../sample/query.ts';
import type {Failure, Result, Row, Sample, Value} from '../sample/sample.ts';

/** Fields of queries, by query name. */
type FieldsByQuery = ReadonlyMap<string, Pick<Query, 'fields'>>;

/**
 * Converts samples of a recording of any version, in order, to the form that panes of this version read: a missing column is null,
 * an answer in an unknown form is a failure, and unknown queries stay. Rows and answers that need no change stay the same objects,
 * and a converted object is reused as long as its original lasts.
 */
export const createForm = (queries: FieldsByQuery): ((sample: Sample) => Sample) => {
	const forms = new Map<string, (result: Result) => Result>();
	for (const [name, {fields}] of queries) forms.set(name, formOf(name, fields));
	return sample => {
		let isOther = false;
		const results: Record<string, Result> = {};
		for (const [name, result] of Object.entries(sample.results)) {
			const made = forms.get(name)?.(result) ?? result;
			isOther ||= made !== result;
			results[name] = made;
		}
		return isOther ? {...sample, results} : sample;
	};
};

/** Converts the answers to one query. */
const formOf = (name: string, fields: Query['fields']): ((result: Result) => Result) => {
	const checks = Object.entries(fields).map(([column, field]): Check => [column, field.nullable, kindOf(field)]);
	let before: {readonly result: Result; readonly made: Result} | undefined;
	let rows: readonly Row[] = [];
	let madeRows: readonly Row[] = [];
	const make = (result: Result): Result => {
		if (!result.ok) return result;
		let places: Map<Row, number> | undefined;
		const placeOf = (row: Row, index: number): number | undefined => {
			if (rows[index] === row) return index;
			places ??= new Map(rows.map((known, place) => [known, place]));
			return places.get(row);
		};
		const made: Row[] = [];
		let isOther = false;
		for (const [index, row] of result.rows.entries()) {
			const place = placeOf(row, index);
			const converted = place === undefined ? convertRow(row, checks) : madeRows[place];
			if (!converted) return {ok: false, at: result.at, tookMs: result.tookMs, error: otherForm(name)};
			isOther ||= converted !== row;
			made.push(converted);
		}
		[rows, madeRows] = [result.rows, made];
		return isOther ? {...result, rows: made} : result;
	};
	return result => {
		if (result !== before?.result) before = {result, made: make(result)};
		return before.made;
	};
};

const otherForm = (name: string): Failure => ({
	code: 'other_form',
	message: `The recording has ${name} in an unknown form.`,
	hint: 'Replay it with the pgtriage that recorded it.',
});

type Kind = 'number' | 'boolean' | 'numbers' | 'string';

/** A column, whether it is nullable, and the JSON type it decodes to. */
type Check = readonly [column: string, nullable: boolean, kind: Kind];

const kinds: Readonly<Record<string, Kind>> = {int2: 'number', float8: 'number', bool: 'boolean', _int4: 'numbers'};

const kindOf = ({types: [type = '']}: Field): Kind => kinds[type] ?? 'string';

/** A row with every field of its query, or undefined if a field that is never null is missing or has another type. */
const convertRow = (row: Row, checks: readonly Check[]): Row | undefined => {
	let made: Record<string, Value> | undefined;
	for (const [column, nullable, kind] of checks) {
		const value = row[column];
		if (value === undefined) {
			if (!nullable) return undefined;
			made ??= {...row};
			made[column] = null;
		} else if (value === null) {
			// JSON has no infinity.
			if (!nullable && kind !== 'number') return undefined;
		} else if (kind === 'numbers' ? !isNumbers(value) : typeof value !== kind) return undefined;
	}
	return made ?? row;
};

const isNumbers = (value: Value): boolean => Array.isArray(value) && value.every(each => typeof each === 'number');
