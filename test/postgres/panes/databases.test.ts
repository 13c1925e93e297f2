import type pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {answerOf} from '../../../source/core/history/past.ts';
import {sqlFor} from '../../../source/core/sample/query.ts';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import {laterBy} from '../../../source/core/values/instant.ts';
import type {Server} from '../../../source/demo/server.ts';
import {databasesPane} from '../../../source/panes/databases/databases.ts';
import {databaseSizes} from '../../../source/queries/server/databases.ts';
import {watchBeside} from '../beside.ts';
import {targetOf} from '../lanes.ts';
import {connect, type ServerVersion, startTestServer, withServer} from '../servers.ts';

const databaseIn = (rows: readonly Row[], name: string): Row | undefined => rows.find(row => row.datname === name);
const isKnown = (value: unknown): boolean => typeof value === 'number';

describe.each<ServerVersion>([13, 15, 18])('on PostgreSQL %i', version => {
	let server: Server;
	let admin: pg.Client;
	let shop: pg.Client;

	beforeAll(async () => {
		server = await startTestServer(version, {log_directory: 'log', logging_collector: 'on', autovacuum: 'off'});
		admin = await connect(server);
		for (const name of ['shop', 'secret']) await admin.query(`create database ${name}`);
		await admin.query('revoke connect on database secret from public');
		await admin.query('alter database shop connection limit 7');
		shop = await connect(server, {database: 'shop'});
		await shop.query('create table orders as select 1 as id');
	});
	afterAll(() => server?.remove());

	it('each database has its size, its sessions and its rates', async () => {
		await using seen = watchBeside(targetOf(server), 'databases');
		await seen.until('rates', rows => isKnown(databaseIn(rows, 'shop')?.xact_commit_per_second));
		// Sessions report their activity with a later statement, so one more is needed.
		let isBusy = true;
		const work = (async () => {
			while (isBusy) {
				await shop.query('insert into orders values (2)');
				await shop.query('insert into nowhere values (2)').catch(() => {});
			}
		})();
		const rows = await seen
			.until('what was done', all => {
				const row = databaseIn(all, 'shop');
				return Number(row?.xact_commit_per_second) > 3 && Number(row?.xact_rollback_per_second) > 3;
			})
			.finally(() => {
				isBusy = false;
				return work;
			});
		const {rows: sizes} = await admin.query<{size: string}>("select pg_database_size('shop') as size");
		const row = databaseIn(rows, 'shop');
		expect(row).toMatchObject({
			section: 'database',
			numbackends: 1,
			deadlocks: 0,
			connection_limit: 7,
			growth_bytes_per_second: null,
		});
		expect(Number(row?.size_bytes) / Number(sizes[0]?.size)).toBeCloseTo(1, 1);
		expect(Number(row?.tup_written_per_second)).toBeGreaterThan(3);
		expect(row?.sessions).toEqual(version === 13 ? null : expect.any(Number));
		expect(databaseIn(rows, 'template0')?.xid_age).toBeGreaterThan(0);
		expect(rows.filter(one => one.section === 'database').map(one => one.datname)).not.toContain('(shared objects)');
	});

	it('a reset of the statistics gives no rate, and rates resume after it', async () => {
		await using seen = watchBeside(targetOf(server), 'databases');
		const before = databaseIn(
			await seen.until('rates', rows => isKnown(databaseIn(rows, 'shop')?.xact_commit_per_second)),
			'shop',
		);
		await shop.query('select pg_stat_reset()');
		const rows = await seen.until('the reset', all => databaseIn(all, 'shop')?.stats_reset !== before?.stats_reset);
		expect(databaseIn(rows, 'shop')).toMatchObject({
			xact_commit_per_second: null,
			temp_bytes_per_second: null,
			hit_ratio: null,
			growth_bytes_per_second: null,
		});
		const later = await seen.until('rates again', all => isKnown(databaseIn(all, 'shop')?.xact_commit_per_second));
		expect(Number(databaseIn(later, 'shop')?.xact_commit_per_second)).toBeGreaterThanOrEqual(0);
	});

	it('growth is known after ten minutes of sizes', async () => {
		await using seen = watchBeside(targetOf(server), 'databases');
		await seen.until('sizes', rows => isKnown(databaseIn(rows, 'shop')?.size_bytes));
		const first = seen.samples.at(-1) as Sample;
		const sizeIn = (sample: Sample): number =>
			Number(answerOf(sample, databaseSizes)?.rows.find(row => row.datname === 'shop')?.size_bytes);
		await shop.query('insert into orders select i from generate_series(1, 500000) as i');
		await seen.until('a larger database', () => sizeIn(seen.samples.at(-1) as Sample) > sizeIn(first) + 8_000_000);
		const last = seen.samples.at(-1) as Sample;
		const grown = (minutes: number): unknown => {
			const at = laterBy(last.results[databaseSizes.name]?.at ?? '', -minutes * 60_000);
			const sizes = {...(first.results[databaseSizes.name] as Sample['results'][string]), at};
			const past: Sample = {...first, at, seq: -1, results: {...first.results, [databaseSizes.name]: sizes}};
			return databaseIn(databasesPane.rows({...last}, [past, last]), 'shop')?.growth_bytes_per_second;
		};
		expect(grown(9)).toBeNull();
		expect(grown(11)).toBeCloseTo((sizeIn(last) - sizeIn(first)) / 660, -1);
	});

	it('a role without privileges sees all but the sizes of databases closed to it', async () => {
		await using seen = watchBeside(targetOf(server, {user: 'plain'}), 'databases');
		const rows = await seen.until('sizes', all => isKnown(databaseIn(all, 'shop')?.size_bytes));
		expect(databaseIn(rows, 'secret')).toMatchObject({size_bytes: null, numbackends: 0, deadlocks: 0});
		expect(seen.json()).toMatchObject({ok: true, hidden: {rows: 1, hint: 'GRANT pg_monitor TO plain'}});
		expect(seen.json()).not.toHaveProperty('missing');
		expect(rows.filter(row => row.section === 'disk')).toEqual([]);
	});

	it('pg_monitor sees all sizes, and the disk on the server’s host', async () => {
		await using seen = watchBeside(targetOf(server, {user: 'monitor'}), 'databases');
		const rows = await seen.until(
			'the disk and the sizes',
			all => all.some(row => row.section === 'disk') && isKnown(databaseIn(all, 'shop')?.size_bytes),
		);
		for (const row of rows) if (row.section === 'database') expect(row.size_bytes).toBeGreaterThan(1_000_000);
		expect(seen.json()).not.toHaveProperty('hidden');
		const [disk] = rows.filter(row => row.section === 'disk');
		expect(disk?.location).toMatch(/^data(, wal)?(, log)?$/);
		expect(disk?.used_ratio).toBeGreaterThan(0);
		expect(disk?.used_ratio).toBeLessThan(1);
		expect(Number(disk?.free_bytes)).toBeLessThan(Number(disk?.total_bytes));
		expect(disk).toMatchObject({fills_in_seconds: null, growth_bytes_per_second: null});
	});
});

it('a database dropped while sizes are read does not fail the query', async () => {
	await withServer(18, async server => {
		const admin = await connect(server);
		const reader = await connect(server, {user: 'monitor'});
		let isOver = false;
		const churn = (async () => {
			while (!isOver) {
				await admin.query('create database passing');
				await admin.query('drop database passing');
			}
		})();
		try {
			// Until it was read often enough with the database and without it.
			for (let [read, seen] = [0, 0]; read < 50 || seen < 5; read++) {
				const {rows} = await reader.query<{datname: string}>(sqlFor(databaseSizes, 180_000));
				if (rows.some(({datname}) => datname === 'passing')) seen++;
			}
		} finally {
			isOver = true;
			await churn;
		}
	});
});
