import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {RunningIncident} from '../../source/demo/incidents/incident.ts';
import type {Server} from '../../source/demo/server.ts';
import {registry} from '../../source/panes/index.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {drive} from './driver.ts';
import {begin} from './incident.ts';
import {polled} from './polled.ts';
import {at} from './program.ts';
import {type Screen, start} from './screen.ts';

let server: Server;
let chain: RunningIncident;
let admin: Client;

type Sleeper = {readonly pid: number; readonly again: () => Promise<void>; readonly end: () => Promise<unknown>};

/** A session that sleeps in a statement until it is told to begin another one, or to end. */
const sleeper = async (applicationName: string): Promise<Sleeper> => {
	const client = await connect(server, {applicationName, user: 'monitor'});
	const {rows} = await client.query<{pid: number}>('select pg_backend_pid() as pid');
	const pid = rows[0]?.pid ?? 0;
	const sleep = async (): Promise<void> => {
		client.query('select pg_sleep(600)').catch(() => {});
		const asleep = "select from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'";
		await expect.poll(async () => (await admin.query(asleep, [pid])).rowCount).toBe(1);
	};
	await sleep();
	return {
		pid,
		again: async () => {
			await admin.query('select pg_cancel_backend($1)', [pid]);
			await client.query('select 1');
			await sleep();
		},
		end: async () => admin.query('select pg_terminate_backend($1, 5000)', [pid]),
	};
};

beforeAll(async () => {
	server = await startTestServer(18);
	admin = await connect(server, {applicationName: 'admin'});
	chain = await begin(server, 'lock-chain');
});

afterAll(async () => {
	await chain?.end();
	await server?.remove();
});

const monitor = (args: readonly string[] = [], size: {readonly columns?: number; readonly rows?: number} = {}): Screen =>
	start([...at(server), '--interval', '250ms', ...args], size);

const lineWith = (screen: Screen, text: string): string => screen.rows().find(row => row.includes(text)) ?? '';

/** The applications of the rows from top to bottom. */
const order = (text: string, ...names: readonly string[]): readonly string[] =>
	names.toSorted((a, b) => text.indexOf(a) - text.indexOf(b));

describe('sessions', () => {
	it('show who is connected, the statement and since when', async () => {
		const one = await sleeper('one');
		const screen = monitor([], {columns: 200});
		await screen.until(/postgres +monitor +one .*pg_sleep/);
		expect(lineWith(screen, 'pg_sleep')).toMatch(
			new RegExp(`^ +${one.pid} postgres +monitor +one +active +Timeout +PgSleep .* select pg_sleep`),
		);
		expect(screen.rows()[0]).toMatch(/^pgtriage .*primary .*postgres@.* PostgreSQL 18\.\d+ {2}up /);
		for (const figure of ['sessions 9/100', 'active 7', 'waiting 6', 'blockers 1', 'idle in xact 1', 'idle 1'])
			await screen.until(text => /^sessions .*/m.exec(text)?.[0].split('  ').includes(figure) ?? false);
		await one.end();
		await screen.until(text => !text.includes('pg_sleep'));
	});

	it('are sorted again at each refresh, except under an engaged cursor', async () => {
		const [one, two] = [await sleeper('nap-one'), await sleeper('nap-two')];
		const begun = await admin.query('select query_start from pg_stat_get_activity($1)', [two.pid]);
		const screen = monitor(['--filter', 'app=nap-*']);
		expect(order(await screen.until(/nap-one[\s\S]*nap-two|nap-two[\s\S]*nap-one/), 'nap-two', 'nap-one')).toEqual([
			'nap-one',
			'nap-two',
		]);
		await one.again();
		await screen.until(/nap-two[\s\S]*nap-one/);
		screen.press('down', 'down');
		await screen.until(/▶ +\d+ .*nap-one/);
		await two.again();
		await expect
			.poll(async () => (await admin.query('select query_start from pg_stat_get_activity($1)', [two.pid])).rows)
			.not.toEqual(begun.rows);
		await polled(admin);
		expect(screen.text()).toMatch(/nap-two[\s\S]*▶ +\d+ .*nap-one/);
		screen.press('esc');
		await screen.until(/nap-one[\s\S]*nap-two/);
		expect(screen.text()).not.toContain('▶');
	});

	it('that end under the cursor are marked as gone and keep the cursor', async () => {
		const one = await sleeper('nap-one');
		await sleeper('nap-two');
		const screen = monitor(['--filter', 'app=nap-*']);
		await screen.until(/nap-one[\s\S]*nap-two/);
		screen.press('down');
		await screen.until(/▶ +\d+ .*nap-one/);
		await one.end();
		await screen.until(/✗ +\d+ .*nap-one/);
		expect(lineWith(screen, 'nap-two')).toMatch(/^ /);
		screen.press('K');
		await screen.until('No row selected');
	});
});

describe('panes', () => {
	it('open with F1, F2, F3, digits and Tab', async () => {
		const screen = monitor();
		await screen.until(/billing-w.* update/);
		await drive(screen).paneIsOpen('Sessions');
		screen.press('f2');
		await screen.until('waiting only');
		expect(screen.text()).not.toContain('idle in xact  Client');
		screen.press('f3');
		await screen.until('TOTAL WAIT');
		await drive(screen).paneIsOpen('Locks');
		screen.press('f1');
		await screen.until(text => !text.includes('TOTAL WAIT') && !text.includes('waiting only'));
		screen.press('2');
		await screen.until('TOTAL WAIT');
		screen.press('1');
		await screen.until(text => !text.includes('TOTAL WAIT'));
		await drive(screen).paneIsOpen('Sessions');
		screen.press('tab');
		await screen.until('TOTAL WAIT');
		screen.press('shift-tab');
		await screen.until(text => !text.includes('TOTAL WAIT'));
		await drive(screen).paneIsOpen('Sessions');
	});

	it('have a digit each', async () => {
		const screen = monitor();
		await screen.until(/billing-w.* update/);
		const tabs = registry.panes.flatMap(({keys, title}) => keys.filter(key => /^\d$/.test(key)).map(key => ({key, title})));
		expect(tabs.map(({key}) => key).toSorted()).toEqual([...'0123456789']);
		for (const {key, title: wanted} of tabs.toReversed()) {
			screen.press(key);
			await drive(screen).paneIsOpen(wanted);
		}
	});

	it('shows locks as a forest, each waiter below its blocker', async () => {
		const screen = monitor(['--pane', 'locks']);
		const {root, first, second, third, queued, deeper, deepest} = chain.pids;
		await screen.until(new RegExp(`\n! *${root} .*\n +├${first} .*\n +│├${deeper} .*\n +││└${deepest} `));
		for (const waiter of [second, third, queued]) expect(screen.text()).toMatch(new RegExp(`[├└]${waiter} `));
	});
});

describe('the display', () => {
	it('toggles idle sessions with i and background processes with a', async () => {
		const screen = monitor();
		await screen.until(/billing-w.* update/);
		expect(screen.text()).not.toContain('admin');
		screen.press('i');
		await screen.until(/admin .* idle /);
		expect(screen.text()).not.toMatch(/Checkpointer/);
		screen.press('a');
		await screen.until(/Checkpointer/);
		screen.press('i', 'a');
		await screen.until(text => !text.includes('admin') && !text.includes('Checkpointer'));
	});

	it('wraps cut statements with v', async () => {
		const screen = monitor(['--filter', 'app=billing-worker'], {columns: 120, rows: 40});
		await screen.until(/billing-w.* update/);
		expect(screen.text()).not.toContain('where id = 42');
		screen.press('v');
		await screen.until(/now\(\)[\s\S]* 42/);
		screen.press('v');
		await screen.until(text => !/ 42/.test(text));
	});

	it('cycles the durations of query, transaction and state with T and sorts by them with t', async () => {
		const screen = monitor([], {columns: 80, rows: 24});
		await screen.until('TIME▼');
		const stateAge = /STATE [S▼]/;
		expect(screen.text()).not.toMatch(stateAge);
		screen.press('T', 't');
		await screen.until('XACT▼');
		screen.press('T');
		await screen.until(stateAge);
		screen.press('T');
		await screen.until(text => !stateAge.test(text));
	});

	it('hides the strip with s and the rates with o', async () => {
		const screen = monitor();
		await screen.until(/tps \d[\s\S]*peak/);
		screen.press('s');
		await screen.until(text => !text.includes('peak'));
		expect(screen.text()).toContain('tps');
		screen.press('o');
		await screen.until(text => !text.includes('tps'));
		screen.press('o', 's');
		await screen.until(/tps[\s\S]*peak/);
	});

	it('changes the interval with - and + and reports it', async () => {
		const screen = monitor();
		await screen.until(/billing-w.* update/);
		screen.press('+');
		await screen.until('Refresh every 0.5 s.');
		screen.press('-');
		await screen.until('Refresh every 0.25 s.');
	});
});

describe('sorting', () => {
	it('follows < > t and I, and the heading shows the order', async () => {
		const screen = monitor();
		await screen.until('TIME▼');
		screen.press('>');
		// Durations that are all the same are one column, which has the mark of each.
		await screen.until('Sorted by XACT:');
		screen.press('I');
		await screen.until(/(?:XACT|TIME)▲/);
		screen.press('<', '<');
		await screen.until('BLOCK▼');
		await screen.until(new RegExp(`BLOCK▼[^\n]*\n! *${chain.pids.root} `));
		screen.press('t');
		await screen.until('TIME▼');
	});

	it('takes the column from the F6 menu with arrows and Enter', async () => {
		const screen = monitor([], {rows: 40});
		await screen.until('TIME▼');
		screen.press('f6');
		await screen.until(/❯ TIME /);
		screen.press('up');
		await screen.until(/❯ BLOCKS /);
		screen.press('enter');
		await screen.until('BLOCK▼');
		expect(screen.text()).not.toContain('Sort by');
		screen.press('f6');
		await screen.until(/❯ BLOCKS /);
		screen.type('\x1b[B\x1b[B\x1b[B');
		await screen.until(/❯ STATE S /);
		screen.press('esc');
		await screen.until(text => !text.includes('Sort by'));
		expect(screen.text()).toContain('BLOCK▼');
	});
});

describe('the filter', () => {
	it('applies while it is typed; Enter keeps it, backslash clears it', async () => {
		const screen = monitor();
		await screen.until(/fulfilment.* update/);
		screen.press('/');
		await screen.until('or any word');
		screen.type('app=billing*');
		await screen.until(text => !text.includes('fulfilment'));
		expect(screen.text()).toContain('/app=billing*');
		screen.press('enter');
		await screen.until('filter: app=billing*');
		expect(screen.text()).toContain('billing-w');
		screen.press('\\');
		await screen.until(/^(?![\s\S]*filter:)[\s\S]*fulfilment/);
	});

	it('is restored by Esc', async () => {
		const screen = monitor(['--filter', 'app=checkout']);
		await screen.until('filter: app=checkout');
		screen.press('/');
		await screen.until('/app=checkout');
		screen.press('ctrl-u');
		screen.type('fulfil');
		await screen.until(/fulfilment/);
		screen.press('esc');
		await screen.until(/^(?![\s\S]*fulfil)[\s\S]*filter: app=checkout/);
		expect(screen.text()).toContain('checkout');
	});

	it('with a mistake says why and is not taken by Enter', async () => {
		const screen = monitor();
		await screen.until(/fulfilment.* update/);
		screen.press('/');
		await screen.until('or any word');
		screen.type('colour=red');
		await screen.until('There is no column colour.');
		screen.press('enter');
		screen.press('backspace');
		await screen.until(/\/colour=re /);
	});

	it('takes a paste as text on one line', async () => {
		const screen = monitor();
		await screen.until(/fulfilment.* update/);
		screen.press('/');
		await screen.until('or any word');
		screen.paste('app=billing*\ny');
		await screen.until('/app=billing* y');
	});

	it('does not open for a paste elsewhere', async () => {
		const screen = monitor();
		await screen.until(/fulfilment.* update/);
		screen.paste('q');
		await screen.until('Paste works only in a prompt');
	});
});

describe('a frozen screen', () => {
	it('says PAUSED and stays as it is while samples are collected', async () => {
		const screen = monitor(['--filter', 'app=burst']);
		await screen.until(/peak [67]/);
		screen.press('space');
		const [before = ''] = /peak \d+/.exec(await screen.until('PAUSED')) ?? [];
		const burst = await Promise.all(Array.from({length: 5}, async () => sleeper('burst')));
		await polled(admin);
		expect(screen.text()).not.toMatch(/burst .*sleep/);
		await Promise.all(burst.map(async client => client.end()));
		await polled(admin);
		expect(screen.text()).toContain(before);
		screen.press('space');
		// Six wait, five slept, and somebody may have run a statement in that moment.
		await screen.until(/peak 1[1-3]/);
		expect(screen.text()).not.toContain('PAUSED');
	});

	it('refuses signals', async () => {
		const screen = monitor();
		await screen.until(/billing-w.* update/);
		screen.press('down', 'p');
		await screen.until('PAUSED');
		screen.press('K');
		await screen.until('Screen frozen: actions are off. p = live');
	});
});

describe('a row', () => {
	it('is tagged by Space, tagged with all rows by * and untagged by U', async () => {
		const screen = monitor();
		await screen.until(/billing-w.* update/);
		screen.press('down', 'space');
		await screen.until('1 tagged');
		expect(screen.text()).toMatch(/\n• +\d+/);
		screen.press('*');
		// Somebody may have run a statement in that moment, and was tagged too.
		await screen.until(/[7-9] tagged/);
		screen.press('U');
		await screen.until(text => !text.includes('tagged'));
	});

	it('is inspected by Enter with its whole statement, locks and fields, until Esc', async () => {
		const screen = monitor(['--filter', 'app=billing-worker'], {rows: 60});
		await screen.until(/billing-w.* update/);
		screen.press('down', 'enter');
		await screen.until('The root blocker is');
		const text = screen.text();
		expect(text).toMatch(
			/\n {2}update accounts *\n {2}set balance = balance \+ 40, updated_at = now\(\) *\n {2}where id = 42 *\n/,
		);
		expect(text).toMatch(new RegExp(`blocked by ${chain.pids.root}\\.`));
		expect(text).toContain(`The root blocker is ${chain.pids.root}`);
		expect(text).toMatch(/application name +billing-worker/);
		expect(text).toMatch(/backend start +\d{4}-\d\d-\d\d/);
		screen.press('esc');
		await screen.until(/▶ +\d+ .*billing/);
		expect(screen.text()).not.toContain('Esc = back');
	});

	it("is copied with its whole statement to the terminal's clipboard by y", async () => {
		const screen = monitor(['--filter', 'app=billing-worker']);
		await screen.until(/billing-w.* update/);
		screen.press('y');
		await screen.until('No row selected');
		screen.press('down', 'y');
		await screen.until('Copied to the clipboard');
		const [, copied = ''] = /\x1b\]52;c;([A-Za-z0-9+/=]+)\x07/.exec(screen.written().toString('latin1')) ?? [];
		expect(Buffer.from(copied, 'base64').toString()).toBe(
			'update accounts set balance = balance + 40, updated_at = now() where id = 42',
		);
	});
});

it('help shows the keys of the pane first, scrolls to its end, is searched with / and goes back', async () => {
	const screen = monitor([], {columns: 80, rows: 24});
	await screen.until('transactionid');
	screen.press('?');
	await screen.until(/Keys {2}\/ = search {2}Esc = back {2}lines 1 to \d+ of \d+\nSessions\n/);
	expect(screen.text()).toMatch(/^ +K Delete ! +Terminate the session/m);
	screen.press('pgdn');
	await screen.until(/2 F3 +Locks:/);
	screen.press('end');
	await screen.until(/lines \d+ to (\d+) of \1\b/);
	expect(screen.text()).toContain('state_change');
	screen.press('home');
	await screen.until(/lines 1 to/);
	screen.press('/');
	screen.type('suspend');
	await screen.until(text => text.includes('/suspend_') && /Ctrl-Z +Suspend to the shell/.test(text) && !text.includes('Delete'));
	screen.press('enter', 'esc');
	await screen.until('K Delete !');
	screen.press('esc');
	await screen.until(text => !text.includes('Esc = back'));
	expect(screen.text()).toContain('transactionid');
});

it('the page of a plan lets the keys of panes through, and says which keys it has', async () => {
	const screen = monitor(['--filter', 'app=billing-worker'], {columns: 200, rows: 40});
	// The names of databases come after the first list of sessions.
	await screen.until(/ postgres .*billing-w.* update/);
	screen.press('down', 'e');
	await screen.until(/Plan {2}Esc = back/);
	screen.press('m');
	await screen.until('m does nothing on this page: Esc goes back.');
	screen.press('2');
	await screen.until('TOTAL WAIT');
	await drive(screen).paneIsOpen('Locks');
	screen.press('?', 'f1');
	await drive(screen).paneIsOpen('Sessions');
});

it('a key without a function says so', async () => {
	const screen = monitor();
	await screen.until(/billing-w.* update/);
	screen.press('f12');
	await screen.until('F12 is not bound: ? lists all keys.');
	screen.press('U');
	await screen.until('No row is tagged (Space tags the one at the cursor).');
});

it('W opens Waits while w sorts by WRITE', async () => {
	const screen = monitor();
	await screen.until(/billing-w.* update/);
	screen.press('w');
	await screen.until(/WRITE▼|WRITE is (?:known only on|visible only to)/);
	await drive(screen).paneIsOpen('Sessions');
	screen.press('W');
	await drive(screen).paneIsOpen('Waits');
});

it('F5 and Ctrl-R refresh, and F10 quits', async () => {
	const screen = start([...at(server), '--interval', '60s'], {columns: 200});
	await screen.until(/billing-w.* update/);
	for (const key of ['f5', 'ctrl-r']) {
		const late = await sleeper(`late-${key}`);
		screen.press(key);
		await screen.until(`late-${key}`);
		await late.end();
	}
	screen.press('f10');
	expect(await screen.exited).toBe(0);
	expect(screen.unrestored()).toEqual([]);
});

describe('the mouse', () => {
	it('selects the clicked row, sorts by the clicked title, and is given back', async () => {
		const screen = monitor(['--mouse'], {columns: 200});
		await screen.until(/billing-w.* update/);
		const row = screen.rows().findIndex(text => text.includes('billing-w'));
		screen.click(row, 30);
		await screen.until(/▶ +\d+ .*billing-w/);
		const head = screen.rows().findIndex(text => text.includes('TIME▼'));
		screen.click(head, screen.rows()[head]?.indexOf('STATE') ?? -1);
		await screen.until('STATE▲');
		screen.press('f10');
		expect(await screen.exited).toBe(0);
		expect(screen.written().toString()).toContain('\x1b[?1000h\x1b[?1006h');
		expect(screen.unrestored()).toEqual([]);
	});

	it('is given back after a signal and at Ctrl-Z, and taken again', async () => {
		const screen = monitor(['--mouse']);
		await screen.until(/billing-w.* update/);
		screen.press('ctrl-z');
		await screen.until(() => /\x1b\[\?1006l[\s\S]*\x1b\[\?1006h/.test(screen.written().toString()));
		screen.signal('SIGTERM');
		await screen.exited;
		expect(screen.unrestored()).toEqual([]);
	});

	it('stays with the terminal without the option', async () => {
		const screen = monitor();
		await screen.until(/billing-w.* update/);
		screen.click(
			screen.rows().findIndex(text => text.includes('billing-w')),
			30,
		);
		await polled(admin);
		expect(screen.text()).not.toContain('▶');
		screen.press('f10');
		await screen.exited;
		expect(screen.written().toString()).not.toMatch(/\x1b\[\?100[0-6]/);
	});
});

it('K acts on the first finding of --pane triage without a key before it', async () => {
	const screen = monitor(['--pane', 'triage']);
	await screen.until(new RegExp(`▶critical.* ${chain.pids.root} `));
	screen.press('K');
	await screen.until(`Terminate session ${chain.pids.root}?`);
	screen.press('f10');
	expect(await screen.exited).toBe(0);
});

it('Ctrl-L repaints a screen that another program overwrote', async () => {
	const screen = monitor();
	await screen.until(/billing-w.* update/);
	const before = screen.written().length;
	screen.press('ctrl-l');
	await screen.until(() => screen.written().subarray(before).includes('\x1b[2J') && screen.text().includes('billing'));
});
