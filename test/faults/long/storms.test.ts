import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {Server} from '../../../source/demo/server.ts';
import {type Proxy as Relay, startProxy} from '../../postgres/proxy.ts';
import {connect, startTestServer} from '../../postgres/servers.ts';
import {holdsOut, leave, own, sleeper, watching} from '../watching.ts';

let server: Server;
let proxy: Relay;

beforeAll(async () => {
	server = await startTestServer(18, {track_activity_query_size: '2kB'});
});

beforeEach(async () => {
	await sleeper(server);
	proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`);
});

afterAll(() => server?.remove());

describe('repeated faults', () => {
	it.each(['pg_terminate_backend', 'pg_cancel_backend'])(
		'%s hits our own sessions: no more than three of them, and it goes on',
		async means => {
			const admin = await connect(server, {applicationName: 'admin'});
			const screen = await watching(server);
			let most = 0;
			for (let times = 0; times < 100; times++) {
				const pids = await own(admin);
				most = Math.max(most, pids.length);
				await admin.query(`select ${means}(pid) from unnest($1::int[]) pid`, [pids]);
				await new Promise(resolve => setTimeout(resolve, 100));
			}
			// A session that was told to end may still be seen beside the one that takes its place.
			expect(most).toBeLessThanOrEqual(6);
			await screen.until(text => /sleeper/.test(text) && !/STALE|Retrying/.test(text));
			await expect.poll(async () => (await own(admin)).length).toBe(3);
			await holdsOut(screen);
			await leave(screen);
		},
	);

	it('a server restarted fast is found each time without negative rates', async () => {
		const screen = await watching(server);
		for (let times = 0; times < 5; times++) {
			await server.restart();
			await sleeper(server);
			await screen.until(text => /sleeper/.test(text) && !/STALE|Retrying/.test(text));
			await screen.until(/tps +\d/);
			expect(screen.text()).not.toMatch(/ -\d/);
		}
		await holdsOut(screen);
		await leave(screen);
	}, 200_000);

	it('a network that fails every two seconds for half a minute is survived', async () => {
		const screen = await watching(proxy);
		const before = proxy.accepted();
		const begun = performance.now();
		for (let times = 0; times < 8; times++) {
			proxy.set(times % 2 === 0 ? 'refuse' : 'freeze');
			await new Promise(resolve => setTimeout(resolve, 2000));
			proxy.set('pass');
			await new Promise(resolve => setTimeout(resolve, 2000));
		}
		const seconds = (performance.now() - begun) / 1000;
		// Three sessions each time it comes, cancels, and a try a second with TLS and without.
		expect(proxy.accepted() - before).toBeLessThanOrEqual(2 * seconds + 8 * 8);
		await screen.until(text => /sleeper/.test(text) && !/STALE|Retrying/.test(text));
		await holdsOut(screen);
		await leave(screen);
	});
});

describe('a thin link of 20 kB a second', () => {
	it('still shows the sessions, however slow their list', async () => {
		for (let index = 0; index < 60; index++) {
			const client = await connect(server, {applicationName: 'talker'});
			client.query(`select pg_sleep(600) /* ${'x'.repeat(1500)} */`).catch(() => {});
		}
		const screen = await watching(proxy, {args: ['--interval', '1s']});
		proxy.set('pass', {bytesPerSecond: 20_000});
		const clocks = new Set<string>();
		let late = false;
		await screen.until(text => {
			late ||= text.includes('did not answer');
			clocks.add(/\d\d:\d\d:\d\d/.exec(text)?.[0] ?? '');
			return clocks.size > 5;
		});
		expect(late).toBe(false);
		await holdsOut(screen);
		await leave(screen);
	});
});

it('a storm of 600 sizes from 1x1 to 400x120 with keys ends in a complete screen', async () => {
	const screen = await watching(server);
	for (let step = 0; step < 600; step++) {
		screen.resize(1 + ((step * 137) % 400), 1 + ((step * 31) % 120));
		screen.press(['down', '1', '2', 'right', 'pgdn', 'left', '?', 'up', 'f6', 'esc'][step % 10] ?? '');
		if (step % 20 === 0) await screen.until(() => true);
	}
	screen.press('esc');
	screen.resize(160, 30);
	await new Promise(resolve => setTimeout(resolve, 500));
	screen.press('esc');
	await new Promise(resolve => setTimeout(resolve, 500));
	screen.press('1');
	await screen.until(text => /^pgtriage /.test(text) && /sleeper/.test(text));
	screen.press('ctrl-c');
	expect(await screen.exited).toBe(0);
	expect(screen.unrestored()).toEqual([]);
});
