import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import type {Server} from '../../../source/demo/server.ts';
import {indexesPane} from '../../../source/panes/indexes/indexes.ts';
import {indexExpressions} from '../../../source/queries/storage/indexes.ts';
import {connect, type ServerVersion, startStandby, startTestServer, undo, withServer} from '../servers.ts';
import {isComplete, type Watched, watch} from '../watched.ts';

const schema = `
	create table orders (id bigint primary key, customer_id int, created_at timestamptz, total numeric, note text);
	insert into orders select g, g % 100, now(), g, md5(g::text) from generate_series(1, 20000) as g;
	create index orders_customer on orders (customer_id);
	create index orders_customer_again on orders (customer_id);
	create index orders_total on orders (total);
	create index orders_total_created on orders (total, created_at desc);
	create index orders_large on orders (note) where total > 100;
	create index orders_small on orders (note) where total < 100;
	create index orders_lower on orders (lower(note));
	create index orders_upper on orders (upper(note) text_pattern_ops) include (id);
	create unique index orders_id on orders (id, total);
	create index orders_hash on orders using hash (customer_id);
	create table items (order_id bigint references orders);
	create index items_first on items ((order_id + 1));
	create index items_second on items ((order_id   +    1));
	create table events (at timestamptz, kind int) partition by range (at);
	create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
	create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
	insert into events select '2026-01-01'::timestamptz + g * interval '1 minute', g from generate_series(1, 10000) as g;
	create index events_at on events (at);
	create index events_kind on only events (kind);
	analyze;
`;

const named = (rows: readonly Row[], name: string): Row | undefined => rows.find(({indexrelname}) => indexrelname === name);
const verdictOf = (rows: readonly Row[], name: string): unknown => named(rows, name)?.verdict;

/** Inspect page of an index in a sample. */
const pageOf = ({samples}: Watched, sample: Sample, name: string): string => {
	const row = indexesPane.rows(sample, samples).find(each => each.indexrelname === name) as Row;
	return indexesPane.inspect(row, sample, 10_000, samples).map(textOf).join('\n');
};

/** Sample with counters that began a number of days before it. */
const aged = (sample: Sample, days: number): Sample => {
	const counters = sample.results.scan_counters;
	if (!counters?.ok) throw new Error('The counters were not read.');
	const began = new Date(Date.parse(sample.at) - days * 86_400_000).toISOString().replace('Z', '000+00:00');
	const rows = counters.rows.map(row => ({...row, stats_reset: null, cluster_reset: began}));
	return {...sample, results: {...sample.results, scan_counters: {...counters, rows}}};
};

describe.each<ServerVersion>([13, 15, 18])('the indexes of PostgreSQL %i', version => {
	let server: Server;
	let watched: Watched;
	let sample: Sample;
	beforeAll(async () => {
		server = await startTestServer(version);
		const client = await connect(server);
		await client.query(schema);
		await client.query('create unique index concurrently orders_broken on orders (customer_id)').catch(() => {});
		await client.query('set enable_seqscan = off; set enable_bitmapscan = off');
		await client.query('select total from orders order by total limit 1');
		await client.query("select at from events where at = '2026-01-01 00:05+00'");
		// A session reports its counters when it ends.
		await client.end();
		watched = await watch(server, indexesPane);
		sample = await watched.until(
			'the scans',
			(rows, each) =>
				isComplete(indexesPane, each) &&
				['orders_total', 'events_2026_at_idx'].every(name => Number(named(rows, name)?.idx_scan) > 0),
		);
	});
	afterAll(async () => {
		await watched?.[Symbol.asyncDispose]();
		await server?.remove();
	});

	it('are invalid and first if their build failed', () => {
		const rows = watched.rows(sample);
		expect(
			rows
				.slice(0, 2)
				.map(({indexrelname, verdict}) => [indexrelname, verdict])
				.toSorted(),
		).toEqual([
			['events_kind', 'invalid'],
			['orders_broken', 'invalid'],
		]);
		expect(named(rows, 'orders_broken')).toMatchObject({indisvalid: false, indisready: false});
		expect(pageOf(watched, sample, 'orders_broken')).toContain('drop index concurrently public.orders_broken;');
		expect(pageOf(watched, sample, 'events_kind')).toMatch(/not every partition[\s\S]*ATTACH PARTITION[\s\S]*drop index public/);
	});

	it('are duplicates if another is the same, including expressions', () => {
		const rows = watched.rows(sample);
		expect(verdictOf(rows, 'orders_customer_again')).toBe('duplicate of orders_customer');
		expect(verdictOf(rows, 'items_second')).toBe('duplicate of items_first');
		expect(pageOf(watched, sample, 'orders_customer_again')).toContain('drop index concurrently public.orders_customer_again;');
	});

	it('are redundant if another begins with their columns', () => {
		const rows = watched.rows(sample);
		expect(verdictOf(rows, 'orders_total')).toBe('redundant to orders_total_created');
		expect(named(rows, 'orders_total')?.idx_scan).toBeGreaterThan(0);
		expect(named(rows, 'orders_total_created')).toMatchObject({idx_scan: 0, verdict: 'ok'});
	});

	it('are not duplicates if predicates, expressions, classes or kinds differ', () => {
		const rows = watched.rows(sample);
		for (const name of ['orders_large', 'orders_small', 'orders_lower', 'orders_upper', 'orders_hash', 'orders_customer'])
			expect([name, verdictOf(rows, name)]).toEqual([name, expect.stringMatching(/^unused since the counters began \d/)]);
	});

	it('are unused only once the counters are a week old', () => {
		const old = aged(sample, 8);
		const rows = watched.rows(old);
		expect(verdictOf(rows, 'orders_lower')).toBe('unused');
		expect(verdictOf(watched.rows(aged(sample, 6)), 'orders_lower')).toMatch(/^unused since the counters began 6d/);
		expect(pageOf(watched, old, 'orders_lower')).toMatch(/began 8d00h ago[\s\S]*drop index concurrently public\.orders_lower;/);
		expect(pageOf(watched, sample, 'orders_lower')).not.toContain('drop index');
	});

	it('are never unused if a constraint or key depends on them', () => {
		const rows = watched.rows(aged(sample, 8));
		expect(verdictOf(rows, 'orders_pkey')).toBe('ok');
		expect(verdictOf(rows, 'orders_id')).toBe('ok');
	});

	it('are used if another partition of the same index is', () => {
		const rows = watched.rows(aged(sample, 8));
		expect(named(rows, 'events_2025_at_idx')).toMatchObject({idx_scan: 0, verdict: 'ok'});
		expect(verdictOf(rows, 'events_2026_at_idx')).toBe('ok');
		expect(named(rows, 'events_at')).toBeUndefined();
	});

	it('are defined as they were created', () => {
		const definition = (name: string): string | undefined => pageOf(watched, sample, name).split('\n')[1]?.trim();
		expect(definition('orders_upper')).toBe(
			'create index orders_upper on public.orders using btree (upper(note) text_pattern_ops) include (id)',
		);
		expect(definition('orders_small')).toMatch(/ \(note\) where \(total < \(?100\)?::numeric\)$/);
		expect(definition('orders_total_created')).toMatch(/ \(total, created_at desc\)$/);
		expect(definition('items_first')).toMatch(/ \(\(\(order_id \+ 1\)\)\)$/);
	});

	it('have sizes and, since 16, the time of the last scan', () => {
		const row = named(watched.rows(sample), 'orders_total');
		expect(row?.index_bytes).toBeGreaterThan(400_000);
		expect(row?.index_bytes).toBeLessThan(2_000_000);
		if (version >= 16) expect(row?.last_idx_scan).toMatch(/^20\d\d-/);
		else expect(row?.last_idx_scan).toBeNull();
	});

	it('are read while a table is locked, without the texts of its expressions', async () => {
		const locker = await connect(server);
		await locker.query('begin; lock table orders in access exclusive mode');
		const seq = watched.samples.at(-1)?.seq ?? 0;
		const later = await watched.until('two samples more', (_, {seq: now}) => now >= seq + 2);
		expect(Object.entries(later.results).filter(([, result]) => !result.ok)).toEqual([]);
		const rows = watched.rows(later);
		expect(verdictOf(rows, 'items_second')).toBe('duplicate of items_first');
		expect(named(rows, 'orders_lower')?.columns).toBe('(expression)');
		expect(named(rows, 'items_first')?.columns).toBe('((order_id + 1))');
		expect(later.results[indexExpressions.name]).toMatchObject({ok: true});
	});

	it('are building during a REINDEX CONCURRENTLY and invalid after its cancel', async () => {
		undo(server, 'drop index if exists items_first_ccnew');
		const holder = await connect(server);
		const builder = await connect(server);
		const {rows: found} = await builder.query<{pid: number}>('select pg_backend_pid() as pid');
		await holder.query('begin; insert into items values (1)');
		const ended = builder.query('reindex index concurrently items_first').catch(() => {});
		// The index may be read a moment before the one who builds it.
		await watched.until('the build', rows => verdictOf(rows, 'items_first_ccnew') === `being built by ${found[0]?.pid}`);
		await holder.query('select pg_cancel_backend($1)', [found[0]?.pid]);
		await ended;
		await holder.query('rollback');
		const left = await watched.until('the leftover', rows => verdictOf(rows, 'items_first_ccnew') === 'invalid');
		expect(pageOf(watched, left, 'items_first_ccnew')).toMatch(
			/REINDEX CONCURRENTLY[\s\S]*drop index concurrently public\.items_first_ccnew;/,
		);
		await builder.query('drop index items_first_ccnew');
		await watched.until('its end', rows => named(rows, 'items_first_ccnew') === undefined);
	});

	it('are suggested for a table with repeated sequential scans', async () => {
		const reader = await connect(server);
		await reader.query('set max_parallel_workers_per_gather = 0');
		let reads = true;
		const reading = (async () => {
			while (reads) await reader.query('select count(*) from orders where total + 1 = 5');
		})();
		const of = (rows: readonly Row[]): Row | undefined => rows.find(row => row.section === 'table' && row.relname === 'orders');
		// The server decides when scans and rows are reported: a whole number of scans is seen sooner or later.
		const seen = await watched
			.until('the scans', rows => of(rows)?.rows_per_scan === 20_000)
			.finally(() => {
				reads = false;
				return reading;
			});
		const row = of(watched.rows(seen));
		expect(row).toMatchObject({schemaname: 'public', verdict: '20.0k rows read by every sequential scan'});
		expect(row?.seq_scans_per_second).toBeGreaterThan(0);
		expect(row).toMatchObject({section: 'table', indexrelname: null});
		await watched.until('the end of the scans', rows => of(rows) === undefined);
	});
});

it.each<ServerVersion>([13, 15, 18])('a crash of PostgreSQL %i restarts the counters, a restart does not', async version => {
	await withServer(version, async server => {
		const client = await connect(server);
		await client.query('create table orders (id int); create index orders_id on orders (id)');
		await client.end();
		const since = async (): Promise<number> => {
			await using watched = await watch(server, indexesPane);
			const sample = await watched.until('the index', rows => named(rows, 'orders_id')?.counted_since != null);
			return Date.parse(String(named(watched.rows(sample), 'orders_id')?.counted_since));
		};
		const now = async (): Promise<number> => {
			const clock = await connect(server);
			const {rows} = await clock.query<{now: Date}>('select clock_timestamp() as now');
			await clock.end();
			return Number(rows[0]?.now);
		};
		// The statistics collector of 13 starts counting for a database at its first message.
		await since();
		const before = await now();
		await server.restart();
		expect(await since()).toBeLessThan(before);
		await server.crash();
		await server.restart();
		expect(await since()).toBeGreaterThan(before);
	});
});

it.each<ServerVersion>([13, 18])('scans on a standby of PostgreSQL %i are not counted on its primary', async version => {
	await withServer(version, async primary => {
		const client = await connect(primary);
		await client.query('create table orders (id int); create index orders_id on orders (id)');
		await client.end();
		const standby = await startStandby(primary);
		try {
			for (const [server, words] of [
				[primary, /1 standby follows this server[\s\S]*drop index/],
				[standby, /This is a standby[\s\S]*On the primary:[\s\S]*drop index/],
			] as const) {
				await using watched = await watch(server, indexesPane);
				const sample = await watched.until(
					'the index',
					(rows, each) => isComplete(indexesPane, each) && named(rows, 'orders_id')?.verdict != null,
				);
				const old = aged(sample, 8);
				expect(verdictOf(watched.rows(old), 'orders_id')).toBe('unused here; other servers not counted');
				expect(pageOf(watched, old, 'orders_id')).toMatch(words);
			}
		} finally {
			await standby.remove();
		}
	});
});
