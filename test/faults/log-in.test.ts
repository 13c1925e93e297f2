import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer, undo, withServer} from '../postgres/servers.ts';
import {at} from '../pty/program.ts';
import {start} from '../pty/screen.ts';
import {holdsOut, leave, own, sleeper, watching} from './watching.ts';

let server: Server;
let admin: Client;

beforeAll(async () => {
	server = await startTestServer(18);
	admin = await connect(server, {applicationName: 'admin'});
	await sleeper(server);
});

afterAll(() => server?.remove());

const terminateOwn = async (): Promise<void> => {
	await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pgtriage'");
};

const refusals = (user: string): number =>
	server.log().match(new RegExp(`(authentication failed for user "${user}"|role "${user}" is not permitted to log in)`, 'g'))
		?.length ?? 0;

const withPasswords = async (user: string, use: () => Promise<void>): Promise<void> => {
	const hba = join(server.directory, 'pg_hba.conf');
	const lines = readFileSync(hba, 'utf8');
	writeFileSync(hba, `local all ${user} scram-sha-256\n${lines}`);
	await admin.query('select pg_reload_conf()');
	try {
		await use();
	} finally {
		writeFileSync(hba, lines);
		await admin.query('select pg_reload_conf()');
	}
};

describe('a role refused while watching is tried again less and less often by all connections together', () => {
	it('after NOLOGIN', async () => {
		undo(server, 'drop role watcher');
		await admin.query('create role watcher login in role pg_monitor');
		const screen = await watching(server, {user: 'watcher'});
		await expect.poll(async () => (await own(admin)).length).toBe(3);
		await admin.query('alter role watcher nologin');
		await terminateOwn();
		await screen.until(/role "watcher" is not permitted to log in\. Retrying\./);
		await screen.until(/Check that the role watcher exists and may log in.* Next try within a minute; R tries now\./s);
		await screen.until(/STALE/);
		// After one, two and four seconds; the next pause is eight.
		expect(refusals('watcher')).toBe(4);
		await admin.query('alter role watcher login');
		screen.press('R');
		await screen.until(text => !/STALE|R tries now/.test(text) && /Connected again after/.test(text) && text.includes('sleeper'));
		await expect.poll(async () => (await own(admin)).length).toBe(3);
		await leave(screen);
	});

	it.each([
		['its password was changed', "password 'new'"],
		['it has expired', "valid until 'yesterday'"],
	])('and once a minute because %s', async (_, change) => {
		const user = `keeper${change.length}`;
		undo(server, `drop role ${user}`);
		await admin.query(`create role ${user} login password 'old' in role pg_monitor`);
		await withPasswords(user, async () => {
			const screen = await watching(server, {user, env: {PGPASSWORD: 'old'}});
			await expect.poll(async () => (await own(admin)).length).toBe(3);
			await admin.query(`alter role ${user} ${change}`);
			await terminateOwn();
			await screen.until(/Check the password of .* R tries now\./s);
			await holdsOut(screen, /R tries now/);
			expect(refusals(user)).toBe(1);
			expect(screen.text()).not.toContain('PGPASSWORD=');
			await admin.query(`alter role ${user} password 'old' valid until 'infinity'`);
			screen.press('R');
			await screen.until(text => !/STALE|R tries now/.test(text) && text.includes('sleeper'));
			await leave(screen);
		});
	});

	it('and once at the start', async () => {
		undo(server, 'drop role stranger');
		await admin.query("create role stranger login password 'right'");
		await withPasswords('stranger', async () => {
			const screen = start(at(server, 'stranger'), {env: {PGPASSWORD: 'wrong'}});
			expect(await screen.exited).toBe(1);
			expect(refusals('stranger')).toBe(1);
		});
	});
});

it('a dropped database gets a sentence with the remedy and is tried again less and less often', async () => {
	await admin.query('create database doomed');
	const screen = await watching(server, {database: 'doomed'});
	await expect.poll(async () => (await own(admin)).length).toBe(3);
	await admin.query('drop database doomed with (force)');
	await screen.until(/database "doomed" does not exist.* Choose another with -d; psql -l lists the databases\. Next try/s);
	expect(server.log().match(/database "doomed" does not exist/g)).toHaveLength(4);
	await leave(screen);
});

it('open connections keep working with all slots taken, and the missing tier is named', async () => {
	await withServer(
		18,
		async full => {
			await sleeper(full);
			const screen = await watching(full, {user: 'monitor'});
			const others = [await connect(full, {applicationName: 'admin'})];
			const [watcher] = others;
			if (!watcher) return expect.fail();
			const list = "select pid from pg_stat_activity where query like '%pgtriage:sessions%' and pid <> pg_backend_pid()";
			const {rows} = await watcher.query<{pid: number}>(list);
			const [heart] = rows;
			if (!heart) return expect.fail('no session of ours lists sessions');
			const beside = `application_name = 'pgtriage' and pid <> ${heart.pid}`;
			// Until its places are taken faster than it logs in again.
			await expect
				.poll(async () => {
					await watcher.query(`select pg_terminate_backend(pid, 1000) from pg_stat_activity where ${beside}`);
					await Promise.allSettled(
						Array.from({length: 8}, async () => {
							others.push(await connect(full, {user: 'plain', applicationName: 'crowd'}));
						}),
					);
					return (await own(watcher)).length;
				})
				.toBe(1);
			await screen.until(/All ordinary connection slots are taken: .* Retrying\./s);
			await holdsOut(screen, /All ordinary connection slots are taken/);
			screen.press('i');
			await screen.until(text => text.includes('crowd') && !text.includes('STALE'));
			for (const client of others.splice(1)) await client.end();
			await screen.until(text => !text.includes('Retrying'));
			await expect.poll(async () => (await own(watcher)).length).toBe(3);
			await leave(screen);
		},
		{max_connections: '9', superuser_reserved_connections: '2', max_wal_senders: '0', autovacuum: 'off'},
	);
});
