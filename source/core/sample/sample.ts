import {joinSentences} from '../text/sentence.ts';
import type {Instant} from '../values/instant.ts';

/** Value of one field; unknown is `null`, never 0. */
export type Value = string | number | boolean | null | readonly (string | number)[];

/** One row, keyed by PostgreSQL's own column names. Instants and never ages, so that unchanged rows can be shared. */
export type Row = Readonly<Record<string, Value>>;

/** Reason why something could not be read: SQLSTATE (or a code of the connection layer), a sentence, and a hint. */
export type Failure = {readonly code: string; readonly message: string; readonly hint?: string};

/** A failure in sentences: the message, then the hint. */
export const sentences = (failure: Pick<Failure, 'message' | 'hint'> | undefined): string =>
	joinSentences(failure?.message, failure?.hint);

/** Fields that the server refuses to read, and its reason; they are null in every row. */
export type RefusedFields = {readonly fields: readonly string[]; readonly error: Failure};

/**
 * The answer to one query. `at` is the server's clock when it ran, `tookMs` the time from sending it to its last byte, `serverMs`
 * the part of it that the server took, by its own clock, if that is known; `refused` are the fields that could not be read with the
 * others.
 */
export type Result =
	| {
			readonly ok: true;
			readonly at: Instant;
			readonly tookMs: number;
			readonly serverMs?: number;
			readonly rows: readonly Row[];
			readonly refused?: readonly RefusedFields[];
	  }
	| {readonly ok: false; readonly at: Instant; readonly tookMs: number; readonly error: Failure};

/** The empty answer to a query that was not sent because there is nothing to find. */
export const nothingAt = (at: Instant): Result => ({ok: true, at, tookMs: 0, rows: []});

/** True if an answer came without rows. */
export const isEmpty = (result: Result | undefined): boolean => result?.ok === true && result.rows.length === 0;

/**
 * All that was read up to one moment, and the only data that flows through the program. `seq` orders samples; `at` is the server's
 * clock; `own` are the pids of our own backends; `results` has the newest answer to each query, by name, whatever its cadence.
 */
export type Sample = {
	readonly seq: number;
	readonly at: Instant;
	readonly own: readonly number[];
	readonly results: Readonly<Record<string, Result>>;
};
