import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import type {RunningIncident} from '../../source/demo/incidents/incident.ts';
import type {Server} from '../../source/demo/server.ts';
import {longestWaitMs} from '../lifetime.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {begin} from './incident.ts';
import {at, cli, folder, run} from './program.ts';
import {type Screen, start} from './screen.ts';

let server: Server;
let admin: Client;
let chain: RunningIncident;

beforeAll(async () => {
	server = await startTestServer(18);
	admin = await connect(server, {applicationName: 'admin'});
	chain = await begin(server, 'lock-chain');
	const hostile = await connect(server, {applicationName: 'hostile', user: 'monitor'});
	hostile.query("select '\x1b]0;owned\x07\u009b2J\u202e\u200b' as seen, pg_sleep(600)").catch(() => {});
	const sheet = await connect(server, {applicationName: '=sheet,"quoted"', user: 'monitor'});
	sheet.query('select 1,\n\t2, pg_sleep(600)').catch(() => {});
	await vi.waitUntil(
		async () => (await admin.query("select from pg_stat_activity where wait_event = 'PgSleep'")).rowCount === 2,
		{
			timeout: longestWaitMs,
		},
	);
});

afterAll(async () => {
	await chain?.end();
	await server?.remove();
});

type Row = Readonly<Record<string, unknown>>;
type Pane = {readonly ok: boolean; readonly took_ms: number; readonly rows: readonly Row[]; readonly hidden?: unknown};
type Printed = {
	readonly pgtriage: number;
	readonly at: string;
	readonly server: Row;
	readonly panes: {readonly sessions: Pane; readonly locks: Pane};
};

const json = async (...args: readonly string[]): Promise<Printed> => {
	const {stdout, stderr, status} = await run([...at(server), '--once', ...args]);
	expect({stderr, status}).toEqual({stderr: '', status: 0});
	return JSON.parse(stdout) as Printed;
};

const applications = ({rows}: Pane): readonly unknown[] => rows.map(row => row.application_name);

const sessionFields = `pid, backend_start, datname, usename, application_name, client_addr, backend_type, state, wait_event_type,
	wait_event, xact_start, query_start, state_change, xact_seconds, query_seconds, state_seconds, backend_xmin_age, leader_pid,
	query_id, blocked_by, blocks, query, query_truncated`;
const lockFields = `pid, depth, root_pid, blocked_by, blocks_direct, blocks_total, waiters_wait_seconds, locktype, mode, relation,
	waiting_seconds, soft, gid, state, query`;
const names = (fields: string): readonly string[] => fields.split(/,\s+/);

describe('json', () => {
	it('names the server and the time of the sample', async () => {
		const printed = await json();
		expect(printed.pgtriage).toBe(1);
		expect(printed.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
		expect(printed.server).toMatchObject({in_recovery: false, database: 'postgres', user: 'postgres', max_connections: 100});
		expect(printed.server.version).toBeGreaterThanOrEqual(180_000);
		expect(Object.keys(printed.panes)).toEqual(['sessions']);
	});

	it('has every field of the contract for sessions, as the server has it', async () => {
		const {panes} = await json();
		expect(panes.sessions.took_ms).toBeGreaterThan(0);
		for (const row of panes.sessions.rows) expect(Object.keys(row)).toEqual(expect.arrayContaining([...names(sessionFields)]));
		const {rows} = await admin.query(`select pid, datname, usename, application_name, state, backend_type, query,
			to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') as backend_start
			from pg_stat_activity where application_name = 'checkout' order by pid`);
		expect(panes.sessions.rows.filter(row => row.application_name === 'checkout')).toHaveLength(2);
		expect(panes.sessions.rows).toEqual(expect.arrayContaining(rows.map(row => expect.objectContaining(row))));
	});

	it('holds every row but our own, with idle sessions and background processes', async () => {
		const {panes} = await json();
		expect(applications(panes.sessions)).toContain('admin');
		expect(applications(panes.sessions)).not.toContain('pgtriage');
		expect(panes.sessions.rows.map(row => row.backend_type)).toContain('checkpointer');
	});

	it('has every field of the contract for locks, and the forest in its order', async () => {
		const {panes} = await json('--pane', 'locks');
		for (const row of panes.locks.rows) expect(Object.keys(row)).toEqual(expect.arrayContaining([...names(lockFields)]));
		const {root, first, second, third, queued, deeper, deepest} = chain.pids;
		expect(panes.locks.rows[0]).toMatchObject({pid: root, depth: 0, blocks_direct: 3, blocks_total: 6, blocked_by: []});
		const depths = Object.fromEntries(panes.locks.rows.map(row => [row.pid, row.depth]));
		expect(depths).toEqual({
			[String(root)]: 0,
			[String(first)]: 1,
			[String(second)]: 1,
			[String(third)]: 1,
			[String(queued)]: 2,
			[String(deeper)]: 2,
			[String(deepest)]: 3,
		});
		expect(panes.locks.rows.find(row => row.pid === deepest)).toMatchObject({blocked_by: [deeper], root_pid: root});
	});

	it('holds several panes or all', async () => {
		expect(Object.keys((await json('--pane', 'locks', '--pane', 'sessions')).panes)).toEqual(['locks', 'sessions']);
		expect(Object.keys((await json('--pane', 'all')).panes)).toEqual(expect.arrayContaining(['sessions', 'locks']));
	});

	it('escapes control characters', async () => {
		const {stdout} = await run([...at(server), '--once', '--application', 'hostile']);
		expect(stdout).toMatch(/^[\x20-\x7e]+\n$/);
		expect(stdout).toContain('\\u001b]0;owned\\u0007\\u009b2J\\u202e\\u200b');
	});

	it('is filtered and sorted as on the screen, with the shorthands', async () => {
		expect(applications((await json('--filter', 'app=checkout,api state=active')).panes.sessions).toSorted()).toEqual([
			'api',
			'api',
			'checkout',
		]);
		const all = ['--database', 'postgres', '--user', 'shop', '--application', 'fulfilment', '--min-duration', '1ms'];
		expect(applications((await json(...all)).panes.sessions)).toEqual(['fulfilment']);
		expect(applications((await json(...all, '--min-duration', '1h')).panes.sessions)).toEqual([]);
		const ordered = async (sort: string): Promise<readonly unknown[]> =>
			(await json('--user', 'shop', '--sort', sort)).panes.sessions.rows.map(row => row.pid);
		const pids = Object.values(chain.pids).toSorted((a, b) => a - b);
		expect(await ordered('pid')).toEqual(pids);
		expect(await ordered('pid:desc')).toEqual(pids.toReversed());
	});

	it('for a role without privileges names the hidden rows and the grant, with status 3', async () => {
		const {stdout, status} = await run([...at(server, 'plain'), '--once']);
		const {sessions} = (JSON.parse(stdout) as Printed).panes;
		expect(sessions.ok).toBe(true);
		expect(sessions.hidden).toMatchObject({hint: expect.stringMatching(/GRANT pg_monitor TO plain/)});
		expect((sessions.hidden as {rows: number}).rows).toBeGreaterThanOrEqual(9);
		expect(status).toBe(3);
	});

	it('for a role with pg_monitor hides nothing', async () => {
		const {stdout, status} = await run([...at(server, 'monitor'), '--once']);
		expect((JSON.parse(stdout) as Printed).panes.sessions.hidden).toBeUndefined();
		expect(status).toBe(0);
	});
});

describe('other formats', () => {
	it('ndjson has one line per pane', async () => {
		const {stdout} = await run([...at(server), '--once', '--pane', 'all', '--format', 'ndjson']);
		const lines = stdout
			.trim()
			.split('\n')
			.map(line => JSON.parse(line) as Row);
		expect(lines.map(({pane}) => pane)).toEqual(expect.arrayContaining(['sessions', 'locks']));
		for (const line of lines) expect(line).toMatchObject({ok: true, at: expect.any(String), rows: expect.any(Array)});
	});

	it('csv has a header, quotes cells and never begins one like a formula', async () => {
		const {stdout} = await run([...at(server), '--once', '--format', 'csv', '--filter', 'app=*sheet*']);
		const [head = '', row = '', ...more] = stdout.trimEnd().split('\n');
		for (const field of names(sessionFields)) expect(head.split(',')).toContain(field);
		expect(row).toContain(`"'=sheet,""quoted"""`);
		expect(row).toContain('"select 1, 2, pg_sleep(600)"');
		expect(more).toEqual([]);
	});

	it('text is a table and the default on a terminal', async () => {
		const screen = start([...at(server), '--once', '--user', 'shop', '--sort', 'pid'], {columns: 400});
		expect(await screen.exited).toBe(0);
		expect(screen.rows()[0]).toMatch(/^ *PID .*DATABASE .*QUERY/);
		expect(screen.text()).toMatch(new RegExp(`^ *${chain.pids.root} .*postgres .*shop .*idle in xact`, 'm'));
		expect(screen.written().toString()).not.toContain('\x1b');
		const {stdout} = await run([...at(server), '--once', '--application', 'hostile', '--format', 'text']);
		expect(stdout).not.toMatch(/[^\n\P{C}]/u);
		expect(stdout).toContain('^[]0;owned^G\\x9b2J\\u202e\\u200b');
	});
});

it('--once and --help do not load React', async () => {
	const loaded = join(folder, 'loaded');
	const hook = join(folder, 'hook.mjs');
	writeFileSync(
		hook,
		`import {appendFileSync} from 'node:fs';
		import {registerHooks} from 'node:module';
		registerHooks({load: (url, context, next) => (appendFileSync(process.env.LOADED, url + '\\n'), next(url, context))});`,
	);
	const react = readdirSync(dirname(cli)).filter(name => readFileSync(join(dirname(cli), name), 'utf8').includes('react.memo'));
	expect(react).not.toEqual([]);
	for (const args of [[...at(server), '--once', '--pane', 'all'], ['--help']]) {
		writeFileSync(loaded, '');
		const {status} = await run(args, {env: {LOADED: loaded}, node: ['--import', pathToFileURL(hook).href]});
		expect(status).toBe(0);
		const files = readFileSync(loaded, 'utf8')
			.split('\n')
			.filter(url => url.startsWith('file:'))
			.map(url => fileURLToPath(url));
		expect(files).toContain(cli);
		expect(files.filter(file => react.some(name => file === join(dirname(cli), name)))).toEqual([]);
	}
});

describe('an output that accepts nothing', () => {
	const printing = (command: string, args: readonly string[]): Screen =>
		start([], {program: ['bash', '-c', command, 'bash', process.execPath, cli, ...args]});

	it.each([['--once'], ['--help'], ['--version']])(
		'because its reader is gone ends %s as a broken pipe ends others',
		async option => {
			const screen = printing('exec 3> >(:); wait $!; "$@" >&3; echo status $?', [...at(server), option]);
			await screen.until(/^status 141$/m);
			expect(screen.rows()[0]).toBe('status 141');
		},
	);

	it('on a full disk gets a sentence', async () => {
		const screen = printing('"$@" >/dev/full; echo "status $?"', [...at(server), '--once']);
		await screen.until(/^status 1$/m);
		expect(screen.rows()[0]).toBe('pgtriage: The output cannot be written (ENOSPC). Free disk space or write it elsewhere.');
	});
});
