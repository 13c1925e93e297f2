import type pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createNeighbourhood} from '../../../source/adapters/host/neighbour.ts';
import {createProcessReading} from '../../../source/adapters/host/process-figures.ts';
import {type Lane, openLane} from '../../../source/adapters/session/lane.ts';
import {decode, sqlFor} from '../../../source/core/sample/query.ts';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import type {Server} from '../../../source/demo/server.ts';
import {sessionsPane} from '../../../source/panes/sessions/sessions.ts';
import {type Session, sessions} from '../../../source/queries/activity/sessions.ts';
import {processes} from '../../../source/queries/beside/host.ts';
import type {PollState} from '../../../source/queries/plan.ts';
import {watchBeside} from '../beside.ts';
import {ready, targetOf} from '../lanes.ts';
import {connect, startTestServer, undo} from '../servers.ts';

let server: Server;
let busy: pg.Client;
let idle: pg.Client;
let busyPid: number;
let idlePid: number;
let lane: Lane;

const pidOf = async (client: pg.Client): Promise<number> =>
	(await client.query<{pid: number}>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;

beforeAll(async () => {
	server = await startTestServer(18, {autovacuum: 'off'});
	busy = await connect(server);
	idle = await connect(server);
	[busyPid, idlePid] = await Promise.all([pidOf(busy), pidOf(idle)]);
	lane = openLane(targetOf(server), {readOnly: true});
	await ready(lane);
});
afterAll(async () => {
	await lane?.close();
	await server?.remove();
});

const rowOf = (rows: readonly Row[], pid: number): Row | undefined => rows.find(row => row.pid === pid);

/** Poll state after one of our sessions, with the given pid, read the sessions. */
const known = async (change: (session: Session) => Session = session => session): Promise<PollState & {readonly own: number}> => {
	const reply = await lane.run({name: 'sessions', sql: sqlFor(sessions, 180_000), deadlineMs: 5000});
	if (!reply.ok) throw new Error(reply.error.message);
	const rows = (decode(sessions, reply.rows).rows as readonly Session[]).map(change);
	return {
		own: lane.status().pid ?? 0,
		results: {[sessions.name]: {ok: true, at: reply.at, tookMs: 1, rows}},
		ageMs: () => 0,
	};
};

describe('the processes of sessions', () => {
	it('show CPU use of a busy session and none of an idle one', async () => {
		const burning = await connect(server);
		const pid = await pidOf(burning);
		burning.query('do $$ begin loop end loop; end $$').catch(() => {});
		await using seen = watchBeside(targetOf(server), 'sessions');
		// Other programs share the machine, but no other session uses nearly as much.
		// Where they keep pgtriage from reading at its moment, one rate is too low and the next one too high.
		const rows = await seen.until('processor time', all => {
			const percent = Number(rowOf(all, pid)?.cpu_percent);
			return percent > 20 && percent < 130;
		});
		expect(rowOf(rows, idlePid)).toMatchObject({state: 'idle', read_bytes_per_second: 0, write_bytes_per_second: 0});
		expect(rowOf(rows, idlePid)?.cpu_percent).toBeLessThan(5);
		for (const row of rows) expect(Number(row.rss_bytes)).toBeGreaterThan(Number(row.private_bytes));
	});

	it('show private memory and writes', async () => {
		undo(server, 'drop table if exists heap');
		const writer = await connect(server);
		const pid = await pidOf(writer);
		await using seen = watchBeside(targetOf(server), 'sessions');
		const before = await seen.until('memory', rows => Number(rowOf(rows, pid)?.private_bytes) > 0);
		const writing = writer.query(`
			set work_mem = '256MB';
			create table heap as select repeat(md5(i::text), 10) as body from generate_series(1, 150000) as i order by md5(i::text);
			checkpoint`);
		await seen.until('writes', rows => Number(rowOf(rows, pid)?.write_bytes_per_second) > 1_000_000);
		await writing;
		const grown = Math.max(
			...seen.samples.map(sample => {
				const row = sample.results[processes.name];
				return Number((row?.ok ? rowOf(row.rows, pid) : undefined)?.private_bytes ?? 0);
			}),
		);
		expect(grown - Number(rowOf(before, pid)?.private_bytes)).toBeGreaterThan(20 * 2 ** 20);
	});

	it('are complete in the first sample', async () => {
		await using seen = watchBeside(targetOf(server), 'sessions');
		const rows = await seen.until('sessions', all => all.length > 0);
		expect(seen.samples).toHaveLength(1);
		expect(rowOf(rows, idlePid)).toMatchObject({cpu_percent: 0, rss_bytes: expect.any(Number)});
	});

	it('show percent of a CPU between two looks', () => {
		const at = (second: string): string => `2026-11-22T14:30:${second}+00:00`;
		const session = {pid: 7, backend_start: at('00.000000'), state: 'active'};
		const figures = (own: Row): Row | undefined => {
			const results = {
				sessions: {ok: true, at: at('02.000000'), tookMs: 1, rows: [session]},
				processes: {ok: true, at: at('02.000000'), tookMs: 1, rows: [own]},
			} as const;
			const sample: Sample = {seq: 0, at: at('02.000000'), own: [], results};
			return sessionsPane.rows(sample, [sample])[0];
		};
		const looks: Row = {
			pid: 7,
			backend_start: session.backend_start,
			read_at: at('02.000000'),
			cpu_seconds: 5.4,
			rss_bytes: 9000,
			private_bytes: 4000,
			read_bytes: 3000,
			write_bytes: null,
			before_at: at('01.500000'),
			before_cpu_seconds: 5,
			before_read_bytes: 2000,
			before_write_bytes: null,
		};
		expect(figures(looks)).toMatchObject({
			cpu_percent: 80,
			rss_bytes: 9000,
			read_bytes_per_second: 2000,
			write_bytes_per_second: null,
		});
		expect(figures({...looks, before_at: null, before_cpu_seconds: null})).toMatchObject({cpu_percent: null, rss_bytes: 9000});
		expect(figures({...looks, backend_start: at('01.000000')})).toMatchObject({cpu_percent: null, rss_bytes: null});
	});
});

describe('a process', () => {
	const figuresFor = async (now: PollState & {readonly own: number}, host = server.host): Promise<readonly Row[] | undefined> => {
		const neighbourOf = createNeighbourhood(
			() => ({host, hostaddr: undefined}),
			() => [now.own],
		);
		return createProcessReading(neighbourOf, {budgetMs: Number.POSITIVE_INFINITY, twice: false})(now);
	};

	it('is read if it belongs to the session', async () => {
		expect(rowOf((await figuresFor(await known())) ?? [], idlePid)).toMatchObject({
			pid: idlePid,
			cpu_seconds: expect.any(Number),
		});
	});

	it('with the reused pid of an ended session is not read', async () => {
		const earlier = '2020-01-01T00:00:00.000000+00:00';
		const rows = await figuresFor(
			await known(session => (session.pid === idlePid ? {...session, backend_start: earlier} : session)),
		);
		expect(rowOf(rows ?? [], busyPid)).toBeDefined();
		expect(rowOf(rows ?? [], idlePid)).toBeUndefined();
	});

	it('of another program is not read', async () => {
		const started = new Date(Date.now() - process.uptime() * 1000).toISOString().replace('Z', '000+00:00');
		const rows = await figuresFor(
			await known(session => (session.pid === idlePid ? {...session, pid: process.pid, backend_start: started} : session)),
		);
		expect(rowOf(rows ?? [], busyPid)).toBeDefined();
		expect(rowOf(rows ?? [], process.pid)).toBeUndefined();
	});

	it('is not read if the server is on another host', async () => {
		expect(await figuresFor(await known(), 'db1.example')).toBeUndefined();
	});

	it('is not read through a tunnel, whatever the server is called', async () => {
		const now = await known();
		const tunnel = {port: async () => server.port};
		for (const host of [server.host, 'localhost', '127.0.0.1']) {
			const neighbourOf = createNeighbourhood(
				() => ({host, hostaddr: undefined, tunnel}),
				() => [now.own],
			);
			expect(neighbourOf(now)).toBeUndefined();
		}
		expect(await figuresFor(now, 'localhost')).toBeDefined();
	});

	it('is not read if our own backend is not a local process (tunnel, container)', async () => {
		expect(
			await figuresFor({
				...(await known(session => (session.pid === idlePid ? {...session, pid: process.pid} : session))),
				own: process.pid,
			}),
		).toBeUndefined();
		const reused = await known(session => ({...session, backend_start: '2020-01-01T00:00:00.000000+00:00'}));
		expect(await figuresFor(reused)).toBeUndefined();
	});

	it('is read in turn if time is short', async () => {
		const neighbourOf = createNeighbourhood(
			() => targetOf(server),
			() => [lane.status().pid ?? 0],
		);
		const reading = createProcessReading(neighbourOf, {budgetMs: 0, twice: false});
		for (let more = 0; more < 20; more++) await connect(server);
		const all = (await known()).results[sessions.name];
		const count = all?.ok ? all.rows.length : 0;
		expect(count).toBeGreaterThan(24);
		expect(await reading(await known())).toHaveLength(8);
		await expect.poll(async () => (await reading(await known()))?.length).toBe(count);
	});
});
