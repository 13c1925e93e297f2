import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import pg from 'pg';
import {describe, expect, it} from 'vitest';
import {startDemo} from '../../source/demo/demo.ts';
import {incidents} from '../../source/demo/incidents/index.ts';
import {endsWithTest} from '../lifetime.ts';
import {runs} from '../postgres/process.ts';

const postmasterOf = (host: string) => Number(readFileSync(join(host, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);

describe('the demo', () => {
	it('shows all self-contained incidents under a live workload and stops without a trace', async () => {
		const demo = await startDemo();
		endsWithTest(demo.stop);
		const {host} = demo.connection;
		const postmaster = postmasterOf(host);
		const client = new pg.Client(demo.connection);
		client.on('error', () => {});
		await client.connect();
		const {rows} = await client.query(`select
			count(*) filter (where wait_event_type = 'Lock')::int as waiting,
			count(*) filter (where application_name = 'weekly-report' and state = 'active')::int as runaway,
			count(distinct datname)::int as databases,
			count(distinct usename)::int as roles
		from pg_stat_activity where backend_type = 'client backend'`);
		expect(rows).toEqual([{waiting: 10, runaway: 1, databases: 2, roles: 3}]);
		const orders = async () => Number((await client.query('select count(*) from orders')).rows[0].count);
		const before = await orders();
		await expect.poll(orders).toBeGreaterThan(before);
		await client.end();
		await demo.stop();
		expect(runs(postmaster)).toBe(false);
		expect(existsSync(dirname(host))).toBe(false);
	});

	it('shows only the requested scenario', async () => {
		const demo = await startDemo({scenario: 'ddl-queue'});
		endsWithTest(demo.stop);
		const client = new pg.Client(demo.connection);
		client.on('error', () => {});
		await client.connect();
		const {rows} = await client.query(`select a.application_name as application from pg_stat_activity a
			where a.wait_event_type = 'Lock' order by 1`);
		expect(rows.map(({application}) => application)).toEqual(['api', 'dashboard', 'migration', 'web']);
	});

	it('stops at once while its workload waits for a lock', async () => {
		const demo = await startDemo({scenario: 'runaway-query'});
		endsWithTest(demo.stop);
		const client = new pg.Client(demo.connection);
		client.on('error', () => {});
		await client.connect();
		await client.query('begin; lock table orders');
		await expect
			.poll(
				async () =>
					(await client.query("select count(*) from pg_locks where not granted and mode = 'RowExclusiveLock'")).rows[0].count,
			)
			.not.toBe('0');
		await demo.stop();
		expect(existsSync(dirname(demo.connection.host))).toBe(false);
	});

	it('rejects an unknown scenario and names the others', async () => {
		await expect(startDemo({scenario: 'locks'})).rejects.toMatchObject({
			exitCode: 2,
			message: 'Unknown scenario "locks".',
			hint: `Scenarios: ${incidents.map(({name}) => name).join(', ')}.`,
		});
	});

	it.each([
		['SIGKILL', undefined],
		['SIGINT', undefined],
		['SIGKILL', 'replication-lag'],
	] as const)('leaves neither a process nor a file after %s (scenario: %s)', async (signal, scenario) => {
		const fixture = fileURLToPath(new URL('./demo-process.ts', import.meta.url));
		const child = spawn(process.execPath, [fixture, ...(scenario ? [scenario] : [])], {stdio: ['ignore', 'pipe', 'inherit']});
		endsWithTest(() => child.kill('SIGKILL'));
		const lines = createInterface({input: child.stdout});
		const [line] = (await once(lines, 'line')) as [string];
		const {host} = JSON.parse(line) as {host: string};
		const postmasters = readdirSync(dirname(host))
			.filter(name => /^s\d+$/.test(name))
			.map(name => postmasterOf(join(dirname(host), name)));
		expect(postmasters.map(runs)).toEqual(scenario ? [true, true] : [true]);
		child.kill(signal);
		await once(child, 'exit');
		await expect.poll(() => postmasters.some(runs)).toBe(false);
		await expect.poll(() => existsSync(dirname(host))).toBe(false);
	});
});
