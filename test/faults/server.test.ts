import type {Client} from 'pg';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {holdsOut, leave, own, sleeper, watching} from './watching.ts';

let server: Server;
let admin: Client;

beforeAll(async () => {
	server = await startTestServer(18);
});

// A crash and a stop end the sessions of all.
beforeEach(async () => {
	if (server.pid() === undefined) await server.restart();
	admin = await connect(server, {applicationName: 'admin'});
	await sleeper(server);
});

afterAll(() => server?.remove());

describe('a server whose backend is killed', () => {
	it('recovers: the screen reports the crash, refuses actions and continues', async () => {
		// A checkpointer of the first seconds is that of the start.
		await expect
			.poll(
				async () => (await admin.query("select now() > pg_postmaster_start_time() + interval '4 s' as is_old")).rows[0].is_old,
			)
			.toBe(true);
		const victim = await connect(server, {applicationName: 'victim'});
		const {rows} = await victim.query('select pg_backend_pid() as pid');
		const screen = await watching(server);
		await expect.poll(async () => (await own(admin)).length).toBe(3);
		const backends = await own(admin);
		process.kill(rows[0].pid, 'SIGKILL');
		await screen.until(
			/Connected again after [\d.]+ s: .*(The server crashed or was stopped|closed the connection without a message)/,
		);
		await expect
			.poll(() =>
				sleeper(server).then(
					() => 'in',
					() => 'recovering',
				),
			)
			.toBe('in');
		await screen.until(text => /sleeper/.test(text) && !/STALE|Retrying/.test(text));
		admin = await connect(server, {applicationName: 'admin'});
		await expect.poll(async () => (await own(admin)).filter(pid => !backends.includes(pid)).length).toBe(3);
		await screen.until(/past warning: The server crashed and recovered [\d.ms]+ ago: all sessions were ended/);
		await holdsOut(screen);
		await leave(screen);
	});

	it('gets no actions while it is away', async () => {
		const screen = await watching(server);
		screen.press('down');
		await screen.until('▶');
		await server.stop('fast');
		try {
			await screen.until(/STALE/);
			screen.press('K');
			await screen.until(/The server does not answer: actions are off until it does/);
			expect(screen.text()).not.toContain('pg_terminate_backend');
			await screen.until(/Retrying/);
		} finally {
			await server.restart();
		}
		await sleeper(server);
		await screen.until(text => /sleeper/.test(text) && !/STALE|Retrying/.test(text));
		screen.press('ctrl-c');
		expect(await screen.exited).toBe(0);
	});
});

describe('our own clock', () => {
	const shifted = (ms: number): string =>
		`--import=data:text/javascript,${encodeURIComponent(`
			const Real = Date;
			const shift = ${ms};
			globalThis.Date = class extends Real {
				constructor(...given) { super(...(given.length === 0 ? [Real.now() + shift] : given)); }
				static now() { return Real.now() + shift; }
			};
		`)}`;

	it.each([
		['three days and five hours ahead', 77],
		['three days and five hours behind', -77],
	])('that is %s changes no age and no time that is shown', async (_, hours) => {
		const screen = await watching(server, {env: {NODE_OPTIONS: shifted(hours * 3_600_000)}});
		const {rows} = await admin.query<{now: string; next: string}>(
			"select to_char(now() at time zone 'utc', 'HH24') as now, to_char(now() at time zone 'utc' + interval '1 hour', 'HH24') as next",
		);
		// The hour may end between the two.
		await screen.until(new RegExp(`^pgtriage +(?:${rows[0]?.now}|${rows[0]?.next}):`));
		await screen.until(/sleeper +active +(Timeout +)?PgSleep +0? +(\d+(\.\d+)?s|\d+ms|\dm\d\d) /);
		await holdsOut(screen);
		expect(screen.text()).not.toMatch(/STALE/);
		await leave(screen);
	});
});

it('a role without privileges sees how many rows are hidden and which grant shows them, and unknown is not 0', async () => {
	const screen = await watching(server, {user: 'plain', shows: /rows? partly hidden: .*GRANT pg_monitor TO plain/});
	screen.press('i');
	await screen.until(/unknown [1-9]/);
	expect(screen.text()).toMatch(/active \d+\+/);
	await holdsOut(screen);
	await leave(screen);
});
