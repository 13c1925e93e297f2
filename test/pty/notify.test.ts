import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {endsWithTest} from '../lifetime.ts';
import {connect, type Session, startTestServer} from '../postgres/servers.ts';
import {at, cli, environment, folder, run} from './program.ts';
import {start} from './screen.ts';

let server: Server;

beforeAll(async () => {
	server = await startTestServer(18, {autovacuum: 'off'});
	const admin = await connect(server);
	await admin.query('create table orders (id int)');
});

/** A session that blocks so many others that it is critical, within seconds; its name would be obeyed by a terminal. */
const pileUp = async (): Promise<Session> => {
	const root = await connect(server, {applicationName: 'shop\u001b]2;owned\u0007'});
	// All wait from the same moment: else it is critical before the last of them waits.
	const waiters = await Promise.all(Array.from({length: 6}, () => connect(server)));
	await root.query('begin');
	await root.query('lock table orders');
	for (const waiter of waiters) waiter.query('select * from orders').catch(() => {});
	return root;
};

describe('--notify', () => {
	it('rings and sets the title when a finding becomes critical, and gives the title back', async () => {
		const screen = start([...at(server), '--notify', '--interval', '250ms'], {columns: 160});
		await screen.until('sessions ');
		const sent = (): string => screen.written().toString('utf8');
		expect(sent()).not.toMatch(/\x1b\]2;|\x1b\[22;2t/);
		const root = await pileUp();
		await expect
			.poll(sent)
			.toMatch(/\x1b\[22;2t\x1b\]2;CRITICAL root-blocker: [^\x07\x1b]*blocks 6 sessions[^\x07\x1b]*\x07\x07/);
		expect(sent()).not.toMatch(/\x1b\]2;owned/);
		await root.query('rollback');
		await expect.poll(sent).toMatch(/\x1b\]2;pgtriage postgres@[^\x07]*\x07/);
		screen.press('q');
		expect(await screen.exited).toBe(0);
		expect(sent()).toMatch(/\x1b\]2;\x07\x1b\[23;2t/);
		expect(screen.unrestored()).toEqual([]);
	});

	it('is off by default', async () => {
		const screen = start([...at(server), '--interval', '250ms'], {columns: 160});
		await screen.until('sessions ');
		const root = await pileUp();
		await screen.until(/blocks 6 sessions/);
		await root.query('rollback');
		screen.press('q');
		expect(await screen.exited).toBe(0);
		expect(screen.written().toString('utf8')).not.toMatch(/\x1b\]2;|\x1b\[2[23];2t|\x07/);
	});
});

const launched = (args: readonly string[]): ChildProcess => {
	const child = spawn(process.execPath, [cli, ...args], {env: environment(), stdio: 'ignore'});
	endsWithTest(async () => {
		if (child.exitCode !== null || child.signalCode !== null) return;
		child.kill('SIGKILL');
		await once(child, 'exit');
	});
	return child;
};

describe('--on-finding', () => {
	it.each([['record', '/dev/null'], ['export']])('of %s runs a command once per new finding', async (...command) => {
		const file = join(folder, `findings-${command[0]}`);
		const child = launched([
			...command,
			...at(server),
			'--interval',
			'250ms',
			'--on-finding',
			`sh -c 'cat >> "${file}"'`,
			...(command[0] === 'export' ? ['--listen', '0'] : []),
		]);
		const root = await pileUp();
		const found = (): readonly Record<string, unknown>[] =>
			(existsSync(file) ? readFileSync(file, 'utf8') : '')
				.split('\n')
				.filter(line => line !== '')
				.map(line => JSON.parse(line) as Record<string, unknown>)
				.filter(({rule}) => rule === 'root-blocker');
		await expect.poll(() => found().some(({severity}) => severity === 'critical')).toBe(true);
		expect(found().at(-1)).toMatchObject({
			at: expect.stringMatching(/^\d{4}-/),
			server: expect.stringContaining('postgres@'),
			pane: 'sessions',
			summary: expect.stringContaining('blocks 6 sessions'),
			ongoing: true,
		});
		const {length} = found();
		expect(length).toBeLessThanOrEqual(2);
		await new Promise(resolve => setTimeout(resolve, 2000));
		expect(found()).toHaveLength(length);
		await root.query('rollback');
		const exit = once(child, 'exit');
		child.kill('SIGTERM');
		expect((await exit)[0]).toBe(0);
	});

	it('with an open quote is a usage error', async () => {
		const {status, stderr} = await run(['record', '/dev/null', ...at(server), '--on-finding', "sh -c 'a"]);
		expect(status).toBe(2);
		expect(stderr).toMatch(/--on-finding needs a command with balanced quotes\./);
	});
});
