import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {record} from '../../../source/adapters/record/recorder.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {screen} from '../../../source/core/screen/screen.ts';
import {textOf} from '../../../source/core/text/line.ts';
import type {Server} from '../../../source/demo/server.ts';
import {registry} from '../../../source/panes/index.ts';
import {type Session, sessions} from '../../../source/queries/activity/sessions.ts';
import {printed} from '../../../source/run/print.ts';
import {watchServer} from '../../../source/run/server.ts';
import {played, pressed, stateConnected} from '../../screens/driver.ts';
import {targetOf} from '../lanes.ts';
import {connect, type ServerVersion, startTestServer} from '../servers.ts';

/** What must not be seen anywhere: each of these holds this word. */
const word = 'hunter2';

const statements = [
	`alter role plain password '${word}-role'`,
	`alter role plain password $pw$${word}-dollars$pw$ valid until 'infinity'`,
	`create role e_string password E'it\\'s ${word}' login`,
	`create subscription s connection 'host=nowhere user=u password=${word}-subscription' publication p with (connect = false)`,
	`alter subscription s connection 'postgresql://u:${word}-uri@nowhere/db'`,
	`create user mapping for plain server far options (user 'u', password '${word}-mapping')`,
	`do $$ begin execute 'alter role plain password ''${word}-body'''; end $$`,
	`alter system set primary_conninfo = 'host=nowhere password=${word}-conninfo'`,
	`select '${'x'.repeat(20_000)}' as long, 'host=a password=${word}' as never`,
	`/* ${'x'.repeat(4050)} */ alter role plain password '${word}-${'long'.repeat(4000)}'`,
] as const;

describe.each<ServerVersion>([13, 15, 18])('on PostgreSQL %i', version => {
	let server: Server;
	let folder: string;
	const samples: Sample[] = [];
	let recording = '';

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'pgtriage-'));
		server = await startTestServer(version, {track_activity_query_size: '64kB'});
		const admin = await connect(server, {applicationName: 'admin'});
		await admin.query('create foreign data wrapper w; create server far foreign data wrapper w; create role waiter');
		for (const [index, statement] of statements.entries())
			await (await connect(server, {applicationName: `talker ${index}`})).query(statement);
		await admin.query('select pg_reload_conf()');
		await admin.query(`begin; alter role waiter password '${word}-holder'`);
		const waiter = await connect(server, {applicationName: 'waiter'});
		void waiter.query(`alter role waiter password '${word}-waiter'`).catch(() => {});
		const wrong = await connect(server, {applicationName: 'wrong'});
		await wrong.query(`alter role plain password '${word}' passwor`).catch(() => {});

		const file = join(folder, 'recording.ndjson');
		const recorder = await record(file, 250);
		const complete = Promise.withResolvers<void>();
		const feed = watchServer(targetOf(server), {intervalMs: 250, eager: true, mostWaitMs: 5000}).source(action => {
			if (action.type !== 'sample') return;
			recorder.write(action.sample);
			samples.push(action.sample);
			const answer = action.sample.results[sessions.name];
			const rows = answer?.ok ? (answer.rows as readonly Session[]) : [];
			if (samples.length > 1 && rows.some(row => row.application_name === 'waiter' && row.wait_event_type === 'Lock'))
				complete.resolve();
		});
		feed.watch(registry.panes.map(({id}) => id));
		await complete.promise;
		await feed.stop();
		expect(await recorder.close()).toBeUndefined();
		recording = await readFile(file, 'utf8');
	});

	afterAll(async () => {
		await server?.remove();
		await rm(folder, {recursive: true, force: true});
	});

	const texts = (): readonly string[] => {
		const answer = samples.at(-1)?.results[sessions.name];
		if (!answer?.ok) return expect.fail();
		return (answer.rows as readonly Session[]).map(row => row.query ?? row.query_head ?? '');
	};

	it('the statements are read with their secrets masked, and else whole', () => {
		expect(texts()).toEqual(
			expect.arrayContaining([
				"alter role plain password '***'",
				"alter role plain password $pw$***$pw$ valid until 'infinity'",
				"create role e_string password E'***' login",
				"create subscription s connection 'host=nowhere user=u password=***' publication p with (connect = false)",
				"alter subscription s connection 'postgresql://u:***@nowhere/db'",
				"create user mapping for plain server far options (user 'u', password '***')",
				"do $$ begin execute 'alter role plain password ''***'''; end $$",
				"alter system set primary_conninfo = 'host=nowhere password=***'",
				"alter role waiter password '***'",
				"alter role plain password '***' passwor",
			]),
		);
	});

	it('a text that is read in part is counted whole and masked up to where it was cut', () => {
		const answer = samples.at(-1)?.results[sessions.name];
		if (!answer?.ok) return expect.fail();
		const row = (answer.rows as readonly Session[]).find(({application_name}) => application_name === 'talker 9');
		expect(row).toMatchObject({query: null, query_bytes: Buffer.byteLength(statements[9])});
		expect(row?.query_head).toMatch(/^\/\* x+ \*\/ alter role plain password '\*\*\*$/);
	});

	it.each(['json', 'ndjson', 'csv', 'text'] as const)('nothing of a secret is printed as %s', format => {
		const panes = ['all', 'log'];
		const {text} = printed(samples.at(-1) ?? expect.fail(), samples, {panes, format, filter: '', sort: undefined});
		expect(text).toContain("password '***'");
		expect(text).not.toContain(word);
	});

	it('nothing of a secret is recorded', () => {
		expect(recording).toContain("password '***'");
		expect(recording).not.toContain(word);
	});

	it('nothing of a secret is on a screen, on the page of a row, or copied', () => {
		const size = {columns: 250, rows: 60};
		const {state} = played(
			stateConnected(size),
			samples.map(sample => ({type: 'sample', sample}) as const),
		);
		let seen = '';
		for (const pane of registry.panes) {
			const {state: on} = played(state, [{type: 'pane', pane: pane.id}]);
			seen += frame(on);
			for (const keys of [
				['down', 'enter'],
				['i', 'v'],
				['down', 'right', 'right'],
			])
				seen += frame(pressed(on, ...keys));
			const sample = samples.at(-1) ?? expect.fail();
			for (const row of pane.rows(sample, samples)) {
				seen += pane.copied(row);
				seen += pane.inspect(row, sample, 200, samples).map(textOf).join('\n');
			}
		}
		expect(seen).toContain("alter role waiter password '***'");
		expect(seen).not.toContain(word);
	});

	const frame = (state: Parameters<typeof screen>[1]): string => screen(registry, state).map(textOf).join('\n');
});
