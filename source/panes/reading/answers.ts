import {type BlockingGraph, blockingGraph, type LockNode} from '../../core/locks/graph.ts';
import {oncePerSample} from '../../core/pane/pane.ts';
import type {Query} from '../../core/sample/query.ts';
import type {Row, Sample} from '../../core/sample/sample.ts';
import {locks} from '../../queries/locks.ts';
import {type Facts, facts} from '../../queries/server.ts';
import {databaseNames, type Session, sessions, superusers} from '../../queries/sessions.ts';

/** The rows of a query in a sample; none where it failed or was not asked. */
export const rowsOf = <R extends Row>(sample: Sample, query: Query<R>): readonly R[] => {
	const result = sample.results[query.name];
	return result?.ok ? (result.rows as readonly R[]) : [];
};

/** Whether a sample tells who blocks whom: not before the locks were read for the first time, nor where that failed. */
export const locksKnown = (sample: Sample): boolean => sample.results[locks.name]?.ok === true;

/** Who blocks whom in a sample. */
export const graphOf: (sample: Sample) => BlockingGraph = oncePerSample(sample =>
	blockingGraph(rowsOf(sample, locks), rowsOf(sample, sessions)),
);

/**
 * The place of a session in the blocking graph; undefined where it has none. The locks may be older than the sessions, and then
 * a pid may be another's by now: a session that began after they were read is none of theirs.
 */
export const nodeOf = (sample: Sample, {pid, backend_start}: Pick<Session, 'pid' | 'backend_start'>): LockNode | undefined => {
	const at = sample.results[locks.name]?.at;
	return backend_start !== null && at !== undefined && backend_start > at ? undefined : graphOf(sample).byPid.get(pid);
};

/** The pids of all who wait behind a session, directly or not. */
export const waitersBehind = (sample: Sample, pid: number): readonly number[] => {
	const behind = new Set([pid]);
	// Each waiter stands below a blocker of its own in the forest's order, so that one pass finds them, and a second those of cycles.
	for (let pass = 0; pass < 2; pass++)
		for (const node of graphOf(sample).nodes) if (node.blockedBy.some(blocker => behind.has(blocker))) behind.add(node.pid);
	behind.delete(pid);
	return [...behind];
};

/** The name of a database by oid, or undefined while it is not known. */
export const databaseNamesOf: (sample: Sample) => ReadonlyMap<number, string> = oncePerSample(
	sample => new Map(rowsOf(sample, databaseNames).map(row => [row.datid, row.datname])),
);

/** A relation as the locks name it; of one in another database, which is `database oid:relation oid`, at least the database by name. */
export const namedRelation = (relation: string | null, sample: Sample): string | null =>
	relation?.replace(/^(\d+):(?=\d+\b)/, (oid, datid) => {
		const name = databaseNamesOf(sample).get(Number(datid));
		return name === undefined ? oid : `${name}:`;
	}) ?? null;

/** The oids of superusers; undefined while they are not known. */
export const superusersOf: (sample: Sample) => ReadonlySet<number> | undefined = oncePerSample(sample =>
	sample.results[superusers.name]?.ok ? new Set(rowsOf(sample, superusers).map(row => row.usesysid)) : undefined,
);

/** The sessions of a sample by pid. */
export const sessionsByPid: (sample: Sample) => ReadonlyMap<number, Session> = oncePerSample(
	sample => new Map(rowsOf(sample, sessions).map(session => [session.pid, session])),
);

/** What the server is and what our role may see; undefined before it answered. */
export const factsOf = (sample: Sample): Facts | undefined => rowsOf(sample, facts)[0];
