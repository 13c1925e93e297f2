import type {Client} from 'pg';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {at} from './program.ts';
import {atOnceMs, type Screen, start} from './screen.ts';

let server: Server;

beforeAll(async () => {
	server = await startTestServer(18);
});

afterEach(async () => {
	if (server.pid() === undefined) await server.restart();
});

afterAll(() => server?.remove());

/** What is seen within 3 s takes less on a busy machine too; without that it takes for ever. */
const slowMs = 15_000;

const sleeper = async (): Promise<void> => {
	const client = await connect(server, {applicationName: 'sleeper'});
	client.query('select pg_sleep(600)').catch(() => {});
};

const watching = async (): Promise<Screen> => {
	await sleeper();
	const screen = start([...at(server), '--interval', '250ms', '--pane', 'sessions']);
	await screen.until(/sleeper/);
	return screen;
};

/** Signals processes; those that have ended meanwhile are left out. */
const signal = (pids: readonly number[], name: NodeJS.Signals): void => {
	for (const pid of pids)
		try {
			process.kill(pid, name);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
		}
};

const own = async (admin: Client): Promise<readonly number[]> =>
	(await admin.query<{pid: number}>("select pid from pg_stat_activity where application_name = 'pgtriage'")).rows.map(
		({pid}) => pid,
	);

/** How long the screen takes to answer a key, in milliseconds. */
const answered = async (screen: Screen): Promise<number> => {
	const begun = performance.now();
	screen.press('?');
	await screen.until('Esc = back');
	const took = performance.now() - begun;
	screen.press('esc');
	await screen.until(text => !text.includes('Esc = back'));
	return took;
};

describe('a watched server', () => {
	it('that shuts down gets a banner and STALE within 3 s, answers keys and is found again', async () => {
		const screen = await watching();
		await server.stop('fast');
		const begun = performance.now();
		await screen.until(/No server is listening|There is no server socket|shutting down|terminated this session/);
		await screen.until(/STALE/);
		expect(performance.now() - begun).toBeLessThan(slowMs);
		expect(await answered(screen)).toBeLessThan(atOnceMs);
		expect(screen.text()).toContain('sleeper');
		expect(screen.text()).not.toMatch(/\bat .*\.js:\d+|Error:/);
		await server.restart();
		await screen.until(text => !text.includes('STALE') && !text.includes('sleeper'));
		await sleeper();
		await screen.until(/sleeper .*active/);
		screen.press('q');
		expect(await screen.exited).toBe(0);
	});

	it('that crashes is found again', async () => {
		const screen = await watching();
		await server.crash();
		await screen.until(/crash|No server|no server socket|closed the connection/);
		await server.restart();
		await sleeper();
		await screen.until(text => /sleeper .*active/.test(text) && !text.includes('Retrying'));
	});

	it('that is down lets q exit at once with status 0', async () => {
		const screen = await watching();
		await server.stop('fast');
		await screen.until(/STALE/);
		const begun = performance.now();
		screen.press('q');
		expect(await screen.exited).toBe(0);
		expect(performance.now() - begun).toBeLessThan(atOnceMs);
		expect(screen.unrestored()).toEqual([]);
	});

	it('that terminates our backends gets at most three new ones', async () => {
		const admin = await connect(server, {applicationName: 'admin'});
		const screen = await watching();
		for (let times = 0; times < 3; times++) {
			await expect.poll(async () => (await own(admin)).length).toBe(3);
			const before = await own(admin);
			await admin.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [before]);
			await expect.poll(async () => (await own(admin)).filter(pid => !before.includes(pid)).length).toBe(3);
		}
		await screen.until(text => /sleeper .*active/.test(text) && !text.includes('STALE') && !text.includes('Retrying'));
		expect(screen.text()).not.toContain('pgtriage: The');
	});

	it('with our backend stopped by SIGSTOP gets another, and the stopped one is hidden', async () => {
		const admin = await connect(server, {applicationName: 'admin'});
		const screen = await watching();
		await expect.poll(async () => (await own(admin)).length).toBe(3);
		const before = await own(admin);
		try {
			signal(before, 'SIGSTOP');
			await screen.until(/STALE/);
			expect(await answered(screen)).toBeLessThan(atOnceMs);
			await expect.poll(async () => (await own(admin)).filter(pid => !before.includes(pid)).length).toBeGreaterThan(0);
			await screen.until(text => !text.includes('STALE'));
			screen.press('i');
			await screen.until(/admin/);
		} finally {
			signal(before, 'SIGCONT');
		}
	});

	it('that hangs as a whole still answers keys, and q within half a second', async () => {
		const admin = await connect(server, {applicationName: 'admin'});
		const screen = await watching();
		const {rows} = await admin.query<{pid: number}>('select pid from pg_stat_activity where pid <> pg_backend_pid()');
		const all = [server.pid() ?? 0, ...rows.map(({pid}) => pid)];
		try {
			signal(all, 'SIGSTOP');
			await screen.until(/STALE/);
			expect(await answered(screen)).toBeLessThan(atOnceMs);
			const begun = performance.now();
			screen.press('q');
			expect(await screen.exited).toBe(0);
			expect(performance.now() - begun).toBeLessThan(atOnceMs);
		} finally {
			signal(all, 'SIGCONT');
		}
	});
});

it('a postmaster that takes the first connection and answers late is waited for', async () => {
	const pid = server.pid() ?? 0;
	process.kill(pid, 'SIGSTOP');
	try {
		const screen = start(at(server));
		await screen.until('Connecting to');
		// Longer than a server may take that has let us in before.
		await new Promise(resolve => setTimeout(resolve, 6000));
		expect(screen.text()).toMatch(/Connecting to \S+, waiting for its answer … \d/);
		process.kill(pid, 'SIGCONT');
		await screen.until(/sessions \d+\//);
		screen.press('q');
		expect(await screen.exited).toBe(0);
	} finally {
		process.kill(pid, 'SIGCONT');
	}
});

it('a stopped postmaster gives a sentence within the login limit', async () => {
	const pid = server.pid() ?? 0;
	process.kill(pid, 'SIGSTOP');
	try {
		const begun = performance.now();
		const screen = start(at(server), {env: {PGCONNECT_TIMEOUT: '2'}});
		expect(await screen.exited).toBe(1);
		expect(performance.now() - begun).toBeLessThan(slowMs);
		expect(screen.text()).toMatch(/pgtriage: The login to .* took longer than 2 s while .*\./);
		expect(screen.unrestored()).toEqual([]);
	} finally {
		process.kill(pid, 'SIGCONT');
	}
});
