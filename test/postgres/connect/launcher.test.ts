import {existsSync} from 'node:fs';
import {dirname} from 'node:path';
import {describe, expect, it} from 'vitest';
import {startServer} from '../../../source/demo/server.ts';
import {runs} from '../process.ts';
import {binariesOf, connect, serverVersions, startStandby, startTestServer, withServer} from '../servers.ts';

describe.each(serverVersions)('PostgreSQL %i', version => {
	it('starts, answers and leaves neither a process nor a file', async () => {
		const server = await startTestServer(version);
		const pid = server.pid();
		const client = await connect(server);
		const {rows} = await client.query("select current_setting('server_version_num')::int / 10000 as version");
		expect(rows).toEqual([{version}]);
		expect(runs(pid)).toBe(true);
		await server.remove();
		expect(runs(pid)).toBe(false);
		expect(existsSync(server.directory)).toBe(false);
		expect(existsSync(dirname(server.socketDirectory))).toBe(false);
	});
});

describe('a test server', () => {
	it('has a superuser, a monitor and a role without privileges', async () => {
		await withServer(18, async server => {
			const rights = `select current_user as name, rolsuper, pg_has_role('pg_monitor', 'usage') as monitors,
				pg_has_role('pg_signal_backend', 'usage') as signals from pg_roles where rolname = current_user`;
			const seen = [];
			for (const user of ['postgres', 'monitor', 'plain']) {
				const client = await connect(server, {user});
				seen.push((await client.query(rights)).rows[0]);
			}
			expect(seen).toEqual([
				{name: 'postgres', rolsuper: true, monitors: true, signals: true},
				{name: 'monitor', rolsuper: false, monitors: true, signals: true},
				{name: 'plain', rolsuper: false, monitors: false, signals: false},
			]);
		});
	});
});

describe('a server', () => {
	it('recovers after a crash and keeps committed rows', async () => {
		await withServer(18, async server => {
			const before = await connect(server);
			await before.query('create table kept as select 1 as a');
			const pid = server.pid();
			await server.crash();
			expect(server.pid()).toBeUndefined();
			expect(runs(pid)).toBe(false);
			await server.restart();
			const after = await connect(server);
			expect((await after.query('select a from kept')).rows).toEqual([{a: 1}]);
			expect(server.log()).toContain('automatic recovery in progress');
		});
	});

	it.each([13, 18] as const)('of version %i has a standby that replays its commits', async version => {
		await withServer(version, async primary => {
			const standby = await startStandby(primary);
			try {
				const writer = await connect(primary);
				const reader = await connect(standby);
				await writer.query('create table sent as select 42 as a');
				await expect
					.poll(async () => (await reader.query("select to_regclass('sent') is not null as there")).rows)
					.toEqual([{there: true}]);
				expect((await reader.query('select a, pg_is_in_recovery() as standby from sent')).rows).toEqual([{a: 42, standby: true}]);
			} finally {
				await standby.remove();
			}
		});
	});

	it('reports its own error if it does not start and leaves nothing', async () => {
		await expect(startServer({binaries: binariesOf(18), settings: {no_such_setting: '1'}})).rejects.toThrow(
			'unrecognized configuration parameter "no_such_setting"',
		);
	});

	it('keeps running if another server of the same process is removed', async () => {
		const [one, other] = await Promise.all([startTestServer(17), startTestServer(18)]);
		try {
			await one.remove();
			const client = await connect(other);
			expect((await client.query('select 1 as a')).rows).toEqual([{a: 1}]);
		} finally {
			await Promise.all([one.remove(), other.remove()]);
		}
	});
});
