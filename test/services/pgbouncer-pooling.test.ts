import {afterAll, beforeAll, expect, test} from 'vitest';
import {createAdmin} from '../../source/adapters/act/admin.ts';
import type {Sample} from '../../source/core/sample/sample.ts';
import type {Server} from '../../source/demo/server.ts';
import {registry} from '../../source/panes/index.ts';
import {watchServer} from '../../source/run/server.ts';
import {laneTo, ready, targetOf, until} from '../postgres/lanes.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {type PgBouncer, startPgBouncer} from './pgbouncer.ts';

let server: Server;
let pooler: PgBouncer;
beforeAll(async () => {
	server = await startTestServer(18, {logging_collector: 'on', log_destination: 'csvlog'});
	pooler = await startPgBouncer(server);
});
afterAll(async () => {
	await pooler?.remove();
	await server?.remove();
});

const sampled = async (target: Parameters<typeof watchServer>[0]): Promise<Sample> =>
	new Promise((resolve, reject) => {
		const {source} = watchServer(target, {intervalMs: 1000, mostWaitMs: 20_000, eager: true});
		const feed = source(action => {
			if (action.type === 'sample') queueMicrotask(() => void feed.stop().then(() => resolve(action.sample)));
			else if (action.link.state === 'lost') reject(new Error(action.link.failure?.message));
		});
		feed.watch(registry.panes.map(({id}) => id));
	});

test('PgBouncer is recognized, and nothing that needs one specific backend is sent through it', async () => {
	await using lane = laneTo(targetOf(pooler));
	expect((await ready(lane)).pid).toBeUndefined();
	const reply = await lane.run({name: 'signal', sql: 'select $1', values: ['1'], deadlineMs: 2000});
	expect(reply).toMatchObject({ok: false, error: {code: 'pooler'}});
	expect(await createAdmin(targetOf(pooler)).run({kind: 'reload'})).toMatchObject({failure: {code: 'pooler'}});
});

test('every pane is read through PgBouncer, and the backend that lists the sessions is our own', async () => {
	const {results, own} = await sampled(targetOf(pooler));
	const failed = Object.entries(results).filter(([, result]) => !result.ok && result.error.code !== 'no_extension');
	expect(failed).toEqual([]);
	expect(Object.keys(results).length).toBeGreaterThan(20);
	const sessions = results.sessions?.ok ? results.sessions.rows : [];
	expect(sessions.filter(({pid}) => own.includes(Number(pid)))).toMatchObject([{state: 'active', application_name: 'pgtriage'}]);
});

test('settings end with each transaction and never reach the next client', async () => {
	const names = [
		'search_path',
		'statement_timeout',
		'lock_timeout',
		'default_transaction_read_only',
		'TimeZone',
		'jit',
		'DateStyle',
	];
	const question = `select ${names.map(name => `current_setting('${name}') as "${name}"`).join(', ')}`;
	const direct = await connect(server);
	const wanted = (await direct.query(question)).rows;
	const alone = await startPgBouncer(server, 1);
	try {
		await using lane = laneTo(targetOf(alone));
		for (let round = 0; round < 5; round++)
			expect(await lane.run({name: 'one', sql: 'select pg_catalog.pg_backend_pid()', deadlineMs: 5000})).toMatchObject({
				ok: true,
			});
		expect(await lane.run({name: 'fails', sql: 'select 1/0', deadlineMs: 5000})).toMatchObject({error: {code: '22012'}});
		const client = await connect({...server, host: alone.host, port: alone.port} as Server);
		expect((await client.query(question)).rows).toEqual(wanted);
		await client.query('create table mine ()');
		await client.end();
	} finally {
		await alone.remove();
	}
});

test('a deadline cancels the statement behind PgBouncer, and the lane goes on', async () => {
	await using lane = laneTo(targetOf(pooler));
	await ready(lane);
	const late = await lane.run({name: 'sleep', sql: 'select pg_catalog.pg_sleep(20)', deadlineMs: 300});
	expect(late).toMatchObject({ok: false, error: {code: 'deadline'}});
	expect(await lane.run({name: 'one', sql: 'select 1', deadlineMs: 2000})).toMatchObject({ok: true, rows: [['1']]});
	expect(lane.status().generation).toBe(1);
	const direct = await connect(server);
	const sleeping = "select count(*)::int as n from pg_stat_activity where state = 'active' and query like '%pg_sleep(20)'";
	await expect.poll(async () => (await direct.query(sleeping)).rows[0].n, {timeout: 10_000}).toBe(0);
});

test('options that PgBouncer refuses get a sentence', async () => {
	await using lane = laneTo(targetOf(pooler, {options: '-c geqo=off'}));
	const {failure} = await until(lane, ({failure}) => failure !== undefined);
	expect(failure).toMatchObject({code: '08P01', hint: expect.stringMatching(/pooler/)});
});
