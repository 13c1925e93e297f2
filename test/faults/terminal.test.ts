import {readFileSync, statSync} from 'node:fs';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {startTestServer} from '../postgres/servers.ts';
import {at, cli, folder, run} from '../pty/program.ts';
import {start} from '../pty/screen.ts';
import {holdsOut, leave, sleeper, watching} from './watching.ts';

let server: Server;

beforeAll(async () => {
	server = await startTestServer(18);
});

// A stop ends the sessions of all.
beforeEach(async () => {
	if (server.pid() === undefined) await server.restart();
	await sleeper(server);
});

afterAll(() => server?.remove());

describe('a bug while a frame is made', () => {
	// What every frame goes through fails from SIGUSR2 on.
	const planted = `process.on('SIGUSR2', () => {
		const from = Array.from;
		Array.from = (list, ...rest) => {
			if (rest.length > 0 && typeof list?.length === 'number' && !(list instanceof Array)) throw new Error('planted');
			return from.call(Array, list, ...rest);
		};
	})`;

	it('restores the terminal first and writes the stack to a private file', async () => {
		const screen = await watching(server, {env: {NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(planted)}`}});
		screen.signal('SIGUSR2');
		expect(await screen.exited).toBe(70);
		expect(screen.unrestored()).toEqual([]);
		const written = screen.written().toString();
		expect(written.match(/This is a bug in pgtriage\./g)).toHaveLength(1);
		expect(written.indexOf('This is a bug')).toBeGreaterThan(written.lastIndexOf('\x1b[?1049l'));
		expect(written).not.toMatch(/\bat .*\.js:\d+/);
		const [, file = ''] = /Details are in (\S+);/.exec(written.replaceAll(/\s*\r\n/g, ' ')) ?? [];
		expect(readFileSync(file, 'utf8')).toContain('Error: planted');
		expect(statSync(file).mode & 0o777).toBe(0o600);
	});
});

describe('a terminal that reads nothing', () => {
	it('gets only the newest frame when it reads again, and q exits meanwhile', async () => {
		const screen = await watching(server);
		const cleared = (): number => screen.written().toString('latin1').split('\x1b[2J').length;
		const redrawn = cleared();
		screen.press('ctrl-l');
		await expect.poll(cleared).toBeGreaterThan(redrawn);
		screen.stall(true);
		const before = cleared();
		const redraws = 150;
		// More than the terminal's buffer and the program's own hold.
		for (let times = 0; times < redraws; times++) {
			screen.press('ctrl-l');
			await new Promise(resolve => setTimeout(resolve, 20));
		}
		screen.stall(false);
		screen.press('?');
		await screen.until('Esc = back');
		expect(cleared() - before).toBeLessThan(redraws / 2);
		screen.press('esc');
		await screen.until(text => !text.includes('Esc = back'));
		await leave(screen);
	});
});

describe('a limited environment', () => {
	it('LANG=C gets only ASCII', async () => {
		const screen = await watching(server, {env: {LANG: 'C'}});
		screen.press('down', 'K');
		await screen.until(/pg_terminate_backend/);
		expect(screen.text()).toMatch(/^[\x20-\x7e\n]*$/);
		screen.press('ctrl-c');
		expect(await screen.exited).toBe(0);
	});

	it('NO_COLOR gets no color, and every state still has its word', async () => {
		const screen = await watching(server, {env: {NO_COLOR: '1'}});
		await server.stop('fast');
		await screen.until(/STALE/);
		// No colour by number, neither of 8, 16, 256 nor of all.
		expect(screen.written().toString('latin1')).not.toMatch(/\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9\d|10\d)(?:;\d+)*m/);
		await holdsOut(screen, /Retrying/);
		await leave(screen);
	});

	it('CI=1 on a terminal still opens the screen', async () => {
		const screen = await watching(server, {env: {CI: '1'}});
		screen.press('down', 'K');
		await screen.until(/pg_terminate_backend/);
		screen.press('ctrl-c');
		expect(await screen.exited).toBe(0);
		expect(screen.unrestored()).toEqual([]);
	});

	it('TERM=dumb and no terminal get one line and status 2', async () => {
		const dumb = start(at(server), {env: {TERM: 'dumb'}});
		expect(await dumb.exited).toBe(2);
		expect(dumb.text().trim().split('\n').length).toBeLessThanOrEqual(2);
		const {status, stdout, stderr} = await run(at(server));
		expect(status).toBe(2);
		expect(stdout).toBe('');
		expect(stderr.trimEnd().split('\n')).toHaveLength(1);
	});
});

it('a file at its size limit ends the recording with a sentence but not the monitor', async () => {
	const file = `${folder}/limited.ndjson`;
	const args = [...at(server), '--interval', '250ms', '--pane', 'sessions', '--record', file];
	// The compiled code that Node.js would keep is larger than that.
	const limited = 'export NODE_DISABLE_COMPILE_CACHE=1; ulimit -f 16; "$@"; status=$?; stty -a >"$SETTINGS"; exit $status';
	const screen = start([], {program: ['bash', '-c', limited, 'bash', process.execPath, cli, ...args]});
	await screen.until(/NOT RECORDING/);
	await screen.until(/sleeper/);
	screen.press('q');
	expect(await screen.exited).toBe(1);
	expect(screen.unrestored()).toEqual([]);
});
