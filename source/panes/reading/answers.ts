import {type BlockingGraph, blockingGraph, type LockNode} from '../../core/locks/graph.ts';
import {oncePerSample} from '../../core/pane/pane.ts';
import type {Query} from '../../core/sample/query.ts';
import type {Row, Sample} from '../../core/sample/sample.ts';
import {locks} from '../../queries/activity/locks.ts';
import {databaseNames, type Session, sessions, superusers} from '../../queries/activity/sessions.ts';
import {type Facts, facts} from '../../queries/server/server.ts';

/** Rows of a query in a sample; none if it failed or was not asked. */
export const rowsOf = <R extends Row>(sample: Sample, query: Query<R>): readonly R[] => {
	const result = sample.results[query.name];
	return result?.ok ? (result.rows as readonly R[]) : [];
};

/** True if the sample has the locks; false before the first read and after a failed one. */
export const locksKnown = (sample: Sample): boolean => sample.results[locks.name]?.ok === true;

/** Blocking graph of a sample. */
export const graphOf: (sample: Sample) => BlockingGraph = oncePerSample(sample =>
	blockingGraph(rowsOf(sample, locks), rowsOf(sample, sessions)),
);

/**
 * Node of a session in the blocking graph; undefined if it has none. The locks may be older than the sessions: a session that
 * began after they were read only reuses the pid of another one.
 */
export const nodeOf = (sample: Sample, {pid, backend_start}: Pick<Session, 'pid' | 'backend_start'>): LockNode | undefined => {
	const at = sample.results[locks.name]?.at;
	return backend_start !== null && at !== undefined && backend_start > at ? undefined : graphOf(sample).byPid.get(pid);
};

/** Database names by oid; empty until they are read. */
export const databaseNamesOf: (sample: Sample) => ReadonlyMap<number, string> = oncePerSample(
	sample => new Map(rowsOf(sample, databaseNames).map(row => [row.datid, row.datname])),
);

/** Relation as the locks name it; in `database oid:relation oid` of another database, the database oid becomes its name. */
export const namedRelation = (relation: string | null, sample: Sample): string | null =>
	relation?.replace(/^(\d+):(?=\d+\b)/, (oid, datid) => {
		const name = databaseNamesOf(sample).get(Number(datid));
		return name === undefined ? oid : `${name}:`;
	}) ?? null;

/** Oids of superusers; undefined until they are read. */
export const superusersOf: (sample: Sample) => ReadonlySet<number> | undefined = oncePerSample(sample =>
	sample.results[superusers.name]?.ok ? new Set(rowsOf(sample, superusers).map(row => row.usesysid)) : undefined,
);

/** Sessions of a sample by pid. */
export const sessionsByPid: (sample: Sample) => ReadonlyMap<number, Session> = oncePerSample(
	sample => new Map(rowsOf(sample, sessions).map(session => [session.pid, session])),
);

/** Facts about the server and the connected role; undefined before the first answer. */
export const factsOf = (sample: Sample): Facts | undefined => rowsOf(sample, facts)[0];
