import type {Failure} from '../sample/sample.ts';
import type {Instant} from '../values/instant.ts';

/**
 * Maintenance of a relation: VACUUM (ANALYZE), the same with more workers, VACUUM without index cleanup, ANALYZE, REINDEX CONCURRENTLY,
 * REPACK (CONCURRENTLY), which exists since PostgreSQL 19.
 */
export type Maintenance = 'vacuum' | 'vacuum-parallel' | 'vacuum-quick' | 'analyze' | 'reindex' | 'repack';

/** A table or an index by its oid in a database; `name` is for display: the statement uses the name read just before it is sent. */
export type RelationRef = {
	readonly database: string;
	readonly oid: number;
	readonly kind: 'table' | 'index';
	readonly name: string;
	/** Age of its relfrozenxid, in transactions; null or left out if unknown. */
	readonly xid_age?: number | null;
};

/** Age of a table in transactions from which it is close enough to wraparound to leave its indexes for later. */
export const quickVacuumAge = 500_000_000;

/** Version that REPACK exists from. */
export const repackVersion = 190_000;

/** A relation as it is in a sample. */
export type RelationNow = {
	readonly isGone: boolean;
	/** Undefined if it was not read. */
	readonly name: string | undefined;
	/** Commands of other sessions that run on it. */
	readonly commands: readonly {readonly pid: number; readonly command: string}[];
};

/**
 * The maintenance statement; `name` is a quoted SQL name. VACUUM does not truncate, which would take an AccessExclusiveLock and
 * cancel queries on standbys. REINDEX is concurrent, so that it blocks no reads or writes.
 */
export const maintenanceStatement = (maintenance: Maintenance, kind: RelationRef['kind'], name: string): string =>
	({
		vacuum: `vacuum (verbose, analyze, truncate off) ${name}`,
		'vacuum-parallel': `vacuum (verbose, analyze, truncate off, parallel 4) ${name}`,
		'vacuum-quick': `vacuum (verbose, index_cleanup off, truncate off) ${name}`,
		analyze: `analyze (verbose) ${name}`,
		reindex: `reindex (verbose) ${kind} concurrently ${name}`,
		repack: `repack (verbose, concurrently) ${name}`,
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

// A VACUUM of a partitioned table reports on each partition.
const mostReported = 200;
const mostCharacters = 4000;

/** Messages and details of notices, a bounded number of lines. */
export const reportOf = (notices: readonly Notice[]): readonly string[] => {
	const lines = notices.flatMap(({message, detail}) =>
		[message, ...(detail === undefined ? [] : [detail])].flatMap(text => text.slice(0, mostCharacters).split('\n')),
	);
	return lines.length > mostReported
		? [...lines.slice(0, mostReported), `... and ${lines.length - mostReported} more lines`]
		: lines;
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
	/** Messages of the server while it worked (VERBOSE), one a line. */
	readonly report?: readonly string[];
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
	'vacuum-parallel': 'VACUUM (PARALLEL)',
	'vacuum-quick': 'VACUUM (INDEX_CLEANUP off)',
	analyze: 'ANALYZE',
	reindex: 'REINDEX CONCURRENTLY',
	repack: 'REPACK (CONCURRENTLY)',
};
