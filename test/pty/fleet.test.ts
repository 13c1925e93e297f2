import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {answering, memberJson, startRest, statusJson} from '../adapters/patroni/rest-server.ts';
import {endsWithTest, longestWaitMs} from '../lifetime.ts';
import {acceptNeighbors, hostAddresses, startNeighbor} from '../postgres/neighbors.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {answered, question} from './answer.ts';
import {settled} from './polled.ts';
import {folder, run} from './program.ts';
import {type Screen, start} from './screen.ts';

let east: Server;
let west: Server;
let configuration: string;

const connection = ({host, port}: Pick<Server, 'host' | 'port'>): string =>
	`host=${host} port=${port} user=postgres dbname=postgres`;

const dead = 'host=127.0.0.1 port=1 user=postgres dbname=postgres';

const fleetOf = (name: string, fleet: readonly unknown[]): string => {
	const file = join(folder, `${name}.json`);
	writeFileSync(file, JSON.stringify({fleet}));
	return file;
};

beforeAll(async () => {
	[east, west] = await Promise.all([startTestServer(18), startTestServer(13)]);
	configuration = fleetOf('fleet', [
		{connection: connection(west), label: 'WEST'},
		{connection: connection(east), label: 'EAST', color: 'red'},
		{connection: dead, label: 'GONE'},
	]);
});

afterAll(() => Promise.all([east?.remove(), west?.remove()]));

const show = (args: readonly string[] = [], size: {readonly columns?: number; readonly rows?: number} = {}): Screen =>
	start(['fleet', '--interval', '250ms', '--config', configuration, ...args], {columns: 160, rows: 40, ...size});

/** A session that holds a row and is waited for, of an application. */
const hold = async (server: Server, applicationName: string): Promise<{readonly pid: number; readonly client: Client}> => {
	const client = await connect(server, {applicationName});
	await client.query('create table if not exists held (id int primary key); insert into held values (1) on conflict do nothing');
	const {rows} = await client
		.query<{pid: number}>('begin; delete from held; select pg_backend_pid() as pid')
		.then(results => (results as unknown as {rows: {pid: number}[]}[])[2] as {rows: {pid: number}[]});
	const waiter = await connect(server, {applicationName: 'waiter'});
	waiter.query('delete from held').catch(() => {});
	return {client, pid: rows[0]?.pid ?? 0};
};

const selected = (label: string) => (text: string) => text.split('\n').some(line => line.startsWith('▶') && line.includes(label));

/** Moves the cursor to a server. */
const point = async (screen: Screen, label: string): Promise<void> => {
	await screen.until(new RegExp(`^.${label} +(?:primary|down)`, 'm'));
	for (let times = 0; times < 4 && !selected(label)(screen.text()); times++) {
		const before = screen
			.text()
			.split('\n')
			.find(line => line.startsWith('▶'))
			?.slice(0, 12);
		screen.press('down');
		await screen.until(
			text =>
				text
					.split('\n')
					.find(line => line.startsWith('▶'))
					?.slice(0, 12) !== before,
		);
	}
	await screen.until(selected(label));
};

describe('the fleet on the screen', () => {
	it('Enter moves the whole program to a server, whose questions name it, and F leads back', async () => {
		const {pid} = await hold(east, 'checkout');
		const screen = show();
		await screen.until(/EAST +primary[^\n]*1 session blocked for at least/);
		// Worst first: what does not answer, then the findings.
		expect(screen.text().indexOf('!GONE')).toBeLessThan(screen.text().indexOf('EAST '));
		expect(screen.text().search(/^.EAST/m)).toBeLessThan(screen.text().search(/^.WEST/m));
		await point(screen, 'EAST');
		screen.press('K');
		await screen.until('Actions are for the server in focus');
		screen.press('enter');
		await screen.until(new RegExp(`EAST +pgtriage[\\s\\S]*${pid} .*checkout.* blocks 1 session`));
		screen.press('0');
		await screen.until(new RegExp(`▶(?:critical|warning) +root-blocker +${pid}`));
		screen.press('K');
		await screen.until(question);
		expect(screen.text()).toContain(`EAST  Terminate session ${pid}?`);
		expect(screen.text()).toMatch(new RegExp(`Server +postgres@${east.host}:${east.port}/postgres`));
		await settled();
		await answered(screen, 'y');
		const admin = await connect(east);
		await expect
			.poll(async () => (await admin.query('select from pg_stat_get_activity($1)', [pid])).rowCount, {timeout: longestWaitMs})
			.toBe(0);
		screen.press('F');
		await screen.until(/EAST stays in focus/);
		await screen.until(/EAST +primary/);
		await point(screen, 'WEST');
		screen.press('enter');
		await screen.until(/Now at WEST\. The history of EAST was let go\./);
		await screen.until(/WEST +pgtriage/);
		screen.press('q');
		expect(await screen.exited).toBe(0);
		expect(screen.unrestored()).toEqual([]);
	});

	it('stays when the server does not answer, and says why', async () => {
		const screen = show();
		await screen.until(/!GONE +down[^\n]*No answer for/);
		await point(screen, 'GONE');
		screen.press('enter');
		await screen.until('GONE: No server is listening at 127.0.0.1:1.');
		screen.press('1');
		await screen.until('No server is in focus: Enter on a row goes there.');
		screen.press('q', 'q');
		expect(await screen.exited).toBe(0);
		expect(screen.unrestored()).toEqual([]);
	});

	it('keeps the history of the server in focus while the fleet is looked at', async () => {
		const screen = show();
		await point(screen, 'WEST');
		screen.press('enter');
		await screen.until(/WEST +pgtriage[\s\S]*Triage/);
		screen.press("'");
		await screen.until('Marked');
		screen.press('F');
		await screen.until(/WEST stays in focus/);
		screen.press('enter');
		await screen.until(/WEST +pgtriage[^\n]*1 mark/);
		screen.press('q', 'q');
		expect(await screen.exited).toBe(0);
	});

	it.each([
		{columns: 80, rows: 24},
		{columns: 120, rows: 40},
		{columns: 200, rows: 50},
	])('shows server, role and finding at $columns columns', async size => {
		const screen = show([], size);
		await screen.until(/^.GONE +down .*No answer for/m);
		await screen.until(/^.EAST +primary/m);
		expect(screen.text()).toMatch(/servers 3 +down 1/);
		screen.signal('SIGTERM');
		expect(await screen.exited).toBe(143);
		expect(screen.unrestored()).toEqual([]);
	});

	it('records the server in focus into a file of its own', async () => {
		const file = join(folder, 'shift.ndjson');
		const screen = show(['--record', file]);
		await point(screen, 'EAST');
		screen.press('enter');
		await screen.until(/EAST +pgtriage[^\n]*REC/);
		screen.press('q', 'q');
		expect(await screen.exited).toBe(0);
		expect(existsSync(file)).toBe(false);
		expect(existsSync(join(folder, 'shift-EAST.ndjson'))).toBe(true);
	});
});

describe('fleet without a screen', () => {
	it('prints a row for each server, and ends with 3 if one does not answer', async () => {
		const {status, stdout} = await run(['fleet', '--once', '--config', configuration]);
		expect(status).toBe(3);
		const document = JSON.parse(stdout);
		const rows: readonly Record<string, unknown>[] = document.panes.fleet.rows;
		expect(rows.map(({label, role, status: state}) => [label, role, state])).toEqual([
			['GONE', null, 'down'],
			['WEST', 'primary', 'up'],
			['EAST', 'primary', 'up'],
		]);
		expect(rows[0]).toMatchObject({active: null, connections: null, rule: 'not-read'});
		expect(rows[1]).toMatchObject({timeline: 1, max_connections: 100, transactions_per_second: expect.any(Number)});
		expect(document).toMatchObject({pgtriage: 1, server: null, missing: [{code: 'ECONNREFUSED', what: 'fleet (GONE)'}]});
	});

	it('ends with 0 if all answer, and with 1 if none does', async () => {
		const both = await run(['fleet', connection(east), connection(west), '--once', '--format', 'csv', '--config', 'none']);
		expect(both).toMatchObject({status: 0, stderr: ''});
		expect(both.stdout.split('\r\n')[0]).toContain('label,role,timeline');
		const none = await run(['fleet', dead, '--once', '--format', 'ndjson', '--config', 'none']);
		expect(none.status).toBe(1);
		expect(none.stderr).toContain('None of the servers answers.');
		expect(JSON.parse(none.stdout)).toMatchObject({pane: 'fleet', rows: [{status: 'down'}]});
	});

	it('lists the members that Patroni names, beside the servers that are given', async () => {
		const members = [
			memberJson('db-1', {role: 'leader', host: '127.0.0.1', port: 1}),
			memberJson('db-2\u001b[2J', {host: '127.0.0.1', port: 2}),
			memberJson('stray', {host: '/tmp,10.0.0.9'}),
		];
		const rest = await startRest(answering(() => ({'/cluster': {members}, '/patroni': statusJson(), '/history': []})));
		const shown = await run(['fleet', connection(east), '--once', '--patroni', rest.url, '--config', 'none']);
		expect(shown.status).toBe(3);
		const rows: readonly Record<string, unknown>[] = JSON.parse(shown.stdout).panes.fleet.rows;
		expect(rows.map(({label, status}) => [label, status])).toEqual([
			['db-1', 'down'],
			[expect.stringMatching(/^db-2[ -~]*$/), 'down'],
			[expect.stringContaining(east.host), 'up'],
		]);
		const dead = await run(['fleet', '--once', '--patroni', 'http://127.0.0.1:1', '--config', 'none']);
		expect(dead).toMatchObject({status: 1, stdout: '', stderr: expect.stringMatching(/^pgtriage: .*127\.0\.0\.1:1/)});
	});

	it('adds the standbys that a primary names, and says what is missing', async () => {
		const [address, standbyAddress] = hostAddresses;
		const primary = await startTestServer(18, {listen_addresses: address});
		endsWithTest(primary.remove);
		await acceptNeighbors(primary);
		const {server: standby, road} = await startNeighbor({server: primary, address}, standbyAddress, 'berlin');
		endsWithTest(standby.remove);
		endsWithTest(road.close);
		const args = [
			'fleet',
			connection({...primary, host: address}),
			'--standbys',
			'--once',
			'--format',
			'json',
			'--config',
			'none',
		];
		const found = await run(args);
		expect(found).toMatchObject({status: 0, stderr: ''});
		const rows: readonly Record<string, unknown>[] = JSON.parse(found.stdout).panes.fleet.rows;
		expect(rows.map(({label, role, status}) => [label, role, status])).toEqual([
			[`${address}:5432`, 'primary', 'up'],
			['berlin', 'standby', 'up'],
		]);
		const hidden = await run(args.map(arg => arg.replace('user=postgres', 'user=plain')));
		const sentence = 'GRANT pg_monitor TO plain shows them.';
		expect(hidden).toMatchObject({status: 3, stderr: expect.stringContaining(sentence)});
		expect(JSON.parse(hidden.stdout).missing).toContainEqual(expect.objectContaining({code: 'hidden', hint: sentence}));
		const screen = start(['fleet', connection({...primary, host: address}), connection(east), '--standbys', '--config', 'none']);
		await screen.until(/berlin +standby/);
		expect(screen.text()).toMatch(/servers 3/);
		screen.press('q');
		expect(await screen.exited).toBe(0);
		expect(screen.unrestored()).toEqual([]);
	});

	it('prints a table in the order that is asked for', async () => {
		const args = ['fleet', '--once', '--format', 'text', '--sort', 'label', '--filter', 'status=up', '--config', configuration];
		const {status, stdout} = await run(args);
		expect(status).toBe(3);
		expect(stdout).toMatch(/SERVER[\s\S]*EAST +primary[\s\S]*WEST +primary/);
		expect(stdout).not.toContain('GONE');
	});

	it('says how to name a fleet if none is', async () => {
		expect(await run(['fleet', '--once', '--config', 'none'])).toMatchObject({
			status: 2,
			stderr: expect.stringContaining('pgtriage: No fleet is named. pgtriage fleet "host=db1" "host=db2"'),
		});
		expect(await run(['fleet', '--once', '--format', 'openmetrics', connection(east)])).toMatchObject({status: 2});
	});
});
