import {mkdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Client} from 'pg';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {acting} from '../../source/core/keys/action-keys.ts';
import type {Server} from '../../source/demo/server.ts';
import {startProxy} from '../postgres/proxy.ts';
import {connect, startTestServer, undo, undoPrepared} from '../postgres/servers.ts';
import {answered, confirmed, question} from './answer.ts';
import {polled, settled} from './polled.ts';
import {at, folder} from './program.ts';
import {atOnceMs, type Screen, start} from './screen.ts';

let server: Server;
let admin: Client;

/** A session of an application, idle unless it is given a statement, which it need not finish. */
const session = async (applicationName: string, statement = ''): Promise<{readonly client: Client; readonly pid: number}> => {
	const client = await connect(server, {applicationName, user: 'plain'});
	const {rows} = await client.query<{pid: number}>('select pg_backend_pid() as pid');
	if (statement !== '') client.query(statement).catch(() => {});
	return {client, pid: rows[0]?.pid ?? 0};
};

const alive = async (...pids: readonly number[]): Promise<readonly number[]> => {
	const {rows} = await admin.query<{pid: number}>('select pid from pg_stat_activity where pid = any ($1) order by pid', [pids]);
	return rows.map(({pid}) => pid);
};

/** What pgtriage sent from a place of the server's log on that does something to the server. */
const deedsSince = (place: number): readonly string[] =>
	server
		.log(place)
		.split(/^(?=app=)/m)
		.filter(
			entry =>
				entry.startsWith('app=pgtriage ') &&
				/pg_(?:cancel|terminate)_backend|pg_reload_conf|pg_stat_reset|rollback prepared|vacuum \(|analyze \(|reindex \(/.test(
					entry,
				),
		);

beforeAll(async () => {
	server = await startTestServer(18, {
		max_prepared_transactions: '5',
		autovacuum: 'off',
		log_statement: 'all',
		log_line_prefix: 'app=%a ',
	});
	admin = await connect(server, {applicationName: 'admin'});
	await admin.query(`create role drag superuser login; alter role drag set vacuum_cost_delay = 20;
		alter role drag set vacuum_cost_limit = 1`);
});

beforeEach(() => undoPrepared(server));

afterAll(() => server?.remove());

const marker = '▶';

const monitor = (args: readonly string[] = [], user = 'postgres'): Screen =>
	start([...at(server, user), '--interval', '250ms', ...args], {columns: 160});

/** The monitor with its cursor on the first row that a pattern finds. */
const pointedAt = async (screen: Screen, row: RegExp): Promise<Screen> => {
	await screen.until(new RegExp(`^[ !].*${row.source}`, 'm'));
	screen.press('down');
	await screen.until(new RegExp(`${marker}.*${row.source}`));
	return screen;
};

describe('three tagged sessions', () => {
	const tagged = async (screen: Screen): Promise<void> => {
		await pointedAt(screen, /postgres .*batch-/);
		screen.press('space', 'space', 'space');
		await screen.until(/3 tagged/);
		// A session is left out until it is known if its role is a superuser.
		for (let isAsked = false; !isAsked; ) {
			await screen.until(text => !text.includes('not known yet'));
			screen.press('K');
			isAsked = (await screen.until(/Terminate 3 sessions\?|not known yet if superuser/)).includes('Terminate 3');
		}
	};
	const batch = async () =>
		Promise.all(['batch-1', 'batch-2', 'batch-3', 'batch-4'].map(name => session(name, 'select pg_sleep(600)')));
	const args = ['--filter', 'app~batch', '--sort', 'application_name'];

	it('are terminated after a typed word, each with its result', async () => {
		const place = server.logSize();
		const [first, second, third, other] = (await batch()).map(({pid}) => pid) as [number, number, number, number];
		const screen = monitor(args);
		await tagged(screen);
		expect(screen.text()).toMatch(/by app +1 batch-1, 1 batch-2, 1 batch-3/);
		expect(screen.text()).toMatch(/by state +3 active/);
		expect(screen.text()).toMatch(new RegExp(`pids +${first}, ${second}, ${third} `));
		await confirmed(screen, '3');
		await screen.until('Terminate: 3 of 3 sessions, all sent');
		for (const pid of [first, second, third]) await screen.until(`${pid} (plain@postgres) is gone, seen after`);
		expect(await alive(first, second, third, other)).toEqual([other]);
		expect(deedsSince(place)).toHaveLength(3);
	});

	it('are left alone after Esc on a slow link', async () => {
		const pids = (await batch()).map(({pid}) => pid);
		const proxy = await startProxy(`${server.socketDirectory}/.s.PGSQL.${server.port}`);
		const screen = start([...at(proxy), '--interval', '250ms', ...args], {columns: 160});
		await tagged(screen);
		proxy.set('pass', {delayMs: 600});
		await confirmed(screen, '3');
		await screen.until('Terminate: 1 of 3 sessions, Esc = stop');
		screen.press('esc');
		await screen.until('Terminate: 1 of 3 sessions, stopped, 2 not signaled');
		const told = await screen.until(/^ +\d+ \(plain@postgres\) is gone, seen after/m);
		const gone = Number(/(\d+) \(plain@postgres\) is gone/.exec(told)?.[1]);
		expect(screen.text().match(/: not signaled$/gm)).toHaveLength(2);
		expect(await alive(...pids)).toEqual(pids.filter(pid => pid !== gone).toSorted((a, b) => a - b));
	});
});

/** What is marked in the menu that is open. */
const marked = (text: string): string | undefined => /❯ (.*?) *│/.exec(text)?.[1];

/** Moves the mark to an action, one step at a time: whatever else changes on the screen, a key more would be a step too far. */
const mark = async (screen: Screen, action: string): Promise<void> => {
	for (const _ of acting) {
		const before = marked(await screen.until(text => marked(text) !== undefined));
		if (before?.includes(action)) return;
		screen.press('down');
		await screen.until(text => marked(text) !== before);
	}
	expect.fail(`There is no ${action} in the menu:\n${screen.text()}`);
};

describe('the action menu', () => {
	it('shows every action with its key or the reason it is off, and opens the question of the chosen one', async () => {
		const {pid} = await session('payroll');
		const screen = monitor(['--application', 'payroll', '--filter', 'pid>0']);
		await screen.until(/0 of|payroll/);
		screen.press('i');
		await pointedAt(screen, /postgres .*payroll/);
		screen.press('f9');
		const text = await screen.until('Reset the statistics');
		for (const {keys, menuName: called = ''} of acting)
			expect(text).toMatch(new RegExp(`│.* ${keys[0] ?? ' '} +${called.replaceAll(/[()]/g, '\\$&')}`));
		expect(text).toContain(`Cancel the statement: ${pid} is idle: no statement to cancel`);
		expect(text).toMatch(/VACUUM \(ANALYZE\): This row is not a table/);
		expect(text).toMatch(/ROLLBACK PREPARED: This row is not a prepared transaction\./);
		expect(text).toMatch(/Reload the configuration: Reload from :settings/);
		await mark(screen, 'Terminate the session');
		screen.press('enter');
		await screen.until(`Terminate session ${pid}?`);
		await answered(screen, 'n');
		expect(await alive(pid)).toEqual([pid]);
	});

	it('keeps its marked action visible while the window shrinks', async () => {
		await session('payroll');
		const screen = monitor(['--application', 'payroll']);
		await screen.until('payroll');
		screen.press('i');
		await pointedAt(screen, /postgres .*payroll/);
		screen.press('f9');
		await mark(screen, 'Reload the configuration');
		screen.resize(100, 12);
		await screen.until(text => marked(text)?.includes('Reload the configuration') === true && /│\n? *╰─+╯/.test(text));
		screen.press('enter');
		await screen.until('Reload from :settings');
	});

	it('follows keys that come faster than it is drawn', async () => {
		const {pid} = await session('payroll');
		const screen = monitor(['--application', 'payroll', '--filter', 'pid>0']);
		await screen.until(/0 of|payroll/);
		screen.press('i');
		await pointedAt(screen, /postgres .*payroll/);
		screen.type('\x1b[20~\x1b[B\x1b[A\r');
		// What can act is first: the session is idle and has no statement to cancel.
		await screen.until(`Terminate session ${pid}?`);
	});

	it('rolls back a prepared transaction that blocks others', async () => {
		undo(server, 'drop table accounts');
		await admin.query(`create table accounts (id int primary key); grant all on accounts to plain;
			insert into accounts values (1)`);
		const {client} = await session('coordinator');
		await client.query("begin; update accounts set id = 2; prepare transaction 'payout 7'");
		const waiter = await session('waiter', 'update accounts set id = 3');
		const screen = monitor(['--pane', 'locks']);
		await pointedAt(screen, /payout 7/);
		screen.press('f9');
		await mark(screen, 'ROLLBACK PREPARED');
		screen.press('enter');
		const text = await screen.until("ROLLBACK PREPARED 'payout 7' in postgres?");
		expect(text).toMatch(/owner +plain in postgres/);
		expect(text).toContain("rollback prepared 'payout 7'");
		await confirmed(screen, 'rollback');
		await screen.until("ROLLBACK PREPARED 'payout 7' in postgres: done.");
		expect((await admin.query('select from pg_prepared_xacts')).rowCount).toBe(0);
		await expect
			.poll(
				async () => (await admin.query("select from pg_stat_activity where pid = $1 and state = 'idle'", [waiter.pid])).rowCount,
			)
			.toBe(1);
	});
});

describe('VACUUM from the bloat pane', () => {
	const table = async (name: string): Promise<void> => {
		undo(server, `drop table ${name}`);
		await admin.query(`create table ${name} as select id, repeat('x', 400) as filler from generate_series(1, 20000) as id`);
		await admin.query(`analyze ${name}; delete from ${name} where id <= 15000`);
	};
	const vacuums = async (name: string): Promise<number> =>
		(await admin.query<{n: number}>('select vacuum_count::int as n from pg_stat_all_tables where relname = $1', [name])).rows[0]
			?.n ?? -1;
	const onBloat = (name: string, user?: string): Promise<Screen> =>
		pointedAt(monitor(['--pane', 'bloat', '--filter', `relname=${name}`], user), new RegExp(name));
	const vacuum = async (screen: Screen, name: string): Promise<void> => {
		screen.press('V');
		await screen.until(`VACUUM (ANALYZE) of public.${name}?`);
		await answered(screen, 'y');
	};

	it('asks, then reports the dead rows it removed', async () => {
		await table('orders');
		const screen = await onBloat('orders');
		await vacuum(screen, 'orders');
		await screen.until(/VACUUM \(ANALYZE\) of public\.orders took .*: 15\.0k dead rows removed\./);
		expect(await vacuums('orders')).toBe(1);
	});

	it('shows its progress and is canceled by the same key', async () => {
		await table('slow_orders');
		const screen = await onBloat('slow_orders', 'drag');
		await vacuum(screen, 'slow_orders');
		await screen.until(/VACUUM \(ANALYZE\) of public\.slow_orders .*scanning heap, \d+ %.*; V = cancel/);
		screen.press('V');
		await screen.until(/VACUUM \(ANALYZE\) of public\.slow_orders canceled after .*; completed work is kept\./);
		expect(await vacuums('slow_orders')).toBe(0);
	});

	it('ends with the program, which restores the terminal at once', async () => {
		await table('left_orders');
		const screen = await onBloat('left_orders', 'drag');
		await vacuum(screen, 'left_orders');
		await screen.until(/VACUUM \(ANALYZE\) of public\.left_orders .*scanning heap/);
		const begun = performance.now();
		screen.press('ctrl-c');
		expect(await screen.exited).toBe(0);
		expect(performance.now() - begun).toBeLessThan(atOnceMs);
		expect(screen.unrestored()).toEqual([]);
		await expect.poll(async () => (await admin.query("select from pg_stat_activity where usename = 'drag'")).rowCount).toBe(0);
		expect(await vacuums('left_orders')).toBe(0);
	});

	it('names the holder of xmin if it cannot remove dead rows', async () => {
		undo(server, 'drop table kept');
		await admin.query('create table kept as select id from generate_series(1, 500) as id');
		const {client, pid} = await session('reporting');
		await client.query('begin isolation level repeatable read; select 1');
		await admin.query('delete from kept where id <= 300');
		const screen = await onBloat('kept');
		await vacuum(screen, 'kept');
		await screen.until(text =>
			new RegExp(
				`VACUUM \\(ANALYZE\\) of public\\.kept took .*: 0 dead rows removed, 300 not yet removable\\. Session .*${pid}.*holds xmin back by`,
			).test(text.replaceAll(/\s+/g, ' ')),
		);
	});

	it('of a table with a hostile name is shown and audited in visible characters', async () => {
		const name = 'or\x1b]0;owned\x07\u202e\u009b2Jders';
		const seen = 'or^[]0;owned^G\\u202e\\x9b2Jders';
		undo(server, `drop table ${admin.escapeIdentifier(name)}`);
		await admin.query(`create table ${admin.escapeIdentifier(name)} as select id from generate_series(1, 20000) as id`);
		await admin.query(`delete from ${admin.escapeIdentifier(name)} where id <= 15000`);
		const file = join(folder, 'audit-hostile');
		const screen = await pointedAt(monitor(['--pane', 'bloat', '--filter', 'relname~owned', '--audit', file]), /owned/);
		screen.press('V');
		await screen.until(`VACUUM (ANALYZE) of public."${seen}"?`);
		await answered(screen, 'y');
		await screen.until(text => /took .*: 15\.0k dead rows removed\./.test(text) && text.includes(`of public."${seen}" took`));
		expect(await vacuums(name)).toBe(1);
		const audit = readFileSync(file, 'utf8');
		expect(audit).not.toMatch(/[^\n\x20-\x7e]/);
		expect(audit).toContain(JSON.stringify(seen).slice(1, -1));
		expect(screen.written().toString()).not.toMatch(/\x1b\]|[\u0080-\u009f\u202e]/);
	});

	it('is not started by Vy in one write, by y right after V, or by a paste', async () => {
		await table('typed');
		const screen = await onBloat('typed');
		const place = server.logSize();
		const pasted = 'Paste works only in a prompt';
		for (const [act, seen] of [
			[() => screen.type('Vy'), question],
			[() => screen.press('V', 'y'), question],
			[() => screen.paste('Vy'), pasted],
			[() => screen.paste('V'), pasted],
		] as const) {
			act();
			await screen.until(seen);
			await polled(admin);
			await settled();
			screen.press('esc');
			await screen.until(text => !question.test(text));
			screen.press('down');
			await screen.until(/▶typed/);
		}
		await polled(admin);
		expect(await vacuums('typed')).toBe(0);
		expect(deedsSince(place)).toEqual([]);
	});
});

describe('without a writable audit', () => {
	it.each([
		['a device that is always full', () => '/dev/full'],
		[
			'a folder in its place',
			() => {
				const file = join(folder, 'audit-folder');
				mkdirSync(file);
				return file;
			},
		],
	])('as with %s nothing is done', async (_, make) => {
		const file = make();
		const {pid} = await session('payroll', 'select pg_sleep(600)');
		const screen = await pointedAt(monitor(['--application', 'payroll', '--audit', file]), /postgres .*payroll/);
		screen.press('K');
		await screen.until(question);
		await answered(screen, 'y');
		await screen.until(`Cannot terminate ${pid} (plain@postgres): Nothing was sent. The audit file ${file}`);
		expect(await alive(pid)).toEqual([pid]);
	});
});

it('--read-only sends no action for any key or menu choice', async () => {
	undo(server, 'drop table untouched');
	await admin.query('create table untouched as select 1 as id');
	const {pid} = await session('payroll', 'select pg_sleep(600)');
	const place = server.logSize();
	const screen = await pointedAt(monitor(['--application', 'payroll', '--read-only']), /postgres .*payroll/);
	const refused = 'Actions are off: pgtriage runs with --read-only.';
	for (const pane of ['1', '2', '3', '8', '9']) {
		screen.press(pane, 'down');
		for (const key of ['C', 'K', 'V', 'A', 'E']) {
			screen.press(key);
			await screen.until(refused);
			expect(screen.text()).not.toMatch(question);
		}
	}
	screen.press('1', 'down', 'f9');
	await screen.until('Reset the statistics');
	expect(screen.text()).toMatch(/│ *Actions are off: pgtriage runs with --read-only\./);
	for (const [index] of acting.entries()) {
		screen.press('enter');
		await screen.until(text => text.includes(refused) && !text.includes('Reset the statistics'));
		screen.press('f9');
		await screen.until('Reset the statistics');
		for (let step = 0; step <= index; step++) screen.press('down');
	}
	await polled(admin);
	await expect
		.poll(async () => (await admin.query("select from pg_stat_activity where application_name = 'pgtriage'")).rowCount)
		.toBe(2);
	expect(deedsSince(place)).toEqual([]);
	expect(await alive(pid)).toEqual([pid]);
});

it('a terminated session that does not end is shown with its activity until it ends', async () => {
	const {client, pid} = await session('stuck');
	undo(server, 'drop table written');
	await admin.query('create table written (id int); grant all on written to plain');
	await client.query('begin; insert into written values (1)');
	// As a backend that hangs in the kernel: it does not get to hear of the signal.
	process.kill(pid, 'SIGSTOP');
	try {
		const screen = await pointedAt(monitor(['--application', 'stuck']), /postgres .*stuck/);
		screen.press('K');
		await screen.until(question);
		await answered(screen, 'y');
		await screen.until(`Terminate sent to ${pid} (plain@postgres); waiting for its effect.`);
		await screen.until(
			new RegExp(`No effect on ${pid} \\(plain@postgres\\) after \\d+ s: it may still be rolling back its writes`),
		);
		process.kill(pid, 'SIGCONT');
		await screen.until(`${pid} (plain@postgres) is gone, seen after`);
	} finally {
		if ((await alive(pid)).length > 0) process.kill(pid, 'SIGCONT');
	}
});
