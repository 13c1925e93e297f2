import type {Instant} from '../values/instant.ts';

/** What one field of a row may hold; unknown is `null`, never 0. */
export type Value = string | number | boolean | null | readonly (string | number)[];

/** One row as it was read, keyed by PostgreSQL's own column names; instants, never ages, so that unchanged rows can be shared. */
export type Row = Readonly<Record<string, Value>>;

/** Why something could not be read: SQLSTATE (or a code of the connection layer), the sentence, and what to do about it. */
export type Failure = {readonly code: string; readonly message: string; readonly hint?: string};

/** A failure as a person reads it: what happened, then what to do about it. */
export const sentences = (failure: Failure | undefined): string =>
	failure === undefined
		? ''
		: [failure.message, failure.hint]
				.flatMap(text => (text ? [text] : []))
				.map((text, index, {length}) => (index < length - 1 && !/[.!?:;]$/.test(text) ? `${text}.` : text))
				.join(' ');

/** The answer to one query. `at` is the server's clock when it ran, `tookMs` the time from sending it to its last byte. */
export type Result =
	| {readonly ok: true; readonly at: Instant; readonly tookMs: number; readonly rows: readonly Row[]}
	| {readonly ok: false; readonly at: Instant; readonly tookMs: number; readonly error: Failure};

/** The answer to what was not asked because nothing can be there to be found. */
export const nothingAt = (at: Instant): Result => ({ok: true, at, tookMs: 0, rows: []});

/** Whether an answer came and holds no row. */
export const isEmpty = (result: Result | undefined): boolean => result?.ok === true && result.rows.length === 0;

/**
 * Everything that was read by one moment, the only thing that flows through the program. `seq` orders samples, `at` is the
 * server's clock; `own` are the pids of our own backends; `results` are keyed by query name and hold the newest answer of
 * each, whatever its cadence.
 */
export type Sample = {
	readonly seq: number;
	readonly at: Instant;
	readonly own: readonly number[];
	readonly results: Readonly<Record<string, Result>>;
};
