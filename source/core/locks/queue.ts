import {conflictsOf} from './modes.ts';
import type {Parties, Wait} from './parties.ts';
import type {LockRow} from './tag.ts';

/** Locks of one party on one tag: modes as a mask of `1 << strength`, and the row of the strongest. */
export type Holding = {mask: number; row: LockRow};

/** Locks held on one tag, by party. */
type Held = ReadonlyMap<number, Holding>;

/** Locks held on one tag, and the waits for it in the order of the server's queue. */
export type WaitQueue = {
	readonly held: Held;
	readonly waits: readonly Wait[];
	/** Waits whose place is known, by their start or by `pg_blocking_pids`. */
	readonly placed: ReadonlySet<Wait>;
};

/** True if a party holds a lock that conflicts with the wait. */
const holdsAgainst = (held: Held, party: number, {strength}: Wait): boolean =>
	((held.get(party)?.mask ?? 0) & conflictsOf(strength)) !== 0;

const conflict = (one: Wait, other: Wait): boolean =>
	(conflictsOf(one.strength) & (1 << other.strength)) !== 0 && one.party !== other.party;

/** Parties that wait ahead for a conflicting mode and hold none, in the order of the queue. */
export const partiesAhead = ({held, waits, placed}: WaitQueue, place: number): readonly number[] => {
	const {strength, party, holders} = waits[place] as Wait;
	const conflicts = conflictsOf(strength);
	const isPlaced = placed.has(waits[place] as Wait);
	const isHeldUp = holders.length > 0;
	const ahead: number[] = [];
	for (let at = 0; at < place; at++) {
		const other = waits[at] as Wait;
		if ((conflicts & (1 << other.strength)) === 0 || other.party === party) continue;
		if (isHeldUp && ((held.get(other.party)?.mask ?? 0) & conflicts) !== 0) continue;
		// If no place is known, only a waiter for a holder is taken to have come before one that waits for none.
		if (isPlaced || placed.has(other) || (!isHeldUp && other.holders.length > 0)) ahead.push(other.party);
	}
	return ahead;
};

/**
 * The queue of one tag. The starts of the waits give its order but for three cases: a session that already holds a lock here goes
 * before the first one that waits for it, the server notes the start just after the waiter joined the queue, and the deadlock
 * detector may rearrange a queue. The answers of `pg_blocking_pids` settle them, as far as they were asked for.
 */
export const queueOf = (held: Held, waits: readonly Wait[], parties: Parties): WaitQueue => {
	const placed = new Set(waits.filter(wait => !Number.isNaN(wait.sinceMs)));
	const order = reordered(held, joined(held, waits), parties, placed);
	return {held, waits: swapped(held, order), placed};
};

// As JoinWaitQueue of PostgreSQL's proc.c. If start times are unknown, waiters for a holder are taken to have come first.
const joined = (held: Held, waits: readonly Wait[]): readonly Wait[] => {
	const rank = ({sinceMs, holders}: Wait): number => (Number.isNaN(sinceMs) ? (holders.length > 0 ? 1 : 2) : 0);
	const inTime = waits.toSorted((a, b) => rank(a) - rank(b) || a.sinceMs - b.sinceMs || 0 || (a.row.pid ?? 0) - (b.row.pid ?? 0));
	const queue: Wait[] = [];
	for (const wait of inTime) {
		const at = held.has(wait.party) ? queue.findIndex(other => holdsAgainst(held, wait.party, other)) : -1;
		if (at === -1) queue.push(wait);
		else queue.splice(at, 0, wait);
	}
	return queue;
};

/** The queue in an order that agrees with `pg_blocking_pids`; adds the waits whose place it gives to `placed`. */
const reordered = (held: Held, queue: readonly Wait[], parties: Parties, placed: Set<Wait>): readonly Wait[] => {
	if (queue.every(({row}) => !row.blocking_pids?.length)) return queue;
	const named = queue.map(({row}) => new Set(row.blocking_pids?.flatMap(pid => parties.find(pid) ?? [])));
	const isAsked = (at: number): boolean => (named[at]?.size ?? 0) > 0;
	const before: readonly Set<number>[] = queue.map(() => new Set());
	const places = new Map(queue.map(({party}, at) => [party, at]));
	for (const [at, wait] of queue.entries()) {
		if (!isAsked(at)) continue;
		placed.add(wait);
		for (const [place, other] of queue.entries()) {
			if (!conflict(wait, other) || holdsAgainst(held, other.party, wait)) continue;
			// If both were asked, the one that names the other is behind it, unless it names a holder.
			if (named[at]?.has(other.party)) before[at]?.add(place);
			else if (!isAsked(place) || holdsAgainst(held, wait.party, other)) before[place]?.add(at);
		}
		// Blockers are listed as they first asked for the lock: in the order of the queue, if they hold none.
		let last: number | undefined;
		for (const party of named[at] ?? []) {
			const place = places.get(party);
			if (place === undefined || held.has(party) || isAsked(place)) continue;
			placed.add(queue[place] as Wait);
			if (last !== undefined) before[place]?.add(last);
			last = place;
		}
	}
	return sorted(queue, before);
};

// Keeps the order but for waits that have to follow others. The answers are of different moments and may contradict each other:
// nothing waits for a wait that is already being placed. Without recursion, because a queue can be thousands deep.
const sorted = (queue: readonly Wait[], before: readonly ReadonlySet<number>[]): readonly Wait[] => {
	const isOpen = new Uint8Array(queue.length).fill(1);
	const isDone = new Uint8Array(queue.length);
	const order: Wait[] = [];
	for (const start of queue.keys()) {
		const path = [start];
		for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
			if (isOpen[at]) {
				isOpen[at] = 0;
				path.push(
					...Array.from(before[at] ?? [])
						.filter(place => isOpen[place])
						.sort((a, b) => b - a),
				);
				continue;
			}
			path.pop();
			if (isDone[at]) continue;
			isDone[at] = 1;
			order.push(queue[at] as Wait);
		}
	}
	return order;
};

// A waiter that nothing seems to block was behind the next one.
const swapped = (held: Held, order: readonly Wait[]): readonly Wait[] => {
	const queue = [...order];
	const moved = new Set<Wait>();
	let modesAhead = 0;
	for (let at = 0; at < queue.length; at++) {
		const wait = queue[at] as Wait;
		const isBlocked = wait.holders.length > 0 || (conflictsOf(wait.strength) & modesAhead) !== 0;
		const next =
			isBlocked || moved.has(wait)
				? -1
				: queue.findIndex((other, place) => place > at && conflict(wait, other) && !holdsAgainst(held, wait.party, other));
		if (next === -1) {
			modesAhead |= 1 << wait.strength;
			continue;
		}
		moved.add(wait);
		queue.splice(next + 1, 0, wait);
		queue.splice(at--, 1);
	}
	return queue;
};
