import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {forecastOf} from '../../../source/core/locks/forecast.ts';
import {type LockForestRow, lockForest} from '../../../source/core/locks/forest.ts';
import {type BlockingGraph, blockingGraph, type LockRow, type LockSession} from '../../../source/core/locks/graph.ts';

/** Blockers of all sessions that have any. */
const blockersOf = ({nodes}: BlockingGraph): ReadonlyMap<number, readonly number[]> =>
	new Map(nodes.filter(node => node.blocked).map(node => [node.pid, node.blockedBy()]));
/** The root blocker of a session: its pid, 0 for a prepared transaction, null if nothing blocks the session. */
const rootOf = ({byPid}: BlockingGraph, pid: number): number | null => byPid.get(pid)?.root?.pid ?? null;

const start = Date.UTC(2026, 10, 22, 14, 0, 0);
const at = (second: number): string => new Date(start + second * 1000).toISOString().replace('Z', '000+00:00');
const now = at(100);

type Party = number | string;
type On = Partial<LockRow> & {readonly locktype: string};

const table = (name: string, oid: number): On => ({locktype: 'relation', database: 5, relation: oid, relation_name: name});
const orders = table('public.orders', 100);
const lines = table('public.lines', 101);
const transaction = (xid: string): On => ({locktype: 'transactionid', transactionid: xid});
const version = (on: On, page: number, tuple: number): On => ({...on, locktype: 'tuple', page, tuple});
const advisory = (classid: number, objid: number, objsubid: number): On => ({
	locktype: 'advisory',
	database: 5,
	classid,
	objid,
	objsubid,
});

const row = (party: Party, on: On, mode: string, rest: Partial<LockRow>): LockRow => ({
	virtualtransaction: `${party}/1`,
	mode: `${mode}Lock`,
	granted: true,
	pid: typeof party === 'number' ? party : null,
	database: null,
	relation: null,
	relation_name: null,
	page: null,
	tuple: null,
	virtualxid: null,
	transactionid: null,
	classid: null,
	objid: null,
	objsubid: null,
	waitstart: null,
	gid: typeof party === 'string' ? party : null,
	gid_database: typeof party === 'string' ? 5 : null,
	prepared: typeof party === 'string' ? at(0) : null,
	blocking_pids: null,
	...on,
	...rest,
});
const held = (party: Party, on: On, mode: string): LockRow => row(party, on, mode, {});
const awaited = (pid: number, on: On, mode: string, since: number | null): LockRow =>
	row(pid, on, mode, {granted: false, waitstart: since === null ? null : at(since)});
const session = (pid: number, rest: Partial<LockSession> = {}): LockSession => ({
	pid,
	leader_pid: null,
	backend_type: 'client backend',
	state_change: null,
	query_start: null,
	...rest,
});

const forestOf = (rows: readonly LockRow[], sessions: readonly LockSession[] = []): readonly LockForestRow[] =>
	lockForest(blockingGraph(rows, sessions), now);
const plain = (rows: readonly LockForestRow[]): readonly object[] =>
	rows.map(each => ({...each, blocked_by: each.blocked_by(), queued_behind: each.queued_behind()}));
const tree = (rows: readonly LockForestRow[]): string =>
	rows
		.map(({depth, pid, gid, blocked_by, queued_behind, soft, cycle}) =>
			[
				`${'  '.repeat(depth)}${gid ?? pid}`,
				blocked_by().length > 0 && `<- ${blocked_by().join()}`,
				queued_behind().length > 0 && !soft && `(${queued_behind().join()} ahead)`,
				soft && 'soft',
				cycle && 'cycle',
			]
				.filter(part => part)
				.join(' '),
		)
		.join('\n');

const pile = [
	held(10, transaction('763'), 'Exclusive'),
	held(11, version(orders, 3, 14), 'Exclusive'),
	awaited(11, transaction('763'), 'Share', 40),
	awaited(13, version(orders, 3, 14), 'Exclusive', 60),
	awaited(12, version(orders, 3, 14), 'Exclusive', 50),
];

const queue = [
	held(10, orders, 'AccessShare'),
	awaited(20, orders, 'AccessExclusive', 30),
	awaited(31, orders, 'AccessShare', 50),
	awaited(32, orders, 'RowExclusive', 40),
];

describe('the blocking graph', () => {
	it('puts waiters for a row below the session that updated it, with relation and tuple', () => {
		const rows = forestOf(pile);
		expect(tree(rows)).toBe('10\n  11 <- 10\n    12 <- 11\n    13 <- 11,12 (12 ahead)');
		expect(
			rows.map(({blocks_direct, blocks_total, waiters_wait_seconds, waiting_seconds, target, mode}) => [
				blocks_direct,
				blocks_total,
				waiters_wait_seconds,
				waiting_seconds,
				target,
				mode,
			]),
		).toEqual([
			[1, 3, 150, null, 'public.orders (3,14)', 'ExclusiveLock'],
			[2, 2, 90, 60, 'public.orders (3,14)', 'ShareLock'],
			[1, 1, 40, 50, 'public.orders (3,14)', 'ExclusiveLock'],
			[0, 0, 0, 40, 'public.orders (3,14)', 'ExclusiveLock'],
		]);
		expect(rows.map(each => each.root_pid)).toEqual([10, 10, 10, 10]);
	});

	it('shows sessions queued behind an ALTER TABLE as softly blocked by it', () => {
		const rows = forestOf(queue);
		expect(tree(rows)).toBe('10\n  20 <- 10\n    32 <- 20 soft\n    31 <- 20 soft');
		expect(rows[0]).toMatchObject({mode: 'AccessShareLock', relation: 'public.orders', tuple: null, blocks_total: 3});
	});

	it('tells waiters ahead in the queue from holders that block the same session', () => {
		const rows = forestOf([...queue, held(10, orders, 'Share')]);
		expect(tree(rows)).toBe('10\n  20 <- 10\n    31 <- 20 soft\n  32 <- 10,20 (20 ahead)');
	});

	it('queues a waiter behind all earlier ones of conflicting modes', () => {
		const rows = forestOf([
			held(10, orders, 'AccessShare'),
			awaited(20, orders, 'AccessExclusive', 10),
			awaited(21, orders, 'Share', 20),
			awaited(22, orders, 'Share', 21),
			awaited(23, orders, 'RowExclusive', 30),
			awaited(24, orders, 'RowShare', 31),
		]);
		expect(Object.fromEntries(rows.map(each => [each.pid, each.blocked_by()]))).toEqual({
			10: [],
			20: [10],
			21: [20],
			22: [20],
			23: [20, 21, 22],
			24: [20],
		});
	});

	it('queues a waiter that already holds a lock before those that wait for it', () => {
		const rows = forestOf([
			held(10, orders, 'RowShare'),
			held(11, orders, 'AccessShare'),
			awaited(20, orders, 'AccessExclusive', 20),
			awaited(11, orders, 'RowExclusive', 30),
			awaited(12, orders, 'RowExclusive', 40),
		]);
		expect(Object.fromEntries(rows.map(each => [each.pid, each.blocked_by()]))).toEqual({10: [], 11: [], 12: [20], 20: [10, 11]});
		expect(rows.some(each => each.cycle)).toBe(false);
	});

	it('swaps two waiters whose start times are in the wrong order, so that each one waits for another', () => {
		const rows = forestOf([
			held(10, orders, 'AccessShare'),
			awaited(21, orders, 'AccessShare', 19.999),
			awaited(20, orders, 'AccessExclusive', 20),
			awaited(22, orders, 'AccessShare', 21),
		]);
		expect(tree(rows)).toBe('10\n  20 <- 10\n    21 <- 20 soft\n    22 <- 20 soft');
	});

	it('blames only holders of conflicting modes', () => {
		const rows = forestOf([held(1, orders, 'Share'), held(2, orders, 'AccessShare'), awaited(3, orders, 'RowExclusive', 10)]);
		expect(tree(rows)).toBe('1\n  3 <- 1');
	});

	it.each([
		['AccessShare', ['AccessExclusive']],
		['RowShare', ['Exclusive', 'AccessExclusive']],
		['RowExclusive', ['Share', 'ShareRowExclusive', 'Exclusive', 'AccessExclusive']],
		['ShareUpdateExclusive', ['ShareUpdateExclusive', 'Share', 'ShareRowExclusive', 'Exclusive', 'AccessExclusive']],
		['Share', ['RowExclusive', 'ShareUpdateExclusive', 'ShareRowExclusive', 'Exclusive', 'AccessExclusive']],
		['ShareRowExclusive', ['RowExclusive', 'ShareUpdateExclusive', 'Share', 'ShareRowExclusive', 'Exclusive', 'AccessExclusive']],
		[
			'Exclusive',
			['RowShare', 'RowExclusive', 'ShareUpdateExclusive', 'Share', 'ShareRowExclusive', 'Exclusive', 'AccessExclusive'],
		],
		['AccessExclusive', everyMode()],
	])('knows the modes that conflict with %s', (wanted, conflicting) => {
		const blamed = everyMode().filter(mode => {
			const graph = blockingGraph([held(1, orders, mode), awaited(2, orders, wanted, 1)], []);
			return graph.byPid.get(2)?.blocked === true;
		});
		expect(blamed).toEqual(conflicting);
	});

	it('keeps prepared transactions apart, as pid 0 with their gid', () => {
		const rows = forestOf([
			held('pay 1', orders, 'AccessExclusive'),
			held('pay 2', lines, 'AccessExclusive'),
			awaited(5, orders, 'AccessShare', 10),
			awaited(6, lines, 'AccessShare', 20),
			awaited(7, lines, 'AccessShare', 30),
		]);
		expect(tree(rows)).toBe('pay 2\n  6 <- 0\n  7 <- 0\npay 1\n  5 <- 0');
		expect(rows[0]).toMatchObject({pid: 0, root_pid: 0, gid_database: 5, prepared: at(0), target: 'public.lines'});
	});

	it('lists pid 0 once if two prepared transactions block one waiter', () => {
		const graph = blockingGraph(
			[held('a', orders, 'Share'), held('b', orders, 'Share'), awaited(5, orders, 'RowExclusive', 10)],
			[],
		);
		expect(graph.byPid.get(5)?.blockedBy()).toEqual([0]);
		expect(rootOf(graph, 5)).toBe(0);
		expect(lockForest(graph, now).map(each => each.gid)).toEqual(['a', null, 'b']);
	});

	it('folds parallel workers into their leader, whose own locks never block them', () => {
		const workers = [session(11, {leader_pid: 10, backend_type: 'parallel worker'}), session(10), session(20)];
		const rows = forestOf(
			[
				held(10, orders, 'AccessShare'),
				held(11, orders, 'AccessShare'),
				awaited(20, orders, 'AccessExclusive', 10),
				held(20, lines, 'AccessExclusive'),
				held(10, lines, 'AccessExclusive'),
				awaited(11, lines, 'AccessShare', 20),
			],
			workers,
		);
		expect(rows.find(each => each.pid === 20)?.blocked_by()).toEqual([10]);
		expect(rows.find(each => each.pid === 10)?.blocked_by()).toEqual([20]);
		expect(rows.map(each => each.pid)).toEqual([10, 20]);
		const alone = blockingGraph([held(10, lines, 'AccessExclusive'), awaited(11, lines, 'AccessShare', 20)], workers);
		expect(blockersOf(alone).size).toBe(0);
	});

	it('folds the decoding worker of a REPACK into the session that runs it', () => {
		const graph = blockingGraph(
			[
				held(10, orders, 'ShareUpdateExclusive'),
				held(11, orders, 'AccessShare'),
				awaited(10, orders, 'AccessExclusive', 10),
				awaited(20, orders, 'AccessExclusive', 20),
			],
			[session(11, {leader_pid: 10, backend_type: 'REPACK decoding worker'}), session(10), session(20)],
		);
		expect(blockersOf(graph).get(20)).toEqual([10]);
		expect(blockersOf(graph).has(10)).toBe(false);
	});

	it('lets the leader of a parallel apply worker block it, because they share no locks', () => {
		const graph = blockingGraph(
			[held(10, lines, 'AccessExclusive'), awaited(11, lines, 'AccessShare', 20)],
			[session(11, {leader_pid: 10, backend_type: 'logical replication parallel worker'})],
		);
		expect(graph.byPid.get(11)?.blockedBy()).toEqual([10]);
	});

	it('roots a deadlock at its lowest pid, and marks its members but not the waiters behind it', () => {
		const rows = forestOf([
			held(30, orders, 'AccessExclusive'),
			held(20, lines, 'AccessExclusive'),
			awaited(20, orders, 'AccessExclusive', 10),
			awaited(30, lines, 'AccessExclusive', 20),
			awaited(40, lines, 'AccessShare', 30),
		]);
		expect(tree(rows)).toBe('20 <- 30 cycle\n  30 <- 20 cycle\n  40 <- 20,30 (30 ahead)');
		expect(rows.map(each => each.blocks_total)).toEqual([2, 2, 0]);
		expect(rows[0]?.waiters_wait_seconds).toBe(150);
	});

	it('resolves a deadlock of three and of two sessions that all strengthen one lock', () => {
		const c = table('c', 103);
		expect(
			tree(
				forestOf([
					...[held(1, orders, 'Exclusive'), held(2, lines, 'Exclusive'), held(3, c, 'Exclusive')],
					...[awaited(1, lines, 'Exclusive', 1), awaited(2, c, 'Exclusive', 2), awaited(3, orders, 'Exclusive', 3)],
				]),
			),
		).toBe('1 <- 2 cycle\n  3 <- 1 cycle\n    2 <- 3 cycle');
		expect(
			tree(
				forestOf([
					...[held(8, orders, 'Share'), held(9, orders, 'Share')],
					...[awaited(8, orders, 'RowExclusive', 1), awaited(9, orders, 'RowExclusive', 2)],
				]),
			),
		).toBe('8 <- 9 cycle\n  9 <- 8 cycle');
	});

	it('never blocks a session by its own locks', () => {
		const graph = blockingGraph([held(8, orders, 'Share'), awaited(8, orders, 'RowExclusive', 1)], []);
		expect(blockersOf(graph).size).toBe(0);
		expect(lockForest(graph, now).map(({pid, depth}) => [pid, depth])).toEqual([[8, 0]]);
	});

	it('keeps advisory locks apart by key, in the form in which they were taken', () => {
		const rows = forestOf([
			held(1, advisory(0xffffffff, 0xfffffff9, 1), 'Exclusive'),
			awaited(2, advisory(0xffffffff, 0xfffffff9, 1), 'Exclusive', 1),
			held(3, advisory(4, 0xffffffff, 2), 'Exclusive'),
			awaited(4, advisory(4, 0xffffffff, 2), 'Share', 2),
			held(5, advisory(0, 42, 1), 'Exclusive'),
			awaited(6, advisory(0, 42, 1), 'Share', 3),
			held(7, {...advisory(0, 42, 1), database: 6}, 'Exclusive'),
		]);
		expect(tree(rows)).toBe('1\n  2 <- 1\n3\n  4 <- 3\n5\n  6 <- 5');
		expect(rows.map(each => each.target)).toEqual(['-7', '-7', '(4, -1)', '(4, -1)', '42', '42'].map(key => `advisory ${key}`));
		expect(rows[0]?.relation).toBeNull();
	});

	it('ranks roots by number of waiters, then wait time, then pid', () => {
		const pair = (root: number, oid: number, waiters: readonly (readonly [number, number])[]): readonly LockRow[] => [
			held(root, table(`t${oid}`, oid), 'AccessExclusive'),
			...waiters.map(([pid, since]) => awaited(pid, table(`t${oid}`, oid), 'AccessShare', since)),
		];
		const rows = [
			...pair(4, 1, [[40, 50]]),
			...pair(3, 2, [[30, 50]]),
			...pair(2, 3, [[20, 10]]),
			...pair(9, 4, [
				[90, 99],
				[91, 99],
			]),
		];
		const roots = (of: readonly LockRow[]): readonly number[] =>
			forestOf(of)
				.filter(each => each.depth === 0)
				.map(each => each.pid);
		expect(roots(rows)).toEqual([9, 2, 3, 4]);
		expect(roots(rows.toReversed())).toEqual([9, 2, 3, 4]);
	});

	it('places a waiter with several blockers below the worst one', () => {
		const rows = forestOf([
			...[held(1, orders, 'Share'), held(2, orders, 'Share'), held(2, lines, 'Exclusive')],
			...[awaited(5, orders, 'RowExclusive', 10), awaited(6, lines, 'Exclusive', 10)],
		]);
		expect(tree(rows)).toBe('2\n  5 <- 1,2\n  6 <- 2\n1');
		expect(rows.at(-1)).toMatchObject({pid: 1, blocks_direct: 1, blocks_total: 1});
	});

	it('uses blocking_pids of PostgreSQL 13 for waiters that no holder explains, and the session for the start of the wait', () => {
		const rows = forestOf(
			[
				held(10, orders, 'AccessShare'),
				{...awaited(20, orders, 'AccessExclusive', null), blocking_pids: null},
				{...awaited(31, orders, 'AccessShare', null), blocking_pids: [20, 20]},
			],
			[session(20, {query_start: at(90)}), session(31, {state_change: at(95), query_start: at(80)})],
		);
		expect(tree(rows)).toBe('10\n  20 <- 10\n    31 <- 20 soft');
		expect(rows.map(each => each.waiting_since)).toEqual([null, at(90), at(95)]);
	});

	it('queues waiters behind the blocked one even if no start time is known', () => {
		const rows = forestOf(queue.map(each => ({...each, waitstart: null})));
		expect(tree(rows)).toBe('10\n  20 <- 10\n    31 <- 20 soft\n    32 <- 20 soft');
		expect(rows[0]?.waiters_wait_seconds).toBeNull();
	});

	it('shows a relation of another database as numbers', () => {
		const rows = forestOf([
			held(1, {...orders, database: 7, relation_name: null}, 'Exclusive'),
			awaited(2, {...orders, database: 7, relation_name: null}, 'Share', 1),
			held(3, orders, 'Exclusive'),
		]);
		expect(rows.map(each => each.relation)).toEqual(['7:100', '7:100']);
	});

	it('has the blockers, the number of waiters and the root of each session for other panes', () => {
		const graph = blockingGraph(pile, []);
		expect(Object.fromEntries(blockersOf(graph))).toEqual({11: [10], 12: [11], 13: [11, 12]});
		expect([10, 11, 12].map(pid => graph.byPid.get(pid)?.blocksDirect)).toEqual([1, 2, 1]);
		expect([10, 11, 12].map(pid => graph.byPid.get(pid)?.behind.count)).toEqual([3, 2, 1]);
		expect([10, 11, 12, 99].map(pid => rootOf(graph, pid))).toEqual([null, 10, 10, null]);
	});
});

describe('the forecast', () => {
	const forecast = (rows: readonly LockRow[], pid: number, sessions: readonly LockSession[] = []) => {
		const waiters = blockingGraph(rows, sessions).byPid.get(pid)?.waiters() ?? [];
		return forecastOf(waiters, [{pid, keeps: false}]);
	};
	const none = {now: [], perhaps: [], later: 0, blocked: 0};
	const virtual = {locktype: 'virtualxid', virtualxid: '3/21'};

	it('lets the first waiter for a row go once the transaction ends that changed it', () => {
		expect(forecast(pile, 10)).toEqual({...none, now: [11], later: 2});
	});

	it('lets nobody go if the first waiter for a row ends: the next one waits for the same transaction', () => {
		expect(forecast(pile, 11)).toEqual({...none, blocked: 2});
	});

	it('lets a queue go that only an ALTER TABLE holds up, and nobody whom the holder blocks as well', () => {
		expect(forecast([...queue, held(10, orders, 'Share')], 20)).toEqual({...none, now: [31], blocked: 1});
	});

	it('is uncertain about an index build, and about sessions that insert the same key', () => {
		const build = [held(10, virtual, 'Exclusive'), awaited(20, virtual, 'Share', 1)];
		expect(forecast(build, 10)).toEqual({...none, perhaps: [20]});
		const inserts = [
			held(10, transaction('763'), 'Exclusive'),
			...[21, 22].map(pid => awaited(pid, transaction('763'), 'Share', pid)),
		];
		expect(forecast(inserts, 10)).toEqual({...none, perhaps: [21, 22]});
		expect(forecast(inserts.slice(0, 2), 10)).toEqual({...none, now: [21]});
	});

	it('never lets a waiter go past a prepared transaction', () => {
		const rows = [held('pay', orders, 'Share'), held(10, orders, 'Share'), awaited(20, orders, 'RowExclusive', 1)];
		expect(forecast(rows, 10)).toEqual({...none, blocked: 1});
	});

	it('follows a parallel query whose workers wait for different locks', () => {
		const workers = [11, 12].map(pid => session(pid, {leader_pid: 10, backend_type: 'parallel worker'}));
		const rows = [
			...[held(30, orders, 'AccessExclusive'), held(31, lines, 'AccessExclusive')],
			...[awaited(11, orders, 'AccessShare', 1), awaited(12, lines, 'AccessShare', 2)],
			...[held(10, table('c', 103), 'AccessShare'), awaited(40, table('c', 103), 'AccessExclusive', 3)],
		];
		expect(blockingGraph(rows, workers).byPid.get(10)?.blockedBy()).toEqual([30, 31]);
		expect(blockingGraph(rows, workers).nodes.map(node => [node.pid, node.blocksDirect])).toEqual([
			[30, 1],
			[10, 1],
			[40, 0],
			[31, 1],
		]);
		expect(forecast(rows, 30, workers)).toEqual({...none, blocked: 2});
		expect(forecast(rows, 10, workers)).toEqual({...none, now: [40]});
	});
});

function everyMode(): string[] {
	return [
		'AccessShare',
		'RowShare',
		'RowExclusive',
		'ShareUpdateExclusive',
		'Share',
		'ShareRowExclusive',
		'Exclusive',
		'AccessExclusive',
	];
}

describe('any set of locks', () => {
	const tags = [orders, lines, table('c', 103), advisory(0, 1, 1)];
	const lock = fc.record({
		pid: fc.integer({min: 1, max: 12}),
		on: fc.constantFrom(...tags),
		mode: fc.constantFrom(...everyMode()),
	});
	const locks = fc.tuple(
		fc.array(lock, {maxLength: 25}),
		fc.uniqueArray(fc.tuple(lock, fc.option(fc.integer({min: 0, max: 90}))), {maxLength: 12, selector: ([{pid}]) => pid}),
	);

	it('gives a forest with every waiter once, below one of its blockers, and with the counts of a plain search', () => {
		fc.assert(
			fc.property(locks, ([granted, waiting]) => {
				const rows = [
					...granted.map(({pid, on, mode}) => held(pid, on, mode)),
					...waiting.map(([{pid, on, mode}, since]) => awaited(pid, on, mode, since)),
				];
				const graph = blockingGraph(rows, []);
				const blockers = blockersOf(graph);
				const forest = lockForest(graph, now);
				expect(new Set(forest.map(each => each.pid)).size).toBe(forest.length);
				for (const [{pid}] of waiting) expect(forest.some(each => each.pid === pid)).toBe(true);
				const path: number[] = [];
				for (const each of forest) {
					path.length = each.depth;
					if (each.depth > 0) expect(each.blocked_by()).toContain(path[each.depth - 1]);
					expect(each.root_pid).toBe(path[0] ?? each.pid);
					path.push(each.pid);
					const behind = new Set<number>();
					const search = (pid: number): void => {
						for (const [waiter, by] of blockers) {
							if (!by.includes(pid) || behind.has(waiter)) continue;
							behind.add(waiter);
							search(waiter);
						}
					};
					search(each.pid);
					expect(each.cycle).toBe(behind.has(each.pid));
					behind.delete(each.pid);
					expect(each.blocks_total).toBe(behind.size);
					expect(
						graph.byPid
							.get(each.pid)
							?.waiters()
							.map(({pid}) => pid),
					).toEqual(forest.filter(({pid}) => behind.has(pid)).map(({pid}) => pid));
				}
				expect(plain(lockForest(blockingGraph(rows.toReversed(), []), now))).toEqual(plain(forest));
			}),
			{seed: 20_261_122, numRuns: 1500},
		);
	});
});

describe('the graph of 900 waiters', () => {
	const range = (from: number, length: number): readonly number[] => Array.from({length}, (_, index) => from + index);
	const rowPile = [
		...pile.slice(0, 3),
		...range(1000, 899).map(pid => awaited(pid, version(orders, 3, 14), 'Exclusive', 50 + (pid % 40))),
	];
	const holders = [
		...range(1000, 500).map(pid => held(pid, orders, 'AccessShare')),
		...range(2000, 400).map(pid => awaited(pid, orders, 'AccessExclusive', 10 + (pid % 80))),
	];
	const chain = range(1000, 901).flatMap(pid => [
		held(pid, transaction(String(pid)), 'Exclusive'),
		...(pid > 1000 ? [awaited(pid, transaction(String(pid - 1)), 'Share', 10)] : []),
	]);
	const upgrades = range(1000, 500).flatMap(pid => [held(pid, orders, 'Share'), awaited(pid, orders, 'RowExclusive', 10)]);

	it.each([
		['a convoy on one row', rowPile, 901, 900],
		['a convoy for a table that 500 sessions read', holders, 900, 400],
		['a convoy in single file', chain, 901, 900],
		['a convoy of lock upgrades', upgrades, 500, 499],
	])('%s is computed at once', (_, rows, length, behind) => {
		const times = range(0, 15).map(() => {
			const from = performance.now();
			const graph = blockingGraph(rows, []);
			const forest = lockForest(graph, now);
			const took = performance.now() - from;
			expect(graph.nodes[0]?.waiters()).toHaveLength(behind);
			expect(forest).toHaveLength(length);
			expect(forest[0]?.blocks_total).toBe(behind);
			return took;
		});
		const best = Math.min(...times);
		// A few milliseconds on an idle machine; an edge for every pair would take seconds.
		expect(best).toBeLessThan(250);
	});

	it('tells the waiters of each session of a convoy at once, as a question about all of them does', () => {
		const {nodes} = blockingGraph(rowPile, []);
		const times = range(0, 5).map(() => {
			const from = performance.now();
			const counts = nodes.map(node => node.waiters().length);
			const took = performance.now() - from;
			expect(counts.toSorted((a, b) => b - a)).toEqual([900, 899, ...range(0, 899).toReversed()]);
			return took;
		});
		expect(Math.min(...times)).toBeLessThan(500);
	});
});
