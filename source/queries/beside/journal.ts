import {defineReading, float, int, nullable, type RowOf, statement, textField, timestamp} from '../../core/sample/query.ts';

/**
 * Journal of this program, oldest first: everything it sent to the server except polls. It is in every sample, so that recordings
 * have it.
 */
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
