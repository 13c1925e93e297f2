import type {Field, Query} from './query.ts';
import type {Result, Row, Sample, Value} from './sample.ts';

/** What is known of queries by their names: the fields of their rows. */
type Known = ReadonlyMap<string, Pick<Query, 'fields'>>;

/**
 * Gives samples of a recording of any version the form that panes of this one read: a column that was not read yet is unknown,
 * an answer in another form is a failure that says so, and what is not known here stays as it is. Rows and answers that need
 * nothing stay the same objects, and what was made of one is made once.
 */
export const createForm = (queries: Known): ((sample: Sample) => Sample) => {
	const results = new WeakMap<Result, Result>();
	const rows = new WeakMap<Row, Row>();
	const rowIn = (row: Row, fields: Query['fields']): Row | undefined => {
		const found = rows.get(row) ?? formed(row, fields);
		if (found) rows.set(row, found);
		return found;
	};
	const resultIn = (name: string, result: Result): Result => {
		const fields = queries.get(name)?.fields;
		if (!result.ok || !fields) return result;
		const found: Row[] = [];
		for (const row of result.rows) {
			const made = rowIn(row, fields);
			if (!made) return {ok: false, at: result.at, tookMs: result.tookMs, error: otherForm(name)};
			found.push(made);
		}
		return found.every((row, index) => row === result.rows[index]) ? result : {...result, rows: found};
	};
	return sample => {
		let formedAny = false;
		const made = Object.fromEntries(
			Object.entries(sample.results).map(([name, result]) => {
				const found = results.get(result) ?? resultIn(name, result);
				results.set(result, found);
				formedAny ||= found !== result;
				return [name, found];
			}),
		);
		return formedAny ? {...sample, results: made} : sample;
	};
};

const otherForm = (name: string): {readonly code: string; readonly message: string; readonly hint: string} => ({
	code: 'other_form',
	message: `The recording holds ${name} in a form that is not known here.`,
	hint: 'Replay it with the pgtriage that made it.',
});

/** A row with every field of its query, or undefined where one that is always known is missing or of another type. */
const formed = (row: Row, fields: Query['fields']): Row | undefined => {
	let made: Record<string, Value> | undefined;
	for (const [name, field] of Object.entries(fields)) {
		const value = row[name];
		if (value === null ? field.nullable || isNumber(field) : value !== undefined && isOf(value, field)) continue;
		if (value !== undefined || !field.nullable) return undefined;
		made ??= {...row};
		made[name] = null;
	}
	return made ?? row;
};

// JSON has no infinity.
const isNumber = ({types: [type]}: Field): boolean => type === 'int2' || type === 'float8';

/** Whether a value is of the JSON type that a field is decoded to. */
const isOf = (value: Value, field: Field): boolean => {
	const [type] = field.types;
	if (isNumber(field)) return typeof value === 'number';
	if (type === 'bool') return typeof value === 'boolean';
	if (type === '_int4') return Array.isArray(value) && value.every(each => typeof each === 'number');
	return typeof value === 'string';
};
