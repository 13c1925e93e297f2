import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {createMeasurer, type Measurer} from '../../../source/adapters/act/measurer.ts';
import type {Measurement} from '../../../source/core/sample/measurement.ts';
import type {Row} from '../../../source/core/sample/sample.ts';
import type {Server} from '../../../source/demo/server.ts';
import {bloatPane} from '../../../source/panes/bloat/bloat.ts';
import {type Measured, measured} from '../../../source/queries/beside/measured.ts';
import {targetOf} from '../lanes.ts';
import {connect, type ServerVersion, startTestServer} from '../servers.ts';
import {isComplete, watch} from '../watched.ts';

const nothingKnown = {results: {}, ageMs: () => 0};
const now = '2026-11-22T14:30:00.000000+00:00';

const made = `
	create schema measures;
	create table half (id int primary key, words text) with (fillfactor = 50, autovacuum_enabled = off);
	insert into half select i, md5(i::text) from generate_series(1, 40000) as i;
	create table holes (id int primary key, words text) with (autovacuum_enabled = off);
	insert into holes select i, (select string_agg(md5((i * g)::text), '') from generate_series(1, 150) as g)
		from generate_series(1, 1000) as i;
	delete from holes where id % 2 = 0;
	create table never as select generate_series(1, 100000) as id;
`;

describe.each<ServerVersion>([13, 15, 18])('on PostgreSQL %i', version => {
	let server: Server;
	let measurer: Measurer;
	const oids = new Map<string, number>();

	beforeAll(async () => {
		server = await startTestServer(version, {autovacuum: 'off'});
		const client = await connect(server);
		await client.query(made);
		for (const relname of ['half', 'holes']) await client.query(`vacuum analyze ${relname}`);
		const {rows} = await client.query<{relname: string; oid: number}>(
			"select relname, oid from pg_class where relname in ('half', 'holes', 'never')",
		);
		for (const {relname, oid} of rows) oids.set(relname, oid);
		await client.end();
	});
	afterEach(() => measurer?.stop());
	afterAll(() => server?.remove());

	const measurement = (name: string): Measurement => ({relid: oids.get(name) ?? 0, name, schema: 'measures', running: false});
	const only = (): Measured => measurer.rows(nothingKnown)[0] as Measured;
	const install = async (): Promise<void> => {
		const client = await connect(server);
		await client.query('create extension if not exists pgstattuple schema measures');
		await client.query('grant usage on schema measures to public');
		await client.end();
	};

	test('a sentence names the missing extension', async () => {
		const client = await connect(server);
		await client.query('drop extension if exists pgstattuple');
		await using seen = await watch(server, bloatPane);
		const sample = await seen.until('the tables', (rows, each) => rows.length > 0 && isComplete(bloatPane, each));
		const row = bloatPane.rows(sample, seen.samples).find(({relname}) => relname === 'half') as Row;
		expect(bloatPane.measurement(row, sample)).toMatch(/not installed in postgres: run CREATE EXTENSION pgstattuple/);
	});

	test('a sentence names an extension that is too old for the role, or for anyone', async () => {
		const client = await connect(server);
		await client.query("drop extension if exists pgstattuple; create extension pgstattuple schema measures version '1.4'");
		await client.query('grant usage on schema measures to public');
		const answerFor = async (user: string): Promise<unknown> => {
			await using seen = await watch(server, bloatPane, user);
			const sample = await seen.until('the extension', (_, each) => each.results.pgstattuple?.ok === true);
			const row = bloatPane.rows(sample, seen.samples).find(({relname}) => relname === 'half') as Row;
			return bloatPane.measurement(row, sample);
		};
		const tooOld = 'pgstattuple 1.4 in postgres is too old: run ALTER EXTENSION pgstattuple UPDATE as its owner.';
		expect(await answerFor('monitor')).toBe(tooOld);
		expect(await answerFor('postgres')).toMatchObject({schema: 'measures'});
		// Before 1.3 there was no such function.
		await client.query('alter extension pgstattuple drop function measures.pgstattuple_approx(regclass)');
		await client.query('drop function measures.pgstattuple_approx(regclass)');
		expect(await answerFor('postgres')).toBe(tooOld);
		await client.query('drop extension pgstattuple');
	});

	test('the bloat is that of pgstattuple without the fillfactor', async () => {
		await install();
		measurer = createMeasurer(targetOf(server));
		await measurer.toggle(measurement('half'), now);
		expect(only()).toMatchObject({state: 'done', started: now, fillfactor: 50, toast_dead_bytes: 0, message: null});
		const client = await connect(server);
		const {rows} = await client.query<{size: number; dead: number}>(
			"select table_len::float8 as size, dead_tuple_len::float8 as dead from measures.pgstattuple('half'::regclass)",
		);
		expect(only()).toMatchObject({heap_bytes: rows[0]?.size, heap_dead_bytes: rows[0]?.dead});
		const sizes = await client.query<{bytes: number}>("select pg_indexes_size('half')::float8 as bytes");
		expect(only().index_bytes).toBeGreaterThanOrEqual(sizes.rows[0]?.bytes ?? Number.NaN);
		await client.end();
	});

	test('the pane shows a measurement until the table is vacuumed', async () => {
		await install();
		measurer = createMeasurer(targetOf(server));
		await using seen = await watch(server, bloatPane, 'postgres', {
			readings: {[measured.name]: async known => measurer.rows(known)},
		});
		const find = (rows: readonly Row[], relname: string) => rows.find(row => row.relname === relname);
		const before = await seen.until('an estimate', rows => find(rows, 'holes')?.bloat_source === 'estimate');
		const estimate = Number(find(seen.rows(before), 'holes')?.bloat_bytes);
		await measurer.toggle(measurement('holes'), before.at);
		await measurer.toggle(measurement('never'), before.at);
		const after = await seen.until('both', rows => ['holes', 'never'].every(name => find(rows, name)?.bloat_source === 'exact'));
		const row = find(seen.rows(after), 'holes');
		expect(Math.abs(Number(row?.bloat_bytes) - estimate)).toBeLessThan(1024 ** 2);
		expect(Number(row?.bloat_ratio)).toBeGreaterThan(0.4);
		// The table was never vacuumed or analyzed; it has no index.
		expect(find(seen.rows(after), 'never')).toMatchObject({bloat_ratio: expect.closeTo(0, 1), index_bytes: 0});
		// A session reports its counters at its end: no vacuum may run before.
		for (const statement of ['delete from never where id > 1000', 'vacuum analyze never']) {
			const client = await connect(server);
			await client.query(statement);
			await client.end();
		}
		await seen.until('the estimate again', rows => find(rows, 'never')?.bloat_source === 'estimate');
	});

	test('a table in ACCESS EXCLUSIVE mode is not measured and other sessions do not queue', async () => {
		await install();
		const holder = await connect(server);
		await holder.query('begin; lock table holes');
		measurer = createMeasurer(targetOf(server));
		await measurer.toggle(measurement('holes'), now);
		expect(only()).toMatchObject({state: 'failed', message: 'locked in ACCESS EXCLUSIVE mode, see locks'});
		await holder.query('rollback');
		await holder.end();
	});

	test('a second toggle stops the measurement and leaves nothing on the server', async () => {
		await install();
		const holder = await connect(server);
		await holder.query('begin; lock table holes');
		measurer = createMeasurer(targetOf(server));
		const over = measurer.toggle(measurement('holes'), now);
		// It waits for the lock a second at most, in which it has to be seen.
		await expect.poll(() => measurer.pids(), {interval: 5}).toHaveLength(1);
		const [pid] = measurer.pids();
		expect(pid).toBeTypeOf('number');
		expect(only().state).toBe('running');
		await measurer.toggle(measurement('half'), now);
		expect(measurer.rows(nothingKnown)).toHaveLength(1);
		await over;
		const again = measurer.toggle(measurement('holes'), now);
		await measurer.toggle(measurement('holes'), now);
		await again;
		expect(only()).toMatchObject({state: 'failed', message: 'stopped'});
		await expect.poll(async () => (await holder.query('select from pg_stat_activity where pid = $1', [pid])).rowCount).toBe(0);
		expect(measurer.pids()).toEqual([]);
		await holder.query('rollback');
		await holder.end();
	});

	test('a dropped table is reported', async () => {
		await install();
		measurer = createMeasurer(targetOf(server));
		await measurer.toggle({...measurement('half'), relid: 4_000_000}, now);
		expect(only()).toMatchObject({state: 'failed', message: 'the table no longer exists'});
	});

	test('pg_monitor measures tables that it cannot read, and other roles see the grant they need', async () => {
		await install();
		measurer = createMeasurer(targetOf(server, {user: 'monitor'}));
		await measurer.toggle(measurement('holes'), now);
		expect(only()).toMatchObject({state: 'done'});
		for (const [user, expected] of [
			['monitor', expect.objectContaining({schema: 'measures', name: 'holes'})],
			['plain', expect.stringContaining('GRANT pg_stat_scan_tables TO plain')],
		] as const) {
			await using seen = await watch(server, bloatPane, user);
			const sample = await seen.until('the tables', (rows, each) => rows.length > 0 && isComplete(bloatPane, each));
			const row = bloatPane.rows(sample, seen.samples).find(({relname}) => relname === 'holes') as Row;
			expect(bloatPane.measurement(row, sample)).toEqual(expected);
		}
	});
});
