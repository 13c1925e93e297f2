import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it, onTestFinished} from 'vitest';
import {settleMs} from '../../source/core/actions/flow/confirm.ts';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer, undo} from '../postgres/servers.ts';
import {answered, confirmed, question, typed} from './answer.ts';
import {drive} from './driver.ts';
import {begin} from './incident.ts';
import {polled, settled} from './polled.ts';
import {at} from './program.ts';
import {type Screen, start} from './screen.ts';

let server: Server;
let admin: Client;

type Victim = {readonly pid: number; readonly client: Client};

/** A session in a statement that has no end, or idle. */
const victim = async (applicationName: string, user = 'plain', statement = 'select pg_sleep(600)'): Promise<Victim> => {
	const client = await connect(server, {applicationName, user});
	const {rows} = await client.query<{pid: number}>('select pg_backend_pid() as pid');
	if (statement !== '') client.query(statement).catch(() => {});
	return {client, pid: rows[0]?.pid ?? 0};
};

const lives = async ({pid}: Victim): Promise<boolean> =>
	(await admin.query('select from pg_stat_get_activity($1)', [pid])).rowCount === 1;

const runs = async ({pid}: Victim): Promise<boolean> =>
	(await admin.query("select from pg_stat_get_activity($1) where state = 'active'", [pid])).rowCount === 1;

beforeAll(async () => {
	server = await startTestServer(18);
	admin = await connect(server, {applicationName: 'admin'});
});

afterAll(() => server?.remove());

const monitor = (args: readonly string[] = []): Screen => start([...at(server), '--interval', '250ms', ...args], {columns: 180});

/** The monitor with its cursor on the only session of an application. */
const pointedAt = async (application: string, args: readonly string[] = []): Promise<Screen> => {
	const screen = monitor(['--application', application, ...args]);
	await drive(screen).row(` ${application} `).select();
	// The names of databases come after the first list of sessions.
	await screen.until(/▶ +\d+ postgres /);
	return screen;
};

/** Asks, and waits until an answer would be taken. */
const asked = async (screen: Screen, key: 'K' | 'C'): Promise<void> => {
	screen.press(key);
	await screen.until(question);
	await settled();
};

/** Expects that a question was not answered and still can be. */
const stands = async (screen: Screen, target: Victim): Promise<void> => {
	await settled();
	await polled(admin);
	expect(screen.text()).toMatch(question);
	expect(await lives(target)).toBe(true);
	await answered(screen, 'y');
	await screen.until('is gone');
};

it('b K y terminates the root of the lock chain and reports the unblocked waiters', async () => {
	const chain = await begin(server, 'lock-chain');
	onTestFinished(() => chain.end());
	const {press, row, question, knowsLocks, shows} = drive(monitor(['--filter', 'app=fulfilment']));
	await row(chain.pids.deepest).select();
	await knowsLocks();
	press('b');
	await row(chain.pids.root).isSelected();
	press('K');
	await question.asks(`Terminate session ${chain.pids.root}?`);
	question.says('blocks', '6 sessions');
	await question.confirm();
	await shows(new RegExp(`${chain.pids.root} \\(shop@postgres\\) is gone, seen after .*, [1-6] waiters unblocked`));
	await shows(/waiting 0 .*blockers 0/);
});

describe('the question', () => {
	it('names the session, its statement, whom it blocks and the exact SQL', async () => {
		const {pid, client} = await victim('payroll', 'plain', '');
		await client.query("begin; select 'first line',\n'second line'");
		const screen = await pointedAt('payroll');
		screen.press('K');
		const text = await screen.until(question);
		expect(text).toContain(`Terminate session ${pid}?`);
		expect(text).toMatch(/session +plain@postgres, client backend/);
		expect(text).toMatch(/client +payroll from local socket/);
		expect(text).toMatch(/state +idle in transaction, /);
		expect(text).toMatch(/xact +open for/);
		expect(text).toMatch(/last ran +begin; select 'first line', *│/);
		expect(text).toMatch(/blocks +0 sessions/);
		expect(text).toContain('select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_get_activity($1)');
		expect(text).toContain('a.backend_start = $2::timestamptz and a.backend_type = $3');
		expect(text).toMatch(/\[y\] terminate/);
	});

	it('is aborted by every key but y: Enter, Esc, n, Space, K, Y, q, Down and F1', async () => {
		const target = await victim('payroll');
		const screen = await pointedAt('payroll');
		screen.press('b');
		await screen.until('Nothing blocks this row.');
		for (const key of ['enter', 'esc', 'n', 'space', 'K', 'Y', 'q', 'down', 'f1']) {
			await asked(screen, 'K');
			expect(screen.text()).not.toContain('Nothing sent');
			await answered(screen, key);
			await screen.until(text => text.includes(`Nothing sent to ${target.pid} (plain@postgres).`));
			screen.press('b');
			await screen.until('Nothing blocks this row.');
		}
		await polled(admin);
		expect(await lives(target)).toBe(true);
	});

	it('is confirmed by a y sent alone after it was shown for a moment', async () => {
		const target = await victim('payroll');
		const screen = await pointedAt('payroll');
		await asked(screen, 'K');
		await answered(screen, 'y');
		await screen.until(`${target.pid} (plain@postgres) is gone`);
		expect(await lives(target)).toBe(false);
	});

	it.each([
		['Ky in one write', (screen: Screen) => screen.type('Ky')],
		['y right behind K', (screen: Screen) => screen.press('K', 'y')],
		[
			'yy in one write later',
			async (screen: Screen) => {
				await asked(screen, 'K');
				screen.type('yy');
			},
		],
		[
			'a paste of y and Enter later',
			async (screen: Screen) => {
				await asked(screen, 'K');
				screen.paste('y\n');
			},
		],
	] as const)('is not answered by %s', async (_, act) => {
		const target = await victim('payroll');
		const screen = await pointedAt('payroll');
		await act(screen);
		await screen.until(question);
		await stands(screen, target);
	});

	it('is not answered by y the moment it is seen', async () => {
		// A program that a busy machine kept from reading y until the moment was over took it rightly: another session is asked about.
		for (let times = 0; times < 5; times++) {
			const target = await victim('payroll');
			const screen = await pointedAt('payroll');
			const begun = performance.now();
			screen.press('K');
			await screen.until(question);
			screen.press('y');
			const text = await screen.until(
				shown => shown.includes('that key came before this could be read') || !question.test(shown),
			);
			if (question.test(text)) return await stands(screen, target);
			expect(performance.now() - begun).toBeGreaterThan(settleMs);
			await screen.until('is gone');
		}
		expect.fail('No y came early.');
	});

	it("about a superuser's session is confirmed by y", async () => {
		const target = await victim('payroll', 'postgres');
		const screen = await pointedAt('payroll');
		await asked(screen, 'K');
		await answered(screen, 'y');
		await screen.until(`${target.pid} (postgres@postgres) is gone`);
	});

	it('about a dump asks for a typed word', async () => {
		const target = await victim('pg_dump');
		const screen = await pointedAt('pg_dump');
		await asked(screen, 'K');
		expect(screen.text()).toContain('It looks like a dump or a backup, which stays incomplete.');
		await typed(screen, 'terminate', 'y');
		await answered(screen, 'enter');
		await screen.until('"y" is not "terminate". Nothing sent');
		expect(await lives(target)).toBe(true);
		await asked(screen, 'K');
		await confirmed(screen, 'terminate');
		await screen.until(`${target.pid} (plain@postgres) is gone`);
	});

	it('says why a word that arrives at once is ignored', async () => {
		const target = await victim('pg_dump');
		const screen = await pointedAt('pg_dump');
		await asked(screen, 'K');
		screen.type('terminate\r');
		await screen.until('Ignored: keys that arrive together do not answer. Type one at a time.');
		screen.paste('terminate\n');
		await screen.until('Ignored: pasted text does not answer. Type it.');
		await confirmed(screen, 'terminate');
		await screen.until(`${target.pid} (plain@postgres) is gone`);
	});

	it('is asked by Delete, as by K', async () => {
		const target = await victim('payroll');
		const screen = await pointedAt('payroll');
		screen.press('delete');
		await screen.until(`Terminate session ${target.pid}?`);
		await answered(screen, 'delete');
		await screen.until(`Nothing sent to ${target.pid}`);
		expect(await lives(target)).toBe(true);
	});

	it('says at once that the session runs another statement', async () => {
		const target = await victim('payroll');
		const screen = await pointedAt('payroll');
		await asked(screen, 'K');
		await admin.query('select pg_cancel_backend($1)', [target.pid]);
		await target.client.query('select 1');
		target.client.query('select pg_sleep(601)').catch(() => {});
		await screen.until('The session now runs another statement: select pg_sleep(601)');
		await answered(screen, 'y');
		await screen.until(`${target.pid} (plain@postgres) is gone`);
	});

	it('is closed by Ctrl-Z', async () => {
		const target = await victim('payroll');
		const screen = await pointedAt('payroll');
		await asked(screen, 'K');
		screen.press('ctrl-z');
		await screen.until(text => !question.test(text) && text.includes('payroll'));
		screen.press('y');
		await screen.until('Copied to the clipboard');
		expect(await lives(target)).toBe(true);
	});
});

describe('cancelling', () => {
	it('ends the statement but not the session', async () => {
		const target = await victim('payroll');
		const screen = await pointedAt('payroll', ['--filter', '!nobody']);
		await asked(screen, 'C');
		expect(screen.text()).toContain(`Cancel the statement of session ${target.pid}?`);
		await answered(screen, 'y');
		await screen.until(`${target.pid} (plain@postgres) stopped running that statement`);
		expect(await runs(target)).toBe(false);
		expect(await lives(target)).toBe(true);
	});

	it('refuses an idle session with a reason', async () => {
		const target = await victim('payroll', 'plain', '');
		const screen = monitor(['--application', 'payroll']);
		await screen.until('0 of');
		screen.press('i');
		await screen.until(/payroll .* idle /);
		screen.press('down', 'C');
		await screen.until(`${target.pid} is idle: no statement to cancel; K terminates the session.`);
	});

	it('cancels no later statement if the one shown has ended', async () => {
		const target = await victim('payroll');
		const screen = await pointedAt('payroll');
		await asked(screen, 'C');
		await admin.query('select pg_cancel_backend($1)', [target.pid]);
		await target.client.query('select 1');
		target.client.query('select pg_sleep(601)').catch(() => {});
		await expect.poll(() => runs(target)).toBe(true);
		await screen.until(`The statement of ${target.pid} ended; nothing to cancel.`);
		await answered(screen, 'y');
		await screen.until(`Nothing sent to ${target.pid} (plain@postgres).`);
		await polled(admin);
		expect(await runs(target)).toBe(true);
	});
});

it('a session that ends while the question is open is reported there, and no other is signaled', async () => {
	const target = await victim('payroll');
	const screen = await pointedAt('payroll');
	const neighbour = await victim('payroll');
	await screen.until(new RegExp(`▶ +${target.pid} .*\\n +${neighbour.pid} `));
	await asked(screen, 'K');
	await admin.query('select pg_terminate_backend($1, 5000)', [target.pid]);
	await screen.until(`Session ${target.pid} ended; nothing to terminate.`);
	await answered(screen, 'y');
	await screen.until(`Nothing sent to ${target.pid} (plain@postgres).`);
	await polled(admin);
	expect(await runs(neighbour)).toBe(true);
});

it("the monitor's own connections are hidden", async () => {
	await victim('payroll');
	const screen = monitor();
	await screen.until('payroll');
	screen.press('i', 'a');
	await screen.until(/Checkpointer/);
	const own = async (): Promise<readonly {readonly pid: number}[]> =>
		(await admin.query("select pid from pg_stat_activity where application_name = 'pgtriage'")).rows;
	// The first rows do not wait for all of them.
	await expect.poll(own).toHaveLength(3);
	// A connection is known as our own once it has logged in, which a list of sessions may precede.
	for (const {pid} of await own()) await expect.poll(screen.text).not.toMatch(new RegExp(`^. +${pid} `, 'm'));
});

it('background processes are refused with a reason', async () => {
	const screen = monitor(['--filter', 'type=checkpointer']);
	await screen.until('0 of');
	screen.press('a');
	await screen.until(/Checkpointer/);
	screen.press('down', 'K');
	await screen.until('is the checkpointer, which serves the whole server: a signal does not help.');
});

it('--read-only shows READ-ONLY with its reason and opens no connection for actions', async () => {
	await victim('payroll');
	const screen = await pointedAt('payroll', ['--read-only']);
	expect(screen.rows()[0]).toContain('READ-ONLY');
	for (const key of ['K', 'C']) {
		screen.press(key);
		await screen.until('Actions are off: pgtriage runs with --read-only.');
	}
	await expect
		.poll(async () => (await admin.query("select pid from pg_stat_activity where application_name = 'pgtriage'")).rows)
		.toHaveLength(2);
});

it('a role that may not signal is named in the refusal', async () => {
	undo(server, 'drop role watcher');
	await admin.query('create role watcher login; grant pg_monitor to watcher');
	const target = await victim('payroll', 'monitor');
	const screen = start([...at(server, 'watcher'), '--interval', '250ms', '--application', 'payroll'], {columns: 180});
	await screen.until(/\d+ postgres .* payroll /);
	screen.press('down');
	await screen.until(/▶ +\d+ postgres .* payroll /);
	await asked(screen, 'K');
	await answered(screen, 'y');
	await screen.until(`Cannot terminate ${target.pid} (monitor@postgres): permission denied to terminate process.`);
	expect(screen.text()).toContain('Needs: GRANT pg_signal_backend TO watcher, or membership in monitor');
	expect(await lives(target)).toBe(true);
});
