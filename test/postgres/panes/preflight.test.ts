import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {type ModeName, modeOfName} from '../../../source/core/locks/lock-commands.ts';
import type {Server} from '../../../source/demo/server.ts';
import {longestWaitMs} from '../../lifetime.ts';
import {connect, type ServerVersion, type Session, startTestServer, undoPrepared} from '../servers.ts';
import {checked} from './preflight-reading.ts';

// By hand: PREFLIGHT_CASES=300.
const cases = Number(process.env.PREFLIGHT_CASES ?? 40);
const modes = Object.keys(modeOfName) as readonly ModeName[];
const tables = ['one', 'two', 'whole', 'whole_1', 'whole_2'] as const;
const fewest = 1;
const most = 5;

/** Random numbers in [0, 1) from a seed: mulberry32. */
const randomFrom = (seed: number): (() => number) => {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
};

/** A session of the play, and whether its last statement still waits. */
type Actor = {readonly session: Session; readonly pid: number; waiting: Promise<unknown> | undefined};

const pidOf = async (session: Session): Promise<number> =>
	(await session.query<{pid: number}>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;

describe.each([13, 15, 18] as const)('PostgreSQL %i', version => {
	let server: Server;
	let admin: Session;
	let reader: Session;
	let actors: readonly Actor[];
	let key = 0;

	beforeAll(async () => {
		// Nothing resolves itself while a case is looked at: no deadlock is found, no autovacuum runs.
		server = await startTestServer(version as ServerVersion, {
			max_prepared_transactions: '20',
			deadlock_timeout: '10min',
			autovacuum: 'off',
		});
		admin = await connect(server);
		reader = await connect(server);
		await admin.query(
			`
			create table one (id int primary key);
			create table two (id int primary key);
			create table whole (id int primary key) partition by list ((id % 2));
		`.replace('primary key) partition by list ((id % 2))', 'not null) partition by hash (id)'),
		);
		await admin.query(`
			create table whole_1 partition of whole for values with (modulus 2, remainder 0);
			create table whole_2 partition of whole for values with (modulus 2, remainder 1);
		`);
		actors = await Promise.all(
			Array.from({length: most + 1}, async () => {
				const session = await connect(server, {applicationName: 'actor'});
				return {session, pid: await pidOf(session), waiting: undefined};
			}),
		);
	});

	afterAll(() => server?.remove());

	const isWaiting = async (pid: number): Promise<boolean> =>
		(await admin.query('select from pg_locks where pid = $1 and not granted', [pid])).rowCount !== 0;

	/** Sends a statement and resolves when it is done or waits for a lock. */
	const act = async (actor: Actor, sql: string): Promise<void> => {
		let isDone = false;
		const sent = actor.session.query(sql).catch(() => {});
		void sent.then(() => {
			isDone = true;
		});
		await vi.waitUntil(async () => isDone || (await isWaiting(actor.pid)), {timeout: longestWaitMs, interval: 2});
		actor.waiting = isDone ? undefined : sent;
	};

	const statement = (random: () => number): string => {
		const table = tables[Math.floor(random() * tables.length)] as string;
		const mode = modes[Math.floor(random() * modes.length)] as string;
		const choice = random();
		if (choice < 0.15) return `select * from ${table}`;
		if (choice < 0.25) return `select * from ${table} for update`;
		if (choice < 0.35 && table !== 'whole_1' && table !== 'whole_2') return `insert into ${table} values (${++key})`;
		return `lock table ${random() < 0.3 ? 'only ' : ''}${table} in ${mode} mode`;
	};

	/** Plays random locks, waits and prepared transactions. */
	const play = async (random: () => number): Promise<void> => {
		const cast = actors.slice(0, fewest + Math.floor(random() * (most - fewest + 1)));
		for (const [place, actor] of cast.entries()) {
			await act(actor, 'begin');
			for (let times = 1 + Math.floor(random() * 2); times > 0 && !actor.waiting; times--) await act(actor, statement(random));
			if (!actor.waiting && random() < 0.2) await act(actor, `prepare transaction 'play ${place}'`);
		}
	};

	/** Ends every lock of the play. */
	const clear = async (): Promise<void> => {
		for (const {pid} of actors) await admin.query('select pg_cancel_backend($1)', [pid]);
		for (const actor of actors) {
			await vi.waitUntil(
				async () => {
					if (!(await isWaiting(actor.pid))) return true;
					await admin.query('select pg_cancel_backend($1)', [actor.pid]);
					return false;
				},
				{timeout: longestWaitMs, interval: 5},
			);
			await actor.waiting;
			actor.waiting = undefined;
			await actor.session.query('rollback');
		}
		const {rows} = await admin.query<{gid: string}>('select gid from pg_prepared_xacts');
		for (const {gid} of rows) await admin.query(`rollback prepared '${gid}'`);
	};

	/** True if the server grants the lock at once. */
	const isGranted = async (prober: Actor, table: string, mode: string): Promise<boolean> => {
		await prober.session.query('begin');
		try {
			await prober.session.query(`lock table ${table} in ${mode} mode nowait`);
			return true;
		} catch (error) {
			if ((error as {code?: string}).code !== '55P03') throw error;
			return false;
		} finally {
			await prober.session.query('rollback');
		}
	};

	/** Pids that the server names while the lock really waits, and whether lock_timeout ended it. */
	const blockersOf = async (prober: Actor, table: string, mode: string): Promise<readonly number[]> => {
		await prober.session.query('begin');
		const sent = prober.session.query(`set local lock_timeout = '10s'; lock table ${table} in ${mode} mode`).then(
			() => 'granted',
			() => 'ended',
		);
		await vi.waitUntil(() => isWaiting(prober.pid), {timeout: longestWaitMs, interval: 2});
		const {rows} = await admin.query<{pids: number[]}>('select pg_blocking_pids($1) as pids', [prober.pid]);
		await admin.query('select pg_cancel_backend($1)', [prober.pid]);
		expect(await sent).toBe('ended');
		await prober.session.query('rollback');
		return [...new Set(rows[0]?.pids)].sort((a, b) => a - b);
	};

	it(`agrees with LOCK TABLE in ${cases} random situations`, {timeout: cases * 3000 + longestWaitMs}, async () => {
		undoPrepared(server);
		const counts = {granted: 0, waits: 0, queued: 0, prepared: 0};
		const prober = actors[most] as Actor;
		for (let seed = 1; seed <= cases; seed++) {
			const random = randomFrom(seed * 100 + version);
			await play(random);
			const table = tables[Math.floor(random() * tables.length)] as string;
			const waiting: ModeName[] = [];
			for (const mode of modes) {
				const {obstacles} = await checked(reader, version, table, mode);
				const granted = await isGranted(prober, table, mode);
				expect({seed, table, mode, granted: obstacles.length === 0}).toEqual({seed, table, mode, granted});
				if (granted) counts.granted++;
				else {
					counts.waits++;
					waiting.push(mode);
					if (obstacles.every(({how}) => how === 'awaits')) counts.queued++;
					if (obstacles.some(({pid}) => pid === 0)) counts.prepared++;
				}
			}
			const mode = waiting[Math.floor(random() * waiting.length)];
			// A partitioned table waits for one partition after the other: the server names those in the way of the first.
			if (mode && table !== 'whole') {
				const {obstacles} = await checked(reader, version, table, mode);
				const pids = [...new Set(obstacles.map(({pid}) => pid))].sort((a, b) => a - b);
				expect({seed, table, mode, pids}).toEqual({seed, table, mode, pids: await blockersOf(prober, table, mode)});
			}
			await clear();
		}
		process.stdout.write(`PostgreSQL ${version}: ${JSON.stringify(counts)}\n`);
		expect(counts.granted).toBeGreaterThan(cases);
		expect(counts.waits).toBeGreaterThan(cases);
		expect(counts.queued).toBeGreaterThan(0);
		expect(counts.prepared).toBeGreaterThan(0);
	});
});
