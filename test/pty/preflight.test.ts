import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {connect, type Session, startTestServer} from '../postgres/servers.ts';
import {answered} from './answer.ts';
import {at, type Ended, run} from './program.ts';
import {start} from './screen.ts';

let server: Server;
let admin: Session;

beforeAll(async () => {
	server = await startTestServer(18, {autovacuum: 'off'});
	admin = await connect(server, {applicationName: 'admin'});
	await admin.query(`
		create table orders (id int primary key);
		create view report as select * from orders;
		create schema a;
		create schema b;
		create table a.twin (id int);
		create table b.twin (id int);
	`);
});

afterAll(() => server?.remove());

type Holder = {readonly pid: number; readonly session: Session};

/** A session that is idle in a transaction that read `orders`. */
const holder = async (): Promise<Holder> => {
	const session = await connect(server, {applicationName: 'shop'});
	const {rows} = await session.query<{pid: number}>('select pg_backend_pid() as pid');
	await session.query('begin');
	await session.query('select * from orders');
	return {pid: rows[0]?.pid ?? 0, session};
};

const preflight = (...args: readonly string[]): Promise<Ended> => run(['preflight', ...args, ...at(server)]);

describe('pgtriage preflight', () => {
	it('exits with 0 if the lock would be granted now', async () => {
		const {status, stdout, stderr} = await preflight('orders', '--lock', 'alter table');
		expect({status, stderr}).toEqual({status: 0, stderr: ''});
		expect(JSON.parse(stdout)).toEqual({
			relation: 'public.orders',
			lock: 'ACCESS EXCLUSIVE',
			granted_now: true,
			would_wait_for: [],
			would_queue_behind_it: {statements_per_second: expect.any(Number)},
			at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/),
		});
	});

	it('exits with 1 if it would wait, and names who is in the way', async () => {
		const {pid} = await holder();
		const {status, stdout} = await preflight('public.orders', '--lock', 'truncate');
		expect(status).toBe(1);
		expect(JSON.parse(stdout)).toMatchObject({
			granted_now: false,
			would_wait_for: [
				{
					pid,
					mode: 'AccessShareLock',
					relation: 'public.orders',
					state: 'idle in transaction',
					application_name: 'shop',
					xact_seconds: expect.any(Number),
					query: 'select * from orders',
				},
			],
		});
		expect(Object.keys(JSON.parse(stdout).would_wait_for[0])).toEqual([
			'pid',
			'mode',
			'relation',
			'state',
			'application_name',
			'xact_seconds',
			'query',
		]);
		const share = await preflight('orders', '--lock', 'share', '--format', 'text');
		expect(share).toEqual({
			status: 0,
			stderr: '',
			stdout: expect.stringMatching(/^SHARE on public\.orders would be granted now\./),
		});
	});

	it.each([
		['nosuch', [], /Relation nosuch does not exist in this database\./],
		['report', [], /public\.report is a view: check the tables behind it\./],
		['twin', [], /twin is ambiguous\. Name the schema: a\.twin, b\.twin\./],
		['orders', ['--lock', 'alter tabel'], /"alter tabel" is not a lock mode or a command\. Did you mean alter table/],
		['a.b.c', [], /"a\.b\.c" is not the name of a table\./],
	])('exits with 2 for %s %j', async (table, args, message) => {
		const {status, stderr, stdout} = await preflight(table, ...args);
		expect({status, stdout}).toEqual({status: 2, stdout: ''});
		expect(stderr).toMatch(message);
	});

	it('exits with 2 without a table', async () => {
		expect(await run(['preflight'])).toMatchObject({status: 2, stderr: expect.stringMatching(/preflight needs a table/)});
	});

	it('exits with 3 if nobody answers, and if the catalog is locked', async () => {
		const gone = await run(['preflight', 'orders', '-h', '127.0.0.1', '-p', '1', '-U', 'postgres']);
		expect(gone.status).toBe(3);
		const locker = await connect(server);
		await locker.query('begin; lock table pg_catalog.pg_inherits in access exclusive mode');
		const {status, stdout} = await preflight('orders');
		expect(status).toBe(3);
		expect(JSON.parse(stdout)).toMatchObject({granted_now: null, missing: [{what: 'locks', code: '55P03'}]});
	});
});

describe('the screen', () => {
	let pid: number;
	let session: Session;

	beforeEach(async () => {
		({pid, session} = await holder());
	});

	it('shows the locks of the session under the cursor with l', async () => {
		const screen = start([...at(server), '--interval', '250ms', '--filter', 'app=shop']);
		await screen.until(/shop +idle in xact/);
		screen.press('down');
		await screen.until(new RegExp(`▶ +${pid}`));
		screen.press('l');
		await screen.until(new RegExp(`Locks of session ${pid}\\.[\\s\\S]*${pid} .*public\\.orders +AccessShare +yes`));
		screen.type(':held nosuch\r');
		await screen.until('No locks, or no such relation in this database.');
		screen.type(':held orders\r');
		await screen.until(new RegExp(`Locks on orders, its indexes[\\s\\S]*${pid} .*public\\.orders`));
	});

	it('watches a preflight until it turns green, and acts on who is in the way', async () => {
		const screen = start([...at(server), '--interval', '250ms', '--audit', '/dev/null'], {columns: 160});
		await screen.until('shop');
		screen.type(':preflight orders drop table\r');
		await screen.until(
			new RegExp(`ACCESS EXCLUSIVE on public\\.orders \\(drop table\\) would wait for 1 session\\.[\\s\\S]*${pid} +holds`),
		);
		screen.press('down');
		await screen.until(new RegExp(`▶ *${pid}`));
		screen.press('K');
		await screen.until(text => text.includes(`Terminate session ${pid}?`) && text.includes('[y] terminate'));
		await answered(screen, 'n');
		await session.query('rollback');
		await screen.until(/ACCESS EXCLUSIVE on public\.orders \(drop table\) would be granted now\./);
	});

	it('says what is wrong with a preflight, and what it needs', async () => {
		const screen = start([...at(server), '--interval', '250ms']);
		await screen.until('shop');
		screen.type(':preflight orders alter tabel\r');
		await screen.until(/No lock mode or command alter tabel: did you mean alter table/);
		screen.press('esc');
		await screen.until(text => !text.includes('did you mean'));
		screen.type(':preflight\r');
		await screen.until('Enter :preflight TABLE [MODE]');
		screen.type(':preflight twin\r');
		await screen.until(/twin is ambiguous\. Name the schema: a\.twin, b\.twin\./);
	});
});

it('held locks are printed by --once only if they are named', async () => {
	const {session} = await holder();
	const {stdout} = await run(['--once', '--pane', 'held', '--format', 'json', ...at(server)]);
	type Printed = {readonly panes: Readonly<Record<string, {readonly rows: readonly Record<string, unknown>[]}>>};
	const {panes} = JSON.parse(stdout) as Printed;
	expect(panes.held?.rows.filter(({relation}) => relation === 'public.orders')).toMatchObject([
		{application_name: 'shop', mode: 'AccessShareLock', granted: true},
	]);
	const all = await run(['--once', '--pane', 'all', '--format', 'json', ...at(server)]);
	expect(Object.keys((JSON.parse(all.stdout) as Printed).panes)).not.toContain('held');
	await session.query('rollback');
});
