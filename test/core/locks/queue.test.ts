import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {forecastOf} from '../../../source/core/locks/forecast.ts';
import {blockingGraph, type LockNode} from '../../../source/core/locks/graph.ts';
import {createLockManager} from './lock-manager.ts';

const sorted = (pids: Iterable<number>): readonly number[] => [...pids].sort((a, b) => a - b);

const step = fc.oneof(
	{
		weight: 8,
		arbitrary: fc.record({
			does: fc.constant('request' as const),
			pid: fc.integer({min: 1, max: 12}),
			key: fc.integer({min: 1, max: 3}),
			strength: fc.integer({min: 0, max: 7}),
			late: fc.integer({min: 0, max: 3}),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({does: fc.constantFrom('cancel' as const, 'end' as const), pid: fc.integer({min: 1, max: 12})}),
	},
	{
		weight: 1,
		arbitrary: fc.record({does: fc.constant('rearrange' as const), key: fc.integer({min: 1, max: 3}), place: fc.nat(3)}),
	},
);
const steps = fc.array(step, {minLength: 5, maxLength: 60});

type Steps = typeof steps extends fc.Arbitrary<infer T> ? T : never;

/** A lock manager after some steps; a session that waits does nothing but end. `late` delays the start of a wait as the server notes it. */
const played = (all: Steps) => {
	const manager = createLockManager();
	for (const [time, each] of all.entries()) {
		if (each.does === 'rearrange') manager.rearrange(each.key, each.place);
		else if (each.does !== 'request') manager[each.does](each.pid);
		else if (!manager.waiting.has(each.pid)) manager.request(each.pid, each.key, each.strength, time + 1.5 * each.late);
	}
	return manager;
};

const behind = (nodes: readonly LockNode[], pid: number): readonly LockNode[] => {
	const pids = new Set([pid]);
	for (let size = 0; size !== pids.size; ) {
		size = pids.size;
		for (const node of nodes) if (node.blockedBy().some(blocker => pids.has(blocker))) pids.add(node.pid);
	}
	return nodes.filter(node => node.pid !== pid && pids.has(node.pid));
};

describe('any queues of a lock manager', () => {
	it('give each waiter the blockers of pg_blocking_pids', () => {
		fc.assert(
			fc.property(steps, fc.boolean(), (all, isTimed) => {
				const manager = played(all);
				const rows = manager.rows(() => true).map(row => (isTimed ? row : {...row, waitstart: null}));
				const {byPid} = blockingGraph(rows.toReversed(), []);
				for (const [pid] of manager.waiting) {
					const node = byPid.get(pid);
					expect(sorted(node?.blockedBy() ?? [])).toEqual(sorted(manager.blockingPids(pid)));
					expect(node?.blockedBy()).toEqual(expect.arrayContaining([...(node?.queuedBehind() ?? [])]));
				}
			}),
			{seed: 20_261_129, numRuns: 3000},
		);
	});

	it('give them by the starts of the waits alone, if each wait begins as it joins the queue and nobody leaves it', () => {
		fc.assert(
			fc.property(steps, all => {
				const manager = played(all.flatMap(each => (each.does === 'request' ? [{...each, late: 0}] : [])));
				const {byPid} = blockingGraph(
					manager.rows(() => false),
					[],
				);
				for (const [pid] of manager.waiting)
					expect(sorted(byPid.get(pid)?.blockedBy() ?? [])).toEqual(sorted(manager.blockingPids(pid)));
			}),
			{seed: 20_261_129, numRuns: 3000},
		);
	});

	it('let those waiters go that the forecast names, and the rest once these have finished', () => {
		fc.assert(
			fc.property(steps, fc.integer({min: 1, max: 12}), fc.boolean(), (all, pid, keeps) => {
				const manager = played(all);
				const {nodes} = blockingGraph(
					manager.rows(() => true),
					[],
				);
				const waiters = behind(nodes, pid);
				const forecast = forecastOf(waiters, [{pid, keeps}]);
				const before = new Set(manager.waiting.keys());
				const freed = (): readonly number[] =>
					[...before].filter(waiter => waiter !== pid && !manager.waiting.has(waiter)).sort((a, b) => a - b);
				if (keeps) manager.cancel(pid);
				else manager.end(pid);
				const now = freed();
				expect(sorted(forecast.now)).toEqual(now);
				if (keeps) manager.end(pid);
				expect(sorted([...forecast.now, ...forecast.perhaps])).toEqual(freed());
				const first = freed().length;
				for (let size = -1; size !== freed().length; ) {
					size = freed().length;
					for (const waiter of freed()) manager.end(waiter);
				}
				expect(forecast.later).toBe(freed().length - first);
				expect(forecast.blocked).toBe(waiters.length - freed().length);
			}),
			{seed: 20_261_129, numRuns: 3000},
		);
	});
});

describe('a crowd of 300 waiters for one mode', () => {
	it.each([true, false])('is in order by one answer, whether the starts are known (%s)', isTimed => {
		const manager = createLockManager();
		manager.request(1, 1, 6, 0);
		const pids = Array.from({length: 300}, (_, index) => 1000 + ((index * 7) % 300));
		for (const [place, pid] of pids.entries()) manager.request(pid, 1, 6, 1000 + place + (place % 3 === 0 ? 2 : 0));
		const last = pids.at(-1) ?? 0;
		const rows = manager.rows(pid => pid === last).map(row => (isTimed ? row : {...row, waitstart: null}));
		const {byPid} = blockingGraph(rows.toReversed(), []);
		for (const pid of pids) expect(byPid.get(pid)?.blockedBy()).toEqual(manager.blockingPids(pid));
	});
});
