import {defineReading, float, int, nullable, type RowOf, statement, textField, timestamp} from '../core/sample/query.ts';

/** The journal of this program, oldest first: what it sent to the server that was no poll. It stands in every sample, so that it is recorded. */
export const journal = defineReading({
	name: 'journal',
	fields: {
		number: int,
		at: nullable(timestamp),
		kind: textField,
		connection: nullable(int),
		statement: nullable(statement),
		target: nullable(textField),
		outcome: textField,
		sqlstate: nullable(textField),
		took_ms: nullable(float),
	},
});

/** One entry of the journal; `number` counts from the start of the program. */
export type JournalRow = RowOf<typeof journal>;
