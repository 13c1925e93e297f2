import type {Field, Query} from '../sample/query.ts';
import type {Failure, Result, Row, Sample, Value} from '../sample/sample.ts';

/** What is known of queries by their names: the fields of their rows. */
type Known = ReadonlyMap<string, Pick<Query, 'fields'>>;

/**
 * Gives samples of a recording of any version the form that panes of this one read, in order: a column that was not read yet is
 * unknown, an answer in another form is a failure that says so, and what is not known here stays as it is. Rows and answers that
 * need nothing stay the same objects, and what is made of one is made once for as long as it stands.
 */
export const createForm = (queries: Known): ((sample: Sample) => Sample) => {
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

/** Gives the answers to one query their form. */
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
			const found = place === undefined ? formed(row, checks) : madeRows[place];
			if (!found) return {ok: false, at: result.at, tookMs: result.tookMs, error: otherForm(name)};
			isOther ||= found !== row;
			made.push(found);
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
	message: `The recording holds ${name} in a form that is not known here.`,
	hint: 'Replay it with the pgtriage that made it.',
});

type Kind = 'number' | 'boolean' | 'numbers' | 'string';

/** A column, whether it may be unknown, and the JSON type that it is decoded to. */
type Check = readonly [column: string, nullable: boolean, kind: Kind];

const kinds: Readonly<Record<string, Kind>> = {int2: 'number', float8: 'number', bool: 'boolean', _int4: 'numbers'};

const kindOf = ({types: [type = '']}: Field): Kind => kinds[type] ?? 'string';

/** A row with every field of its query, or undefined where one that is always known is missing or of another type. */
const formed = (row: Row, checks: readonly Check[]): Row | undefined => {
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
