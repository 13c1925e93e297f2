import type {LockNode} from './graph.ts';

/** What the forecast reads of a blocked session. */
export type Waiter = Pick<LockNode, 'pid' | 'blockedBy' | 'queuedBehind' | 'blockedNextBy' | 'proceeds'>;

/** A session that is to end: `keeps` if it may keep the locks that it holds and only gives up its place in a queue. */
export type EndingSession = {readonly pid: number; readonly keeps: boolean};

/** Waiters of sessions that end, by what becomes of them. */
export type Forecast = {
	/** Pids of those that get their lock at once and go on. */
	readonly now: readonly number[];
	/** Pids of those that may go on at once. */
	readonly perhaps: readonly number[];
	/** Number of those that follow once these have finished. */
	readonly later: number;
	/** Number of those that other sessions still block. */
	readonly blocked: number;
};

/**
 * Fate of the waiters behind sessions that end. The server grants a lock in the order of its queue, and only past waiters that it
 * does not conflict with: a waiter gets it at once if all its blockers end, and no other.
 */
export const forecastOf = (waiters: readonly Waiter[], endings: readonly EndingSession[]): Forecast => {
	const ended = new Set(endings.map(({pid}) => pid));
	const keeping = new Set(endings.filter(({keeps}) => keeps).map(({pid}) => pid));
	const others = waiters.filter(({pid}) => !ended.has(pid));
	const now: number[] = [];
	const perhaps: number[] = [];
	for (const waiter of others) {
		if (!isFree(waiter, ended)) continue;
		const isCertain = waiter.proceeds && !dependsOnLocksOf(waiter, keeping);
		(isCertain ? now : perhaps).push(waiter.pid);
	}
	const later = followersOf(others, ended, new Set([...now, ...perhaps]));
	return {now, perhaps, later, blocked: others.length - now.length - perhaps.length - later};
};

const isFree = ({blockedBy, blockedNextBy}: Waiter, ended: ReadonlySet<number>): boolean =>
	blockedBy().every(pid => ended.has(pid)) && blockedNextBy().every(pid => ended.has(pid));

const dependsOnLocksOf = ({blockedBy, queuedBehind, blockedNextBy}: Waiter, keeping: ReadonlySet<number>): boolean => {
	if (keeping.size === 0) return false;
	const queued = new Set(queuedBehind());
	return [...blockedBy().filter(pid => !queued.has(pid)), ...blockedNextBy()].some(pid => keeping.has(pid));
};

// Each waiter watches the last of its blockers that is still there: mostly the one before it in the queue, which goes last.
const followersOf = (waiters: readonly Waiter[], ended: ReadonlySet<number>, first: ReadonlySet<number>): number => {
	const gone = new Set(ended);
	const watchers = new Map<number, Waiter[]>();
	const todo = [...first];
	const settle = (waiter: Waiter): void => {
		const last = [...waiter.blockedNextBy(), ...waiter.blockedBy()].findLast(pid => !gone.has(pid));
		if (last === undefined) todo.push(waiter.pid);
		else watchers.set(last, [...(watchers.get(last) ?? []), waiter]);
	};
	for (const waiter of waiters) if (!first.has(waiter.pid)) settle(waiter);
	for (let pid = todo.pop(); pid !== undefined; pid = todo.pop()) {
		gone.add(pid);
		const freed = watchers.get(pid) ?? [];
		watchers.delete(pid);
		for (const waiter of freed) settle(waiter);
	}
	return gone.size - ended.size - first.size;
};
