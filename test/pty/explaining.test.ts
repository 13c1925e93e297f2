import {mkdirSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import type {Client} from 'pg';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {confirmed} from './answer.ts';
import {at, cli, folder} from './program.ts';
import {type Screen, start} from './screen.ts';

const saves = join(folder, 'saves');
mkdirSync(saves);
let server: Server;
let admin: Client;
beforeAll(async () => {
	server = await startTestServer(18);
	admin = await connect(server, {applicationName: 'admin'});
	await admin.query(`
		create table orders (a int primary key, b text);
		insert into orders select g, g::text from generate_series(1, 1000) as g;
		analyze orders;
		grant select on orders to plain;
		create function patience() returns int language plpgsql immutable as $$begin perform pg_sleep(60); return 1; end$$`);
	const shop = await connect(server, {applicationName: 'shop', user: 'plain'});
	await shop.query('begin');
	await shop.query('select b from orders where a = 42');
	const waits = await connect(server, {applicationName: 'waits', user: 'plain'});
	waits.query('select patience()').catch(() => {});
});
afterAll(async () => server?.remove());

/** The monitor in a folder of its own, with its cursor on the only session of an application. */
const pointedAt = async (application: string, args: readonly string[] = []): Promise<Screen> => {
	const all = [...at(server), '--interval', '250ms', '--application', application, ...args];
	const inFolder = 'cd "$1" && shift && exec "$@"';
	const screen = start([], {columns: 180, program: ['bash', '-c', inFolder, 'bash', saves, process.execPath, cli, ...all]});
	await screen.until(new RegExp(`\\d+ postgres .* ${application} `));
	screen.press('down');
	await screen.until(new RegExp(`▶ +\\d+ postgres .* ${application} `));
	return screen;
};

it('e shows the plan, x saves it, and Esc goes back', async () => {
	const screen = await pointedAt('shop');
	screen.press('e');
	await screen.until('Index Scan using orders_pkey on orders');
	expect(screen.text()).toContain('Generic plan as role plain with its default settings');
	screen.press('x');
	await screen.until('Saved as');
	const [json = '', sql = '', text = ''] = readdirSync(saves).toSorted();
	expect([json, sql, text]).toEqual([
		expect.stringMatching(/^pgtriage-plan-\d+-.*\.json$/),
		expect.stringMatching(/\.sql$/),
		expect.stringMatching(/\.txt$/),
	]);
	expect(readFileSync(join(saves, sql), 'utf8')).toMatch(/^-- Not executed\..*\nselect b from orders where a = 42\n$/);
	expect(readFileSync(join(saves, text), 'utf8')).toMatch(/^Index Scan using orders_pkey on orders {2}\(cost=/);
	expect(JSON.parse(readFileSync(join(saves, json), 'utf8'))[0].Plan['Index Cond']).toBe('(a = 42)');
	expect(statSync(join(saves, json)).mode & 0o777).toBe(0o600);
	screen.press('esc');
	await screen.until(/▶ +\d+ .* shop /);
});

it("' keeps a plan, and the next one is shown beside it after an index was dropped", async () => {
	await admin.query(
		'create table baskets (a int, b text); insert into baskets select g, g::text from generate_series(1, 20000) as g',
	);
	await admin.query('create index baskets_a on baskets (a); analyze baskets; grant select on baskets to plain');
	const basket = await connect(server, {applicationName: 'basket', user: 'plain'});
	basket.query('select b, pg_sleep(600) from baskets where a = 42').catch(() => {});
	const screen = await pointedAt('basket');
	screen.press('e');
	await screen.until('Index Scan using baskets_a on baskets');
	screen.press("'");
	await screen.until('Kept: the next plan is shown beside this one.');
	screen.press('esc');
	await screen.until(/▶ +\d+ .* basket /);
	// The running statement holds a lock on its index: it is only made unusable for new plans.
	await admin.query(`update pg_index set indisvalid = false where indexrelid = 'baskets_a'::regclass`);
	screen.press('e');
	await screen.until(/Kept at [\d:]{8} +│ Now, [\d:]{8}/);
	expect(screen.text()).toMatch(/\*Index Scan using baskets_a on baskets.*│ +\d+%\*Seq Scan on baskets/);
	expect(screen.text()).toMatch(/Cost \d+ before, \d+ now: \d+ times more\./);
	screen.press('/', ...'seq');
	await screen.until('Match 1 of 1.');
	screen.press('esc', 'esc');
	await screen.until(/▶ +\d+ .* basket /);
	await admin.query(`select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'basket'`);
	await basket.end();
});

it('E executes after the typed word', async () => {
	const screen = await pointedAt('shop');
	screen.press('E');
	await confirmed(screen, 'analyze');
	await screen.until(/Execution time: [\d.]+ ms/);
	expect(screen.text()).toContain('Executed in a read-only transaction');
});

it('Esc abandons a slow plan', async () => {
	const screen = await pointedAt('waits');
	screen.press('e');
	await screen.until(/Explaining … [1-4]\.\d s, Esc cancels/);
	screen.press('esc');
	await screen.until('EXPLAIN canceled.');
	await expect
		.poll(
			async () =>
				(
					await admin.query(
						`select from pg_stat_activity where application_name = 'pgtriage' and state = 'active' and query like '%pg_temp.%'`,
					)
				).rowCount,
		)
		.toBe(0);
});

it('--read-only makes no plan', async () => {
	const screen = await pointedAt('shop', ['--read-only']);
	screen.press('e');
	await screen.until('Actions are off: pgtriage runs with --read-only.');
});
