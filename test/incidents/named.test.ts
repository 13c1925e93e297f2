import {readdirSync, readFileSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import pg from 'pg';
import {describe, expect, it} from 'vitest';
import type {Finding} from '../../source/core/pane/finding.ts';
import type {Sample} from '../../source/core/sample/sample.ts';
import type {Server} from '../../source/demo/server.ts';
import {createShop} from '../../source/demo/shop.ts';
import {loginStorm} from '../../source/findings/rules/connections/login-storm.ts';
import {thresholds} from '../../source/findings/thresholds.ts';
import {registry} from '../../source/panes/index.ts';
import {endsWithTest} from '../lifetime.ts';
import {watchBeside} from '../postgres/beside.ts';
import {targetOf} from '../postgres/lanes.ts';
import {triage} from '../postgres/poll/triage.ts';
import {connect, lowerPriority, type Session, startTestServer} from '../postgres/servers.ts';
import {watch} from '../postgres/watched.ts';

const pane = registry.pane('triage');

/** First finding of a rule while a server is watched. */
const firstOf = async (server: Server, rule: string): Promise<Finding> => {
	await using watched = await watch(server, pane);
	const found = (sample: Sample) => triage(sample, watched.samples).find(finding => finding.rule === rule);
	return found(await watched.until(rule, (_, sample) => found(sample) !== undefined)) ?? expect.fail();
};

/** Sessions that begin and end, `several` at a time, until the test is over. */
const logInAgain = (server: Server, several: number, pauseMs: number): void => {
	const ended = new AbortController();
	endsWithTest(() => ended.abort());
	for (let client = 0; client < several; client++)
		void (async () => {
			while (!ended.signal.aborted) {
				const session = new pg.Client({
					host: server.host,
					port: server.port,
					user: 'postgres',
					database: 'postgres',
					application_name: 'php-fpm',
				});
				session.on('error', () => {});
				await session.connect().catch(() => {});
				await session.query('select pg_sleep(0.02)').catch(() => {});
				await session.end().catch(() => {});
				if (pauseMs > 0) await new Promise(resolve => setTimeout(resolve, pauseMs));
			}
		})();
};

describe.each([13, 18] as const)('on PostgreSQL %i', version => {
	it('a storm of log-ins is named by its application', async () => {
		const server = await startTestServer(version);
		logInAgain(server, 12, 0);
		await using watched = await watch(server, pane);
		// As many log-ins as a busy machine can serve.
		const limits = {...thresholds, logins_per_second: {...thresholds.logins_per_second, warning: 3}};
		const found = (sample: Sample) => loginStorm.find(sample, watched.samples, limits);
		const sample = await watched.until('log-ins', (_, each) => found(each).length > 0);
		expect(found(sample)).toMatchObject([
			{
				severity: 'warning',
				summary: expect.stringMatching(/^php-fpm \(role postgres\) logs in again and again: .*\d+ log-ins\/s in all\.$/),
			},
		]);
	});

	it('a role and a database at connection limits of their own are named, while the server has room', async () => {
		const server = await startTestServer(version);
		const admin = await connect(server);
		await admin.query('create role batch login connection limit 6');
		await admin.query('create database reports connection limit 5');
		const busy = async (user: string, database: string): Promise<void> => {
			const session = await connect(server, {user, database});
			session.query('select pg_sleep(600)').catch(() => {});
		};
		for (let each = 0; each < 6; each++) await busy('batch', 'postgres');
		for (let each = 0; each < 5; each++) await busy('monitor', 'reports');
		await expect(connect(server, {user: 'batch'})).rejects.toThrow('too many connections for role "batch"');
		await expect(connect(server, {user: 'monitor', database: 'reports'})).rejects.toThrow('too many connections for database');
		await using watched = await watch(server, pane);
		const found = (sample: Sample) =>
			triage(sample, watched.samples)
				.filter(({rule}) => rule === 'connection-limit')
				.map(({severity, summary}) => [severity, summary]);
		const sample = await watched.until('both', (_, each) => found(each).length === 2);
		expect(new Map(found(sample).map(([severity, summary]) => [summary, severity]))).toEqual(
			new Map([
				['The role batch has 6 of its 6 connections (none idle).', 'critical'],
				['The database reports has 5 of its 5 connections (none idle).', 'critical'],
			]),
		);
		expect(triage(sample, watched.samples).find(({rule}) => rule === 'connections')).toBeUndefined();
	});

	it('a sequence that nears its end is named, with the integer column behind a bigint sequence', async () => {
		const server = await startTestServer(version);
		const admin = await connect(server);
		await admin.query(`
			create table tickets (id serial primary key);
			select setval('tickets_id_seq', 2050000000);
			create sequence scans_seq;
			create table scans (id integer default nextval('scans_seq'));
			select setval('scans_seq', 1900000000);
			create table visits (id serial);
			select setval('visits_id_seq', 1500000000);
			create table events (id bigserial);
			select setval('events_id_seq', 2050000000);
			create sequence rounds maxvalue 10 cycle;
			select setval('rounds', 10)`);
		await using watched = await watch(server, pane);
		const found = (sample: Sample) => triage(sample, watched.samples).filter(({rule}) => rule === 'sequence-end');
		const sample = await watched.until('sequences', (_, each) => found(each).length > 0);
		expect(found(sample).map(({severity, summary}) => [severity, summary])).toEqual([
			['critical', 'public.tickets_id_seq has 97.5M values left: 95% are used.'],
			['warning', 'public.scans_seq has 247M values left: 88% are used.'],
		]);
		expect(found(sample)[1]?.evidence).toBe('Last value 1900000000 of 2147483647; it fills public.scans.id (integer).');
		await admin.query('create role reader login; grant pg_monitor to reader');
		await using seen = await watch(server, pane, 'reader');
		const blind = await seen.until('the sequences', (_, each) => each.results.sequences?.ok === true);
		expect(triage(blind, seen.samples).map(({summary}) => summary)).toContain(
			'Not read: last values of 3 sequences. The connected role may not read them. GRANT SELECT ON ALL SEQUENCES IN SCHEMA shows them.',
		);
	});

	it('a base backup of nine days ago is named, and a fresh one is not', async () => {
		const server = await startTestServer(version, {archive_mode: 'on', archive_command: 'true', wal_level: 'replica'});
		const admin = await connect(server);
		await admin.query(version >= 15 ? "select pg_backup_start('weekly', true)" : "select pg_start_backup('weekly', true, false)");
		await admin.query(version >= 15 ? 'select pg_backup_stop(false)' : 'select pg_stop_backup(false, false)');
		const walFiles = join(server.directory, 'pg_wal');
		const history = readdirSync(walFiles).find(name => name.endsWith('.backup')) ?? expect.fail();
		await using watched = await watch(server, pane);
		const found = (sample: Sample) => triage(sample, watched.samples).find(({rule}) => rule === 'backup-age');
		const fresh = await watched.until('the WAL files', (_, sample) => sample.results.wal_directory?.ok === true);
		expect(found(fresh)).toBeUndefined();
		const before = Date.now() / 1000 - 9 * 86_400;
		utimesSync(join(walFiles, history), before, before);
		const old = await watched.until('an old backup', (_, sample) => found(sample) !== undefined);
		expect(found(old)?.summary).toMatch(/^The last base backup of this server ended 9d\d* ?\w* ago\.$/);
	});

	it('CPUs that are saturated by different statements are named on the host of the server', async () => {
		const server = await startTestServer(version, {max_parallel_workers_per_gather: '0', jit: 'off'});
		for (let worker = 0; worker < 12; worker++) {
			const client = lowerPriority(await connect(server, {applicationName: `cruncher${worker}`}));
			// A column more makes it another statement, so that they are not a herd.
			const columns = Array.from({length: worker + 1}, (_, index) => `sum(n % ${index + 2})`).join(', ');
			client.query(`select ${columns} from generate_series(1, 1000) m, generate_series(1, 10000000) n`).catch(() => {});
		}
		await using seen = watchBeside(targetOf(server), 'triage');
		const rows = await seen.until('cpu-saturated', all => all.some(({rule}) => rule === 'cpu-saturated'));
		const finding = rows.find(({rule}) => rule === 'cpu-saturated');
		expect(finding?.summary).toMatch(/^\d+ \(postgres@postgres, cruncher\d+\) and \d+ more compute on \d+ CPUs\.$/);
	});

	it('a statement of milliseconds that runs for seconds is named, and a report that takes its usual time is not', async () => {
		const server = await startTestServer(version);
		const admin = await connect(server);
		const search = 'function search(seconds float8) returns float8 language plpgsql as';
		await admin.query(`create ${search} $$ begin perform pg_sleep(seconds); return 1; end $$`);
		const shop = await connect(server, {applicationName: 'shop'});
		const reports = await Promise.all(Array.from({length: 5}, () => connect(server, {applicationName: 'report'})));
		for (let call = 0; call < 20; call++) await shop.query('select search(0.001)');
		await Promise.all(reports.map(session => session.query('select search(4), 2')));
		// Those did not need to be on CPU.
		await admin.query(`create or replace ${search} $$
			declare until timestamptz := clock_timestamp() + make_interval(secs => seconds);
			begin while clock_timestamp() < until loop end loop; return 1; end $$`);
		const [report] = reports as [Session];
		await using watched = await watch(server, pane);
		const summaries = (sample: Sample) =>
			triage(sample, watched.samples)
				.filter(({rule}) => rule === 'runaway-query')
				.map(({summary, evidence}) => `${summary} ${evidence}`);
		for (const session of [report, shop]) lowerPriority(session);
		report.query(version >= 14 ? 'select search(11), 2' : 'select search(50), 2').catch(() => {});
		shop.query('select search(60.5)').catch(() => {});
		// Before 14 sessions have no query id to find the mean by, and are judged by what they take from others.
		const neededMs = version >= 14 ? 10_400 : 41_000;
		const longEnough = (sample: Sample) =>
			(sample.results.sessions?.ok ? sample.results.sessions.rows : []).some(
				({application_name: application, query_start: start, state}) =>
					application === 'shop' && state === 'active' && Date.parse(sample.at) - Date.parse(String(start)) > neededMs,
			);
		const sample = await watched.until('ten seconds', (_, each) => longEnough(each));
		const said = summaries(sample).join('\n');
		if (version >= 14) {
			expect(said).toMatch(/shop\) has been running select search\(60\.5\) for 1\ds\. .*Its mean is [\d.]+ms over 20 calls\./);
			expect(said).not.toMatch(/report\)/);
		} else expect(said).toMatch(/shop\) has been running select search\(60\.5\)/);
	});
});

it('an exclusive backup that was not stopped is named on PostgreSQL 13', async () => {
	const server = await startTestServer(13, {archive_mode: 'on', archive_command: 'true', wal_level: 'replica'});
	const admin = await connect(server);
	await admin.query("select pg_start_backup('forgotten', true)");
	const label = join(server.directory, 'backup_label');
	writeFileSync(label, readFileSync(label, 'utf8').replace(/START TIME: \d+/, 'START TIME: 2020'));
	expect((await firstOf(server, 'backup-age')).summary).toMatch(/^An exclusive backup was started \d+d.* ago and not stopped\.$/);
});

it.each([13, 18] as const)(
	'a busy healthy PostgreSQL %i is silent about log-ins, files, sequences and usual reports',
	async version => {
		const server = await startTestServer(version);
		const admin = await connect(server);
		await createShop(admin);
		await admin.query('create materialized view totals as select account_id, sum(total) from orders group by 1');
		const ended = new AbortController();
		endsWithTest(() => ended.abort());
		for (let client = 0; client < 20; client++) {
			const session = lowerPriority(await connect(server, {applicationName: `app${client % 3}`}));
			void (async () => {
				for (let turn = 0; !ended.signal.aborted; turn++)
					await session
						.query(`update accounts set balance = balance + 1 where id = ${1 + ((turn * 20 + client) % 2000)}`)
						.catch(() => {});
			})();
		}
		// A pool that renews its connections slowly, and pgbench -C at a modest rate.
		logInAgain(server, 2, 150);
		const nightly = lowerPriority(await connect(server, {applicationName: 'pg_dump'}));
		await nightly.query('begin isolation level repeatable read');
		nightly.query('copy (select a.* from order_lines a, generate_series(1, 20)) to stdout').catch(() => {});
		const report = lowerPriority(await connect(server, {applicationName: 'report'}));
		report
			.query(
				"set work_mem = '1MB'; select count(*) from (select * from order_lines a, generate_series(1, 40) n order by sku, n) l",
			)
			.catch(() => {});
		const refreshing = lowerPriority(await connect(server, {applicationName: 'refresh'}));
		void (async () => {
			while (!ended.signal.aborted) await refreshing.query('refresh materialized view totals').catch(() => ended.abort());
		})();
		await using watched = await watch(server, pane);
		await watched.until('a quarter of a minute', (_, {seq}) => seq >= 60);
		const named = new Set(['login-storm', 'temp-files', 'sequence-end', 'backup-age', 'runaway-query']);
		const alarms = watched.samples.flatMap((sample, index) => triage(sample, watched.samples.slice(0, index)));
		expect(alarms.filter(({rule}) => named.has(rule)).map(({summary}) => summary)).toEqual([]);
	},
);
