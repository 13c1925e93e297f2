import {conflictsOf, modeCount} from './modes.ts';
import {type LockSession, type Party, startOf, type Wait} from './parties.ts';
import {partiesAhead} from './queue.ts';
import {blockersOf, type HolderSet, type Queues, queuesOf} from './queues.ts';
import {type Behind, behindOf, componentsOf, sourcesOf} from './reach.ts';
import type {LockRow} from './tag.ts';

export type {LockSession} from './parties.ts';
export type {LockRow} from './tag.ts';

/**
 * A session or prepared transaction in the blocking forest. Its blockers are those of `pg_blocking_pids`, each once; they are
 * computed when asked for, because each of 900 waiters for one row is blocked by all that came before.
 */
export type LockNode = {
	/** Pid of the session (of the leader for a parallel worker); 0 for a prepared transaction, which `prepared` names. */
	readonly pid: number;
	readonly prepared: LockRow | null;
	/** Lock it awaits; null for a root that runs or idles. */
	readonly wait: Wait | null;
	/** Lock by which a root blocks most of its waiters. */
	readonly holds: LockRow | null;
	/** `tuple` lock that names the row behind a wait for a transaction. */
	readonly tuple: LockRow | null;
	readonly blocked: boolean;
	/** True if only waiters ahead in the queue block it. */
	readonly soft: boolean;
	/** Blocking pids: holders ascending, then the waiters ahead. */
	readonly blockedBy: () => readonly number[];
	/** Pids among them that hold no conflicting lock and only wait ahead in the queue, in its order. */
	readonly queuedBehind: () => readonly number[];
	/** Blockers of the session that holds the row version it waits for: once it has that lock, it waits for them. */
	readonly blockedNextBy: () => readonly number[];
	/** True unless it may at once wait for another session when it gets the lock. */
	readonly proceeds: boolean;
	readonly cycle: boolean;
	readonly blocksDirect: number;
	/** All waiters behind it; start times are in milliseconds since `epochMs`, as far as known. */
	readonly behind: Behind;
	/** The waiters behind it, in forest order. */
	readonly waiters: () => readonly LockNode[];
	readonly depth: number;
	readonly root: LockNode | null;
};

/**
 * The blocking graph. `nodes` are in forest order: each root before its waiters, worst first, each waiter once, below its worst
 * holder, or its worst waiter ahead if no holder blocks it. `byPid` is for other panes; look up a parallel worker by its leader.
 * Prepared transactions are pid 0 in the lists of blockers and have no key.
 */
export type BlockingGraph = {
	readonly nodes: readonly LockNode[];
	readonly byPid: ReadonlyMap<number, LockNode>;
	readonly epochMs: number;
};

/**
 * Builds the blocking graph of one reading of the locks. `sessions` fold parallel workers into their leaders and give the start of
 * a wait if the server does not (13). Time is about linear in rows and distinct blocking relations.
 */
export const blockingGraph = (rows: readonly LockRow[], sessions: readonly LockSession[]): BlockingGraph => {
	if (rows.length === 0) return nobodyWaits;
	const queues = queuesOf(rows, sessions);
	const {parties} = queues;
	const edges = edgesOf(queues);
	const components = componentsOf(edges);
	const starts = parties.map(party => party.wait?.sinceMs ?? Number.NaN);
	const epochMs = starts.reduce((least, start) => (start < least ? start : least), Number.POSITIVE_INFINITY);
	const weights = Float64Array.from(starts, start => start - epochMs);
	const behind = behindOf(edges, components, parties.length, weights);

	const worse = (a: number, b: number): number => compare(parties, behind, a, b);
	const direct = directOf(queues);
	const knots = knotsOf(parties, components.of);
	const parents = parentsOf(queues, knots, worse);
	const sources = sourcesOf(edges);
	const nodes = nodesOf({...queues, of: components.of, behind, direct, knots, sources}, parents, worse);
	return {nodes, byPid: new Map(nodes.filter(node => node.prepared === null).map(node => [node.pid, node])), epochMs};
};

/**
 * Edges from each waiter to its blockers. A set of holders is a vertex of its own: 500 holders and 400 waiters are 900 edges. So is
 * the part of a queue up to each waiter, by mode: 900 waiters that all block each other are 1800 edges.
 */
const edgesOf = ({parties, sets, queues, claims}: Queues): readonly (readonly number[])[] => {
	const edges: number[][] = [...parties.map(() => []), ...sets.map(({holders}) => [...holders])];
	for (const [party, all] of claims) for (const {set} of all) if (set !== -1) edges[party]?.push(parties.length + set);
	for (const queue of queues) {
		const upTo: number[] = new Array(modeCount).fill(-1);
		for (const [place, wait] of queue.waits.entries()) {
			const own = edges[wait.party] as number[];
			const conflicts = conflictsOf(wait.strength);
			if (queue.placed.has(wait)) own.push(...upTo.filter((vertex, mode) => vertex !== -1 && (conflicts & (1 << mode)) !== 0));
			else own.push(...partiesAhead(queue, place));
			const before = upTo[wait.strength] as number;
			upTo[wait.strength] = edges.push(before === -1 ? [wait.party] : [before, wait.party]) - 1;
		}
	}
	return edges;
};

/** Number of waiters that each party blocks directly. */
const directOf = ({parties, sets, queues, claims}: Queues): Int32Array => {
	const direct = new Int32Array(parties.length);
	const add = (blockers: readonly number[], count = 1): void => {
		for (const blocker of blockers) direct[blocker] = (direct[blocker] ?? 0) + count;
	};
	const isPlain = (party: number): boolean => claims.get(party)?.length === 1;
	for (const {holders, waiters} of sets) add(holders, waiters.filter(isPlain).length);
	for (const queue of queues) {
		const {waits, held, placed} = queue;
		const after: number[] = new Array(modeCount).fill(0);
		// Usually the modes tell how many waiters each one is ahead of: 900 waiters for one row make 400,000 pairs.
		const isCounted = waits.every(wait => isPlain(wait.party) && placed.has(wait) && !held.has(wait.party));
		for (let place = waits.length - 1; place >= 0; place--) {
			const {party, strength} = waits[place] as Wait;
			const conflicts = conflictsOf(strength);
			if (isCounted)
				add(
					[party],
					after.reduce((sum, count, mode) => ((conflicts & (1 << mode)) === 0 ? sum : sum + count), 0),
				);
			else if (isPlain(party)) add(partiesAhead(queue, place));
			after[strength] = (after[strength] ?? 0) + 1;
		}
	}
	for (const party of claims.keys()) {
		if (isPlain(party)) continue;
		const {holders, ahead} = blockersOf({claims, sets}, party);
		add([...holders, ...ahead]);
	}
	return direct;
};

/** Input of the nodes, by the index of a party. */
type PartyFacts = Queues & {
	/** Strongly connected component of each party. */
	readonly of: Int32Array;
	readonly behind: readonly Behind[];
	readonly direct: Int32Array;
	readonly knots: ReadonlyMap<number, readonly number[]>;
	/** Vertices from which a party can be reached. */
	readonly sources: (party: number) => ReadonlySet<number>;
};

/** Worst holder of each party, or the worst waiter ahead; -1 for a root; in a deadlock the one that `hang` chooses. */
const parentsOf = (
	queues: Queues,
	knots: ReadonlyMap<number, readonly number[]>,
	worse: (a: number, b: number) => number,
): Int32Array => {
	const worst = (parties: readonly number[]): number =>
		parties.reduce((best, party) => (best === -1 || worse(party, best) < 0 ? party : best), -1);
	const ofSets = queues.sets.map(({holders}) => worst(holders));
	const parents = new Int32Array(queues.parties.length).fill(-1);
	for (const [party, all] of queues.claims) {
		const holders = all.flatMap(({set}) => ofSets[set] ?? []);
		parents[party] = worst(holders.length > 0 ? holders : blockersOf(queues, party).ahead);
	}
	for (const knot of knots.values()) hang(queues, knot, parents);
	return parents;
};

/** Nodes in forest order. */
const nodesOf = (facts: PartyFacts, parents: Int32Array, worse: (a: number, b: number) => number): readonly LockNode[] => {
	const {parties, direct} = facts;
	const children: number[][] = parties.map(() => []);
	const roots: number[] = [];
	for (const [party, {wait}] of parties.entries()) {
		const parent = parents[party] as number;
		if (parent !== -1) children[parent]?.push(party);
		else if (wait || direct[party]) roots.push(party);
	}
	const nodes = new Map<number, LockNode>();
	const nodeOf = createNodes(facts, nodes);
	const todo = roots
		.sort(worse)
		.reverse()
		.map(party => ({party, parent: null as LockNode | null}));
	for (let next = todo.pop(); next; next = todo.pop()) {
		const node = nodeOf(next.party, next.parent);
		nodes.set(next.party, node);
		const below = (children[next.party] as number[]).sort(worse);
		for (let index = below.length - 1; index >= 0; index--) todo.push({party: below[index] as number, parent: node});
	}
	return [...nodes.values()];
};

/** Creates a node of the forest; `nodes` are all of them, by party, once they are asked for its waiters. */
const createNodes = (facts: PartyFacts, nodes: ReadonlyMap<number, LockNode>) => {
	const {parties, sets, claims, of, behind, direct, knots, sources} = facts;
	const holds = heldBy(parties, sets);
	const tuples = new Map(sets.map(set => [set, set.waiters.map(waiter => parties[waiter]?.tuple).find(row => row)]));
	const pids = (of: readonly number[]): readonly number[] => pidsOf(parties, of);
	return (party: number, parent: LockNode | null): LockNode => {
		const {pid, prepared, wait, tuple} = parties[party] as Party;
		const widest = holds.get(party);
		const isHeldUp = claims.get(party)?.some(({set}) => set !== -1) === true;
		const cycle = knots.has(of[party] as number);
		const blocked = parent !== null || cycle;
		return {
			pid,
			prepared,
			wait,
			holds: widest?.held.get(party)?.row ?? null,
			tuple: wait ? tuple : ((widest && tuples.get(widest)) ?? null),
			blocked,
			soft: blocked && !isHeldUp,
			blockedBy: () => {
				const {holders, ahead} = blockersOf(facts, party);
				return [...pids(holders), ...pids(ahead)];
			},
			queuedBehind: () => pids(blockersOf(facts, party).ahead),
			blockedNextBy: () => pids(nextHoldersOf(facts, party)),
			proceeds: proceeds(facts, party),
			cycle,
			blocksDirect: direct[party] ?? 0,
			behind: behind[party] as Behind,
			waiters: () => {
				const waiting = sources(party);
				return Array.from(nodes)
					.filter(([other]) => waiting.has(other))
					.map(([, node]) => node);
			},
			depth: parent ? parent.depth + 1 : 0,
			root: parent ? (parent.root ?? parent) : null,
		};
	};
};

// The first waiter for a row holds its `tuple` lock and waits for the transaction that changed the row; so will the next one.
const nextHoldersOf = (queues: Queues, party: number): readonly number[] => {
	const first = (queues.claims.get(party) ?? []).flatMap(({wait: {row, holders}}) => (row.locktype === 'tuple' ? holders : []));
	return [...new Set(first.flatMap(holder => blockersOf(queues, holder).holders))].filter(holder => holder !== party);
};

// CREATE INDEX CONCURRENTLY waits for one transaction after the other, and of several sessions that insert the same key one goes
// on and blocks the rest. A wait for a row that several transactions have locked looks like one for a row with one.
const proceeds = ({claims, sets, parties}: Queues, party: number): boolean =>
	(claims.get(party) ?? []).every(({wait: {row}, set}) => {
		if (row.locktype === 'transactionid')
			return (sets[set]?.waiters ?? []).every(other => other === party || parties[other]?.tuple || parties[party]?.tuple);
		return row.locktype !== 'virtualxid';
	});

const nobodyWaits: BlockingGraph = {
	nodes: [],
	byPid: new Map(),
	epochMs: Number.POSITIVE_INFINITY,
};

// Most waiters first, then the longest waits behind it (earliest starts), then its own longest wait, then the pid: the order is the
// same at every `now`, so that rows do not trade places between two readings.
const compare = (parties: readonly Party[], behind: readonly Behind[], a: number, b: number): number => {
	const left = behind[a] as Behind;
	const right = behind[b] as Behind;
	const one = parties[a] as Party;
	const other = parties[b] as Party;
	return (
		right.count - left.count ||
		right.known - left.known ||
		left.sum - right.sum ||
		startOf(one) - startOf(other) ||
		one.pid - other.pid ||
		(keyOf(one) < keyOf(other) ? -1 : 1)
	);
};

const keyOf = ({prepared}: Party): string => prepared?.gid ?? prepared?.virtualtransaction ?? '';

// Components with more than one party: deadlocks that are not yet broken.
const knotsOf = (parties: readonly Party[], of: Int32Array): ReadonlyMap<number, readonly number[]> => {
	const members = new Map<number, number[]>();
	for (const party of parties.keys()) {
		const component = of[party] as number;
		const list = members.get(component);
		if (list) list.push(party);
		else members.set(component, [party]);
	}
	const knots = Array.from(members).filter(([, list]) => list.length > 1);
	return new Map(knots.map(([component, list]) => [component, list.sort((a, b) => pidOf(parties, a) - pidOf(parties, b))]));
};

const pidOf = (parties: readonly Party[], party: number): number => parties[party]?.pid ?? 0;

// All prepared transactions are pid 0, which is listed once.
const pidsOf = (parties: readonly Party[], of: readonly number[]): readonly number[] => {
	const pids = of.map(party => pidOf(parties, party));
	return pids.indexOf(0) === pids.lastIndexOf(0) ? pids : [...new Set(pids)];
};

// Opens a knot at its lowest pid and hangs the others below it, nearest first, so that following parents always ends.
const hang = (queues: Queues, knot: readonly number[], parents: Int32Array): void => {
	const root = knot[0] as number;
	const blockers = new Map(
		knot.map(party => {
			const {holders, ahead} = blockersOf(queues, party);
			return [party, new Set([...holders, ...ahead])] as const;
		}),
	);
	const placed = new Set([root]);
	const open = new Set(knot.slice(1));
	parents[root] = -1;
	for (const blocker of placed)
		for (const waiter of open) {
			if (!blockers.get(waiter)?.has(blocker)) continue;
			open.delete(waiter);
			parents[waiter] = blocker;
			placed.add(waiter);
		}
};

// For each holder, the set through which it blocks most waiters, or the longest wait among equals.
const heldBy = (parties: readonly Party[], sets: readonly HolderSet[]): ReadonlyMap<number, HolderSet> => {
	const longest = (set: HolderSet): Party | undefined => parties[set.waiters[0] ?? -1];
	const order = sets.toSorted(
		(a, b) =>
			b.waiters.length - a.waiters.length ||
			startOf(longest(a)) - startOf(longest(b)) ||
			(longest(a)?.pid ?? 0) - (longest(b)?.pid ?? 0),
	);
	const widest = new Map<number, HolderSet>();
	for (const set of order) for (const holder of set.holders) if (!widest.has(holder)) widest.set(holder, set);
	return widest;
};
