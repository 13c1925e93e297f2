import pg from 'pg';
import {describe, expect, it} from 'vitest';
import {createServerLog} from '../../source/adapters/poll/server-log.ts';
import type {Sample} from '../../source/core/sample/sample.ts';
import {startDemo} from '../../source/demo/demo.ts';
import {createShop} from '../../source/demo/shop.ts';
import {registry} from '../../source/panes/index.ts';
import {logDeadlocks, logErrors} from '../../source/queries/beside/server-log.ts';
import {endsWithTest} from '../lifetime.ts';
import {laneTo, ready, targetOf} from '../postgres/lanes.ts';
import {triage} from '../postgres/poll/triage.ts';
import {binariesOf, connect, lowerPriority, startTestServer} from '../postgres/servers.ts';
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
		Array.from({length: 20}, (_, index) => connect(server, {applicationName: `app${index % 3}`}).then(lowerPriority)),
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

describe.each([13, 15, 18] as const)('deadlocks on PostgreSQL %i', version => {
	it('are named with both sessions and statements, from the log', async () => {
		const demo = await startDemo({scenario: 'deadlock', binaries: binariesOf(version)});
		endsWithTest(demo.stop);
		const {host, port, user, database} = demo.connection;
		const lane = laneTo(targetOf({host, port}, {user, dbname: database}));
		await ready(lane);
		const logged = {...pane, queries: [...pane.queries, logDeadlocks]};
		await using watched = await watch(demo.connection, logged, user, {dbname: database, readings: createServerLog(lane)});
		const named =
			/^\d+ \(shop@shop, (?:checkout|refund-worker)\) and \d+ \(shop@shop, (?:checkout|refund-worker)\) deadlocked on accounts: \d+ deadlocks? in shop in the last [\d.ms]+\.$/;
		const found = (sample: Sample) =>
			triage(sample, watched.samples).find(({rule, leads}) => rule === 'deadlocks' && leads.pane === 'serverlog');
		const sample = await watched.until('the deadlock', (_, each) => found(each) !== undefined);
		expect(found(sample)?.summary).toMatch(named);
		expect(found(sample)?.evidence).toMatch(
			/^\d+ \(aborted\): update accounts set .*; \d+: update accounts set .*\. Each deadlock cost a transaction\.$/,
		);
	});

	it('are named with sessions that waited for each other if the log cannot be read', async () => {
		const demo = await startDemo({scenario: 'deadlock', binaries: binariesOf(version)});
		endsWithTest(demo.stop);
		await using watched = await watch(demo.connection, pane, demo.connection.user, {dbname: demo.connection.database});
		const found = (sample: Sample) => triage(sample, watched.samples).find(({rule}) => rule === 'deadlocks');
		const sample = await watched.until('the deadlock', (_, each) => / deadlocked on /.test(found(each)?.summary ?? ''));
		expect(found(sample)).toMatchObject({leads: {pane: 'databases'}});
		expect(found(sample)?.evidence).toMatch(/\d+: update accounts set/);
	});
});

it('rollbacks name the most frequent error of the log', async () => {
	const server = await startTestServer(18, {logging_collector: 'on', log_destination: 'jsonlog'});
	await using client = lowerPriority(await connect(server));
	await client.query('create table t (id int primary key); insert into t values (1)');
	const ended = new AbortController();
	const work = (async () => {
		while (!ended.signal.aborted) await client.query('insert into t values (1)').catch(() => {});
	})();
	const lane = laneTo(targetOf(server));
	await ready(lane);
	const logged = {...pane, queries: [...pane.queries, logErrors]};
	await using watched = await watch(server, logged, 'postgres', {readings: createServerLog(lane)});
	const evidence = (sample: Sample) =>
		triage(sample, watched.samples).find(({rule}) => rule === 'rollbacks-high')?.evidence ?? '';
	const sample = await watched.until('the error', (_, each) => /Most frequent/.test(evidence(each)));
	ended.abort();
	await work;
	expect(evidence(sample)).toMatch(
		/Most frequent error, (\d+) of \1 in the log: 23505 unique_violation: duplicate key value violates unique constraint "t_pkey"\.$/,
	);
});
