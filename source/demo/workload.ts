import {setTimeout as delay} from 'node:timers/promises';
import type {Client} from 'pg';
import type {Connect, DemoSessionOptions} from './connect.ts';
import {accountCount, reservedAccounts} from './shop.ts';

/** Steady ordinary traffic that has ended when `stop` resolves. */
export type Workload = {stop(): Promise<void>};

type Random = () => number;

/** One unit of work: statements, each in a round trip, with pauses that leave the transaction idle. */
type Work = {readonly weight: number; readonly statements: (random: Random) => readonly string[]};

type Part = DemoSessionOptions & {readonly pauseMs: number; readonly work: readonly Work[]};

// mulberry32: with the same seed every session chooses the same statements and pauses.
const randomFrom = (seed: number): Random => {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
};

const account = (random: Random) => reservedAccounts + 1 + Math.floor(random() * (accountCount - reservedAccounts));
const amount = (random: Random) => (5 + random() * 90).toFixed(2);
const sku = (random: Random) => `sku-${Math.floor(random() * 400)}`;

const lookUp: Work = {
	weight: 6,
	statements: random => [`select id, status, total from orders where account_id = ${account(random)} order by id desc limit 10`],
};
const placeOrder: Work = {
	weight: 3,
	statements: random => [`select place_order(${account(random)}, '${sku(random)}', ${amount(random)})`],
};
const pay: Work = {
	weight: 2,
	statements: random => {
		const id = account(random);
		return [
			`begin; select balance from accounts where id = ${id} for update`,
			`update accounts set balance = balance + ${amount(random)}, updated_at = now() where id = ${id}; commit`,
		];
	},
};
const topSkus: Work = {
	weight: 1,
	statements: () => ['select sku, sum(quantity * price) from order_lines group by sku order by 2 desc limit 10'],
};
const settleAccounts: Work = {
	weight: 1,
	statements: random => [`call settle_accounts(${account(random)}, ${amount(random)})`],
};
const recordViews: Work = {
	weight: 1,
	statements: random => [`call record_views(${account(random)}, ${Math.floor(random() * 400)})`],
};
const slowPages: Work = {
	weight: 1,
	statements: () => ['select path, count(*), avg(took_ms) from page_views group by path order by 3 desc limit 20'],
};

const parts: readonly Part[] = [
	{applicationName: 'checkout', user: 'shop', pauseMs: 170, work: [lookUp, placeOrder, pay]},
	{applicationName: 'checkout', user: 'shop', pauseMs: 170, work: [lookUp, placeOrder, pay]},
	{applicationName: 'api', user: 'shop', pauseMs: 120, work: [lookUp]},
	{applicationName: 'api', user: 'shop', pauseMs: 140, work: [lookUp, placeOrder]},
	{applicationName: 'billing-worker', user: 'shop', pauseMs: 350, work: [settleAccounts]},
	{applicationName: 'stock-report', user: 'reporting', pauseMs: 1500, work: [topSkus]},
	{applicationName: 'tracker', user: 'reporting', database: 'analytics', pauseMs: 280, work: [recordViews]},
	{applicationName: 'dashboard', user: 'reporting', database: 'analytics', pauseMs: 900, work: [slowPages]},
];

const choose = (work: readonly Work[], random: Random): Work | undefined => {
	let left = random() * work.reduce((sum, {weight}) => sum + weight, 0);
	for (const one of work) {
		left -= one.weight;
		if (left <= 0) return one;
	}
	return work.at(-1);
};

const reconnectMs = 500;

/** Starts the sessions of the workload, about 130 transactions a second in total; `seed` determines their statements and order. */
export const startWorkload = async (connect: Connect, seed: number): Promise<Workload> => {
	const stopping = new AbortController();
	const {signal} = stopping;
	const live = new Set<Client>();
	const join = async (part: Part) => {
		const client = await connect(part);
		live.add(client);
		client.once('end', () => live.delete(client));
		return client;
	};
	const play = async (part: Part, random: Random, first: Client): Promise<void> => {
		let client = first;
		while (!signal.aborted) {
			const pauseMs = part.pauseMs * (0.5 + random());
			const statements = choose(part.work, random)?.statements(random) ?? [];
			try {
				if (!live.has(client)) client = await join(part);
				for (const [index, statement] of statements.entries()) {
					if (index > 0) await delay(pauseMs / 2, undefined, {signal});
					await client.query(statement);
				}
				await delay(pauseMs, undefined, {signal});
			} catch {
				if (signal.aborted) return;
				// Canceled, terminated, or the server is gone: an application retries a moment later.
				await client.query('rollback').catch(() => {});
				await delay(reconnectMs, undefined, {signal}).catch(() => {});
			}
		}
	};
	const clients = await Promise.all(parts.map(join));
	const playing = parts.map(async (part, index) => {
		const client = clients[index];
		if (client) await play(part, randomFrom(seed * 1000 + index), client);
	});
	return {
		stop: async () => {
			stopping.abort();
			await Promise.all(playing);
			await Promise.all([...live].map(async client => client.end().catch(() => {})));
		},
	};
};
