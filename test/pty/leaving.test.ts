import {existsSync, readFileSync} from 'node:fs';
import {constants} from 'node:os';
import type {Client} from 'pg';
import {afterAll, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {longestWaitMs} from '../lifetime.ts';
import {runs} from '../postgres/process.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {question} from './answer.ts';
import {drive} from './driver.ts';
import {at, cli} from './program.ts';
import {atOnceMs, type Screen, start} from './screen.ts';

let server: Server;
let admin: Client;

beforeAll(async () => {
	server = await startTestServer(18);
	admin = await connect(server, {applicationName: 'admin'});
	const client = await connect(server, {applicationName: 'sleeper'});
	client.query('select pg_sleep(600)').catch(() => {});
});

afterAll(() => server?.remove());

const connections = async (): Promise<number> =>
	(await admin.query("select from pg_stat_activity where application_name = 'pgtriage'")).rowCount ?? -1;

// What a test before left is gone: its program ended without a word to the server.
beforeEach(() => vi.waitUntil(async () => (await connections()) === 0, {timeout: longestWaitMs}));

const watching = async (args: readonly string[] = []): Promise<Screen> => {
	const screen = start([...at(server), ...args]);
	await screen.until(/sleeper/);
	return screen;
};

const taken = (): number => performance.now();

describe('the terminal is restored at once', () => {
	it.each([
		['q', ['q'], 0],
		['Ctrl-C', ['ctrl-c'], 0],
		['Ctrl-C while help is shown', ['?', 'ctrl-c'], 0],
		['Ctrl-C while the filter is typed', ['/', 'ctrl-c'], 0],
		['Ctrl-C while the menu is open', ['f6', 'ctrl-c'], 0],
	] as const)('by %s', async (_, keys, status) => {
		const screen = await watching();
		const begun = taken();
		screen.press(...keys);
		expect(await screen.exited).toBe(status);
		expect(taken() - begun).toBeLessThan(atOnceMs);
		expect(screen.unrestored()).toEqual([]);
		expect(screen.text()).toBe(''.padEnd(29, '\n'));
		await expect.poll(connections).toBe(0);
	});

	it.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const)('by %s, with 128 plus its number as the status', async signal => {
		const screen = await watching();
		const begun = taken();
		screen.signal(signal);
		expect(await screen.exited).toBe(128 + constants.signals[signal]);
		expect(taken() - begun).toBeLessThan(atOnceMs);
		expect(screen.unrestored()).toEqual([]);
		await expect.poll(connections).toBe(0);
	});

	it('by a signal before the first frame', async () => {
		const screen = start(at(server));
		await expect.poll(connections, {interval: 2}).toBeGreaterThan(0);
		screen.signal('SIGTERM');
		expect(await screen.exited).toBe(143);
		expect(screen.unrestored()).toEqual([]);
	});

	it('by a signal while a question is open', async () => {
		const screen = await watching(['--filter', 'app=sleeper']);
		await drive(screen).row('sleeper').select();
		screen.press('K');
		await screen.until(question);
		screen.signal('SIGTERM');
		expect(await screen.exited).toBe(143);
		expect(screen.unrestored()).toEqual([]);
	});
});

it('SIGUSR1 does not open the debugger', async () => {
	const screen = await watching();
	screen.signal('SIGUSR1');
	screen.press('?');
	await screen.until('Esc = back');
	screen.press('ctrl-c');
	expect(await screen.exited).toBe(0);
	expect(screen.written().toString()).not.toContain('Debugger');
});

describe('Ctrl-Z', () => {
	it('under bash returns to the shell, and fg brings back the current screen', async () => {
		const screen = start([], {program: ['bash', '--norc', '--noprofile', '-i'], env: {PS1: 'shell> '}, columns: 160});
		await screen.until('shell>');
		screen.type(`'${process.execPath}' '${cli}' ${at(server).join(' ')}\r`);
		await screen.until(/sleeper .*active/);
		screen.press('ctrl-z');
		await screen.until('Stopped');
		screen.type('stty -a | tail -n 2\r');
		await screen.until(/^isig icanon iexten echo /m);
		screen.type('clear; echo still a $((40 + 2)) shell\r');
		await screen.until(text => text.startsWith('still a 42 shell'));
		screen.type('fg\r');
		await screen.until(/pgtriage .*\n[\s\S]*sleeper .*active/);
		screen.press('?');
		await screen.until('Esc = back');
		screen.press('esc');
		await screen.until(/sleeper .*active/);
		screen.press('q');
		await screen.until(/still a 42 shell/);
		screen.type('echo status $?\r');
		await screen.until('status 0');
	});

	it('without a shell to continue it does not stop the program', async () => {
		const screen = await watching();
		const before = screen.written().length;
		screen.press('ctrl-z');
		await screen.until(() => screen.written().subarray(before).includes('\x1b[?1049h') && screen.text().includes('sleeper'));
		screen.press('q');
		expect(await screen.exited).toBe(0);
		expect(screen.unrestored()).toEqual([]);
	});
});

describe('a connection that drops', () => {
	it('ends the program and its connections', async () => {
		const screen = await watching();
		const pid = screen.pid();
		screen.drop();
		await expect.poll(() => runs(pid)).toBe(false);
		await expect.poll(connections).toBe(0);
	});

	it('ends it without a signal if the terminal is not its controlling one', async () => {
		const screen = start([], {
			program: ['bash', '-c', `trap '' HUP; setsid "$@" <&0 & wait`, 'bash', process.execPath, cli, ...at(server)],
		});
		await screen.until(/sleeper/);
		await expect.poll(connections).toBe(3);
		screen.drop();
		await expect.poll(connections).toBe(0);
	});
});

it.each(['throw', 'void Promise.reject'])('a bug restores the terminal before it is reported (%s)', async how => {
	const planted = `process.on('SIGUSR2', () => { ${how} (new Error('planted \\x1b]0;owned\\x07\\u202e')) })`;
	const env = {NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(planted)}`};
	const screen = start([...at(server)], {env});
	await screen.until(/sleeper/);
	screen.signal('SIGUSR2');
	expect(await screen.exited).toBe(70);
	expect(screen.unrestored()).toEqual([]);
	const written = screen.written().toString();
	expect(written.match(/This is a bug in pgtriage\./g)).toHaveLength(1);
	const [, file = ''] = /are in (\S+crash\.txt)/.exec(written) ?? [];
	expect(readFileSync(file, 'utf8')).toMatch(/^pgtriage [\d.]+, Node v[\d.]+\nError: planted \^\[\]0;owned\^G\\u202e\n {4}at /);
	expect(written.lastIndexOf('\x1b[?1049l')).toBeGreaterThan(-1);
	expect(written.indexOf('This is a bug')).toBeGreaterThan(written.lastIndexOf('\x1b[?1049l'));
});

it('demo shows the incidents and leaves neither a server nor a file', async () => {
	const screen = start(['demo', '--scenario', 'lock-chain']);
	await screen.until(/idle in xact .*\n.*billing-w/);
	const [, host = ''] = /@(\/\S+):5432/.exec(screen.text()) ?? [];
	expect(existsSync(host)).toBe(true);
	screen.press('q');
	expect(await screen.exited).toBe(0);
	expect(screen.unrestored()).toEqual([]);
	expect(existsSync(host)).toBe(false);
});
