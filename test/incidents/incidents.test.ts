import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Connect} from '../../source/demo/connect.ts';
import {type RunningIncident, runsTogether} from '../../source/demo/incidents/incident.ts';
import {incidents} from '../../source/demo/incidents/index.ts';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer} from '../postgres/servers.ts';

const backends = `select
	a.pid,
	a.state,
	a.wait_event_type as waits,
	a.wait_event as event,
	a.application_name as application,
	pg_blocking_pids(a.pid) as blockers
from pg_stat_get_activity(null) a
where a.pid = any ($1)`;

type Backend = {pid: number; state: string; waits: string | null; event: string | null; application: string; blockers: number[]};

const incidentNamed = (name: string) => {
	const incident = incidents.find(each => each.name === name);
	if (!incident) throw new Error(`There is no incident ${name}.`);
	return incident;
};

describe.each([13, 15, 18] as const)('on PostgreSQL %i', version => {
	let server: Server;
	let observer: Client;
	let sessions: Connect;

	beforeAll(async () => {
		server = await startTestServer(version);
		observer = await connect(server);
		sessions = async options => connect(server, options);
	});
	afterAll(() => server?.remove());

	// Every part of the incident, blocked by parts instead of pids.
	const cast = async ({pids}: RunningIncident) => {
		const {rows} = await observer.query<Backend>(backends, [Object.values(pids)]);
		const partOf = (pid: number) => Object.entries(pids).find(([, each]) => each === pid)?.[0] ?? `stranger ${pid}`;
		return Object.fromEntries(rows.map(row => [partOf(row.pid), {...row, blockers: row.blockers.map(partOf)}]));
	};

	const ends = async (running: RunningIncident) => {
		await running.end();
		const {rows} = await observer.query<Backend>(backends, [Object.values(running.pids)]);
		expect(rows).toEqual([]);
	};

	it('a lock chain has an idle root, three direct waiters and a depth of three', async () => {
		const running = await incidentNamed('lock-chain').begin(sessions);
		const now = await cast(running);
		expect(now).toMatchObject({
			root: {state: 'idle in transaction', blockers: [], application: 'checkout'},
			first: {state: 'active', waits: 'Lock', event: 'transactionid', blockers: ['root'], application: 'billing-worker'},
			second: {state: 'active', waits: 'Lock', event: 'transactionid', blockers: ['root']},
			third: {state: 'active', waits: 'Lock', event: 'transactionid', blockers: ['root']},
			queued: {state: 'active', waits: 'Lock', event: 'tuple', blockers: ['first']},
			deeper: {state: 'active', waits: 'Lock', event: 'transactionid', blockers: ['first']},
			deepest: {state: 'active', waits: 'Lock', event: 'transactionid', blockers: ['deeper']},
		});
		await ends(running);
	});

	it('a lock chain dissolves when its root is terminated', async () => {
		const running = await incidentNamed('lock-chain').begin(sessions);
		await observer.query('select pg_terminate_backend($1)', [running.pids.root]);
		await expect
			.poll(async () => Object.values(await cast(running)).map(({state}) => state))
			.toEqual(Array.from({length: 6}, () => 'idle'));
		await ends(running);
	});

	it('readers queue behind an ALTER TABLE that queues behind an open transaction', async () => {
		const running = await incidentNamed('ddl-queue').begin(sessions);
		expect(await cast(running)).toMatchObject({
			root: {state: 'idle in transaction', blockers: []},
			ddl: {waits: 'Lock', event: 'relation', blockers: ['root'], application: 'migration'},
			reader1: {waits: 'Lock', event: 'relation', blockers: ['ddl']},
			reader2: {waits: 'Lock', event: 'relation', blockers: ['ddl']},
			reader3: {waits: 'Lock', event: 'relation', blockers: ['ddl']},
		});
		await ends(running);
	});

	it('a runaway query runs until it is canceled', async () => {
		const running = await incidentNamed('runaway-query').begin(sessions);
		expect(await cast(running)).toMatchObject({runaway: {state: 'active', blockers: []}});
		const temporary = async () => {
			const {rows} = await observer.query<{bytes: number}>('select coalesce(sum(size), 0)::int as bytes from pg_ls_tmpdir()');
			return rows[0]?.bytes;
		};
		await expect.poll(temporary).toBeGreaterThan(40_000_000);
		await observer.query('select pg_cancel_backend($1)', [running.pids.runaway]);
		await expect.poll(async () => (await cast(running)).runaway?.state).toBe('idle');
		await ends(running);
	});

	it('all self-contained incidents run side by side', async () => {
		const running = await Promise.all(incidents.filter(runsTogether).map(async each => each.begin(sessions)));
		for (const each of running) {
			const players = Object.values(await cast(each));
			expect(players).toHaveLength(Object.keys(each.pids).length);
			// Between two of its transactions an importer is idle.
			const isBusy = ({state, application}: {readonly state: string | null; readonly application: string}): boolean =>
				state !== 'idle' || application === 'customer-import';
			expect(players.filter(player => !isBusy(player))).toEqual([]);
		}
		for (const each of running) await ends(each);
	});
});
