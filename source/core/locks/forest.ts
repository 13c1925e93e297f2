import {type Instant, msOf, secondsBetween} from '../values/instant.ts';
import type {BlockingGraph} from './graph.ts';
import {lockTarget, relationOf, tupleOf} from './tag.ts';

/** A row of the blocking forest: a waiter, or the root of a tree of waiters. */
export type LockForestRow = {
	readonly pid: number;
	readonly depth: number;
	readonly root_pid: number;
	/** Pids that block it: holders, then waiters ahead. A function, because the lists of a long queue are large. */
	readonly blocked_by: () => readonly number[];
	/** Pids among them that only wait ahead in the queue. */
	readonly queued_behind: () => readonly number[];
	readonly blocks_direct: number;
	readonly blocks_total: number;
	/** Total wait of all sessions behind it, as far as the start times are known; null if none is. */
	readonly waiters_wait_seconds: number | null;
	readonly locktype: string | null;
	/** Mode awaited, or mode held if the root does not wait. */
	readonly mode: string | null;
	/** Name of the relation, or `database:oid` in a database whose catalog we cannot read. */
	readonly relation: string | null;
	/** Contested row version as ctid text, if known. */
	readonly tuple: string | null;
	/** Lock target in words, for any kind of lock. */
	readonly target: string | null;
	readonly waiting_since: Instant | null;
	readonly waiting_seconds: number | null;
	readonly soft: boolean;
	readonly cycle: boolean;
	readonly gid: string | null;
	/** Database in which a prepared transaction must be finished. */
	readonly gid_database: number | null;
	/** Role that prepared it. */
	readonly gid_owner: string | null;
	readonly prepared: Instant | null;
};

/** Rows of the locks pane at `now`: root blockers first, worst first, each waiter once, below its worst blocker. */
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
			queued_behind: node.queuedBehind,
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
