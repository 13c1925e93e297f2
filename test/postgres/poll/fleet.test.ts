import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {watchFleet} from '../../../source/adapters/poll/fleet.ts';
import {missingFrom} from '../../../source/core/pane/missing.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {msOf} from '../../../source/core/values/instant.ts';
import type {Server} from '../../../source/demo/server.ts';
import {thresholds} from '../../../source/findings/thresholds.ts';
import {registryWith} from '../../../source/panes/index.ts';
import {type FleetServer, fleet as fleetReading} from '../../../source/queries/beside/fleet.ts';
import {endsWithTest, longestWaitMs} from '../../lifetime.ts';
import {memberAt, watchAll, watching} from '../fleet.ts';
import {targetOf} from '../lanes.ts';
import {startProxy} from '../proxy.ts';
import {connect, type Session, startStandby, startTestServer, undo} from '../servers.ts';

let primary: Server;
let oldest: Server;

beforeAll(async () => {
	[primary, oldest] = await Promise.all([startTestServer(18), startTestServer(13)]);
});

afterAll(async () => {
	await Promise.all([primary?.remove(), oldest?.remove()]);
});

const isUp = ({status}: FleetServer): boolean => status === 'up';
const isDown = ({status}: FleetServer): boolean => status === 'down';

const paneRows = (samples: readonly Sample[]) =>
	registryWith(thresholds)
		.pane('fleet')
		.rows(samples.at(-1) as Sample, samples);

const fleetRows = (samples: readonly Sample[]): readonly (readonly FleetServer[])[] =>
	samples.map(({results}) => (results.fleet?.ok ? (results.fleet.rows as readonly FleetServer[]) : []));

/** Sessions that wait behind one that holds a row. */
const pileUp = async (server: Server, waiters: number): Promise<Session> => {
	const holder = await connect(server, {applicationName: 'holder'});
	await holder.query('create table if not exists piled (id int primary key); truncate piled; insert into piled values (1)');
	await holder.query('begin; delete from piled');
	for (let index = 0; index < waiters; index++) {
		const waiter = await connect(server, {applicationName: 'waiter'});
		waiter.query('delete from piled').catch(() => {});
	}
	return holder;
};

describe('the servers of a fleet', () => {
	it('are read by the narrow question, each with its role, timeline and connections', async () => {
		const standby = await startStandby(primary);
		const fleet = watchAll(memberAt('one', primary), memberAt('two', standby), memberAt('old', oldest));
		expect(await fleet.until('one', ({standbys, lag_bytes}) => standbys === 1 && lag_bytes !== null)).toMatchObject({
			status: 'up',
			in_recovery: false,
			timeline: 1,
			max_connections: 100,
			hidden: 0,
			version: expect.any(Number),
			error: null,
		});
		expect(await fleet.until('two', ({lag_bytes}) => lag_bytes === 0)).toMatchObject({
			in_recovery: true,
			timeline: 1,
			lag_seconds: 0,
		});
		expect(await fleet.until('old', isUp)).toMatchObject({in_recovery: false, lag_bytes: null, standbys: 0});
		expect(fleet.row('one')?.connections).toBeGreaterThan(0);
	});

	it('have their transactions per second and what blocks them after some seconds', async () => {
		const fleet = watchAll(memberAt('one', primary), memberAt('old', oldest));
		const holder = await pileUp(oldest, 3);
		await fleet.until('old', ({blocked}) => blocked === 3);
		await vi.waitUntil(() => paneRows(fleet.samples)[0]?.rule === 'root-blocker', {interval: 50, timeout: longestWaitMs});
		const [worst, other] = paneRows(fleet.samples);
		expect(worst).toMatchObject({label: 'old', severity: 'warning', summary: expect.stringMatching(/^3 sessions blocked for/)});
		expect(other).toMatchObject({label: 'one', severity: null, transactions_per_second: expect.any(Number)});
		await holder.query('rollback');
		await fleet.until('old', ({blocked}) => blocked === 0);
	});

	it('have unknown figures for a role that may not see the sessions of others', async () => {
		const other = await connect(primary, {applicationName: 'other'});
		await other.query('begin; select 1');
		const fleet = watchAll(memberAt('plain', primary, 'plain'), memberAt('monitor', primary, 'monitor'));
		const seen = await fleet.until('monitor', ({idle_in_transaction: idle}) => idle === 1);
		expect(seen).toMatchObject({hidden: 0, oldest_xact_seconds: expect.any(Number)});
		const plain = await fleet.until('plain', ({hidden}) => (hidden ?? 0) > 0);
		expect(plain.connections).toBeGreaterThan(1);
		const pane = registryWith(thresholds).pane('fleet');
		const row = paneRows(fleet.samples).find(({label}) => label === 'plain');
		const shown = (id: string) => pane.columns.find(column => column.id === id)?.value(row ?? {}, '');
		expect(['active', 'blocked', 'oldest_xact_seconds', 'idle_in_transaction'].map(shown)).toEqual([null, null, null, null]);
		expect(row).toMatchObject({rule: 'not-read', severity: 'notice'});
	});

	it.each([13, 18])('have no all-clear on PostgreSQL %i for figures that the server refuses', async version => {
		const server = version === 13 ? oldest : primary;
		const admin = await connect(server);
		undo(server, 'grant execute on function pg_catalog.pg_stat_get_wal_senders() to public');
		await admin.query('revoke execute on function pg_catalog.pg_stat_get_wal_senders() from public');
		const fleet = watchAll(memberAt('db_1', server, 'monitor'));
		await fleet.until('db_1', isUp);
		const [row] = paneRows(fleet.samples);
		expect(row).toMatchObject({lag_bytes: null, standbys: null, rule: 'not-read', severity: 'notice'});
		expect(row?.summary).toMatch(/^Not read: lag bytes, standbys\. /);
		const missing = missingFrom(fleetReading, fleet.samples.at(-1) as Sample, undefined);
		expect(missing.map(({what}) => what)).toEqual(['fleet (db_1 lag_bytes, db_1 standbys)']);
	});

	it('that hang or are dead do not slow the others, and say since when they do not answer', async () => {
		const hanging = await startProxy(`${oldest.host}/.s.PGSQL.${oldest.port}`);
		const dead = await startProxy(`${oldest.host}/.s.PGSQL.${oldest.port}`);
		const fleet = watchAll(memberAt('hangs', hanging), memberAt('dead', dead), memberAt('one', primary));
		await Promise.all(['hangs', 'dead', 'one'].map(label => fleet.until(label, isUp)));
		hanging.set('freeze');
		dead.set('refuse');
		const silent = await fleet.until('hangs', isDown);
		expect(await fleet.until('dead', isDown)).toMatchObject({
			active: null,
			connections: null,
			timeline: null,
			last_in_recovery: false,
		});
		expect(silent.error).not.toBeNull();
		const from = fleet.samples.length;
		const alone = watchAll(memberAt('alone', primary));
		const readings = (): number => new Set(fleetRows(alone.samples).map(([own]) => own?.read_at)).size;
		await vi.waitUntil(() => readings() > 20, {interval: 50, timeout: longestWaitMs});
		const rows = fleetRows(fleet.samples.slice(from));
		expect(rows.every(([, , one]) => one?.status === 'up')).toBe(true);
		expect(new Set(rows.map(([hangs]) => hangs?.since))).toEqual(new Set([silent.since]));
		expect(msOf(fleet.samples.at(-1)?.at ?? '') - msOf(silent.since)).toBeGreaterThan(2000);
		// The server that is well answers as often as without the others, but for what the machine itself delays.
		expect(new Set(rows.map(([, , one]) => one?.read_at)).size).toBeGreaterThan(10);
		const tries = dead.tries().slice(-4);
		expect((tries.at(-1) ?? 0) - (tries[0] ?? 0)).toBeGreaterThan(2000);
		hanging.set('pass');
		dead.set('pass');
		expect(await fleet.until('hangs', isUp)).toMatchObject({error: null, in_recovery: false});
		expect(await fleet.until('dead', isUp)).toMatchObject({error: null});
	});

	it('use one connection each, which ends with the fleet', async () => {
		const admin = await connect(oldest);
		const ours = async (): Promise<number> => {
			const {rows} = await admin.query<{count: number}>(
				"select count(*)::int as count from pg_stat_activity where application_name = 'fleet-count'",
			);
			return rows[0]?.count ?? -1;
		};
		const target = {...targetOf(oldest, {user: 'postgres', dbname: 'postgres'}), applicationName: 'fleet-count'};
		let answers = 0;
		const feed = watchFleet(
			[{server: 'old', label: 'old', target}],
			watching,
		)(message => {
			if (message.type === 'sample') answers++;
		});
		endsWithTest(feed.stop);
		await vi.waitUntil(() => answers >= 5, {interval: 20, timeout: longestWaitMs});
		expect(await ours()).toBe(1);
		await feed.stop();
		await expect.poll(ours, {timeout: longestWaitMs}).toBe(0);
	});
});
