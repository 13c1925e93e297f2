import type {Sample} from '../../core/sample/sample.ts';
import type {Session} from '../../queries/activity/sessions.ts';
import {statementNorms} from '../../queries/activity/statements.ts';
import {rowsOf} from './answers.ts';

/** Usual time of a statement: mean in milliseconds, number of calls, and seconds that nearly all calls take at most. */
export type Norm = {readonly meanMs: number; readonly calls: number; readonly mostSeconds: number};

// A mean over fewer calls says little.
const leastCalls = 5;

/** Usual time of the statement of a session by pg_stat_statements; undefined if it is not known. */
export const normOf = ({query_id, usesysid, datid}: Session, sample: Sample): Norm | undefined => {
	if (query_id === null) return undefined;
	const row = rowsOf(sample, statementNorms).find(
		({queryid, userid, dbid}) => queryid === query_id && userid === usesysid && dbid === datid,
	);
	if (!row || row.mean_exec_time === null || row.calls < leastCalls) return undefined;
	const mostMs = row.mean_exec_time + 2 * (row.stddev_exec_time ?? 0);
	return {meanMs: row.mean_exec_time, calls: row.calls, mostSeconds: Math.max(mostMs, 0.001) / 1000};
};
