import {masked} from '../sql/secrets.ts';
import type {Instant} from '../values/instant.ts';
import {maskParameters} from './parameters.ts';

/** Formats of the server log, by the names of log_destination; jsonlog is new in 15. */
export const logFormats = ['jsonlog', 'csvlog', 'stderr'] as const;
export type LogFormat = (typeof logFormats)[number];

/** One entry of the server log; what its format does not have, or could not be parsed, is null. */
export type LogEntry = {
	readonly at: Instant | null;
	readonly severity: string | null;
	readonly sqlstate: string | null;
	readonly pid: number | null;
	readonly usename: string | null;
	readonly datname: string | null;
	readonly application_name: string | null;
	readonly backend_type: string | null;
	readonly message: string;
	readonly detail: string | null;
	readonly hint: string | null;
	readonly context: string | null;
	readonly statement: string | null;
	readonly query_id: string | null;
};

/** An entry of which nothing is known. */
export const unknownEntry: LogEntry = {
	at: null,
	severity: null,
	sqlstate: null,
	pid: null,
	usename: null,
	datname: null,
	application_name: null,
	backend_type: null,
	message: '',
	detail: null,
	hint: null,
	context: null,
	statement: null,
	query_id: null,
};

// A statement of a person fits; one that an application generates need not be kept whole.
const mostCharacters = 32_768;

const bounded = (text: string): string =>
	text.length <= mostCharacters
		? text
		: `${text.slice(0, mostCharacters).toWellFormed()}… (${text.length - mostCharacters} more characters)`;

const maskedText = (text: string | null): string | null => (text === null ? null : masked(bounded(text)));

/** The entry with long texts cut, and with secrets masked in its texts and in the parameters of its statement. */
export const safeEntry = (entry: LogEntry): LogEntry => {
	// A statement that is logged by its duration is in the message.
	const sql = entry.statement ?? entry.message;
	const withParameters = (text: string | null): string | null => (text === null ? null : maskParameters(bounded(text), sql));
	return {
		...entry,
		message: masked(withParameters(entry.message) ?? ''),
		detail: maskedText(withParameters(entry.detail)),
		hint: maskedText(entry.hint),
		context: maskedText(withParameters(entry.context)),
		statement: maskedText(entry.statement),
	};
};
