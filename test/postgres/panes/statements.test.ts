import type pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {parseFilter} from '../../../source/core/pane/filter.ts';
import {paneJson} from '../../../source/core/pane/json.ts';
import {extensionVersion} from '../../../source/core/sample/extension.ts';
import {sqlFor} from '../../../source/core/sample/query.ts';
import type {Result, Row, Sample} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {type Server, startServer} from '../../../source/demo/server.ts';
import {statementsPane} from '../../../source/panes/statements/statements.ts';
import {statements, statementTexts} from '../../../source/queries/activity/statements.ts';
import {binariesOf, connect, type ServerVersion, startTestServer, undo, withServer} from '../servers.ts';
import {type Watched, watch} from '../watched.ts';

const all = parseFilter('', statementsPane.columns);

const json = ({samples}: Watched, sample: Sample) => paneJson(statementsPane, sample, samples, all, undefined);

const named = (rows: readonly Row[], text: string): Row | undefined => rows.find(({query}) => query === text);

const inspected = ({samples}: Watched, sample: Sample, text: string): string => {
	const row = statementsPane.rows(sample, samples).find(each => each.query === text) ?? expect.fail(`No statement ${text}`);
	return statementsPane.inspect(row, sample, 200, samples).map(textOf).join('\n');
};

const run = async (client: pg.Client, sql: string, times: number): Promise<void> => {
	for (let time = 0; time < times; time++) await client.query(sql);
};

const rates = ['load_share', 'calls_per_second', 'exec_ms_per_second', 'rows_per_second'] as const;

/** Expects no negative rate, also after resets and evictions. */
const expectSane = (watched: Watched): void => {
	for (const sample of watched.samples)
		for (const row of watched.rows(sample))
			for (const rate of rates) expect(Number(row[rate] ?? 0), `${rate} of ${row.query}`).toBeGreaterThanOrEqual(0);
};

/** Starts a server with the library loaded and nothing else prepared. */
const withBareServer = async (
	version: ServerVersion,
	settings: Readonly<Record<string, string>>,
	use: (server: Server) => Promise<void>,
): Promise<void> => {
	const server = await startServer({binaries: binariesOf(version), settings});
	try {
		await use(server);
	} finally {
		await server.remove();
	}
};

const loaded = {shared_preload_libraries: 'pg_stat_statements'};

describe.each<ServerVersion>([13, 15, 18])('on PostgreSQL %i', version => {
	let server: Server;
	let client: pg.Client;

	beforeAll(async () => {
		server = await startTestServer(version);
		client = await connect(server);
		await client.query('create table orders as select id, 0 as total from generate_series(1, 100) as id');
	});
	afterAll(() => server?.remove());

	it('a known workload is shown by calls, rows and time, as totals and per second', async () => {
		await using watched = await watch(server, statementsPane);
		await watched.until('a first answer', rows => rows.length > 0);
		await run(client, 'select id from orders where id <= 10', 20);
		await client.query('select pg_sleep(0.3)');
		const text = 'select id from orders where id <= $1';
		const sample = await watched.until('the workload', rows => Number(named(rows, 'select pg_sleep($1)')?.calls_per_second) > 0);
		const rows = watched.rows(sample);
		const row = named(rows, text) ?? expect.fail(text);
		const seconds = Number(row.window_seconds);
		expect(row).toMatchObject({calls: 20, rows: 200, datname: 'postgres', usename: 'postgres', toplevel: true, hit_ratio: 1});
		expect(Number(row.calls_per_second) * seconds).toBeCloseTo(20, 1);
		expect(Number(row.rows_per_second) * seconds).toBeCloseTo(200, 0);
		const sleep = named(rows, 'select pg_sleep($1)') ?? expect.fail();
		expect(sleep.mean_exec_ms).toBeGreaterThan(299);
		expect(sleep.recent_mean_exec_ms).toBe(sleep.mean_exec_ms);
		expect(sleep.load_share).toBeGreaterThan(0.5);
		expect(rows.reduce((sum, {load_share}) => sum + Number(load_share), 0)).toBeCloseTo(1, 6);
		expect(sleep.stats_since).toEqual(version >= 17 ? expect.any(String) : null);
		const page = inspected(watched, sample, 'select pg_sleep($1)');
		expect(page).toMatch(/Ran \d+ms in 1 call, each \d+ms ± /);
		expectSane(watched);
	});

	it('texts that were read are not sent again, and over a slow link only a few at once', async () => {
		await client.query('select 1 as one');
		const {rows: found} = await client.query("select extversion from pg_extension where extname = 'pg_stat_statements'");
		const at = '2026-12-01T12:00:00.000000+00:00';
		const ask = async (texts: readonly Row[], listMs: number, eager = false) => {
			const listed: Result = {ok: true, at, tookMs: listMs, rows: []};
			const results = {sessions: listed, statement_texts: {...listed, rows: texts}};
			const filling = {schema: 'public', read: {results, eager}};
			const sql = sqlFor(statementTexts, extensionVersion(found[0].extversion), filling);
			return (await client.query<Row>(sql)).rows;
		};
		await client.query('select pg_stat_statements_reset()');
		for (let width = 1; width <= 40; width++)
			await client.query(`select ${Array.from({length: width * 10}, () => '1').join(', ')}`);
		await client.query("set pg_stat_statements.track = 'none'");
		const all = await ask([], 20);
		const bytes = (rows: readonly Row[]) => rows.reduce((sum, {query}) => sum + String(query).length, 0);
		expect(all.length).toBeGreaterThan(40);
		const slow = await ask([], 600);
		expect(slow).toEqual(all.slice(0, slow.length));
		expect(bytes(slow)).toBeLessThan(8192 + 4096);
		expect(slow.length).toBeLessThan(all.length);
		expect(await ask([], 600, true)).toHaveLength(all.length);
		const read = [...slow];
		for (let more = await ask(read, 600); more.length > 0; more = await ask(read, 600)) read.push(...more);
		expect(read).toEqual(all);
		expect(await ask(read, 20)).toEqual([]);
		// Others were read since: the longest are sent again before they would be dropped.
		const since = Array.from({length: 500}, (_, index) => ({queryid: String(index)}));
		expect(await ask([...since, ...read], 20)).toEqual(all);
		await client.query('reset pg_stat_statements.track');
	});

	it('a single answer has totals and no rates', async () => {
		await using watched = await watch(server, statementsPane);
		const sample = await watched.until('a first answer', rows => rows.length > 0);
		const rows = watched.rows(sample);
		expect(rows.map(({load_share, calls_per_second}) => [load_share, calls_per_second])).toEqual(rows.map(() => [null, null]));
		expect(rows[0]?.total_exec_seconds).toBe(Math.max(...rows.map(row => Number(row.total_exec_seconds))));
	});

	it('after a reset there are no rates until a second answer', async () => {
		const text = 'select total from orders where total = $1';
		await run(client, 'select total from orders where total = 7', 50);
		await using watched = await watch(server, statementsPane);
		await watched.until('rates', rows => named(rows, text)?.calls_per_second === 0);
		// One message: the first answer after the reset knows a call.
		await client.query('select pg_stat_statements_reset(); select total from orders where total = 7');
		await run(client, 'select total from orders where total = 7', 4);
		const sample = await watched.until('an answer since', rows => Number(named(rows, text)?.calls) <= 5);
		expect(named(watched.rows(sample), text)?.calls_per_second).toBeNull();
		await watched.until('the new total', rows => named(rows, text)?.calls === 5);
		await watched.until('rates again', rows => named(rows, text)?.calls_per_second === 0);
		expectSane(watched);
	});

	it('a plain role sees its own statements and the GRANT for the others', async () => {
		const own = await connect(server, {user: 'plain'});
		await run(own, 'select 41 + 1 as answer', 3);
		await using watched = await watch(server, statementsPane, 'plain');
		const sample = await watched.until('its own', rows => named(rows, 'select $1 + $2 as answer')?.calls === 3);
		const told = json(watched, sample);
		const hidden = watched.rows(sample).filter(({queryid}) => queryid === null);
		expect(told).toMatchObject({ok: true, hidden: {rows: hidden.length, hint: 'GRANT pg_monitor TO plain'}});
		expect(hidden.length).toBeGreaterThan(0);
		for (const row of hidden) expect([row.query, row.calls_per_second, row.load_share]).toEqual([null, null, null]);
		const names = statementsPane.rows(sample, watched.samples).map(statementsPane.identity);
		expect(new Set(names).size).toBe(names.length);
	});

	it('without the extension the pane shows how to install it', async () => {
		undo(server, 'drop database empty with (force)');
		await client.query('create database empty');
		await using watched = await watch(server, statementsPane, 'postgres', {dbname: 'empty'});
		const sample = await watched.until('a failure', (_, each) => each.results[statements.name] !== undefined);
		expect(json(watched, sample)).toMatchObject({
			ok: false,
			error: {
				message: 'The extension pg_stat_statements is not installed in the database empty.',
				hint: expect.stringContaining('create extension pg_stat_statements'),
			},
		});
	});

	it('the extension is found in a schema of any name', async () => {
		undo(server, 'drop database odd with (force)');
		await client.query('create database odd');
		const odd = await connect(server, {database: 'odd'});
		await odd.query('create schema "Odd ""name"""; create extension pg_stat_statements schema "Odd ""name"""');
		await using watched = await watch(server, statementsPane, 'postgres', {dbname: 'odd'});
		await watched.until('statements', rows => rows.some(({query}) => query !== null));
	});

	it('text in another encoding hides the texts and nothing else', async () => {
		// Those bytes cost all others their texts too, until the statistics are reset: on a server of its own.
		await withServer(version, async own => {
			const admin = await connect(own);
			const encodings = [
				[
					'ascii',
					'SQL_ASCII',
					`do $$ begin execute convert_from('\\x73656c65637420312061732022ff222c206e6f772829'::bytea, 'SQL_ASCII'); end $$`,
				],
				['latin', 'LATIN1', 'select 1 as "é"'],
			] as const;
			for (const [database, encoding, sql] of encodings) {
				await admin.query(`create database ${database} template template0 encoding '${encoding}' lc_collate 'C' lc_ctype 'C'`);
				const there = await connect(own, {database});
				await there.query("set pg_stat_statements.track = 'all'");
				await there.query('create extension pg_stat_statements');
				await there.query(sql);
			}
			await admin.query('select 1 as "漢"');
			for (const dbname of ['postgres', 'latin']) {
				await using watched = await watch(own, statementsPane, 'postgres', {dbname});
				const sample = await watched.until('rates', rows => rows.some(row => Number(row.calls_per_second) > 0));
				const told = json(watched, sample);
				const code = expect.stringMatching(/^22(021|P05)$/);
				const hint = expect.stringContaining('another encoding');
				expect(told).toMatchObject({ok: true, missing: [{query: 'statement_texts', code, hint}]});
				expect(statementsPane.hidden(sample)?.hint).toContain('another encoding');
			}
			await using watched = await watch(own, statementsPane, 'postgres', {dbname: 'ascii'});
			const sample = await watched.until('the text', rows => named(rows, 'select $1 as "\ufffd", now()') !== undefined);
			expect(json(watched, sample)).not.toHaveProperty('missing');
		});
	});
});

it.each<ServerVersion>([13, 15, 18])('evicted entries on PostgreSQL %i make no rate negative', async version => {
	await withServer(
		version,
		async server => {
			const client = await connect(server);
			await using watched = await watch(server, statementsPane);
			await watched.until('a first answer', rows => rows.length > 0);
			await client.query('create table orders (id int)');
			for (let round = 0; round < 4; round++)
				for (let width = 1; width <= 150; width++)
					await client.query(`select ${Array.from({length: width}, () => '1').join(', ')} from orders`);
			const text = 'select count(*) from orders';
			await client.query(text);
			const sample = await watched.until('the last statement', rows => named(rows, text) !== undefined);
			expectSane(watched);
			if (version > 13) expect(inspected(watched, sample, text)).toMatch(/pg_stat_statements\.max was reached \d+ times?/);
		},
		{'pg_stat_statements.max': '100'},
	);
});

it.each(['1.8', '1.9', '1.10', '1.11', '1.12'])('version %s of the extension works on PostgreSQL 18', async extversion => {
	await withBareServer(18, loaded, async server => {
		const client = await connect(server);
		await client.query(`create extension pg_stat_statements version '${extversion}'`);
		await run(client, 'select 1 as one', 4);
		await using watched = await watch(server, statementsPane);
		const sample = await watched.until('a text', rows => named(rows, 'select $1 as one')?.calls === 4);
		expect(json(watched, sample)).toMatchObject({ok: true});
		expect(json(watched, sample)).not.toHaveProperty('missing');
		await client.end();
	});
});

it.each<ServerVersion>([13, 18])('version 1.7 of the extension on PostgreSQL %i is named with the update', async version => {
	await withBareServer(version, loaded, async server => {
		const client = await connect(server);
		await client.query("create extension pg_stat_statements version '1.7'");
		await using watched = await watch(server, statementsPane);
		const sample = await watched.until('a failure', (_, each) => each.results[statements.name] !== undefined);
		expect(json(watched, sample)).toMatchObject({
			ok: false,
			error: {
				code: 'old_extension',
				message: 'The extension pg_stat_statements is too old: pgtriage needs version 1.8 or newer.',
				hint: expect.stringMatching(/^Version 1\.7 is installed, and the server has 1\.\d+\. As its owner: ALTER EXTENSION/),
			},
		});
		expect(server.log()).not.toContain('does not exist');
		await client.query('alter extension pg_stat_statements update');
		await client.end();
		await using updated = await watch(server, statementsPane);
		await updated.until('statements', rows => rows.length > 0);
	});
});

it('a column that the installed version should have gets the update as its hint', async () => {
	await withBareServer(18, loaded, async server => {
		const client = await connect(server);
		await client.query("create extension pg_stat_statements version '1.9'");
		await client.query("update pg_extension set extversion = '1.11' where extname = 'pg_stat_statements'");
		await client.end();
		await using watched = await watch(server, statementsPane);
		const sample = await watched.until('a failure', (_, each) => each.results[statements.name] !== undefined);
		expect(json(watched, sample)).toMatchObject({
			ok: false,
			error: {
				code: '42703',
				hint: expect.stringMatching(/^Version 1\.11 is installed.* ALTER EXTENSION pg_stat_statements UPDATE$/),
			},
		});
	});
});

it.each<ServerVersion>([13, 15, 18])('without the library loaded the pane on PostgreSQL %i names the setting', async version => {
	await withBareServer(version, {}, async server => {
		const client = await connect(server);
		await client.query('create extension pg_stat_statements');
		await client.end();
		await using watched = await watch(server, statementsPane);
		const sample = await watched.until('a failure', (_, each) => each.results[statements.name] !== undefined);
		expect(json(watched, sample)).toMatchObject({
			ok: false,
			error: {code: '55000', hint: 'Add pg_stat_statements to shared_preload_libraries and restart the server.'},
		});
	});
});

it('every version of the extension with a different query has its own rung', () => {
	const rungs = [1008, 1009, 1010, 1011, 1012].map(version => sqlFor(statements, version, {schema: 'public'}));
	expect(new Set(rungs).size).toBe(rungs.length);
});
