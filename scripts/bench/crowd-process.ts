import type {Client} from 'pg';
import {connectTo} from '../../source/demo/connect.ts';
import {type CrowdCommand, type CrowdReply, crowdRole} from './crowd-commands.ts';

// Runs the sessions of a crowd in a separate process, so that they do not delay the clock that keys are measured by.

const atOnce = 25;
const mostTraders = 20;

let connect: ReturnType<typeof connectTo>;
const idle: Client[] = [];
const line: Client[] = [];
const traders: Client[] = [];
let churning: NodeJS.Timeout | undefined;
let trading: NodeJS.Timeout | undefined;
let root: Client | undefined;
let queue: Promise<unknown> = Promise.resolve();
let count = 0;

const reply = (reply: CrowdReply): void => {
	process.send?.(reply);
};

/** Sends a statement without waiting for it; it ends with its session. */
const start = (client: Client, sql: string): Promise<unknown> => client.query(sql).catch(() => {});

const open = async (size: number, name: string, begin: (client: Client, index: number) => Promise<void>): Promise<void> => {
	for (let from = 0; from < size; from += atOnce)
		await Promise.all(
			Array.from({length: Math.min(atOnce, size - from)}, async (_, offset) => {
				const client = await connect({user: crowdRole, applicationName: `${name} ${from + offset}`});
				await begin(client, from + offset);
			}),
		);
};

const beginMixed = async (client: Client, index: number): Promise<void> => {
	const kind = index % 20;
	if (kind < 10) {
		await client.query(`select ${index} as crowd`);
		idle.push(client);
	} else if (kind < 15) void start(client, `/* crowd ${index} */ select pg_sleep(86400) /* ${'x'.repeat(230)} */`);
	else {
		await client.query('begin');
		if (kind === 19) await start(client, `/* crowd ${index} */ select 1/0`);
		else await client.query(`/* crowd ${index} */ select count(*) from pg_class where oid > ${index}`);
		if (kind < 19) idle.push(client);
	}
};

const beginBusy = async (client: Client, index: number): Promise<void> => {
	let times = 0;
	const next = (): void => {
		const seconds = (30 + ((index * 7 + times) % 10) * 5) / 100;
		client.query(`/* crowd ${index}, ${times++} times */ select pg_sleep(${seconds})`).then(next, () => {});
	};
	next();
};

const beat = async (): Promise<void> => {
	const client = await connect({user: crowdRole, applicationName: 'beat'});
	await client.query('begin');
	const next = (): void => {
		client.query(`/* beat ${Date.now()} */ select pg_sleep(0.1)`).then(next, () => {});
	};
	next();
};

const every = (perSecond: number, act: () => void): NodeJS.Timeout | undefined =>
	perSecond > 0 ? setInterval(act, 1000 / perSecond) : undefined;

const churn = (perSecond: number): void => {
	clearInterval(churning);
	churning = every(perSecond, () => {
		count++;
		const client = idle[count % idle.length];
		if (client) void start(client, `select ${count} as crowd, now(), count(*) from pg_class where oid < ${count}`);
	});
};

const trade = async (perSecond: number): Promise<void> => {
	clearInterval(trading);
	if (perSecond === 0) return;
	await open(mostTraders - traders.length, 'trader', async client => {
		traders.push(client);
	});
	trading = every(perSecond, () => {
		count++;
		const client = traders[count % mostTraders];
		if (client) void start(client, `update bench_accounts set balance = balance + 1 where id = ${(count % mostTraders) + 10}`);
	});
};

const storm = async (): Promise<number> => {
	const first = await connect({user: crowdRole, applicationName: 'storm root'});
	root = first;
	first.once('end', () => reply({type: 'ended', at: Date.now()}));
	const {rows} = await first.query<{pid: number}>('select pg_backend_pid() as pid');
	await first.query('begin');
	await first.query('update bench_accounts set balance = balance + 1 where id = 1 /* root of the storm */');
	queue = Promise.all(
		line.map((client, index) =>
			start(client, `update bench_accounts set balance = balance + 1 where id = 1 /* waiter ${index} */`),
		),
	);
	return rows[0]?.pid ?? 0;
};

const calm = async (): Promise<void> => {
	await root?.end().catch(() => {});
	await queue;
};

const perform = async (command: CrowdCommand): Promise<number | undefined> => {
	switch (command.type) {
		case 'connect':
			connect = connectTo({...command, superuser: 'postgres'}, 'postgres');
			return undefined;
		case 'gather':
			await open(command.size, 'crowd', beginMixed);
			return undefined;
		case 'bustle':
			await open(command.size, 'crowd', beginBusy);
			return undefined;
		case 'churn':
			churn(command.perSecond);
			return undefined;
		case 'trade':
			await trade(command.perSecond);
			return undefined;
		case 'beat':
			await beat();
			return undefined;
		case 'line-up':
			await open(command.size, 'line', async client => {
				line.push(client);
			});
			return undefined;
		case 'storm':
			return storm();
		case 'calm':
			await calm();
			return undefined;
	}
};

process.on('message', (command: CrowdCommand) => {
	perform(command).then(
		pid => reply({type: 'done', ...(pid !== undefined && {pid})}),
		(error: unknown) => reply({type: 'failed', message: String(error)}),
	);
});
// The parent process is gone.
process.on('disconnect', () => process.exit(0));
