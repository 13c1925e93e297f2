import type pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Bookmark} from '../../../source/core/history/moment.ts';
import {createDecoder, createEncoder} from '../../../source/core/recording/lines.ts';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import type {Server} from '../../../source/demo/server.ts';
import {slowestSince, statementsAround} from '../../../source/panes/statements/compared.ts';
import {type ComparedRow, comparedRows, meanOf} from '../../../source/panes/statements/compared-rows.ts';
import {statementsPane} from '../../../source/panes/statements/statements.ts';
import {connect, type ServerVersion, startTestServer, withServer} from '../servers.ts';
import {type Watched, watch} from '../watched.ts';

const searched = 'select count(*) from orders where customer = $1';
const former = 'select max(id) from orders where id < $1';
const added = 'select id, pad from orders where id = $1';

const markAt = ({samples}: Watched, sample: Sample): Bookmark => ({
	sample,
	before: samples.filter(({seq}) => seq < sample.seq).slice(-16),
	name: 'deploy',
});

const rowsAfter = (mark: Bookmark, sample: Sample, {samples}: Pick<Watched, 'samples'>): readonly ComparedRow[] =>
	comparedRows(mark, sample, samples);

const named = (rows: readonly ComparedRow[], text: string): ComparedRow | undefined => rows.find(({query}) => query === text);

const headline = (mark: Bookmark, sample: Sample, {samples}: Watched): string =>
	statementsAround(mark).headline(sample, samples)?.text ?? '';

/** Runs statements one after the other until `ms` have passed. */
const keepRunning = async (client: pg.Client, ms: number, ...statements: readonly string[]): Promise<void> => {
	const end = performance.now() + ms;
	for (let turn = 1; performance.now() < end; turn++)
		for (const sql of statements) await client.query(sql.replace('$1', String((turn % 500) + 1)));
};

/** Total time and calls of a statement, as the server has them. */
const counted = async (client: pg.Client, text: string): Promise<{readonly calls: number; readonly ms: number}> => {
	const {rows} = await client.query<{calls: number; ms: number}>(
		'select calls::int, total_exec_time as ms from pg_stat_statements where query = $1',
		[text],
	);
	return rows[0] ?? {calls: 0, ms: 0};
};

/** A sample to mark, which knows all calls of some statements: one that came later would count as a call after the mark. */
const markable = (watched: Watched, ...known: readonly (readonly [text: string, calls: number])[]): Promise<Sample> =>
	watched.until('a moment to mark', rows =>
		known.every(([text, calls]) => rows.find(({query}) => query === text)?.calls === calls),
	);

/** Expects the factor to be that of the means shown. Sessions that were seen running are in it too: one call of many. */
const expectFactor = ({factor, before, after}: ComparedRow): void => {
	const expected = (meanOf(after) ?? expect.fail()) / (meanOf(before) ?? expect.fail());
	expect((factor ?? 0) / expected).toBeCloseTo(1, 1);
};

const until = (
	watched: Watched,
	mark: Bookmark,
	what: string,
	holds: (rows: readonly ComparedRow[]) => boolean,
): Promise<Sample> => watched.until(what, (_, sample) => holds(rowsAfter(mark, sample, watched)));

describe.each<ServerVersion>([13, 18])('a deploy on PostgreSQL %i', version => {
	let server: Server;
	let client: pg.Client;
	let admin: pg.Client;

	beforeAll(async () => {
		server = await startTestServer(version);
		[client, admin] = [await connect(server, {applicationName: 'shop'}), await connect(server)];
		await client.query(`
			create table orders (id int primary key, customer int, pad text);
			insert into orders select id, id % 5000, repeat('x', 60) from generate_series(1, 60000) as id;
			create index orders_customer on orders (customer);
			analyze orders;
			set max_parallel_workers_per_gather = 0;
		`);
	});
	afterAll(() => server?.remove());

	it('names the statement that lost its index, the new one, and the one that is gone', async () => {
		await using watched = await watch(server, statementsPane);
		await watched.until('a first answer', rows => rows.length > 0);
		await keepRunning(client, 4000, searched, former);
		const then = await counted(admin, searched);
		const marked = await markable(watched, [searched, then.calls], [former, (await counted(admin, former)).calls]);
		const mark = markAt(watched, marked);
		await admin.query('drop index orders_customer');
		await keepRunning(client, 300, searched, added);
		const first = await until(watched, mark, 'a call since', rows => (named(rows, searched)?.after?.calls ?? 0) > 0);
		expect(named(rowsAfter(mark, first, watched), searched)?.factor ?? 0).toBeGreaterThanOrEqual(3);
		expect(slowestSince(mark, first, watched.samples)?.row.query).toBe(searched);
		await keepRunning(client, 2000, searched, added);
		const now = await counted(admin, searched);
		const sample = await until(
			watched,
			mark,
			'all calls',
			rows => named(rows, searched)?.after?.calls === now.calls - then.calls,
		);
		const rows = rowsAfter(mark, sample, watched);
		const slower = named(rows, searched) ?? expect.fail();
		expectFactor(slower);
		expect(slower.after?.exec).toBeCloseTo(now.ms - then.ms, 3);
		// The span before is a part of all that the server has counted.
		expect(slower.before?.calls).toBeLessThanOrEqual(then.calls);
		expect(slower.before?.exec).toBeLessThanOrEqual(then.ms);
		expect(rows[0]).toBe(slower);
		expect(slower).toMatchObject({change: null, before: {seconds: expect.any(Number)}});
		expect(named(rows, added)).toMatchObject({change: 'NEW', before: null, factor: null});
		expect(named(rows, former)).toMatchObject({change: 'GONE', added: expect.any(Number)});
		expect(named(rows, former)?.added).toBeLessThan(0);
		expect(headline(mark, sample, watched)).toMatch(
			/^Before and after the mark at \d\d:\d\d:\d\d \(deploy\): before over .*\d.*, after over/,
		);
		const page = statementsAround(mark)
			.inspect(slower as unknown as Row, sample, 160, watched.samples)
			.map(textOf)
			.join('\n');
		expect(page).toMatch(/Before: .* calls in .* each[\s\S]*After: .* calls in .* each/);
		await client.query('create index orders_customer on orders (customer)');

		// The same moment, rewound to and read again from a recording.
		const encode = createEncoder();
		const decode = createDecoder();
		const read = watched.samples.map(each => decode(encode(each, each.seq).trimEnd()).sample ?? expect.fail());
		const again = read.find(({seq}) => seq === sample.seq) ?? expect.fail();
		const recorded = {sample: read.find(({seq}) => seq === marked.seq) ?? expect.fail(), before: [], name: 'deploy'};
		const figures = ({query, factor: each, change, before, after}: ComparedRow) => ({query, each, change, before, after});
		expect(comparedRows(recorded, again, read).map(figures)).toEqual(rowsAfter(mark, sample, watched).map(figures));
	});

	it('counts statements that still run, if sessions say which', async () => {
		await using watched = await watch(server, statementsPane);
		await client.query('select pg_sleep(0.01)');
		const mark = markAt(
			watched,
			await watched.until('a first answer', rows => rows.some(({query}) => query === 'select pg_sleep($1)')),
		);
		const slow = await connect(server);
		const sleeping = slow.query('select pg_sleep(600.5)').catch(() => {});
		if (version === 13) {
			await client.query(former.replace('$1', '9'));
			const sample = await until(watched, mark, 'another statement', rows => named(rows, former) !== undefined);
			expect(rowsAfter(mark, sample, watched).map(({running}) => running)).toContain(null);
		} else {
			const sample = await until(
				watched,
				mark,
				'the sleeping one',
				rows => (named(rows, 'select pg_sleep($1)')?.factor ?? 0) > 50,
			);
			expect(named(rowsAfter(mark, sample, watched), 'select pg_sleep($1)')).toMatchObject({running: 1, after: {calls: 0}});
		}
		await slow[Symbol.asyncDispose]();
		await sleeping;
	});

	it('survives a reset after the mark, and says so', async () => {
		await using watched = await watch(server, statementsPane);
		await watched.until('a first answer', rows => rows.length > 0);
		await keepRunning(client, 500, former);
		const {calls} = await counted(admin, former);
		const mark = markAt(watched, await markable(watched, [former, calls]));
		await admin.query('select pg_stat_statements_reset()');
		await keepRunning(client, 500, former);
		const now = await counted(admin, former);
		expect(now.calls).toBeLessThan(calls + now.calls);
		const sample = await until(
			watched,
			mark,
			'the calls since the reset',
			rows => named(rows, former)?.after?.calls === now.calls,
		);
		expect(headline(mark, sample, watched)).toMatch(/^pg_stat_statements was reset at \d\d:\d\d:\d\d: after counts from then\. /);
		const row = named(rowsAfter(mark, sample, watched), former) ?? expect.fail();
		expect(row.before?.calls).toBeGreaterThan(0);
		expectFactor(row);
	});
});

it.each<ServerVersion>([13, 18])('evictions on PostgreSQL %i are told, and make new statements uncertain', async version => {
	await withServer(
		version,
		async server => {
			const client = await connect(server);
			await using watched = await watch(server, statementsPane);
			await client.query('create table orders (id int)');
			const mark = markAt(watched, await watched.until('a first answer', rows => rows.length > 0));
			for (let round = 0; round < 2; round++)
				for (let width = 1; width <= 150; width++)
					await client.query(`select ${Array.from({length: width}, () => '1').join(', ')} from orders`);
			const text = 'select count(*) from orders';
			await client.query(text);
			const sample = await until(watched, mark, 'the last statement', rows => named(rows, text) !== undefined);
			expect(headline(mark, sample, watched)).toMatch(/^Entries were evicted since the mark \(\d+\): /);
			const rows = rowsAfter(mark, sample, watched);
			expect(rows.map(({change}) => change)).not.toContain('NEW');
			expect(named(rows, text)?.change).toBe('NEW?');
			for (const {after} of rows) for (const value of Object.values(after ?? {})) expect(value ?? 0).toBeGreaterThanOrEqual(0);
		},
		{'pg_stat_statements.max': '100'},
	);
});
