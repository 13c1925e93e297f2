import type pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Row} from '../../../source/core/sample/sample.ts';
import type {Server} from '../../../source/demo/server.ts';
import {registry} from '../../../source/panes/index.ts';
import {liveTempOf} from '../../../source/panes/reading/temp-files.ts';
import {watchBeside} from '../beside.ts';
import {targetOf} from '../lanes.ts';
import {triage} from '../poll/triage.ts';
import {connect, startTestServer} from '../servers.ts';
import {watch} from '../watched.ts';

const pidOf = async (client: pg.Client): Promise<number> =>
	(await client.query<{pid: number}>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;

const rowOf = (rows: readonly Row[], pid: number): Row | undefined => rows.find(row => row.pid === pid);

const papers = `create table papers as
	select n as id, md5(n::text) as title, rpad(md5(n::text), 200, 'x') as body from generate_series(1, 60000) n;
	analyze papers`;

// Each row of the result takes a while, so that the files stay.
const parallel = `set work_mem = '64kB'; set parallel_setup_cost = 0; set parallel_tuple_cost = 0;
	set min_parallel_table_scan_size = 0; set max_parallel_workers_per_gather = 2; set enable_mergejoin = off; set enable_nestloop = off`;

/** Opens a cursor whose sort is on disk, in a transaction that stays open. */
const openSort = async (client: pg.Client): Promise<void> => {
	await client.query("set work_mem = '64kB'; begin; declare sorted cursor for select * from papers order by body");
	await client.query('fetch 1 from sorted');
};

describe.each([13, 15, 18] as const)('temporary files on PostgreSQL %i', version => {
	let server: Server;
	beforeAll(async () => {
		server = await startTestServer(version, {temp_file_limit: '2GB', max_parallel_workers: '4', max_worker_processes: '8'});
		const admin = await connect(server);
		await admin.query(papers);
		await admin.query('grant select on papers to public');
		await admin.end();
	});
	afterAll(() => server?.remove());

	it('count for the session that has them, and are 0 for others', async () => {
		const sorter = await connect(server);
		const other = await connect(server);
		const [pid, otherPid] = [await pidOf(sorter), await pidOf(other)];
		await openSort(sorter);
		await using seen = await watch(server, registry.pane('sessions'), 'monitor');
		const sample = await seen.until('temporary files', rows => Number(rowOf(rows, pid)?.temp_bytes ?? 0) > 10_000_000);
		const {rows} = await other.query<{bytes: number}>('select sum(size)::float8 as bytes from pg_ls_tmpdir()');
		expect(rowOf(seen.rows(sample), pid)?.temp_bytes).toBe(rows[0]?.bytes);
		expect(rowOf(seen.rows(sample), otherPid)?.temp_bytes).toBe(0);
		expect(liveTempOf(sample)).toMatchObject({limit: 2 ** 31, bytes: rows[0]?.bytes, leftovers: {bytes: 0}});
	});

	it('of parallel workers count for the leader, those of a parallel hash join too', async () => {
		const leader = await connect(server);
		const pid = await pidOf(leader);
		await leader.query(parallel);
		await using seen = watchBeside(targetOf(server), 'sessions');
		const isSpilling = (rows: readonly Row[]) => Number(rowOf(rows, pid)?.temp_bytes ?? 0) > 5_000_000;
		// Files and processes are read one after the other: workers that start or end in between are seen in one of them only.
		const isSpillingWithWorkers = (rows: readonly Row[]) => isSpilling(rows) && Number(rowOf(rows, pid)?.workers) > 0;
		leader.query('select count(pg_sleep(0.01)) from papers a join papers b using (body)').catch(() => {});
		const joined = await seen.until('a parallel hash join on disk', isSpillingWithWorkers);
		expect(joined.filter(({backend_type}) => backend_type === 'parallel worker').map(({temp_bytes}) => temp_bytes)).not.toContain(
			0,
		);
		const temp = liveTempOf(seen.samples.at(-1) ?? expect.fail());
		expect(temp).toMatchObject({complete: true, leftovers: {bytes: 0}});
		await using admin = await connect(server);
		await admin.query('select pg_cancel_backend($1)', [pid]);
		await seen.until('no files after the join', rows => rowOf(rows, pid)?.temp_bytes === 0);
		leader
			.query('select sum(id), count(pg_sleep(0.01)) from (select id, body from papers order by body, id limit 1000000) p')
			.catch(() => {});
		const sorted = await seen.until('a parallel sort on disk', isSpillingWithWorkers);
		expect(rowOf(sorted, pid)?.temp_bytes).toBeGreaterThan(5_000_000);
	});

	it('are unknown to a role that may not list them, which triage says', async () => {
		const sorter = await connect(server, {user: 'plain'});
		const pid = await pidOf(sorter);
		await openSort(sorter);
		await using seen = await watch(server, registry.pane('triage'), 'plain');
		const sample = await seen.until('the rights of the role', (_, each) => each.results.facts?.ok === true);
		expect(liveTempOf(sample)).toBeUndefined();
		const gap = triage(sample, seen.samples).find(({subject}) => subject === 'temporary files');
		expect(gap).toMatchObject({rule: 'not-read', leads: {pane: 'sessions'}});
		expect(gap?.summary).toMatch(/^Not read: temporary files\. The connected role may not list them\. GRANT pg_monitor TO/);
		await using shown = await watch(server, registry.pane('sessions'), 'plain');
		const listed = await shown.until('the session', rows => rowOf(rows, pid) !== undefined);
		expect(rowOf(shown.rows(listed), pid)?.temp_bytes).toBeNull();
	});
});

it.each([13, 18] as const)('files that a crash leaves on PostgreSQL %i are told apart from those of sessions', async version => {
	const settings: Readonly<Record<string, string>> = version >= 14 ? {remove_temp_files_after_crash: 'off'} : {};
	const server = await startTestServer(version, settings);
	const admin = await connect(server);
	await admin.query(papers);
	const victim = await connect(server);
	const pid = await pidOf(victim);
	await openSort(victim);
	// A server that has not noticed the crash yet still lets sessions in, and ends them.
	const crashed = new Promise(resolve => admin.once('end', resolve));
	process.kill(pid, 'SIGKILL');
	await crashed;
	const sorter = await expect
		.poll(async () => connect(server).catch(() => undefined))
		.toBeTruthy()
		.then(async () => connect(server));
	await openSort(sorter);
	const sorterPid = await pidOf(sorter);
	await using seen = await watch(server, registry.pane('sessions'));
	const sample = await seen.until('both kinds', rows => Number(rowOf(rows, sorterPid)?.temp_bytes ?? 0) > 10_000_000);
	const temp = liveTempOf(sample);
	expect(temp?.leftovers.bytes).toBeGreaterThan(10_000_000);
	expect([...(temp?.byPid.keys() ?? [])]).toEqual([sorterPid]);
});
