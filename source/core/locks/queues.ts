import {type Instant, msOf} from '../values/instant.ts';
import {conflictsOf, modeCount, strengthOf} from './modes.ts';
import {type LockRow, tagOf} from './tag.ts';

/** What the lock graph needs of a session: who leads its parallel group, and since when it may have waited on 13. */
export type LockSession = {
	readonly pid: number;
	readonly leader_pid: number | null;
	readonly backend_type: string | null;
	readonly state_change: Instant | null;
	readonly query_start: Instant | null;
};

/** One session (with its parallel workers) or one prepared transaction (pid 0), and what it awaits, if anything. */
export type Party = {
	readonly pid: number;
	readonly prepared: LockRow | null;
	wait: Wait | null;
	tuple: LockRow | null;
};

/** One lock that a party awaits; `sinceMs` is NaN where nobody knows. */
export type Wait = {readonly party: number; readonly row: LockRow; readonly since: Instant | null; readonly sinceMs: number};

/** What one party holds on one tag: its modes as a mask of `1 << strength`, and the row of the strongest. */
export type Holding = {mask: number; row: LockRow};

/** Parties, in the order of their pids, that together block each of `waiters`, who stand longest first. One set serves all who want the same, so that 500 holders cost 500 entries. */
export type BlockingSet = {
	readonly blockers: readonly number[];
	readonly soft: boolean;
	readonly waiters: number[];
	readonly held: ReadonlyMap<number, Holding>;
};

/** Who competes, and for each waiting party the one set that blocks it; parties are named by their index. */
export type Queues = {
	readonly parties: readonly Party[];
	readonly sets: readonly BlockingSet[];
	readonly setOf: ReadonlyMap<number, number>;
};

type Tag = {readonly held: Map<number, Holding>; readonly waits: Wait[]};
type Candidate = {readonly blockers: readonly number[]; readonly soft: boolean; readonly tag: Tag};

/**
 * Groups lock rows by what they are on, in one pass, and finds the set of parties that blocks each waiter. A holder of a
 * conflicting mode is a fact. Only a waiter without any gets soft blockers: those queued before it, of each conflicting mode
 * the first, as far as times tell the queue.
 */
export const queuesOf = (rows: readonly LockRow[], sessions: readonly LockSession[]): Queues => {
	const byPid = (a: number, b: number): number => (parties[a] as Party).pid - (parties[b] as Party).pid;
	const bySession = new Map(sessions.map(session => [session.pid, session]));
	const parties: Party[] = [];
	const known = new Map<number | string, number>();

	const partyOf = (key: number | string, prepared: LockRow | null): number => {
		const found = known.get(key);
		if (found !== undefined) return found;
		const index = parties.push({pid: typeof key === 'number' ? key : 0, prepared, wait: null, tuple: null}) - 1;
		known.set(key, index);
		return index;
	};
	// leader_pid also names the leader of a parallel apply worker, which does block its workers: only queries share locks.
	const leaderOf = (pid: number): number => {
		const session = bySession.get(pid);
		return session?.backend_type === 'parallel worker' ? (session.leader_pid ?? pid) : pid;
	};

	const tags = new Map<string, Tag>();
	for (const row of rows) {
		const party = row.pid === null ? partyOf(row.virtualtransaction, row) : partyOf(leaderOf(row.pid), null);
		const key = tagOf(row);
		const tag: Tag = tags.get(key) ?? {held: new Map(), waits: []};
		tags.set(key, tag);
		if (row.granted) {
			const bit = 1 << strengthOf(row.mode);
			const holding = tag.held.get(party);
			if (!holding) tag.held.set(party, {mask: bit, row});
			else {
				if (bit > holding.mask) holding.row = row;
				holding.mask |= bit;
			}
			if (row.locktype === 'tuple') (parties[party] as Party).tuple = row;
		} else {
			const session = row.pid === null ? undefined : bySession.get(row.pid);
			const since = row.waitstart ?? session?.state_change ?? session?.query_start ?? null;
			tag.waits.push({party, row, since, sinceMs: since === null ? Number.NaN : msOf(since)});
		}
	}

	const hard = new Map<number, Candidate[]>();
	const soft = new Map<number, Candidate[]>();
	const add = (to: Map<number, Candidate[]>, party: number, candidate: Candidate): void => {
		const list = to.get(party);
		if (list) list.push(candidate);
		else to.set(party, [candidate]);
	};

	for (const tag of tags.values()) {
		const holders: (readonly number[] | undefined)[] = [];
		for (const wait of tag.waits) {
			const party = parties[wait.party] as Party;
			if (party.wait === null || wait.sinceMs < party.wait.sinceMs) party.wait = wait;
			const strength = strengthOf(wait.row.mode);
			holders[strength] ??= conflicting(tag, strength).sort(byPid);
			let blockers = holders[strength];
			if (tag.held.has(wait.party)) blockers = blockers.filter(blocker => blocker !== wait.party);
			if (blockers.length > 0) add(hard, wait.party, {blockers, soft: false, tag});
		}
	}

	for (const tag of tags.values()) {
		if (tag.waits.every(wait => hard.has(wait.party))) continue;
		const behind = queuedBehind(tag, hard);
		const shared = new Map<string, readonly number[]>();
		for (const wait of tag.waits) {
			if (hard.has(wait.party)) continue;
			const asked = wait.row.blocking_pids?.filter(pid => pid > 0).map(pid => partyOf(leaderOf(pid), null));
			const queued = asked ?? behind.get(wait) ?? [];
			const blockers = [...new Set(queued)].filter(blocker => blocker !== wait.party).sort(byPid);
			if (blockers.length === 0) continue;
			const key = blockers.join();
			if (!shared.has(key)) shared.set(key, blockers);
			add(soft, wait.party, {blockers: shared.get(key) ?? blockers, soft: true, tag});
		}
	}

	const sets: BlockingSet[] = [];
	const setOf = new Map<number, number>();
	const ofBlockers = new Map<readonly number[], number>();
	for (const [party, {wait}] of parties.entries()) {
		const candidates = wait && (hard.get(party) ?? soft.get(party));
		const [only] = candidates ?? [];
		if (!candidates || !only) continue;
		// Several members of one parallel group may wait for different things: together they wait for all of it.
		const blockers =
			candidates.length === 1 ? only.blockers : [...new Set(candidates.flatMap(candidate => candidate.blockers))].sort(byPid);
		let set = ofBlockers.get(blockers);
		if (set === undefined) {
			set = sets.push({blockers, soft: only.soft, waiters: [], held: only.tag.held}) - 1;
			ofBlockers.set(blockers, set);
		}
		(sets[set] as BlockingSet).waiters.push(party);
		setOf.set(party, set);
	}
	for (const set of sets) set.waiters.sort((a, b) => startOf(parties[a]) - startOf(parties[b]) || byPid(a, b));
	return {parties, sets, setOf};
};

/** When a party began to wait, in milliseconds since 1970; far in the future where it does not or nobody knows. */
export const startOf = (party: Party | undefined): number =>
	party?.wait && !Number.isNaN(party.wait.sinceMs) ? party.wait.sinceMs : Number.MAX_SAFE_INTEGER;

const conflicting = (tag: Tag, strength: number): number[] => {
	const conflicts = conflictsOf(strength);
	const blockers: number[] = [];
	for (const [party, holding] of tag.held) if ((holding.mask & conflicts) !== 0) blockers.push(party);
	return blockers;
};

// The queue as JoinWaitQueue of PostgreSQL's proc.c builds it: who already holds a lock here goes before the first who waits
// for it, everybody else to the end. Where nobody knows the times, who waits for a holder is taken to have come first.
const queueOf = (tag: Tag, hard: ReadonlyMap<number, unknown>): Wait[] => {
	const rank = ({party, sinceMs}: Wait): number => (Number.isNaN(sinceMs) ? (hard.has(party) ? 1 : 2) : 0);
	const inTime = tag.waits.toSorted(
		(a, b) => rank(a) - rank(b) || a.sinceMs - b.sinceMs || 0 || (a.row.pid ?? 0) - (b.row.pid ?? 0),
	);
	const queue: Wait[] = [];
	for (const wait of inTime) {
		const own = tag.held.get(wait.party)?.mask ?? 0;
		const at = own === 0 ? -1 : queue.findIndex(({row}) => (conflictsOf(strengthOf(row.mode)) & own) !== 0);
		if (at === -1) queue.push(wait);
		else queue.splice(at, 0, wait);
	}
	return queue;
};

// For each waiter without a hard blocker, the first of each conflicting mode before it in the queue. A wait's time is noted
// just after it joined the queue, so that two may stand in the wrong order: who would wait for nobody stood behind the next.
const queuedBehind = (tag: Tag, hard: ReadonlyMap<number, unknown>): ReadonlyMap<Wait, readonly number[]> => {
	const behind = new Map<Wait, readonly number[]>();
	const first: (Wait | undefined)[] = new Array(modeCount).fill(undefined);
	const queue = queueOf(tag, hard);
	for (let at = 0; at < queue.length; at++) {
		const wait = queue[at] as Wait;
		const strength = strengthOf(wait.row.mode);
		if (!hard.has(wait.party)) {
			const conflicts = conflictsOf(strength);
			const own = tag.held.get(wait.party)?.mask ?? 0;
			const ordered = !Number.isNaN(wait.sinceMs);
			const blockers = first.filter(
				(other, mode): other is Wait =>
					other !== undefined &&
					(conflicts & (1 << mode)) !== 0 &&
					(ordered || !Number.isNaN(other.sinceMs) || hard.has(other.party)),
			);
			const next =
				blockers.length > 0 || behind.has(wait)
					? -1
					: queue.findIndex(({row}, place) => {
							const other = strengthOf(row.mode);
							return place > at && (conflicts & (1 << other)) !== 0 && (conflictsOf(other) & own) === 0;
						});
			behind.set(
				wait,
				blockers.map(({party}) => party),
			);
			if (next !== -1) {
				queue.splice(next + 1, 0, wait);
				queue.splice(at--, 1);
				continue;
			}
		}
		first[strength] ??= wait;
	}
	return behind;
};
