import {join} from 'node:path';
import type pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {RowRef} from '../../../source/core/pane/pane.ts';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import type {Server} from '../../../source/demo/server.ts';
import {progressPane} from '../../../source/panes/progress.ts';
import {sessionsPane} from '../../../source/panes/sessions/sessions.ts';
import {connect, connectSender, type ServerVersion, startTestServer, undo} from '../servers.ts';
import {type Watched, watch} from '../watched.ts';

const schema = `
	create table orders (id int, note text);
	insert into orders select g, repeat('x', 700) from generate_series(1, 20000) as g;
	create index orders_id on orders (id);
	delete from orders where id % 10 = 0;
	create table items (id int);
	create function slow(id int) returns int immutable strict language plpgsql as
		'begin perform pg_sleep(0.003); return id; end';
	create function linger() returns trigger language plpgsql as
		'begin perform pg_sleep(0.001); return new; end';
	create table lines (note text);
	create trigger linger before insert on lines for each row execute function linger();
	create table few (id int);
	insert into few select generate_series(1, 5000);
`;

const running = (rows: readonly Row[], pid: number): Row | undefined => rows.find(row => row.pid === pid);

describe.each<ServerVersion>([13, 15, 18])('on PostgreSQL %i', version => {
	let server: Server;
	let watched: Watched;
	let killer: pg.Client;
	beforeAll(async () => {
		server = await startTestServer(version, {autovacuum: 'off', ...(version >= 18 && {track_cost_delay_timing: 'on'})});
		killer = await connect(server);
		await killer.query(schema);
		watched = await watch(server, progressPane);
	});
	afterAll(async () => {
		await watched?.[Symbol.asyncDispose]();
		await server?.remove();
	});

	const pidOf = async (client: pg.Client): Promise<number> =>
		(await client.query<{pid: number}>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;

	/** Runs a command in its own session, which ends after `use`. */
	const during = async (
		command: string,
		use: (pid: number) => Promise<void>,
		settings: readonly string[] = [],
		database = 'postgres',
	): Promise<void> => {
		await using client = await connect(server, {database});
		for (const setting of settings) await client.query(`set ${setting}`);
		const pid = await pidOf(client);
		client.query(command).catch(() => {});
		await use(pid);
	};

	/** Resolves once a command makes progress and has a time left. */
	const forecast = async (pid: number, phase: string): Promise<Row> => {
		const at = (rows: readonly Row[]): Row | undefined => {
			const row = running(rows, pid);
			// While it scans the first page of a table, the server counts all pages as done.
			return row?.phase === phase && Number(row.percent) > 0 && Number(row.percent) < 100 ? row : undefined;
		};
		const first = at(watched.rows(await watched.until(`${phase} to begin`, rows => at(rows) !== undefined)));
		const later = await watched.until(
			`the end of ${phase} to be forecast`,
			rows => Number(at(rows)?.percent) > Number(first?.percent) && typeof at(rows)?.eta_seconds === 'number',
		);
		const row = at(watched.rows(later)) as Row;
		expect(first?.eta_seconds).toBeNull();
		expect(row.percent).toBeLessThan(100);
		expect(row.eta_seconds).toBeGreaterThan(0);
		expect(row.elapsed_seconds).toBeGreaterThan(2.5);
		return row;
	};

	// A cached page costs at least 1, so one takes a few milliseconds.
	const throttled = ['vacuum_cost_delay = 5', 'vacuum_cost_limit = 2'];

	it('VACUUM reports the scanned part of the table', async () => {
		await during(
			'vacuum orders',
			async pid => {
				const row = await forecast(pid, 'scanning heap');
				expect(row).toMatchObject({command: 'VACUUM', relation: 'public.orders', datname: 'postgres', usename: 'postgres'});
				expect(row).toMatchObject({unit: 'bytes', index_vacuum_count: 0});
				if (version >= 18) expect(row.note).toMatch(/^slept .* for cost delay$/);
				else expect(row.note).toBeNull();
			},
			throttled,
		);
	});

	it('ANALYZE reports the acquired part of its sample', async () => {
		await during(
			'analyze orders',
			async pid => {
				expect(await forecast(pid, 'acquiring sample rows')).toMatchObject({command: 'ANALYZE', relation: 'public.orders'});
			},
			// It reads each page once: slow enough for a busy machine to see it twice.
			['vacuum_cost_delay = 20', 'vacuum_cost_limit = 2'],
		);
	});

	it('CREATE INDEX reports the scanned part of the table', async () => {
		await during('create index orders_slow on orders (slow(id))', async pid => {
			expect(await forecast(pid, 'building index: scanning table')).toMatchObject({
				command: 'CREATE INDEX',
				relation: 'public.orders',
				waits_for: null,
			});
		});
	});

	it('CREATE INDEX CONCURRENTLY reports the session it waits for', async () => {
		undo(server, 'drop index if exists few_id_idx');
		const holder = await connect(server);
		const old = await pidOf(holder);
		await holder.query('begin isolation level repeatable read; select from items');
		await during('create index concurrently on few (id)', async pid => {
			const seen = await watched.until('the wait', rows => running(rows, pid)?.waits_for === old);
			const row = running(watched.rows(seen), pid);
			expect(row).toMatchObject({
				command: 'CREATE INDEX CONCURRENTLY',
				phase: 'waiting for old snapshots',
				relation: 'public.few',
				unit: 'sessions',
				eta_seconds: null,
			});
			expect(row?.index_relation).toMatch(/^public\.few_id_idx/);
			const pointed = progressPane.rows(seen, watched.samples).find(each => each.pid === pid) as Row;
			expect(progressPane.target(pointed, seen)).toMatchObject({pid, query: 'create index concurrently on few (id)'});
			const root = progressPane.root(pointed, seen);
			const blocker = sessionsPane.rows(seen, []).find(session => sessionsPane.identity(session) === (root as RowRef).identity);
			expect(blocker).toMatchObject({pid: old});
		});
	});

	it('CLUSTER reports its phase and the rebuilt indexes', async () => {
		undo(server, 'drop table if exists heap');
		// Created on the empty table, the index is slow only when rebuilt.
		await killer.query('create table heap (id int); create index heap_id on heap (id); create index on heap (slow(id))');
		await killer.query('insert into heap select id from few where id <= 1000');
		await during('cluster heap using heap_id', async pid => {
			const seen = await watched.until('the rebuild', rows => running(rows, pid)?.phase === 'rebuilding index');
			expect(running(watched.rows(seen), pid)).toMatchObject({
				command: 'CLUSTER',
				relation: 'public.heap',
				unit: 'indexes',
				percent: null,
				eta_seconds: null,
			});
		});
	});

	it('a base backup reports the bytes sent', async () => {
		const sender = await connectSender(server, 'backup');
		// The replication grammar accepts its keywords in capitals only.
		const command =
			version >= 15 ? "BASE_BACKUP (PROGRESS, MAX_RATE 1024, CHECKPOINT 'fast')" : 'BASE_BACKUP PROGRESS FAST MAX_RATE 1024';
		sender.query(command).catch(() => {});
		const of = (rows: readonly Row[]): Row | undefined => rows.find(row => row.command === 'BASE BACKUP');
		const begun = await watched.until('the backup', rows => of(rows) !== undefined);
		const row = await forecast(Number(of(watched.rows(begun))?.pid), 'streaming database files');
		expect(row).toMatchObject({relation: null, datname: null, unit: 'bytes'});
	});

	if (version >= 14) {
		it('COPY from a file reports the share read, and COPY from a program the bytes received', async () => {
			const file = join(server.directory, 'lines');
			await killer.query(`copy (select repeat('x', 400) from generate_series(1, 20000)) to '${file}'`);
			await during(`copy lines from '${file}'`, async pid => {
				const row = await forecast(pid, 'copying');
				expect(row).toMatchObject({command: 'COPY FROM', relation: 'public.lines', unit: 'bytes', total: 20_000 * 401});
				expect(row.note).toMatch(/ rows$/);
			});
			await during("copy lines from program 'seq 100000'", async pid => {
				const seen = await watched.until('the rows', rows => Number(running(rows, pid)?.done) > 0);
				expect(running(watched.rows(seen), pid)).toMatchObject({percent: null, total: null, eta_seconds: null});
			});
		});
	}

	it('a role without privileges sees that a command runs, and the GRANT for more', async () => {
		await using plain = await watch(server, progressPane, 'plain');
		await during(
			'vacuum orders',
			async pid => {
				const seen: Sample = await plain.until('the VACUUM', rows => running(rows, pid) !== undefined);
				expect(running(plain.rows(seen), pid)).toMatchObject({
					command: 'VACUUM',
					phase: null,
					relation: null,
					percent: null,
					eta_seconds: null,
				});
				expect(progressPane.hidden(seen)).toEqual({rows: 1, hint: 'GRANT pg_monitor TO plain'});
			},
			throttled,
		);
	});

	it('a command in another database is shown with its database', async () => {
		undo(server, 'drop database other with (force)');
		await killer.query('create database other');
		await (await connect(server, {database: 'other'})).query(schema);
		await during(
			'vacuum orders',
			async pid => {
				const seen = await watched.until('the VACUUM', rows => running(rows, pid)?.phase === 'scanning heap');
				expect(running(watched.rows(seen), pid)).toMatchObject({
					datname: 'other',
					relation: expect.stringMatching(/^other:\d+$/),
				});
			},
			throttled,
			'other',
		);
	});
});
