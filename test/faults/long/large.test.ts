import {readFileSync} from 'node:fs';
import {Client} from 'pg';
import {describe, expect, it} from 'vitest';
import type {Server} from '../../../source/demo/server.ts';
import {connect, withServer} from '../../postgres/servers.ts';
import {at} from '../../pty/program.ts';
import {type Screen, start} from '../../pty/screen.ts';
import {holdsOut, leave, watching} from '../watching.ts';

/** Resident memory of a process, in bytes. */
const memoryOf = (pid: number): number => {
	const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
	return Number(kilobytes) * 1024;
};

/** The middle of several times from a key to what it paints, in milliseconds. */
const keyToPaint = async (screen: Screen): Promise<number> => {
	const times: number[] = [];
	for (let index = 0; index < 21; index++) {
		const before = screen.written().length;
		const begun = performance.now();
		screen.press(index % 2 === 0 ? 'down' : 'up');
		await new Promise<void>(resolve => {
			const look = (): void => {
				if (screen.written().length > before) resolve();
				else setTimeout(look, 1);
			};
			look();
		});
		times.push(performance.now() - begun);
		await new Promise(resolve => setTimeout(resolve, 70));
	}
	return times.toSorted((a, b) => a - b)[10] ?? Number.NaN;
};

const crowd = async (server: Server, size: number): Promise<void> => {
	for (let from = 0; from < size; from += 50)
		await Promise.all(
			Array.from({length: Math.min(50, size - from)}, async () => {
				const client = new Client({
					host: server.host,
					port: server.port,
					user: 'postgres',
					database: 'postgres',
					application_name: 'crowd',
				});
				client.on('error', () => {});
				await client.connect();
				await client.query('begin');
			}),
		);
};

describe('a large server', () => {
	it('of 5000 sessions answers keys within 400 MB and its share of server time', async () => {
		await withServer(
			18,
			async server => {
				await crowd(server, 5000);
				const screen = await watching(server, {shows: /crowd/, args: ['--interval', '1s']});
				await screen.until(/sessions 5\d\d\d/);
				screen.press('down');
				await holdsOut(screen);
				const took = await keyToPaint(screen);
				// Half a minute of samples.
				await new Promise(resolve => setTimeout(resolve, 30_000));
				const memory = memoryOf(screen.pid());
				expect(took).toBeLessThan(100);
				expect(memory).toBeLessThan(400 * 1024 ** 2);
				expect(screen.text()).not.toMatch(/STALE|Retrying/);
				screen.press('ctrl-c');
				expect(await screen.exited).toBe(0);
			},
			{max_connections: '5100', shared_buffers: '32MB', autovacuum: 'off', jit: 'off'},
		);
	}, 300_000);

	it('of 10,000 tables does not delay sessions and keys', async () => {
		await withServer(
			18,
			async server => {
				const admin = await connect(server, {applicationName: 'admin'});
				for (let from = 0; from < 10_000; from += 1000)
					await admin.query(
						`do $$ begin for i in ${from}..${from + 999} loop execute format('create table many_%s (id int primary key, note text)', i); end loop; end $$`,
					);
				await admin.query('analyze many_1');
				admin.query('select pg_sleep(600)').catch(() => {});
				const screen = start([...at(server), '--interval', '500ms', '--pane', 'bloat'], {columns: 160});
				await screen.until(/many_\d+/);
				const clocks = new Set<string>();
				const took: number[] = [];
				for (let round = 0; round < 10; round++) {
					took.push(await keyToPaint(screen));
					clocks.add(screen.text().slice(0, 20));
				}
				expect(Math.max(...took)).toBeLessThan(100);
				expect(clocks.size).toBeGreaterThan(5);
				expect(screen.text()).not.toMatch(/STALE|Retrying/);
				for (const pane of ['6', '8', '1']) screen.press(pane);
				await screen.until(/pg_sleep/);
				screen.press('ctrl-c');
				expect(await screen.exited).toBe(0);
			},
			{max_locks_per_transaction: '4096', autovacuum: 'off'},
		);
	}, 300_000);

	it('with texts of 1 MB slows its refresh, says so and answers keys', async () => {
		await withServer(
			18,
			async server => {
				const long = `select pg_sleep(600) /* ${'x'.repeat(900_000)} */`;
				for (let index = 0; index < 60; index++) {
					const client = await connect(server, {applicationName: 'talker'});
					client.query(long).catch(() => {});
				}
				const screen = await watching(server, {shows: /talker/});
				await screen.until(/refreshing every/);
				screen.press('down');
				const took = await keyToPaint(screen);
				expect(took).toBeLessThan(100);
				screen.press('esc');
				await new Promise(resolve => setTimeout(resolve, 200));
				await holdsOut(screen);
				await leave(screen);
			},
			{track_activity_query_size: '1MB', max_connections: '100'},
		);
	}, 300_000);
});
