import type pg from 'pg';
import {expect} from 'vitest';
import type {Server} from '../../../source/demo/server.ts';
import {endsWithTest} from '../../lifetime.ts';
import {connect} from '../servers.ts';

// Marsaglia's xorshift: each session tries the same on every run.
/** A generator of random integers from 0 to below its argument. */
export const randomFrom = (seed: number) => {
	let state = seed * 2_654_435_761 || 1;
	return (below: number): number => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) % below;
	};
};

type Random = ReturnType<typeof randomFrom>;

const tableModes = [
	'access share',
	'row share',
	'row exclusive',
	'share update exclusive',
	'share',
	'share row exclusive',
	'exclusive',
	'access exclusive',
];

const step = (random: Random): string => {
	const table = `fuzz${random(4)}`;
	const row = 1 + random(3);
	switch (random(10)) {
		case 0:
		case 1:
			return `lock table ${table} in ${tableModes[random(8)]} mode`;
		case 2:
		case 3:
			return `update ${table} set n = n + 1 where id = ${row}`;
		case 4:
			return `select from ${table} where id = ${row} for ${['share', 'key share', 'no key update', 'update'][random(4)]}`;
		case 5:
			return `select pg_advisory_xact_lock(${random(3)})`;
		case 6:
			return `select pg_advisory_xact_lock_shared(${random(3)})`;
		case 7:
			return `alter table ${table} alter n set default ${random(9)}`;
		case 8:
			return 'savepoint here';
		default:
			return `select pg_sleep(${0.02 + random(150) / 1000})`;
	}
};

/** Sessions that lock at random in transactions that they roll back. */
export type LockStorm = {
	/** Lets them send no further statement, and resolves once each waits for a lock or is idle. */
	readonly freeze: () => Promise<void>;
	/** Resolves once each waits for a lock, is idle or has ended. */
	readonly settle: () => Promise<void>;
	readonly go: () => void;
	/** Number of statements that have failed so far, such as those of deadlocks. */
	readonly failures: () => number;
	readonly stop: () => Promise<void>;
};

/** Starts a storm on a server. */
export const startLockStorm = async (server: Server, sessions: number): Promise<LockStorm> => {
	const setup = await connect(server);
	for (const table of [0, 1, 2, 3])
		await setup.query(`create table fuzz${table} as select id, 0 as n from generate_series(1, 3) as id`);
	const counts = {parked: 0, failures: 0};
	let isOver = false;
	let gate = Promise.withResolvers<void>();
	gate.resolve();
	const query = async (client: pg.Client, sql: string): Promise<void> => {
		counts.parked++;
		await gate.promise;
		counts.parked--;
		await client.query(sql);
	};
	const transact = async (client: pg.Client, random: Random): Promise<void> => {
		await query(client, 'begin');
		for (let left = 1 + random(4); left > 0; left--) await query(client, step(random));
		await query(client, 'rollback');
	};
	const workers = Array.from({length: sessions}, async (_, worker) => {
		const random = randomFrom(20_261_122 + worker);
		while (!isOver) {
			const client = await connect(server);
			let isOpen = true;
			client.once('end', () => {
				isOpen = false;
			});
			while (!isOver && isOpen) {
				try {
					await transact(client, random);
				} catch {
					counts.failures++;
					await query(client, 'rollback').catch(() => {});
				}
			}
		}
	});

	// All sessions that neither wait for a lock nor are parked are busy. Seen twice, because a lock can just have been granted.
	const settle = async (): Promise<void> => {
		let seen = 0;
		await expect
			.poll(
				async () => {
					const {rows} = await setup.query<{waiting: number}>(
						"select count(distinct pid)::int as waiting from pg_locks where not granted and locktype <> 'virtualxid'",
					);
					seen = counts.parked + (rows[0]?.waiting ?? 0) === sessions ? seen + 1 : 0;
					return seen;
				},
				{interval: 15, message: 'the sessions to settle'},
			)
			.toBeGreaterThan(2);
	};
	const go = (): void => gate.resolve();
	const stop = async (): Promise<void> => {
		isOver = true;
		go();
		await Promise.all(workers);
	};
	endsWithTest(() => {
		isOver = true;
		go();
	});
	return {
		freeze: async () => {
			gate = Promise.withResolvers();
			await settle();
		},
		settle,
		go,
		failures: () => counts.failures,
		stop,
	};
};
