import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import type {Lane} from '../../../source/adapters/session/lane.ts';
import {parseFilter} from '../../../source/core/pane/filter.ts';
import {paneJson} from '../../../source/core/pane/json.ts';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import type {Server} from '../../../source/demo/server.ts';
import {rowsOf} from '../../../source/panes/reading/answers.ts';
import {loadOf} from '../../../source/panes/reading/load.ts';
import {waitsPane} from '../../../source/panes/waits/waits.ts';
import {look, waitSamples} from '../../../source/queries/activity/waits.ts';
import {longestWaitMs} from '../../lifetime.ts';
import {connect, type ServerVersion, startTestServer, withServer} from '../servers.ts';
import {type Watched, watch} from '../watched.ts';

const looksOf = (sample: Sample): number => rowsOf(sample, waitSamples)[0]?.looks ?? 0;
const seenOf = (sample: Sample): number => rowsOf(sample, waitSamples).reduce((sum, {seen}) => sum + seen, 0);
const total = (samples: readonly Sample[], of: (sample: Sample) => number): number =>
	samples.reduce((sum, sample) => sum + of(sample), 0);

const burn = 'do $$ declare n int8 := 0; begin loop n := n + 1; end loop; end $$';

/** Runs a statement that lasts until the server stops, and waits until it runs. */
const start = async (server: Server, sql: string, before?: string): Promise<void> => {
	const client = await connect(server);
	if (before) await client.query(before);
	const {rows} = await client.query<{pid: number}>('select pg_backend_pid() as pid');
	client.query(sql).catch(() => {});
	const watcher = await connect(server);
	const runs = async (): Promise<boolean> =>
		(await watcher.query('select from pg_stat_activity where pid = $1 and query = $2', [rows[0]?.pid, sql])).rowCount === 1;
	await vi.waitUntil(runs, {timeout: longestWaitMs});
	await watcher.end();
};

const event = (rows: readonly Row[], type: string, name: string | null): Row | undefined =>
	rows.find(row => row.wait_event_type === type && (name === null || row.wait_event === name));

const told = ({samples}: Watched, sample: Sample, holds: (row: Row) => boolean): string => {
	const row = waitsPane.rows(sample, samples).find(holds) ?? expect.fail('There is no such row.');
	return waitsPane.inspect(row, sample, 200, samples).map(textOf).join('\n');
};

describe.each<ServerVersion>([13, 15, 18])('on PostgreSQL %i', version => {
	let server: Server;

	beforeAll(async () => {
		server = await startTestServer(version);
		const holder = await connect(server);
		await holder.query('create table orders as select 1 as id');
		await holder.query('begin; lock table orders');
		for (let index = 0; index < 2; index++) await start(server, 'select pg_sleep(600)');
		for (let index = 0; index < 3; index++) await start(server, 'table orders');
		await start(server, burn);
	});
	afterAll(() => server?.remove());

	it('sleeping, lock-waiting and computing sessions are counted, pgtriage’s own never', async () => {
		await using watched = await watch(server, waitsPane, 'postgres', {intervalMs: 1000});
		const sample = await watched.until('a dozen looks', () => total(watched.samples, looksOf) >= 12);
		const rows = watched.rows(sample);
		expect(event(rows, 'Timeout', 'PgSleep')).toMatchObject({average_active_sessions: 2});
		expect(event(rows, 'Lock', 'relation')).toMatchObject({average_active_sessions: 3});
		const looks = total(watched.samples, looksOf);
		// A computing session waits now and then but is always active; no other session is, and polls are not counted.
		expect(total(watched.samples, seenOf) / looks).toBe(6);
		expect(event(rows, 'CPU', null)?.average_active_sessions).toBeGreaterThan(0.7);
		const shares = rows.filter(row => row.section === 'event').map(({share}) => Number(share));
		expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
		expect(loadOf(sample).average).toBeCloseTo(6, 9);
		expect(loadOf(sample).byClass.get('Lock')).toBe(3);
	});

	it('waits are sampled several times between two lists of sessions', async () => {
		await using watched = await watch(server, waitsPane, 'postgres', {intervalMs: 1000});
		await watched.until('a sample of three looks', (_, sample) => looksOf(sample) >= 3);
	});

	it('each statement is shown with its main wait if the server reports identifiers', async () => {
		await using watched = await watch(server, waitsPane, 'postgres', {intervalMs: 1000});
		const sample = await watched.until('some looks', () => total(watched.samples, looksOf) >= 4);
		const statements = watched.rows(sample).filter(row => 'main_wait' in row);
		// A wait for a table lock comes before the statement has an identifier.
		expect(event(watched.rows(sample), 'Lock', 'relation')).toMatchObject({query: 'table orders'});
		const isEvent = (row: Row): boolean => row.wait_event === 'PgSleep' && row.section === 'event';
		if (version === 13) {
			expect(statements).toEqual([]);
			expect(told(watched, sample, isEvent)).toContain('Servers before PostgreSQL 14 do not report statement identifiers.');
			return;
		}
		expect(statements.find(({main_wait}) => main_wait === 'Timeout/PgSleep')).toMatchObject({
			query: 'select pg_sleep(600)',
			average_active_sessions: 2,
		});
		expect(event(watched.rows(sample), 'Timeout', 'PgSleep')).toMatchObject({query: 'select pg_sleep(600)'});
		expect(told(watched, sample, isEvent)).toMatch(/Statements in this wait\n +2\.0 +select pg_sleep\(600\)/);
	});

	it('a plain role sees that the waits of others are hidden', async () => {
		await using watched = await watch(server, waitsPane, 'plain', {intervalMs: 1000});
		const sample = await watched.until('a sample', () => true);
		expect(paneJson(waitsPane, sample, watched.samples, parseFilter('', waitsPane.columns), undefined)).toMatchObject({
			ok: true,
			rows: [],
			hidden: {hint: 'GRANT pg_monitor TO plain'},
		});
		expect(waitsPane.empty(sample, [])).toContain('hidden from this role');
	});
});

/** Lane that counts its requests and how many run at the same time; looks take a given time. */
const counting = (lookMs: number) => {
	const seen = {looks: 0, lists: 0, together: 0};
	let inFlight = 0;
	const through = (lane: Lane): Lane => ({
		...lane,
		run: async request => {
			seen.together = Math.max(seen.together, ++inFlight);
			if (request.name === look.name) seen.looks++;
			else seen.lists++;
			const begun = performance.now();
			if (request.name === look.name) await delay(lookMs);
			const reply = await lane.run(request);
			inFlight--;
			return {...reply, tookMs: performance.now() - begun};
		},
	});
	return {seen, through};
};

it('waits are not sampled during the list of sessions, and less often if answers are slow', async () => {
	await withServer(18, async server => {
		const swift = counting(0);
		const slow = counting(400);
		await using first = await watch(server, waitsPane, 'postgres', {intervalMs: 1000, through: swift.through});
		await using second = await watch(server, waitsPane, 'postgres', {intervalMs: 1000, through: slow.through});
		await Promise.all([first, second].map(watched => watched.until('six samples', () => watched.samples.length >= 6)));
		expect([swift.seen.together, slow.seen.together]).toEqual([1, 1]);
		const often = ({seen}: typeof swift): number => seen.looks / seen.lists;
		expect(often(slow)).toBeLessThan(0.7);
		// The frequency depends on the time of a look, which is longer on a busy machine.
		expect(often(swift)).toBeGreaterThan(often(slow));
	});
});

it('an idle server has no waits', async () => {
	await withServer(15, async server => {
		await using watched = await watch(server, waitsPane, 'postgres', {intervalMs: 1000});
		const sample = await watched.until('some looks', () => total(watched.samples, looksOf) >= 4);
		expect(watched.rows(sample)).toEqual([]);
		expect(waitsPane.empty(sample, [])).toContain('No session was active');
		expect(rowsOf(sample, waitSamples)).toEqual([
			{wait_event_type: null, wait_event: null, query_id: null, seen: 0, looks: looksOf(sample)},
		]);
	});
});
