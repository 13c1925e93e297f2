import type {Instant} from '../values/instant.ts';
import {isGroupMember} from './lock-group.ts';
import type {LockRow} from './tag.ts';

/** Columns of a session that the lock graph reads: the leader of its parallel group, and possible starts of a wait on 13. */
export type LockSession = {
	readonly pid: number;
	readonly leader_pid: number | null;
	readonly backend_type: string | null;
	readonly state_change: Instant | null;
	readonly query_start: Instant | null;
};

/** A session (with its parallel workers) or a prepared transaction (pid 0), and the lock it has awaited longest. */
export type Party = {
	readonly pid: number;
	readonly prepared: LockRow | null;
	wait: Wait | null;
	tuple: LockRow | null;
};

/** A lock that a party awaits; `sinceMs` is NaN if unknown. */
export type Wait = {
	readonly party: number;
	readonly row: LockRow;
	readonly strength: number;
	readonly since: Instant | null;
	readonly sinceMs: number;
	/** Parties that hold a conflicting mode, ascending by pid; waits for the same mode share the list. */
	readonly holders: readonly number[];
};

/** Parties, as they are found in lock rows. */
export type Parties = {
	readonly list: Party[];
	/** Index of the session with this pid, or of its leader; it is added if it is new. */
	readonly ofPid: (pid: number) => number;
	/** Index of the session with this pid, or of its leader; undefined if no row names it. */
	readonly find: (pid: number) => number | undefined;
	/** Index of the prepared transaction that holds this lock. */
	readonly ofPrepared: (row: LockRow) => number;
	readonly byPid: (a: number, b: number) => number;
};

/** Creates the parties of a reading; parallel workers are folded into their leaders. */
export const createParties = (bySession: ReadonlyMap<number, LockSession>): Parties => {
	const list: Party[] = [];
	const indexes = new Map<number | string, number>();
	const indexOf = (key: number | string, pid: number, prepared: LockRow | null): number => {
		const index = indexes.get(key);
		if (index !== undefined) return index;
		const added = list.push({pid, prepared, wait: null, tuple: null}) - 1;
		indexes.set(key, added);
		return added;
	};
	const leaderOf = (pid: number): number => {
		const session = bySession.get(pid);
		return session && isGroupMember(session) ? (session.leader_pid ?? pid) : pid;
	};
	return {
		list,
		ofPid: pid => {
			const leader = leaderOf(pid);
			return indexOf(leader, leader, null);
		},
		find: pid => indexes.get(leaderOf(pid)),
		ofPrepared: row => indexOf(row.virtualtransaction, 0, row),
		byPid: (a, b) => (list[a] as Party).pid - (list[b] as Party).pid,
	};
};

/** Start of a party's wait in milliseconds since 1970; far in the future if it does not wait or the start is unknown. */
export const startOf = (party: Party | undefined): number =>
	party?.wait && !Number.isNaN(party.wait.sinceMs) ? party.wait.sinceMs : Number.MAX_SAFE_INTEGER;
