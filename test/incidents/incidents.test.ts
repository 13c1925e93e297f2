import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Connect} from '../../source/demo/connect.ts';
import {isSelfContained, type RunningIncident} from '../../source/demo/incidents/incident.ts';
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

const incident = (name: string) => {
	const found = incidents.find(each => each.name === name);
	if (!found) throw new Error(`There is no incident ${name}.`);
	return found;
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

	// Every part of the incident, with the parts instead of the pids it is blocked by.
	const cast = async ({pids}: RunningIncident) => {
		const {rows} = await observer.query<Backend>(backends, [Object.values(pids)]);
		const partOf = (pid: number) => Object.entries(pids).find(([, each]) => each === pid)?.[0] ?? `stranger ${pid}`;
		return Object.fromEntries(rows.map(row => [partOf(row.pid), {...row, blockers: row.blockers.map(partOf)}]));
	};

	const ends = async (standing: RunningIncident) => {
		await standing.end();
		const {rows} = await observer.query<Backend>(backends, [Object.values(standing.pids)]);
		expect(rows).toEqual([]);
	};

	it('a lock chain has an idle root, three direct waiters and a depth of three', async () => {
		const standing = await incident('lock-chain').begin(sessions);
		const now = await cast(standing);
		expect(now).toMatchObject({
			root: {state: 'idle in transaction', blockers: [], application: 'checkout'},
			first: {state: 'active', waits: 'Lock', event: 'transactionid', blockers: ['root'], application: 'billing-worker'},
			second: {state: 'active', waits: 'Lock', event: 'transactionid', blockers: ['root']},
			third: {state: 'active', waits: 'Lock', event: 'transactionid', blockers: ['root']},
			queued: {state: 'active', waits: 'Lock', event: 'tuple', blockers: ['first']},
			deeper: {state: 'active', waits: 'Lock', event: 'transactionid', blockers: ['first']},
			deepest: {state: 'active', waits: 'Lock', event: 'transactionid', blockers: ['deeper']},
		});
		await ends(standing);
	});

	it('a lock chain dissolves when its root is terminated', async () => {
		const standing = await incident('lock-chain').begin(sessions);
		await observer.query('select pg_terminate_backend($1)', [standing.pids.root]);
		await expect
			.poll(async () => Object.values(await cast(standing)).map(({state}) => state))
			.toEqual(Array.from({length: 6}, () => 'idle'));
		await ends(standing);
	});

	it('readers queue behind an ALTER TABLE that queues behind an open transaction', async () => {
		const standing = await incident('ddl-queue').begin(sessions);
		expect(await cast(standing)).toMatchObject({
			root: {state: 'idle in transaction', blockers: []},
			ddl: {waits: 'Lock', event: 'relation', blockers: ['root'], application: 'migration'},
			reader1: {waits: 'Lock', event: 'relation', blockers: ['ddl']},
			reader2: {waits: 'Lock', event: 'relation', blockers: ['ddl']},
			reader3: {waits: 'Lock', event: 'relation', blockers: ['ddl']},
		});
		await ends(standing);
	});

	it('a runaway query goes on until it is cancelled', async () => {
		const standing = await incident('runaway-query').begin(sessions);
		expect(await cast(standing)).toMatchObject({runaway: {state: 'active', blockers: []}});
		const temporary = async () => {
			const {rows} = await observer.query<{bytes: number}>('select coalesce(sum(size), 0)::int as bytes from pg_ls_tmpdir()');
			return rows[0]?.bytes;
		};
		await expect.poll(temporary).toBeGreaterThan(40_000_000);
		await observer.query('select pg_cancel_backend($1)', [standing.pids.runaway]);
		await expect.poll(async () => (await cast(standing)).runaway?.state).toBe('idle');
		await ends(standing);
	});

	it('all incidents that want no server of their own stand side by side', async () => {
		const standings = await Promise.all(incidents.filter(isSelfContained).map(async each => each.begin(sessions)));
		for (const standing of standings) {
			const players = Object.values(await cast(standing));
			expect(players).toHaveLength(Object.keys(standing.pids).length);
			expect(players.filter(({state}) => state === 'idle')).toEqual([]);
		}
		for (const standing of standings) await ends(standing);
	});
});
