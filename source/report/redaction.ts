import type {Result, Row, Sample, Value} from '../core/sample/sample.ts';
import {withStatements} from '../core/serverlog/deadlock.ts';
import {redacted} from '../core/sql/redact.ts';
import {sessions} from '../queries/activity/sessions.ts';
import {statementTexts} from '../queries/activity/statements.ts';
import {journal} from '../queries/beside/journal.ts';
import {logDeadlocks, logErrors, serverLog} from '../queries/beside/server-log.ts';

const texts: Readonly<Record<string, readonly string[]>> = {
	[sessions.name]: ['query', 'query_head'],
	[statementTexts.name]: ['query'],
	[journal.name]: ['statement'],
	[serverLog.name]: ['statement', 'message', 'detail', 'context'],
	[logDeadlocks.name]: ['statement', 'detail'],
	[logErrors.name]: ['message'],
};

/** Functions for texts that are not only SQL. Messages quote values as they quote names. */
const replacements: Readonly<Record<string, (text: string) => string>> = {
	[`${logDeadlocks.name}.detail`]: text => withStatements(text, redacted),
	[`${serverLog.name}.message`]: text => text.replaceAll(/"[^"]*"|'(?:[^']|'')*'?|\b\d+\b/g, '?'),
	[`${serverLog.name}.detail`]: () => '?',
	[`${serverLog.name}.context`]: () => '?',
	[`${logErrors.name}.message`]: text => text.replaceAll(/"[^"]*"/g, '?'),
};

// Enough for the distinct statements of some minutes on a busy server.
const mostTexts = 5000;

type RedactedResult = {readonly result: Result; readonly made: Result; readonly rows: ReadonlyMap<Row, Row>};

/**
 * Creates a function that replaces the literals in all statements of a sample; takes samples in order. Rows without literals, and
 * answers without such rows, stay the same objects.
 */
export const createRedaction = (): ((sample: Sample) => Sample) => {
	let redactions = new Map<string, string>();
	const before = new Map<string, RedactedResult>();

	const textOf = (text: string): string => {
		const replacement = redactions.get(text) ?? redacted(text);
		if (redactions.size >= mostTexts) redactions = new Map();
		redactions.set(text, replacement);
		return replacement;
	};

	const rowOf = (name: string, row: Row, fields: readonly string[]): Row => {
		// The query of an autovacuum worker is not SQL: it holds names that need not look like names.
		if (row.backend_type === 'autovacuum worker') return row;
		let made: Record<string, Value> | undefined;
		for (const field of fields) {
			const text = row[field];
			const replacement = typeof text === 'string' ? (replacements[`${name}.${field}`] ?? textOf)(text) : text;
			if (replacement === text || replacement === undefined) continue;
			made ??= {...row};
			made[field] = replacement;
		}
		return made ?? row;
	};

	const resultOf = (name: string, result: Result, fields: readonly string[]): Result => {
		if (!result.ok) return result;
		const last = before.get(name);
		if (last?.result === result) return last.made;
		const rows = new Map(result.rows.map(row => [row, last?.rows.get(row) ?? rowOf(name, row, fields)]));
		const same = result.rows.every(row => rows.get(row) === row);
		const made = same ? result : {...result, rows: result.rows.map(row => rows.get(row) ?? row)};
		before.set(name, {result, made, rows});
		return made;
	};

	return sample => {
		const made = Object.entries(texts).flatMap(([name, fields]) => {
			const result = sample.results[name];
			const replacement = result && resultOf(name, result, fields);
			return replacement && replacement !== result ? [[name, replacement] as const] : [];
		});
		return made.length === 0 ? sample : {...sample, results: {...sample.results, ...Object.fromEntries(made)}};
	};
};
