import {type Instant, msOf} from '../values/instant.ts';
import {conflictsOf, modeCount, strengthOf} from './modes.ts';
import {type LockRow, tagOf} from './tag.ts';

/** Columns of a session that the lock graph reads: the leader of its parallel group, and possible starts of a wait on 13. */
export type LockSession = {
	readonly pid: number;
	readonly leader_pid: number | null;
	readonly backend_type: string | null;
	readonly state_change: Instant | null;
	readonly query_start: Instant | null;
};

/** A session (with its parallel workers) or a prepared transaction (pid 0), and the lock it awaits. */
export type Party = {
	readonly pid: number;
	readonly prepared: LockRow | null;
	wait: Wait | null;
	tuple: LockRow | null;
};

/** A lock that a party awaits; `sinceMs` is NaN if unknown. */
export type Wait = {readonly party: number; readonly row: LockRow; readonly since: Instant | null; readonly sinceMs: number};

/** Locks of one party on one tag: modes as a mask of `1 << strength`, and the row of the strongest. */
export type Holding = {mask: number; row: LockRow};

/**
 * Parties, ordered by pid, that together block each of `waiters`, longest wait first. All waiters for the same lock share one set,
 * so that 500 holders cost 500 entries.
 */
export type BlockingSet = {
	readonly blockers: readonly number[];
	readonly soft: boolean;
	readonly waiters: number[];
	readonly held: ReadonlyMap<number, Holding>;
};

/** Parties, and the set that blocks each waiting party; parties are referred to by index. */
export type Queues = {
	readonly parties: readonly Party[];
	readonly sets: readonly BlockingSet[];
	readonly setOf: ReadonlyMap<number, number>;
};

/** Holders and waiters of one lock tag. */
type Tag = {readonly held: Map<number, Holding>; readonly waits: Wait[]};

/** Blockers of one wait. */
type Candidate = {readonly blockers: readonly number[]; readonly soft: boolean; readonly tag: Tag};

/** Candidates of each waiting party, by its index. */
type Candidates = Map<number, Candidate[]>;

/** Parties, as they are found in lock rows. */
type Parties = {
	readonly list: Party[];
	/** Index of the session with this pid, or of its leader. */
	readonly ofPid: (pid: number) => number;
	/** Index of the prepared transaction that holds this lock. */
	readonly ofPrepared: (row: LockRow) => number;
	readonly byPid: (a: number, b: number) => number;
};

/**
 * Groups lock rows by tag, in one pass, and finds the set of parties that blocks each waiter. A holder of a conflicting mode is
 * certain. Only a waiter without one gets soft blockers: for each conflicting mode the first waiter queued before it, as far as
 * start times give the order.
 */
export const queuesOf = (rows: readonly LockRow[], sessions: readonly LockSession[]): Queues => {
	const bySession = new Map(sessions.map(session => [session.pid, session]));
	const parties = createParties(bySession);
	const tags = tagsOf(rows, bySession, parties);
	const hard = hardCandidates(tags, parties);
	const soft = softCandidates(tags, hard, parties);
	return {parties: parties.list, ...setsOf(party => hard.get(party) ?? soft.get(party), parties)};
};

const createParties = (bySession: ReadonlyMap<number, LockSession>): Parties => {
	const list: Party[] = [];
	const indexes = new Map<number | string, number>();
	const indexOf = (key: number | string, pid: number, prepared: LockRow | null): number => {
		const index = indexes.get(key);
		if (index !== undefined) return index;
		const added = list.push({pid, prepared, wait: null, tuple: null}) - 1;
		indexes.set(key, added);
		return added;
	};
	return {
		list,
		// leader_pid also names the leader of a parallel apply worker, which does block its workers: only queries share locks.
		ofPid: pid => {
			const session = bySession.get(pid);
			const leader = session?.backend_type === 'parallel worker' ? (session.leader_pid ?? pid) : pid;
			return indexOf(leader, leader, null);
		},
		ofPrepared: row => indexOf(row.virtualtransaction, 0, row),
		byPid: (a, b) => (list[a] as Party).pid - (list[b] as Party).pid,
	};
};

const tagsOf = (
	rows: readonly LockRow[],
	bySession: ReadonlyMap<number, LockSession>,
	parties: Parties,
): ReadonlyMap<string, Tag> => {
	const tags = new Map<string, Tag>();
	for (const row of rows) {
		const party = row.pid === null ? parties.ofPrepared(row) : parties.ofPid(row.pid);
		const key = tagOf(row);
		const tag: Tag = tags.get(key) ?? {held: new Map(), waits: []};
		tags.set(key, tag);
		if (row.granted) {
			hold(tag, party, row);
			if (row.locktype === 'tuple') (parties.list[party] as Party).tuple = row;
		} else {
			const session = row.pid === null ? undefined : bySession.get(row.pid);
			const since = row.waitstart ?? session?.state_change ?? session?.query_start ?? null;
			tag.waits.push({party, row, since, sinceMs: since === null ? Number.NaN : msOf(since)});
		}
	}
	return tags;
};

const hold = (tag: Tag, party: number, row: LockRow): void => {
	const bit = 1 << strengthOf(row.mode);
	const holding = tag.held.get(party);
	if (!holding) {
		tag.held.set(party, {mask: bit, row});
		return;
	}
	if (bit > holding.mask) holding.row = row;
	holding.mask |= bit;
};

const add = (candidates: Candidates, party: number, candidate: Candidate): void => {
	const list = candidates.get(party);
	if (list) list.push(candidate);
	else candidates.set(party, [candidate]);
};

/** Holders of conflicting modes, for each waiter that has any; also records the longest wait of each party. */
const hardCandidates = (tags: ReadonlyMap<string, Tag>, parties: Parties): Candidates => {
	const hard: Candidates = new Map();
	for (const tag of tags.values()) {
		const holders: (readonly number[] | undefined)[] = [];
		for (const wait of tag.waits) {
			const party = parties.list[wait.party] as Party;
			if (party.wait === null || wait.sinceMs < party.wait.sinceMs) party.wait = wait;
			const strength = strengthOf(wait.row.mode);
			holders[strength] ??= conflicting(tag, strength).sort(parties.byPid);
			let blockers = holders[strength];
			if (tag.held.has(wait.party)) blockers = blockers.filter(blocker => blocker !== wait.party);
			if (blockers.length > 0) add(hard, wait.party, {blockers, soft: false, tag});
		}
	}
	return hard;
};

/** Blockers of waiters without a hard one: those that the server reports, or the waiters before them in the queue. */
const softCandidates = (tags: ReadonlyMap<string, Tag>, hard: Candidates, parties: Parties): Candidates => {
	const soft: Candidates = new Map();
	for (const tag of tags.values()) {
		if (tag.waits.every(wait => hard.has(wait.party))) continue;
		const behind = queuedBehind(tag, hard);
		const shared = new Map<string, readonly number[]>();
		for (const wait of tag.waits) {
			if (hard.has(wait.party)) continue;
			const reported = wait.row.blocking_pids?.filter(pid => pid > 0).map(parties.ofPid);
			const queued = reported ?? behind.get(wait) ?? [];
			const blockers = [...new Set(queued)].filter(blocker => blocker !== wait.party).sort(parties.byPid);
			if (blockers.length === 0) continue;
			const key = blockers.join();
			if (!shared.has(key)) shared.set(key, blockers);
			add(soft, wait.party, {blockers: shared.get(key) ?? blockers, soft: true, tag});
		}
	}
	return soft;
};

/** The blocking set of each waiting party; parties with the same list of blockers share it. */
const setsOf = (
	candidatesOf: (party: number) => readonly Candidate[] | undefined,
	{list, byPid}: Parties,
): Omit<Queues, 'parties'> => {
	const sets: BlockingSet[] = [];
	const setOf = new Map<number, number>();
	const ofBlockers = new Map<readonly number[], number>();
	for (const [party, {wait}] of list.entries()) {
		const candidates = wait && candidatesOf(party);
		const [only] = candidates ?? [];
		if (!candidates || !only) continue;
		// Members of one parallel group may wait for different locks: together they wait for all of them.
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
	for (const set of sets) set.waiters.sort((a, b) => startOf(list[a]) - startOf(list[b]) || byPid(a, b));
	return {sets, setOf};
};

/** Start of a party's wait in milliseconds since 1970; far in the future if it does not wait or the start is unknown. */
export const startOf = (party: Party | undefined): number =>
	party?.wait && !Number.isNaN(party.wait.sinceMs) ? party.wait.sinceMs : Number.MAX_SAFE_INTEGER;

const conflicting = (tag: Tag, strength: number): number[] => {
	const conflicts = conflictsOf(strength);
	const blockers: number[] = [];
	for (const [party, holding] of tag.held) if ((holding.mask & conflicts) !== 0) blockers.push(party);
	return blockers;
};

// The queue as JoinWaitQueue of PostgreSQL's proc.c builds it: a session that already holds a lock here goes before the first one
// that waits for it, all others to the end. If start times are unknown, waiters for a holder are taken to have come first.
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

// For each waiter without a hard blocker, the first waiter of each conflicting mode before it in the queue. The server notes the
// start of a wait just after the waiter joined the queue, so that two may be swapped: a waiter that nothing seems to block was
// behind the next one.
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
