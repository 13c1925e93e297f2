import {defineReading, float, id, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

/**
 * Newest entries of the server log, oldest first; what the format of the log does not have is null. `number` counts the entries
 * that were read.
 */
export const serverLog = defineReading({
	name: 'server_log',
	title: 'server log',
	everyMs: 1000,
	fields: {
		number: int,
		at: nullable(timestamp),
		severity: nullable(textField),
		sqlstate: nullable(textField),
		pid: nullable(int),
		usename: nullable(textField),
		datname: nullable(textField),
		application_name: nullable(textField),
		backend_type: nullable(textField),
		message: textField,
		detail: nullable(textField),
		hint: nullable(textField),
		context: nullable(textField),
		statement: nullable(textField),
		query_id: nullable(id),
	},
});

/** An entry of the server log. */
export type LogRow = RowOf<typeof serverLog>;

/**
 * The file that the server log is read from: its path as the server names it, its format and its size. `skipped_bytes` are those of
 * the log that were not read since reading began, because it grew too fast.
 */
export const serverLogFile = defineReading({
	name: 'server_log_file',
	title: 'server log file',
	everyMs: 1000,
	fields: {path: textField, format: textField, size_bytes: nullable(float), skipped_bytes: float},
});

/** File of the server log. */
export type LogFileRow = RowOf<typeof serverLogFile>;

/** Deadlocks that the server logged in the last minutes, read once the counters of deadlocks rise. Fields as of an entry. */
export const logDeadlocks = defineReading({
	name: 'log_deadlocks',
	title: 'deadlocks in the server log',
	fields: {
		number: int,
		at: nullable(timestamp),
		pid: nullable(int),
		usename: nullable(textField),
		datname: nullable(textField),
		application_name: nullable(textField),
		detail: nullable(textField),
		context: nullable(textField),
		statement: nullable(textField),
	},
});

/** A deadlock in the server log. */
export type LogDeadlockRow = RowOf<typeof logDeadlocks>;

/** Errors that the server logged in the last minute, by database and SQLSTATE, read while many transactions roll back. */
export const logErrors = defineReading({
	name: 'log_errors',
	title: 'errors in the server log',
	fields: {
		datname: nullable(textField),
		sqlstate: nullable(textField),
		count: int,
		message: textField,
	},
});

/** Errors of one kind in the server log. */
export type LogErrorRow = RowOf<typeof logErrors>;
