import {createConnection} from 'node:net';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {parseFilter} from '../../../source/core/pane/filter.ts';
import {paneJson} from '../../../source/core/pane/json.ts';
import {jsonLine} from '../../../source/core/recording/lines.ts';
import {decode, sqlFor} from '../../../source/core/sample/query.ts';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import type {Server} from '../../../source/demo/server.ts';
import {registry} from '../../../source/panes/index.ts';
import {statementOf} from '../../../source/panes/reading/statement.ts';
import {type Session, sessions} from '../../../source/queries/activity/sessions.ts';
import {watchServer} from '../../../source/run/server.ts';
import {unsafe} from '../../core/arbitraries.ts';
import {longestWaitMs} from '../../lifetime.ts';
import {laneTo, ready, targetOf} from '../lanes.ts';
import {connect, startTestServer} from '../servers.ts';

const encoded = [
	['latin', 'LATIN1', Buffer.from('select 1 --\xe9', 'latin1')],
	['ascii', 'SQL_ASCII', Buffer.from('select 1 --\xff\xe9', 'latin1')],
	['cyrillic', 'WIN1251', Buffer.from([...Buffer.from('select 1 --'), 0xe6])],
	['japan', 'EUC_JP', Buffer.from([...Buffer.from("select '"), 0xb0, 0xa1, ...Buffer.from("' as seen")])],
] as const;

const long = `select '${'é'.repeat(10_000)}' as seen`;
const cutOff = `select 1 --${'é'.repeat(600)}`;

/** Session that ran one statement of raw bytes and stays open; written by hand, since client libraries send only valid text. */
const leave = async (server: Server, database: string, encoding: string, statement: Buffer): Promise<() => void> => {
	const socket = createConnection(`${server.host}/.s.PGSQL.${server.port}`);
	const message = (type: string, body: Buffer): Buffer => {
		const length = Buffer.alloc(4);
		length.writeInt32BE(body.length + 4);
		return Buffer.concat([Buffer.from(type), length, body]);
	};
	const parameters = {user: 'postgres', database, application_name: database, client_encoding: encoding};
	const pairs = Object.entries(parameters).flat();
	let heard = '';
	socket.on('data', bytes => (heard += bytes.toString('latin1')));
	socket.write(message('', Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from(`${pairs.join('\0')}\0\0`)])));
	socket.write(message('Q', Buffer.concat([statement, Buffer.from([0])])));
	await vi.waitUntil(() => heard.includes('SELECT 1\0'), {timeout: longestWaitMs});
	return () => socket.destroy();
};

/** Creates in a database a role, a schema, a table, an index and a statement whose names are letters of its encoding. */
const name = async (server: Server, database: string): Promise<void> => {
	const client = await connect(server, {database, applicationName: `names of ${database}`});
	const letter = {latin: 'é', ascii: 'ÿ', cyrillic: 'ж', japan: '漢'}[database] ?? '';
	await client.query(`
		create extension pg_stat_statements;
		create schema "${letter}s";
		create table "${letter}s"."t${letter}" ("c${letter}" int primary key);
		insert into "${letter}s"."t${letter}" select generate_series(1, 100);
		create role "${database}${letter}";
		analyze;
	`);
	await client.query(`select "c${letter}" as "${letter}" from "${letter}s"."t${letter}" limit 1`);
};

describe.each([13, 18] as const)('on PostgreSQL %i', version => {
	let server: Server;
	const left: (() => void)[] = [];

	beforeAll(async () => {
		server = await startTestServer(version, {
			track_activity_query_size: '64kB',
			logging_collector: 'on',
			log_destination: 'csvlog',
		});
		const admin = await connect(server, {applicationName: 'admin'});
		for (const [database, encoding, statement] of encoded) {
			await admin.query(`create database ${database} template template0 encoding '${encoding}' lc_collate 'C' lc_ctype 'C'`);
			left.push(await leave(server, database, encoding, statement));
			await name(server, database);
		}
		const talker = await connect(server, {applicationName: 'talker'});
		await talker.query(long);
		await (await connect(server, {applicationName: 'short'})).query(cutOff);
	});

	afterAll(async () => {
		for (const close of left) close();
		await server?.remove();
	});

	const read = async (database: string): Promise<readonly Session[]> => {
		await using lane = laneTo(targetOf(server, {dbname: database}));
		const {version: number = 0} = await ready(lane);
		const reply = await lane.run({name: sessions.name, sql: sqlFor(sessions, number), deadlineMs: 5000});
		if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
		return decode(sessions as never, reply.rows).rows as readonly (Session & Row)[];
	};

	it.each(['postgres', ...encoded.map(([database]) => database)])(
		'the sessions are read whole in %s, whatever bytes others have sent',
		async database => {
			const rows = await read(database);
			const by = (name: string): Session => rows.find(row => row.application_name === name) ?? expect.fail(name);
			expect(by('latin')).toMatchObject({query: 'select 1 --\ufffd', query_bytes: 12, query_head: null});
			expect(by('ascii')).toMatchObject({query: 'select 1 --\ufffd\ufffd', query_bytes: 13});
			expect(by('cyrillic')).toMatchObject({query: 'select 1 --\ufffd', query_bytes: 12});
			expect(by('japan').query).toMatch(/^select '\ufffd+' as seen$/);
			expect(by('short')).toMatchObject({query: cutOff, query_head: null});
			expect(by('admin').query).toContain('create database');
		},
	);

	it('reads the beginning of a long statement without cutting a character in two', async () => {
		const row = (await read('postgres')).find(({application_name}) => application_name === 'talker') ?? expect.fail();
		expect(row).toMatchObject({query: null, query_bytes: 20_017});
		expect(statementOf(row)).toBe(`select '${'é'.repeat(2044)}`);
	});

	/** Two samples of everything, as with `--once`. */
	const sampled = (database: string): Promise<readonly Sample[]> =>
		new Promise(resolve => {
			const samples: Sample[] = [];
			const {source} = watchServer(targetOf(server, {dbname: database}), {intervalMs: 1000, eager: true, mostWaitMs: 10_000});
			const feed = source(action => {
				if (action.type !== 'sample') return;
				samples.push(action.sample);
				if (samples.length === 2) queueMicrotask(() => void feed.stop().then(() => resolve(samples)));
			});
			feed.watch(registry.panes.map(({id}) => id));
		});

	it.each(['postgres', ...encoded.map(([database]) => database)])(
		'every pane has its rows, its pages and its JSON in %s, whatever bytes stand there',
		async database => {
			const samples = await sampled(database);
			const [, sample] = samples;
			if (!sample) return expect.fail();
			for (const pane of registry.panes) {
				const json = paneJson(pane, sample, samples, parseFilter('', pane.columns), undefined);
				expect({pane: pane.id, ...json}).toMatchObject({ok: true});
				expect(jsonLine(json)).not.toMatch(unsafe);
				if (json.ok) expect(JSON.parse(jsonLine(json)).rows).toHaveLength(json.rows.length);
				for (const row of pane.rows(sample, samples))
					for (const line of pane.inspect(row, sample, 80, samples)) expect(textOf(line)).not.toMatch(unsafe);
			}
		},
	);
});
