import {type Instant, msOf, secondsBetween} from '../values/instant.ts';
import type {BlockingGraph} from './graph.ts';
import {lockTarget, relationOf, tupleOf} from './tag.ts';

/** One row of the blocking forest: a waiter, or the root of a tree of waiters. */
export type LockForestRow = {
	readonly pid: number;
	readonly depth: number;
	readonly root_pid: number;
	readonly blocked_by: readonly number[];
	readonly blocks_direct: number;
	readonly blocks_total: number;
	/** The waits of everybody behind it, as far as their starts are known; null where none is. */
	readonly waiters_wait_seconds: number | null;
	readonly locktype: string | null;
	/** The mode wanted, or the mode held of a root that does not wait. */
	readonly mode: string | null;
	/** The relation's name, or `database:oid` in a database whose names we cannot read. */
	readonly relation: string | null;
	/** The fought-over row version as ctid text, where known. */
	readonly tuple: string | null;
	/** What the lock is on, for a person, also where it is no relation. */
	readonly target: string | null;
	readonly waiting_since: Instant | null;
	readonly waiting_seconds: number | null;
	readonly soft: boolean;
	readonly cycle: boolean;
	readonly gid: string | null;
	/** The database in which a prepared transaction must be finished. */
	readonly gid_database: number | null;
	/** Who prepared it. */
	readonly gid_owner: string | null;
	readonly prepared: Instant | null;
};

/** The rows of the locks pane at `now`: roots first, worst first, each waiter once, at the place of its worst blocker. */
export const lockForest = (graph: BlockingGraph, now: Instant): readonly LockForestRow[] => {
	const sinceEpochMs = msOf(now) - graph.epochMs;
	return graph.nodes.map(node => {
		const row = node.wait?.row ?? node.holds;
		const named = row?.locktype === 'transactionid' ? (node.tuple ?? row) : row;
		const {count, known, sum} = node.behind;
		return {
			pid: node.pid,
			depth: node.depth,
			root_pid: (node.root ?? node).pid,
			blocked_by: node.blockedBy,
			blocks_direct: node.blocksDirect,
			blocks_total: count,
			waiters_wait_seconds: count === 0 ? 0 : known === 0 ? null : Math.max(0, Math.round(known * sinceEpochMs - sum) / 1000),
			locktype: row?.locktype ?? null,
			mode: row?.mode ?? null,
			relation: named && relationOf(named),
			tuple: named && tupleOf(named),
			target: named && lockTarget(named),
			waiting_since: node.wait?.since ?? null,
			waiting_seconds: secondsBetween(node.wait?.since ?? null, now),
			soft: node.soft,
			cycle: node.cycle,
			gid: node.prepared?.gid ?? null,
			gid_database: node.prepared?.gid_database ?? null,
			gid_owner: node.prepared?.gid_owner ?? null,
			prepared: node.prepared?.prepared ?? null,
		};
	});
};
