import {type BlockingSet, type LockSession, type Party, type Queues, queuesOf, startOf, type Wait} from './queues.ts';
import {type Behind, behindOf, componentsOf} from './reach.ts';
import type {LockRow} from './tag.ts';

export type {LockSession} from './queues.ts';
export type {LockRow} from './tag.ts';

/** A session or prepared transaction in the blocking forest. */
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
	/** Blocking pids, ascending; waiters for the same lock share the list. */
	readonly blockedBy: readonly number[];
	readonly soft: boolean;
	readonly cycle: boolean;
	readonly blocksDirect: number;
	/** All waiters behind it; start times are in milliseconds since `epochMs`, as far as known. */
	readonly behind: Behind;
	readonly depth: number;
	readonly root: LockNode | null;
};

/**
 * The blocking graph. `nodes` are in forest order: each root before its waiters, worst first, each waiter once, below its worst
 * blocker. The maps are for other panes, by pid; look up a parallel worker by its leader. Prepared transactions are pid 0 in
 * `blockedBy` and have no key.
 */
export type BlockingGraph = {
	readonly nodes: readonly LockNode[];
	readonly byPid: ReadonlyMap<number, LockNode>;
	readonly blockedBy: ReadonlyMap<number, readonly number[]>;
	readonly blocksDirect: ReadonlyMap<number, number>;
	readonly blocksTotal: ReadonlyMap<number, number>;
	readonly epochMs: number;
};

/**
 * Builds the blocking graph of one reading of the locks. `sessions` fold parallel workers into their leaders and give the start of
 * a wait if the server does not (13). Time is about linear in rows and distinct blocking relations.
 */
export const blockingGraph = (rows: readonly LockRow[], sessions: readonly LockSession[]): BlockingGraph => {
	if (rows.length === 0) return nobodyWaits;
	const queues = queuesOf(rows, sessions);
	const {parties, sets, setOf} = queues;
	const size = parties.length;
	// A set is a vertex of its own between its waiters and its blockers: 500 holders and 400 waiters are 900 edges.
	const edges: readonly (readonly number[])[] = [
		...parties.map((_, party) => {
			const set = setOf.get(party);
			return set === undefined ? [] : [size + set];
		}),
		...sets.map(set => set.blockers),
	];
	const components = componentsOf(edges);
	const starts = parties.map(party => party.wait?.sinceMs ?? Number.NaN);
	const epochMs = starts.reduce((least, start) => (start < least ? start : least), Number.POSITIVE_INFINITY);
	const weights = Float64Array.from(starts, start => start - epochMs);
	const behind = behindOf(edges, components, size, weights);

	const worse = (a: number, b: number): number => compare(parties, behind, a, b);
	const direct = new Int32Array(size);
	for (const set of sets) for (const blocker of set.blockers) direct[blocker] = (direct[blocker] ?? 0) + set.waiters.length;
	const knots = knotsOf(parties, components.of);
	const parents = parentsOf(queues, components.of, knots, worse);
	return indexed(nodesOf({...queues, of: components.of, behind, direct, knots}, parents, worse), epochMs);
};

/** Input of the nodes, by the index of a party. */
type PartyFacts = Queues & {
	/** Strongly connected component of each party. */
	readonly of: Int32Array;
	readonly behind: readonly Behind[];
	readonly direct: Int32Array;
	readonly knots: ReadonlyMap<number, readonly number[]>;
};

/** Worst blocker of each party, -1 for a root; in a deadlock the one that `hang` chooses. */
const parentsOf = (
	{parties, sets, setOf}: Queues,
	of: Int32Array,
	knots: ReadonlyMap<number, readonly number[]>,
	worse: (a: number, b: number) => number,
): Int32Array => {
	const worst = sets.map(set => set.blockers.reduce((best, blocker) => (worse(blocker, best) < 0 ? blocker : best)));
	const parents = new Int32Array(parties.length).fill(-1);
	for (const [party, set] of setOf) parents[party] = worst[set] ?? -1;
	for (const knot of knots.values()) hang(parties, knot, sets, of, parents);
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
	const nodeOf = createNodes(facts);
	const nodes: LockNode[] = [];
	const todo = roots
		.sort(worse)
		.reverse()
		.map(party => ({party, parent: null as LockNode | null}));
	for (let next = todo.pop(); next; next = todo.pop()) {
		const node = nodeOf(next.party, next.parent);
		nodes.push(node);
		const below = (children[next.party] as number[]).sort(worse);
		for (let index = below.length - 1; index >= 0; index--) todo.push({party: below[index] as number, parent: node});
	}
	return nodes;
};

const createNodes = ({parties, sets, setOf, of, behind, direct, knots}: PartyFacts) => {
	// Once per set and not per blocker, for the same reason.
	const lists = sets.map(set => pidsOf(parties, set.blockers));
	const holds = heldBy(parties, sets);
	const tuples = new Map(sets.map(set => [set, set.waiters.map(waiter => parties[waiter]?.tuple).find(row => row)]));
	return (party: number, parent: LockNode | null): LockNode => {
		const {pid, prepared, wait, tuple} = parties[party] as Party;
		const set = setOf.get(party);
		const widest = holds.get(party);
		return {
			pid,
			prepared,
			wait,
			holds: widest?.held.get(party)?.row ?? null,
			tuple: wait ? tuple : ((widest && tuples.get(widest)) ?? null),
			blockedBy: set === undefined ? [] : (lists[set] ?? []),
			soft: set !== undefined && sets[set]?.soft === true,
			cycle: knots.has(of[party] as number),
			blocksDirect: direct[party] ?? 0,
			behind: behind[party] as Behind,
			depth: parent ? parent.depth + 1 : 0,
			root: parent ? (parent.root ?? parent) : null,
		};
	};
};

const indexed = (nodes: readonly LockNode[], epochMs: number): BlockingGraph => {
	const sessionNodes = nodes.filter(node => node.prepared === null);
	const mapOf = <T>(of: readonly LockNode[], value: (node: LockNode) => T): ReadonlyMap<number, T> =>
		new Map(of.map(node => [node.pid, value(node)]));
	const blocking = sessionNodes.filter(node => node.blocksDirect > 0);
	return {
		nodes,
		byPid: mapOf(sessionNodes, node => node),
		blockedBy: mapOf(
			sessionNodes.filter(node => node.blockedBy.length > 0),
			node => node.blockedBy,
		),
		blocksDirect: mapOf(blocking, node => node.blocksDirect),
		blocksTotal: mapOf(blocking, node => node.behind.count),
		epochMs,
	};
};

const nobodyWaits: BlockingGraph = {
	nodes: [],
	byPid: new Map(),
	blockedBy: new Map(),
	blocksDirect: new Map(),
	blocksTotal: new Map(),
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
const pidsOf = (parties: readonly Party[], blockers: readonly number[]): readonly number[] => {
	const pids: number[] = [];
	for (const blocker of blockers) {
		const pid = pidOf(parties, blocker);
		if (pid !== pids.at(-1)) pids.push(pid);
	}
	return pids;
};

// Opens a knot at its lowest pid and hangs the others below it, nearest first, so that following parents always ends.
const hang = (
	parties: readonly Party[],
	knot: readonly number[],
	sets: readonly BlockingSet[],
	of: Int32Array,
	parents: Int32Array,
): void => {
	const root = knot[0] as number;
	const component = of[root] as number;
	const inside = sets.filter((_, set) => of[parties.length + set] === component);
	const placed = new Set([root]);
	const open = new Set(inside);
	parents[root] = -1;
	for (const blocker of placed) {
		const next: number[] = [];
		for (const set of open) {
			if (!set.blockers.includes(blocker)) continue;
			open.delete(set);
			for (const waiter of set.waiters) if (of[waiter] === component && !placed.has(waiter)) next.push(waiter);
		}
		for (const waiter of next.sort((a, b) => pidOf(parties, a) - pidOf(parties, b))) {
			parents[waiter] = blocker;
			placed.add(waiter);
		}
	}
};

// For each blocker, the set through which it blocks most waiters, or the longest wait among equals.
const heldBy = (parties: readonly Party[], sets: readonly BlockingSet[]): ReadonlyMap<number, BlockingSet> => {
	const longest = (set: BlockingSet): Party | undefined => parties[set.waiters[0] ?? -1];
	const order = sets.toSorted(
		(a, b) =>
			b.waiters.length - a.waiters.length ||
			startOf(longest(a)) - startOf(longest(b)) ||
			(longest(a)?.pid ?? 0) - (longest(b)?.pid ?? 0),
	);
	const widest = new Map<number, BlockingSet>();
	for (const set of order) for (const blocker of set.blockers) if (!widest.has(blocker)) widest.set(blocker, set);
	return widest;
};
