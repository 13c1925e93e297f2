import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {endsWithTest, longestWaitMs} from '../lifetime.ts';
import {connect, type Session, startTestServer} from '../postgres/servers.ts';
import {answered, confirmed} from '../pty/answer.ts';
import {at, cli, environment, folder, run} from '../pty/program.ts';
import {type Screen, start} from '../pty/screen.ts';
import {type PgBouncer, startPgBouncer} from './pgbouncer.ts';

// A loopback address where nothing else on this machine listens.
const address = `127.85.${1 + (process.pid % 250)}.${1 + (Math.trunc(process.pid / 250) % 250)}`;

let server: Server;
let pooler: PgBouncer;
beforeAll(async () => {
	server = await startTestServer(18, {listen_addresses: address});
	pooler = await startPgBouncer({host: address, port: server.port}, 2);
});
afterAll(async () => {
	await pooler?.remove();
	await server?.remove();
});

const consoleOf = ({host, port}: PgBouncer): string => `host=${host} port=${port} user=postgres`;

const client = (applicationName: string): Promise<Session> =>
	connect({...server, host: pooler.host, port: pooler.port} as Server, {applicationName});

const monitor = (...args: readonly string[]): Screen =>
	start([...at(server), '--interval', '250ms', '--pgbouncer', consoleOf(pooler), '--pane', 'pooler', ...args], {
		columns: 160,
		rows: 50,
	});

const marked = (text: string): string | undefined => /❯ (.*?) *│/.exec(text)?.[1];

/** Chooses a command of the menu for the pool of postgres. */
const choose = async (screen: Screen, word: string): Promise<void> => {
	screen.press('f9');
	for (let places = 0; places < 30; places++) {
		const before = marked(await screen.until(text => marked(text) !== undefined));
		if (before?.includes(`${word} (PgBouncer)`)) break;
		screen.press('down');
		await screen.until(text => marked(text) !== before);
	}
	screen.press('enter');
};

const atPool = async (screen: Screen): Promise<void> => {
	await screen.until(/postgres +postgres .*transaction/);
	screen.press('down');
	await screen.until(/▶.*postgres +postgres .*transaction/);
};

it('PAUSE and RESUME are asked, sent and audited, and every header says PAUSED', async () => {
	await using idle = await client('idle');
	await idle.query('select 1');
	const audit = join(folder, 'audit');
	const screen = monitor('--audit', audit);
	await atPool(screen);
	await choose(screen, 'PAUSE');
	await screen.until(/PAUSE database postgres in PgBouncer\?[\s\S]*hits +\d+ clients? active[\s\S]*SQL +PAUSE postgres/);
	await confirmed(screen, 'postgres');
	await screen.until(/PAUSE postgres in PgBouncer .*: done\. postgres is PAUSED/);
	await screen.until('PgBouncer PAUSED: postgres');
	screen.press('1');
	await screen.until(/PgBouncer PAUSED: postgres[\s\S]*Sessions/);
	const waits = idle.query('select 1');
	screen.press(':');
	await screen.until(/^:/m);
	screen.press(...'pooler', 'enter');
	await screen.until(/▶.*postgres +postgres .*transaction/);
	await choose(screen, 'RESUME');
	await screen.until(/RESUME database postgres in PgBouncer\?/);
	await answered(screen, 'y');
	await screen.until(/RESUME postgres in PgBouncer .*: done\. postgres is not paused/);
	await waits;
	await screen.until(text => !text.includes('PgBouncer PAUSED'));
	const entries = readFileSync(audit, 'utf8');
	expect(entries.match(/"action":"pooler-(?:pause|resume)"/g)).toHaveLength(4);
	expect(entries).toContain('"statement":"PAUSE postgres"');
	screen.press('ctrl-c');
	expect(await screen.exited).toBe(0);
});

it('a PAUSE that waits does not hold up the keys, and is resumed when the program exits', async () => {
	await using held = await client('held');
	await held.query('begin');
	await using waiter = await client('waiter');
	const screen = monitor();
	await atPool(screen);
	await choose(screen, 'PAUSE');
	await screen.until('PAUSE database postgres in PgBouncer?');
	await confirmed(screen, 'postgres');
	await screen.until(/PAUSE postgres waits until its servers are idle/);
	await screen.until('PgBouncer PAUSED: postgres');
	const waits = waiter.query('select 1');
	screen.press('2');
	await screen.until(text => !text.includes('BOUNCER'));
	screen.press('q');
	expect(await screen.exited).toBe(0);
	await waits;
	await held.query('commit');
});

it('--read-only refuses', async () => {
	await using idle = await client('idle');
	await idle.query('select 1');
	const screen = monitor('--read-only');
	await atPool(screen);
	screen.press('f9');
	await screen.until(/Actions are off: pgtriage runs with --read-only\.[\s\S]*PAUSE \(PgBouncer\)/);
	screen.press('esc', 'q');
});

it('--once prints the pools, and names the remedy without a PgBouncer', async () => {
	await using idle = await client('idle');
	await idle.query('select 1');
	const {stdout, status} = await run([...at(server), '--once', '--pane', 'pooler', '--pgbouncer', consoleOf(pooler)]);
	expect(status).toBe(0);
	expect(JSON.parse(stdout).panes.pooler.rows).toContainEqual(
		expect.objectContaining({
			section: 'pool',
			database: 'postgres',
			user: 'postgres',
			cl_waiting: 0,
			pool_size: 2,
			paused: false,
		}),
	);
	const without = await run([...at(server), '--once', '--pane', 'pooler']);
	expect(without.status).toBe(2);
	expect(without.stderr).toContain('The pane pooler needs a PgBouncer. Name it with --pgbouncer');
});

it('a recording has the clients that waited, and replay shows them', async () => {
	await using one = await client('one');
	await using two = await client('two');
	await using waiter = await client('waiter');
	for (const session of [one, two]) await session.query('begin; select 1');
	const waits = waiter.query('select 1');
	const file = join(folder, 'recording');
	const args = [cli, 'record', file, ...at(server), '--interval', '250ms', '--pgbouncer', consoleOf(pooler)];
	const recorder = spawn(process.execPath, args, {env: environment(), stdio: 'ignore'});
	endsWithTest(() => recorder.kill('SIGKILL'));
	const isRecorded = (): boolean => existsSync(file) && readFileSync(file, 'utf8').includes('waiter');
	await expect.poll(isRecorded, {timeout: longestWaitMs}).toBe(true);
	recorder.kill('SIGTERM');
	await once(recorder, 'exit');
	await one.query('commit');
	await waits;
	await two.query('commit');
	const screen = start(['replay', file, '--pane', 'pooler'], {columns: 160, rows: 50});
	await screen.until(/Clients[\s\S]*waiting .* waiter/);
	screen.press('q');
	expect(await screen.exited).toBe(0);
});
