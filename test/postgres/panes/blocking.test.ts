import type pg from 'pg';
import {describe, expect, it} from 'vitest';
import {type EndingSession, forecastOf} from '../../../source/core/locks/forecast.ts';
import {blockingGraph, type LockRow} from '../../../source/core/locks/graph.ts';
import {tagOf} from '../../../source/core/locks/tag.ts';
import {connect, startTestServer} from '../servers.ts';
import {connectProbe, readLocks} from './lock-reading.ts';
import {type LockStorm, randomFrom, startLockStorm} from './lock-storm.ts';

const sessions = 40;
const compareMs = 6000;
const forecastMs = 8000;

/** What the server itself says: the locks of each tag, and the pids that block each waiter. */
type ServerAnswer = {readonly locks: ReadonlyMap<string, string>; readonly blockers: ReadonlyMap<number, readonly number[]>};

const locksByTag = (rows: readonly LockRow[]): ReadonlyMap<string, string> =>
	new Map(
		Array.from(Map.groupBy(rows, tagOf), ([tag, all]) => [
			tag,
			all
				.map(row => `${row.virtualtransaction} ${row.mode} ${row.granted}`)
				.sort()
				.join(),
		]),
	);

const ascending = (pids: readonly number[]): readonly number[] => [...new Set(pids)].sort((a, b) => a - b);

const askServer = async (probe: pg.Client): Promise<ServerAnswer> => {
	const {rows} = await probe.query<LockRow & {blockers: readonly number[] | null}>({
		text: `
			select
				l.*, l.transactionid::pg_catalog.text as transactionid, l.database::pg_catalog.int8 as database,
				l.relation::pg_catalog.int8 as relation, l.classid::pg_catalog.int8 as classid, l.objid::pg_catalog.int8 as objid,
				case when not l.granted then pg_catalog.pg_blocking_pids(l.pid) end as blockers
			from pg_catalog.pg_locks as l
			where l.mode <> 'SIReadLock'`,
	});
	const blockers = rows.flatMap(row => (row.blockers === null ? [] : [[row.pid ?? 0, ascending(row.blockers)] as const]));
	return {locks: locksByTag(rows), blockers: new Map(blockers)};
};

/** Compares the blockers of each waiter for a lock of which nothing changes from before the reading until after it. */
const compareBlockers = async (probe: pg.Client, version: 13 | 15 | 18) => {
	const counts = {readings: 0, waiters: 0, holders: 0, ahead: 0, withBoth: 0, mismatches: 0};
	const wrong: string[] = [];
	let before = await askServer(probe);
	const begun = performance.now();
	while (performance.now() - begun < compareMs || counts.waiters < 500 || counts.withBoth < 20) {
		const asked = performance.now();
		const {rows} = await readLocks(probe, version);
		const tookMs = performance.now() - asked;
		const {byPid} = blockingGraph(rows, []);
		const after = await askServer(probe);
		const now = locksByTag(rows);
		counts.readings++;
		// After a second of one reading no further waiter is asked for: its place is then that of its start.
		const waiting = tookMs < 1000 ? rows.filter(({granted}) => !granted) : [];
		for (const row of waiting) {
			const pid = row.pid ?? 0;
			const tag = tagOf(row);
			const blockers = before.blockers.get(pid) ?? [];
			const isStable = [before, after].every(
				answer => answer.locks.get(tag) === now.get(tag) && answer.blockers.get(pid)?.join() === blockers.join(),
			);
			if (!isStable || blockers.length === 0) continue;
			const node = byPid.get(pid);
			const named = node?.blockedBy() ?? [];
			const ahead = node?.queuedBehind().length ?? 0;
			counts.waiters++;
			counts.holders += named.length - ahead;
			counts.ahead += ahead;
			if (ahead > 0 && ahead < named.length) counts.withBoth++;
			// A deadlock detector may have rearranged the queue for a moment, which the reading itself was told.
			const answers = [blockers, ascending(row.blocking_pids ?? [])].map(pids => pids.join());
			if (answers.includes(named.toSorted((a, b) => a - b).join())) continue;
			counts.mismatches++;
			wrong.push(
				`${pid}, which wants ${row.mode} on ${tag}, is blocked by ${blockers.join()}, not by ${named.join()}; it was told ${row.blocking_pids}`,
			);
		}
		before = after;
	}
	return {counts, wrong};
};

type Counts = {rounds: number; now: number; perhaps: number; later: number; blocked: number; again: number; mismatches: number};

/** Ends a session of a frozen storm and compares what becomes of its waiters with the forecast. */
const endOne = async (
	storm: LockStorm,
	probe: pg.Client,
	version: 13 | 15 | 18,
	random: (below: number) => number,
	counts: Counts,
): Promise<readonly string[]> => {
	const graph = blockingGraph((await readLocks(probe, version)).rows, []);
	const targets = graph.nodes.filter(node => node.behind.count > 0);
	const target = targets[random(targets.length || 1)];
	if (!target) return [];
	const isCancel = target.wait !== null && random(2) === 0;
	const ending: EndingSession = {pid: target.pid, keeps: isCancel};
	const waiters = graph.byPid.get(target.pid)?.waiters() ?? [];
	const forecast = forecastOf(waiters, [ending]);
	const failures = storm.failures();
	await probe.query(`select pg_catalog.${isCancel ? 'pg_cancel_backend' : 'pg_terminate_backend'}($1)`, [target.pid]);
	await expect.poll(() => askServer(probe).then(waits => waits.blockers.has(target.pid))).toBe(false);
	if (!isCancel)
		await expect
			.poll(async () => (await probe.query('select from pg_catalog.pg_stat_get_activity($1)', [target.pid])).rows.length)
			.toBe(0);
	await storm.settle();
	// A further deadlock or a wait that gave up frees more than the ending.
	if (storm.failures() > failures + 1) return [];
	const after = await askServer(probe);
	const later = blockingGraph((await readLocks(probe, version)).rows, []);
	counts.rounds++;
	counts.now += forecast.now.length;
	counts.perhaps += forecast.perhaps.length;
	counts.later += forecast.later;
	counts.blocked += forecast.blocked;
	return waiters.flatMap(({pid, wait}) => {
		const isWaiting = after.blockers.has(pid);
		const expected = forecast.now.includes(pid);
		if (forecast.perhaps.includes(pid) || isWaiting !== expected) return [];
		// It got its lock, and its statement went on to another one: a row of the table, or the next session that shares a row lock.
		const next = later.byPid.get(pid)?.wait?.row;
		if (expected && wait && next && tagOf(next) !== tagOf(wait.row)) {
			counts.again++;
			return [];
		}
		counts.mismatches++;
		return [
			`${isCancel ? 'cancel' : 'terminate'} ${target.pid}: ${pid} (${wait?.row.mode} on ${wait?.row.locktype}, blocked by ${graph.byPid.get(pid)?.blockedBy()}) ${
				expected ? 'still waits' : 'went on'
			}`,
		];
	});
};

describe.each([13, 15, 18] as const)('40 sessions that lock at random on PostgreSQL %i', version => {
	it('are blocked by those that pg_blocking_pids names, and go on as forecast when one of them ends', async () => {
		const server = await startTestServer(version, {deadlock_timeout: '200ms'});
		const storm = await startLockStorm(server, sessions);
		try {
			const probe = await connectProbe(server);
			const {counts, wrong} = await compareBlockers(probe, version);
			process.stdout.write(`PostgreSQL ${version}: ${JSON.stringify(counts)}\n`);
			expect(wrong).toEqual([]);

			const forecasts: Counts = {rounds: 0, now: 0, perhaps: 0, later: 0, blocked: 0, again: 0, mismatches: 0};
			const random = randomFrom(20_261_129);
			const surprises: string[] = [];
			const signaller = await connect(server);
			const begun = performance.now();
			while (performance.now() - begun < forecastMs || forecasts.now < 10 || forecasts.blocked < 10) {
				await storm.freeze();
				const isDeadlocked = async (): Promise<boolean> =>
					blockingGraph((await readLocks(probe, version)).rows, []).nodes.some(({cycle}) => cycle);
				await expect.poll(isDeadlocked).toBe(false);
				await storm.settle();
				for (let left = 4; left > 0; left--) surprises.push(...(await endOne(storm, probe, version, random, forecasts)));
				storm.go();
				await signaller.query('select pg_sleep(0.2)');
			}
			process.stdout.write(`PostgreSQL ${version}: ${JSON.stringify(forecasts)}\n`);
			expect(surprises).toEqual([]);
		} finally {
			await storm.stop();
			await server.remove();
		}
	});
});
