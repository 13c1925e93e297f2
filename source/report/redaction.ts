import type {Result, Row, Sample, Value} from '../core/sample/sample.ts';
import {redacted} from '../core/sql/redact.ts';
import {journal} from '../queries/journal.ts';
import {sessions} from '../queries/sessions.ts';
import {statementTexts} from '../queries/statements.ts';

const texts: Readonly<Record<string, readonly string[]>> = {
	[sessions.name]: ['query', 'query_head'],
	[statementTexts.name]: ['query'],
	[journal.name]: ['statement'],
};

// As many statements are remembered as differ in some minutes of a busy server.
const mostKnown = 5000;

type RedactedResult = {readonly result: Result; readonly made: Result; readonly rows: ReadonlyMap<Row, Row>};

/**
 * Makes what replaces the literals in all statements of samples, given in their order, before anything is made of them. Rows in
 * which there are none, and answers without such rows, stay the same objects.
 */
export const createRedaction = (): ((sample: Sample) => Sample) => {
	let known = new Map<string, string>();
	const before = new Map<string, RedactedResult>();

	const textOf = (text: string): string => {
		const found = known.get(text) ?? redacted(text);
		if (known.size >= mostKnown) known = new Map();
		known.set(text, found);
		return found;
	};

	const rowOf = (row: Row, fields: readonly string[]): Row => {
		// What autovacuum shows is no statement but names, which need not look like names.
		if (row.backend_type === 'autovacuum worker') return row;
		let made: Record<string, Value> | undefined;
		for (const field of fields) {
			const text = row[field];
			const found = typeof text === 'string' ? textOf(text) : text;
			if (found === text || found === undefined) continue;
			made ??= {...row};
			made[field] = found;
		}
		return made ?? row;
	};

	const resultOf = (name: string, result: Result, fields: readonly string[]): Result => {
		if (!result.ok) return result;
		const last = before.get(name);
		if (last?.result === result) return last.made;
		const rows = new Map(result.rows.map(row => [row, last?.rows.get(row) ?? rowOf(row, fields)]));
		const same = result.rows.every(row => rows.get(row) === row);
		const made = same ? result : {...result, rows: result.rows.map(row => rows.get(row) ?? row)};
		before.set(name, {result, made, rows});
		return made;
	};

	return sample => {
		const made = Object.entries(texts).flatMap(([name, fields]) => {
			const result = sample.results[name];
			const found = result && resultOf(name, result, fields);
			return found && found !== result ? [[name, found] as const] : [];
		});
		return made.length === 0 ? sample : {...sample, results: {...sample.results, ...Object.fromEntries(made)}};
	};
};
