import type {Failure} from '../sample/sample.ts';
import type {Instant} from '../values/instant.ts';

/** What can be done to a relation: clean it and read its statistics anew, only the latter, or build its indexes anew. */
export type Maintenance = 'vacuum' | 'analyze' | 'reindex';

/** A table or an index by its oid in a database; `name` is for people, what is sent is read anew when it is sent. */
export type RelationRef = {
	readonly database: string;
	readonly oid: number;
	readonly kind: 'table' | 'index';
	readonly name: string;
};

/**
 * The statement of a task; `name` is quoted as SQL needs it. VACUUM does not truncate: that would lock the table against everybody and
 * cancel queries on standbys. REINDEX is concurrent, so that nobody waits for it.
 */
export const maintenanceStatement = (task: Maintenance, kind: RelationRef['kind'], name: string): string =>
	({
		vacuum: `vacuum (verbose, analyze, truncate off) ${name}`,
		analyze: `analyze (verbose) ${name}`,
		reindex: `reindex (verbose) ${kind} concurrently ${name}`,
	})[task];

/** A message that the server sent beside an answer; warnings have codes of class 01. */
export type Notice = {readonly code: string; readonly message: string; readonly detail: string | undefined};

/** What the messages of a VACUUM say of dead rows: removed, and not yet removable; null where they do not tell. */
export type DeadRows = {readonly removed: number | null; readonly kept: number | null};

// 15 and newer; the same line counts what remains.
const tuples = /^tuples: (\d+) removed, \d+ remain(?:ing)?, (\d+) are dead but not yet removable/m;
// 13 and 14 say one in the message, the other in its detail.
const found = /found (\d+) removable, \d+ nonremovable row versions/;
const kept = /^(\d+) dead row versions cannot be removed yet/m;

/** Counts dead rows in the messages of VERBOSE, those of the TOAST table among them; they are only known in English. */
export const deadRowsIn = (notices: readonly Notice[]): DeadRows => {
	const parts = notices.flatMap(({message, detail = ''}) => {
		const new15 = tuples.exec(message);
		if (new15) return [{removed: Number(new15[1]), kept: Number(new15[2])}];
		const old = found.exec(message);
		return old ? [{removed: Number(old[1]), kept: Number(kept.exec(detail)?.[1] ?? 0)}] : [];
	});
	if (parts.length === 0) return {removed: null, kept: null};
	return {
		removed: parts.reduce((sum, part) => sum + part.removed, 0),
		kept: parts.reduce((sum, part) => sum + part.kept, 0),
	};
};

/**
 * What became of a task: `done`; `nothing`, for the server only warned that it skipped the relation, where `failure` says why; `gone` before it began; `cancelled`; `failed`. `leftovers` are invalid indexes that an unfinished REINDEX CONCURRENTLY left behind.
 */
export type MaintenanceResult = DeadRows & {
	readonly outcome: 'done' | 'nothing' | 'gone' | 'cancelled' | 'failed';
	readonly warnings: readonly string[];
	readonly leftovers: readonly string[];
	readonly failure: Failure | undefined;
	readonly tookMs: number;
};

/** A task under way: the backend that does it once it is known, and whether it was asked to stop. */
export type MaintenanceRun = {
	readonly maintenance: Maintenance;
	readonly relation: RelationRef;
	readonly startedAt: Instant;
	readonly pid: number | undefined;
	readonly stopping: boolean;
};

/** What a task is called. */
export const maintenanceName: Readonly<Record<Maintenance, string>> = {
	vacuum: 'VACUUM (ANALYZE)',
	analyze: 'ANALYZE',
	reindex: 'REINDEX CONCURRENTLY',
};
