import type {Failure} from '../sample/sample.ts';
import type {Instant} from '../values/instant.ts';

/** Maintenance of a relation: VACUUM (ANALYZE), ANALYZE or REINDEX CONCURRENTLY. */
export type Maintenance = 'vacuum' | 'analyze' | 'reindex';

/** A table or an index by its oid in a database; `name` is for display: the statement uses the name read just before it is sent. */
export type RelationRef = {
	readonly database: string;
	readonly oid: number;
	readonly kind: 'table' | 'index';
	readonly name: string;
};

/**
 * The maintenance statement; `name` is a quoted SQL name. VACUUM does not truncate, which would take an AccessExclusiveLock and
 * cancel queries on standbys. REINDEX is concurrent, so that it blocks no reads or writes.
 */
export const maintenanceStatement = (maintenance: Maintenance, kind: RelationRef['kind'], name: string): string =>
	({
		vacuum: `vacuum (verbose, analyze, truncate off) ${name}`,
		analyze: `analyze (verbose) ${name}`,
		reindex: `reindex (verbose) ${kind} concurrently ${name}`,
	})[maintenance];

/** A notice of the server; warnings have codes of class 01. */
export type Notice = {readonly code: string; readonly message: string; readonly detail: string | undefined};

/** Dead rows that a VACUUM removed, and those not yet removable; null if unknown. */
export type DeadRows = {readonly removed: number | null; readonly kept: number | null};

// PostgreSQL 15 and later: one line has both counts.
const tuples = /^tuples: (\d+) removed, \d+ remain(?:ing)?, (\d+) are dead but not yet removable/m;
// PostgreSQL 13 and 14: one count is in the message, the other in its detail.
const removable = /found (\d+) removable, \d+ nonremovable row versions/;
const kept = /^(\d+) dead row versions cannot be removed yet/m;

/** Sums up the dead rows in the notices of VACUUM VERBOSE, including the TOAST table; reads English messages only. */
export const deadRowsIn = (notices: readonly Notice[]): DeadRows => {
	const parts = notices.flatMap(({message, detail = ''}) => {
		const new15 = tuples.exec(message);
		if (new15) return [{removed: Number(new15[1]), kept: Number(new15[2])}];
		const old = removable.exec(message);
		return old ? [{removed: Number(old[1]), kept: Number(kept.exec(detail)?.[1] ?? 0)}] : [];
	});
	if (parts.length === 0) return {removed: null, kept: null};
	return {
		removed: parts.reduce((sum, part) => sum + part.removed, 0),
		kept: parts.reduce((sum, part) => sum + part.kept, 0),
	};
};

/**
 * Result of maintenance: `done`; `nothing` if the server skipped the relation with a warning, the reason in `failure`; `gone` if the
 * relation no longer existed; `cancelled`; `failed`. `name` is that of the relation in the statement that was sent: it may have been
 * renamed since the question. `leftovers` are invalid indexes of an unfinished REINDEX CONCURRENTLY.
 */
export type MaintenanceResult = DeadRows & {
	readonly outcome: 'done' | 'nothing' | 'gone' | 'cancelled' | 'failed';
	readonly name?: string | undefined;
	readonly warnings: readonly string[];
	readonly leftovers: readonly string[];
	readonly failure: Failure | undefined;
	readonly tookMs: number;
};

/** Running maintenance: its backend once known, and `stopping` after a request to cancel it. */
export type MaintenanceRun = {
	readonly maintenance: Maintenance;
	readonly relation: RelationRef;
	readonly startedAt: Instant;
	readonly pid: number | undefined;
	readonly stopping: boolean;
};

/** Names of maintenance commands. */
export const maintenanceName: Readonly<Record<Maintenance, string>> = {
	vacuum: 'VACUUM (ANALYZE)',
	analyze: 'ANALYZE',
	reindex: 'REINDEX CONCURRENTLY',
};
