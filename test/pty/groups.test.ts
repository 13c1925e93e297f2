import {readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {longestWaitMs} from '../lifetime.ts';
import {connect, type Session, startTestServer} from '../postgres/servers.ts';
import {at, folder, run} from './program.ts';
import {start} from './screen.ts';

let server: Server;
let admin: Session;

beforeAll(async () => {
	server = await startTestServer(18);
	admin = await connect(server, {applicationName: 'admin'});
	await admin.query(`
		create table orders (id int primary key, customer int);
		insert into orders select id, id % 5000 from generate_series(1, 200000) as id;
		create index orders_customer on orders (customer);
		analyze orders;
	`);
	for (const [name, controller] of [
		['shop', 'orders'],
		['shop', 'carts'],
		['billing', 'invoices'],
	] as const) {
		const session = await connect(server, {applicationName: name});
		await session.query(`begin; select 1 /*action='show',controller='${controller}'*/`);
	}
});

afterAll(() => server?.remove());

describe('sessions grouped on the screen', () => {
	it('u groups them, Enter shows those of a group, Esc goes back, u goes on to the next grouping', async () => {
		const screen = start([...at(server), '--interval', '250ms']);
		await screen.until('billing');
		screen.press('u');
		await screen.until(/Sessions by application\.[\s\S]*APPLICATION[\s\S]*shop +2 [\s\S]*billing +1 /);
		screen.press('enter');
		await screen.until(text => text.includes('filter: application_name="shop"') && !/billing/.test(text));
		screen.press('esc');
		await screen.until(/Sessions by application\./);
		screen.press('u');
		await screen.until(/Sessions by user\.[\s\S]*postgres/);
		screen.press(':');
		await screen.until(/^:/m);
		screen.press(...'group tag.controller', 'enter');
		await screen.until(/Sessions by tag\.controller\.[\s\S]*CONTROLLER[\s\S]*carts +1 /);
		screen.press('[');
		await screen.until(/REWOUND|PAUSED/);
		expect(screen.text()).toMatch(/carts +1 /);
		screen.press('q');
		expect(await screen.exited).toBe(0);
	});

	it('d in Statements compares them before and after the mark', async () => {
		const screen = start([...at(server), '--interval', '250ms', '--pane', 'statements']);
		await screen.until('LOAD');
		const keep = async (ms: number): Promise<void> => {
			const end = performance.now() + ms;
			for (let turn = 0; performance.now() < end; turn++)
				await admin.query(`select count(*) from orders where customer = ${turn % 500}`);
		};
		await keep(1500);
		// Statements are read less often than sessions: one that the mark does not know is a new one.
		await screen.until('select count(*) from orders');
		screen.press("'");
		await screen.until('Marked');
		await admin.query('drop index orders_customer');
		await keep(8000);
		await screen.until(/\d+x slower since \d\d:\d\d:\d\d: select count\(\*\) from orders/);
		screen.press('d');
		await screen.until(/Before and after the mark at \d\d:\d\d:\d\d/);
		await screen.until(/FACTOR[\s\S]*\d+x [\s\S]*select count/);
		screen.press('d');
		await screen.until(text => !text.includes('Before and after'));
		screen.press('q');
		expect(await screen.exited).toBe(0);
	});
});

type Groups = {
	readonly panes: {readonly sessions: {readonly ok: boolean; readonly rows?: unknown; readonly groups: readonly object[]}};
};

describe('--group', () => {
	it('prints the groups in place of the sessions', async () => {
		const {stdout, stderr, status} = await run([
			...at(server),
			'--once',
			'--group',
			'application',
			'--filter',
			'app=shop,billing',
		]);
		expect({stderr, status}).toEqual({stderr: '', status: 0});
		const {sessions} = (JSON.parse(stdout) as Groups).panes;
		expect(sessions).not.toHaveProperty('rows');
		expect(sessions.groups).toEqual([
			{
				group: 'shop',
				total: 2,
				active: 0,
				idle: 0,
				idle_in_transaction: 2,
				waiting: 0,
				oldest_xact_seconds: expect.any(Number),
				longest_idle_seconds: null,
				temp_bytes: 0,
				cpu_percent: expect.toSatisfy(value => value === null || typeof value === 'number'),
			},
			expect.objectContaining({group: 'billing', total: 1}),
		]);
	});

	it.each([
		['ndjson', /"groups":\[\{"group":"carts"|"group":"carts"/],
		['csv', /^group,total,active,[\s\S]*\ncarts,1,/],
		['text', /^CONTROLLER +TOTAL[\s\S]*\ncarts +1 /],
	])('prints %s', async (format, expected) => {
		const {stdout, status} = await run([...at(server), '--once', '--group', 'tag.controller', '--format', format]);
		expect(status).toBe(0);
		expect(stdout).toMatch(expected);
	});

	it.each([
		[['--once', '--group', 'color'], /Sessions cannot be grouped by color\./],
		[['--once', '--pane', 'locks', '--group', 'user'], /--group needs the pane sessions\./],
	])('%j is refused', async (args, message) => {
		const {stderr, status} = await run([...at(server), ...args]);
		expect(status).toBe(2);
		expect(stderr).toMatch(message);
	});

	it('works on a recording, in which a report compares the statements around a time', async () => {
		const file = join(folder, 'deploy.ndjson');
		rmSync(file, {force: true});
		const recording = start(['record', file, ...at(server), '--interval', '250ms']);
		await vi.waitUntil(() => readable(file).split('\n').length > 12, {timeout: longestWaitMs});
		recording.press('ctrl-c');
		await recording.exited;
		const {stdout, status} = await run(['replay', file, '--once', '--group', 'application']);
		expect(status).toBe(0);
		expect((JSON.parse(stdout) as Groups).panes.sessions.groups).toContainEqual(
			expect.objectContaining({group: 'shop', total: 2}),
		);
		const marked = JSON.parse(readable(file).split('\n')[5] ?? '{}') as {at: string};
		const report = await run(['report', file, '--mark', marked.at]);
		expect(report.stderr).toBe('');
		expect(report.stdout).toMatch(/^## Before and after \d\d:\d\d:\d\d/m);
	});
});

const readable = (file: string): string => {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return '';
	}
};
