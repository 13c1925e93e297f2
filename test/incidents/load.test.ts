import pg from 'pg';
import {describe, expect, it} from 'vitest';
import {startDemo} from '../../source/demo/demo.ts';
import {createShop} from '../../source/demo/shop.ts';
import {registry} from '../../source/panes/index.ts';
import {endsWithTest} from '../lifetime.ts';
import {triage} from '../postgres/poll/triage.ts';
import {binariesOf, connect, startTestServer} from '../postgres/servers.ts';
import {watch} from '../postgres/watched.ts';

const pane = registry.pane('triage');

describe.each([13, 18] as const)('an incident of load on PostgreSQL %i', version => {
	it.each([
		['statement-herd', 'catalog-search', /^\d+ sessions run select count\(\*\)/],
		['idle-crowd', 'payment-gateway', /payment-gateway\) and 13 more of that application are idle in open transactions/],
		['rollbacks-high', undefined, /^shop rolls back [\d.]+ transactions\/s, \d+% of all/],
		['wal-flood', 'bulk-loader', /bulk-loader\) floods WAL: .*\/s while it runs/],
		['temp-files', 'nightly-export', /nightly-export\) has [\d.]+GB of temporary files on disk/],
	] as const)('%s is named, with the session to blame', async (scenario, application, summary) => {
		const demo = await startDemo({scenario, binaries: binariesOf(version)});
		endsWithTest(demo.stop);
		await using watched = await watch(demo.connection, pane, demo.connection.user, {dbname: demo.connection.database});
		const found = (sample: Parameters<typeof triage>[0]) =>
			triage(sample, watched.samples).find(({rule, summary: said}) => rule === scenario && summary.test(said));
		const sample = await watched.until(scenario, (_, each) => found(each) !== undefined);
		const {pid} = found(sample) ?? {};
		if (application === undefined) return;
		const client = new pg.Client(demo.connection);
		await client.connect();
		const {rows} = await client.query('select application_name from pg_stat_activity where pid = $1', [pid]);
		await client.end();
		expect(rows).toEqual([{application_name: application}]);
	});
});

it('a healthy busy server is silent about load', async () => {
	const server = await startTestServer(18);
	endsWithTest(server.remove);
	await using admin = await connect(server);
	await createShop(admin);
	const ended = new AbortController();
	const clients = await Promise.all(
		Array.from({length: 20}, (_, index) => connect(server, {applicationName: `app${index % 3}`})),
	);
	const works = clients.map(async (client, index) => {
		for (let turn = 0; !ended.signal.aborted; turn++) {
			await client.query(`begin; update accounts set balance = balance + 1 where id = ${1 + ((turn * 20 + index) % 2000)}`);
			await client.query('select count(*) from orders where account_id < 50; commit');
		}
	});
	const report = (await connect(server, {applicationName: 'report'})).query(
		'select count(*) from order_lines a join order_lines b on b.price > a.price where a.id <= 1500',
	);
	await using watched = await watch(server, pane);
	await watched.until('a quarter of a minute', (_, {seq}) => seq >= 60);
	ended.abort();
	await Promise.all([...works, report]);
	const load = new Set(['statement-herd', 'cpu-saturated', 'idle-crowd', 'rollbacks-high', 'wal-flood', 'runaway-query']);
	const alarms = watched.samples.flatMap((sample, index) => triage(sample, watched.samples.slice(0, index)));
	expect(alarms.filter(({rule}) => load.has(rule)).map(({summary}) => summary)).toEqual([]);
});
