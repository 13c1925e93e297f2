import {msOf} from '../values/instant.ts';
import type {LogEntry} from './entry.ts';

/** Errors of one kind in one database: their SQLSTATE, how many were logged, and the newest message. */
export type ErrorCount = {
	readonly sqlstate: string | null;
	readonly datname: string | null;
	readonly count: number;
	readonly message: string;
};

const isError = ({severity, sqlstate}: LogEntry): boolean =>
	sqlstate === null
		? severity === 'ERROR' || severity === 'FATAL' || severity === 'PANIC'
		: !/^(?:00|01|02)/.test(sqlstate) && severity !== 'LOG' && severity !== 'WARNING';

/** Kind of an error: its SQLSTATE, or the English message without names and numbers. */
const kindOf = ({sqlstate, message}: LogEntry): string => sqlstate ?? message.replaceAll(/"[^"]*"|\d+/g, '?');

const mostKinds = 50;

/** Errors by database and kind, the most frequent first, of entries since `sinceMs`; entries without a time count. */
export const countErrors = (entries: readonly LogEntry[], sinceMs: number): readonly ErrorCount[] => {
	const counts = new Map<string, ErrorCount>();
	for (const entry of entries) {
		if (!isError(entry) || (entry.at !== null && msOf(entry.at) < sinceMs)) continue;
		const {sqlstate, datname, message} = entry;
		const key = `${datname} ${kindOf(entry)}`;
		counts.set(key, {sqlstate, datname, message, count: (counts.get(key)?.count ?? 0) + 1});
	}
	return [...counts.values()].toSorted((a, b) => b.count - a.count).slice(0, mostKinds);
};
