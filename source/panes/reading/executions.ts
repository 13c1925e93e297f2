import type {Sample} from '../../core/sample/sample.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {type Session, sessions} from '../../queries/activity/sessions.ts';
import {rowsOf} from './answers.ts';

/** A statement of a database, by its identifier, or by its text if it has none. */
type Statement = Pick<Session, 'datid' | 'query_id' | 'query'>;

/** The longest execution of a statement in a sample. */
export type Execution = Statement & {readonly seconds: number};

// Shorter executions are never what makes a long one usual.
const leastSeconds = 1;
// Every fourth sample: an execution that matters here is in several of them.
const apart = 4;

// Looked up far back, in samples whose sessions are compressed.
const executions = new WeakMap<Sample, readonly Execution[]>();

/** Executions that had lasted a second or longer in a sample; none in three of four samples. */
export const executionsIn = (sample: Sample): readonly Execution[] => {
	if (sample.seq % apart !== 0) return [];
	const known = executions.get(sample) ?? longestOf(sample);
	executions.set(sample, known);
	return known;
};

const longestOf = (sample: Sample): readonly Execution[] => {
	const longest = new Map<string, Execution>();
	for (const {state, query_start, datid, query_id, query} of rowsOf(sample, sessions)) {
		if (state !== 'active' || (query_id === null && query === null)) continue;
		const seconds = secondsBetween(query_start, sample.at) ?? 0;
		const key = `${datid} ${query_id ?? query}`;
		if (seconds >= leastSeconds && seconds > (longest.get(key)?.seconds ?? 0))
			longest.set(key, {datid, query_id, query: query_id === null ? query : null, seconds});
	}
	return [...longest.values()];
};

/** True if two statements are the same. */
export const isSameStatement = (a: Statement, b: Statement): boolean =>
	a.datid === b.datid && a.query_id === b.query_id && (a.query_id !== null || (a.query !== null && a.query === b.query));
