import {join} from 'node:path';
import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer, undo} from '../postgres/servers.ts';
import {answered, confirmed, typed} from './answer.ts';
import {polled, settled} from './polled.ts';
import {at, folder} from './program.ts';
import {type Screen, start} from './screen.ts';

let server: Server;
let admin: Client;

beforeAll(async () => {
	server = await startTestServer(18, {wal_level: 'logical', autovacuum: 'off', max_connections: '120'});
	admin = await connect(server, {applicationName: 'admin'});
});

afterAll(() => server?.remove());

const monitor = (args: readonly string[] = [], size = {columns: 160, rows: 50}): Screen =>
	start([...at(server, 'postgres'), '--interval', '250ms', ...args], size);

/** Takes an action of the menu by its name. */
const choose = async (screen: Screen, action: string): Promise<void> => {
	screen.press('f9');
	const marked = (text: string): string | undefined => /❯ (.*?) *│/.exec(text)?.[1];
	for (let place = 0; place < 40; place++) {
		const before = marked(await screen.until(text => marked(text) !== undefined));
		if (before?.includes(action)) break;
		screen.press('down');
		await screen.until(text => marked(text) !== before);
	}
	screen.press('enter');
};

const pointed = async (screen: Screen, row: RegExp): Promise<void> => {
	// The line of the tabs shows the filter, which names the row before it was read.
	await screen.until(new RegExp(`^ .*${row.source}`, 'm'));
	await settled();
	screen.press('down');
	await screen.until(new RegExp(`▶.*${row.source}`));
};

describe('a bulk of 50 sessions', () => {
	const crowd = (): Promise<unknown> =>
		Promise.all(
			Array.from({length: 50}, async () => {
				const client = await connect(server, {applicationName: 'crowd', user: 'plain'});
				await client.query('begin');
			}),
		);
	const alive = async (): Promise<number> =>
		(await admin.query("select from pg_stat_activity where application_name = 'crowd'")).rowCount ?? 0;

	it.each([
		{columns: 200, rows: 50},
		{columns: 80, rows: 24},
	])('is asked about, and ends with a table of outcomes at $columns columns', async size => {
		await crowd();
		const screen = monitor(['--filter', 'app=crowd'], size);
		screen.press('i');
		await screen.until(/ 50 of \d+/);
		screen.press('*');
		await screen.until(/50 tagged/);
		await screen.until(text => !text.includes('Not read yet'));
		screen.press('K');
		await screen.until(/Terminate 50 sessions\?/);
		await polled(admin);
		expect(await alive()).toBe(50);
		await typed(screen, '50', '50');
		screen.press('enter');
		await screen.until(/Terminate: 50 of 50 sessions, all sent/);
		await screen.until(/^ +50 +gone/m);
		expect(await alive()).toBe(0);
		await screen.until(/Terminate: 50 gone\./);
		screen.press('esc');
		await screen.until(text => !text.includes('Esc = back'));
		screen.press('@');
		await screen.until(/terminate 50 sessions.*Terminate: 50 gone/);
	});
});

it('a slot is dropped by its name, and hostile text in it stays text', async () => {
	undo(server, "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name like 'old%'");
	await admin.query("select pg_create_physical_replication_slot('old_berlin', true)");
	const screen = monitor(['--pane', 'replication', '--filter', 'slot_name=old_berlin', '--audit', join(folder, 'audit-slot')]);
	await pointed(screen, /old_berlin/);
	await choose(screen, 'Drop the replication slot');
	await screen.until('Drop replication slot old_berlin?');
	expect(screen.text()).toMatch(/rebuild +A standby that still uses it/);
	await answered(screen, 'esc');
	await choose(screen, 'Drop the replication slot');
	await confirmed(screen, 'old_berlin');
	await screen.until('Slot old_berlin is gone.');
	expect((await admin.query('select from pg_replication_slots')).rowCount).toBe(0);
});

it('a statement is reset by y, not by Enter', async () => {
	await admin.query('select 4711 as reset_me');
	const screen = monitor(['--pane', 'statements', '--filter', 'reset_me']);
	await pointed(screen, /reset_me/);
	await choose(screen, 'Reset this statement');
	await screen.until('[y] reset');
	await answered(screen, 'enter');
	await screen.until(/Reset of statement -?\d+ in pg_stat_statements: nothing done\./);
	await choose(screen, 'Reset this statement');
	await screen.until('[y] reset');
	await answered(screen, 'y');
	await screen.until(/Reset of statement -?\d+ in pg_stat_statements: done\./);
});

it('the ALTER ROLE of a timeout is copied, with a hostile role as text, and never executed', async () => {
	const role = 'app"\u001b]52;c;eA==\u0007';
	undo(server, `drop role ${admin.escapeIdentifier(role)}`);
	await admin.query(`create role ${admin.escapeIdentifier(role)} login`);
	const client = await connect(server, {applicationName: 'leaky', user: role});
	await client.query('begin');
	const screen = monitor(['--application', 'leaky', '--filter', 'pid>0']);
	await pointed(screen, /postgres .*leaky/);
	await choose(screen, 'Copy ALTER ROLE');
	await screen.until(/Copied, not executed: ALTER ROLE "app"".*SET idle_in_transaction_session_timeout = '5min';/);
	const copies = [
		...screen
			.written()
			.toString()
			.matchAll(/\x1b\]52;c;([A-Za-z0-9+/=]+)/g),
	].map(([, text]) => Buffer.from(text ?? '', 'base64').toString());
	expect(copies.at(-1)).toMatch(/^ALTER ROLE "app"".* SET idle_in_transaction_session_timeout = '5min';$/);
	expect(copies.at(-1)).not.toMatch(/\x1b|\x07/);
	expect((await admin.query('select from pg_db_role_setting where setconfig::text like $$%timeout%$$')).rowCount).toBe(0);
});
