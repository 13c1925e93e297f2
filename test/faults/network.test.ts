import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {type Proxy as Relay, startProxy} from '../postgres/proxy.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {at} from '../pty/program.ts';
import {start} from '../pty/screen.ts';
import {holdsOut, leave, own, sleeper, watching} from './watching.ts';

let server: Server;
let proxy: Relay;

beforeAll(async () => {
	server = await startTestServer(18);
	await sleeper(server);
});

beforeEach(async () => {
	proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`);
});

afterAll(() => server?.remove());

describe('a blackholed network', () => {
	it('makes the screen STALE with a reason within 3 s, and reconnects at most once a second', async () => {
		const admin = await connect(server, {applicationName: 'admin'});
		const screen = await watching(proxy);
		const tries = proxy.accepted();
		const begun = performance.now();
		proxy.set('freeze');
		await screen.until(/STALE/);
		// Within 3 s on a machine of its own.
		expect(performance.now() - begun).toBeLessThan(15_000);
		await screen.until(/The server did not answer \w+ within 2000 ms/);
		await holdsOut(screen, /Retrying/);
		expect(screen.text()).toContain('sleeper');
		// The two ways of cancelling what is open, and one log-in that everybody awaits.
		await screen.until(/The login to .* took longer than 5 s while /);
		expect(proxy.tries().length - tries).toBeLessThanOrEqual(3 + (performance.now() - begun) / 1000);
		proxy.set('pass');
		await screen.until(text => !/STALE|Retrying/.test(text));
		await expect.poll(async () => (await own(admin)).length).toBeGreaterThan(0);
		await leave(screen);
	});

	it('lets q exit within half a second', async () => {
		const screen = await watching(proxy);
		proxy.set('freeze');
		await screen.until(/STALE/);
		await leave(screen);
	});

	it('at login ends it and names the phase that hung', async () => {
		proxy.set('freeze');
		const screen = start(at(proxy), {env: {PGCONNECT_TIMEOUT: '2', PGSSLMODE: 'disable'}});
		expect(await screen.exited).toBe(1);
		expect(screen.text()).toMatch(/pgtriage: The login to .* took longer than 2 s while waiting for its answer\./);
		expect(screen.unrestored()).toEqual([]);
	});
});

it.each([
	['garbage', /does not speak the PostgreSQL protocol/],
	['cut', /closed the connection without a message/],
	['refuse', /closed the connection/],
] as const)('%s from the server gets a sentence, and the screen goes on when it is over', async (mode, cause) => {
	const screen = await watching(proxy);
	const begun = performance.now();
	const before = proxy.accepted();
	proxy.set(mode);
	await screen.until(cause);
	await screen.until(/STALE/);
	await holdsOut(screen, cause);
	const seconds = (performance.now() - begun) / 1000;
	// One at once, then one a second; each may be tried with TLS and without.
	expect(proxy.accepted() - before).toBeLessThanOrEqual(2 * (2 + seconds));
	proxy.set('pass');
	await screen.until(text => !/STALE|Retrying/.test(text) && text.includes('sleeper'));
	await leave(screen);
});

it('a round trip of 300 ms still allows a sample a second', async () => {
	proxy.set('pass', {delayMs: 150});
	const screen = await watching(proxy, {args: ['--interval', '1s']});
	const clocks = new Set<number>();
	await screen.until(text => {
		const [, minutes = 0, seconds = 0] = (/\d\d:(\d\d):(\d\d)/.exec(text) ?? []).map(Number);
		clocks.add(60 * minutes + seconds);
		return clocks.size >= 10;
	});
	// One after the other they would be two seconds apart; a busy machine leaves out one or another, or this test does not see it.
	const apart = [...clocks].map((clock, index, all) => (clock - (all[index - 1] ?? clock) + 3600) % 3600).slice(1);
	expect(apart.reduce((sum, seconds) => sum + seconds)).toBeLessThan(1.7 * apart.length);
	expect(screen.text()).not.toMatch(/STALE|Retrying/);
	await holdsOut(screen);
	await leave(screen);
});
