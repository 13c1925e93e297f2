import {msOf} from '../values/instant.ts';
import {conflictsOf, strengthOf} from './modes.ts';
import {createParties, type LockSession, type Parties, type Party, startOf, type Wait} from './parties.ts';
import {type Holding, partiesAhead, queueOf, type WaitQueue} from './queue.ts';
import {type LockRow, tagOf} from './tag.ts';

/** Parties, ordered by pid, that hold a lock against each of `waiters`, longest wait first. */
export type HolderSet = {
	readonly holders: readonly number[];
	readonly waiters: number[];
	readonly held: ReadonlyMap<number, Holding>;
};

/** The wait of a party: the set of its holders, if there are any, and its place in a queue. */
export type Claim = {
	readonly wait: Wait;
	/** Index of its set of holders; -1 without one. */
	readonly set: number;
	readonly queue: WaitQueue;
	readonly place: number;
};

/** Parties, and what each waiting party waits for; parties, sets and claims are referred to by index. */
export type Queues = {
	readonly parties: readonly Party[];
	readonly sets: readonly HolderSet[];
	readonly queues: readonly WaitQueue[];
	/** Claims by party: several only if members of a parallel group wait for different locks, which together wait for all. */
	readonly claims: ReadonlyMap<number, readonly Claim[]>;
};

/** Lock rows of one tag. */
type Tag = {readonly held: Map<number, Holding>; readonly waits: {readonly party: number; readonly row: LockRow}[]};

/**
 * Groups lock rows by tag, in one pass, and finds the holders and the queue of each waiter. As `pg_blocking_pids` has it, a waiter
 * is blocked by each holder of a conflicting mode, and by each waiter for a conflicting mode that is ahead of it.
 */
export const queuesOf = (rows: readonly LockRow[], sessions: readonly LockSession[]): Queues => {
	const bySession = new Map(sessions.map(session => [session.pid, session]));
	const parties = createParties(bySession);
	const tags = tagsOf(rows, parties);
	const sets: HolderSet[] = [];
	const setOf = new Map<readonly number[], number>();
	const claims = new Map<number, Claim[]>();
	const queues: WaitQueue[] = [];
	for (const tag of tags.values()) {
		if (tag.waits.length === 0) continue;
		const queue = queueOf(tag.held, waitsOf(tag, bySession, parties), parties);
		queues.push(queue);
		for (const [place, wait] of queue.waits.entries()) {
			const party = parties.list[wait.party] as Party;
			if (party.wait === null || wait.sinceMs < party.wait.sinceMs) party.wait = wait;
			let set = wait.holders.length === 0 ? -1 : setOf.get(wait.holders);
			if (set === undefined) {
				set = sets.push({holders: wait.holders, waiters: [], held: tag.held}) - 1;
				setOf.set(wait.holders, set);
			}
			sets[set]?.waiters.push(wait.party);
			const claim = {wait, set, queue, place};
			const others = claims.get(wait.party);
			if (others) others.push(claim);
			else claims.set(wait.party, [claim]);
		}
	}
	const {list, byPid} = parties;
	for (const set of sets) set.waiters.sort((a, b) => startOf(list[a]) - startOf(list[b]) || byPid(a, b));
	return {parties: list, sets, queues, claims};
};

const tagsOf = (rows: readonly LockRow[], parties: Parties): ReadonlyMap<string, Tag> => {
	const tags = new Map<string, Tag>();
	for (const row of rows) {
		const party = row.pid === null ? parties.ofPrepared(row) : parties.ofPid(row.pid);
		const key = tagOf(row);
		const tag: Tag = tags.get(key) ?? {held: new Map(), waits: []};
		tags.set(key, tag);
		if (!row.granted) {
			tag.waits.push({party, row});
			continue;
		}
		hold(tag, party, row);
		if (row.locktype === 'tuple') (parties.list[party] as Party).tuple = row;
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

/** Waits of a tag with their starts and holders, in the order of the rows. */
const waitsOf = (tag: Tag, bySession: ReadonlyMap<number, LockSession>, {byPid}: Parties): readonly Wait[] => {
	const shared: (readonly number[] | undefined)[] = [];
	return tag.waits.map(({party, row}) => {
		const session = row.pid === null ? undefined : bySession.get(row.pid);
		const since = row.waitstart ?? session?.state_change ?? session?.query_start ?? null;
		const strength = strengthOf(row.mode);
		shared[strength] ??= conflicting(tag, strength).sort(byPid);
		const all = shared[strength];
		const holders = tag.held.has(party) && all.includes(party) ? all.filter(holder => holder !== party) : all;
		return {party, row, strength, since, sinceMs: since === null ? Number.NaN : msOf(since), holders};
	});
};

const conflicting = (tag: Tag, strength: number): number[] => {
	const conflicts = conflictsOf(strength);
	const holders: number[] = [];
	for (const [party, holding] of tag.held) if ((holding.mask & conflicts) !== 0) holders.push(party);
	return holders;
};

/** Parties that block a party: holders of conflicting modes, and conflicting waiters ahead that hold none. */
export type Blockers = {readonly holders: readonly number[]; readonly ahead: readonly number[]};

/** Blockers of a party over all its claims, each once. */
export const blockersOf = ({claims, sets}: Pick<Queues, 'claims' | 'sets'>, party: number): Blockers => {
	const [only, ...more] = claims.get(party) ?? [];
	if (!only) return {holders: [], ahead: []};
	if (more.length === 0) return {holders: sets[only.set]?.holders ?? [], ahead: partiesAhead(only.queue, only.place)};
	const all = [only, ...more];
	const holders = new Set(all.flatMap(({wait}) => wait.holders));
	const ahead = new Set(all.flatMap(({queue, place}) => partiesAhead(queue, place)));
	return {holders: [...holders], ahead: [...ahead].filter(each => !holders.has(each))};
};
