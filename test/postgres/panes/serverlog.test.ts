import {appendFileSync, readdirSync, readFileSync, truncateSync} from 'node:fs';
import {join} from 'node:path';
import type {Client} from 'pg';
import {describe, expect, it} from 'vitest';
import {createServerLog} from '../../../source/adapters/poll/server-log.ts';
import {paneFailure} from '../../../source/core/pane/missing.ts';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import type {Server} from '../../../source/demo/server.ts';
import {serverLogPane} from '../../../source/panes/serverlog/serverlog.ts';
import {longestWaitMs} from '../../lifetime.ts';
import {laneTo, ready, targetOf} from '../lanes.ts';
import {connect, type ServerVersion, startTestServer} from '../servers.ts';
import {type Watched, watch} from '../watched.ts';

const collected = (format: string): Record<string, string> => ({
	logging_collector: 'on',
	log_destination: format,
	log_directory: 'log',
	log_filename: 'postgresql-%Y-%m-%d_%H%M%S.log',
	log_line_prefix: '%m [%p] %q%e %u@%d/%a ',
	log_timezone: 'Europe/Berlin',
	deadlock_timeout: '100ms',
});

const follow = async (server: Server, user = 'postgres'): Promise<Watched> => {
	const lane = laneTo(targetOf(server, {user}));
	await ready(lane);
	return watch(server, serverLogPane, user, {readings: createServerLog(lane)});
};

const fileOf = (server: Server, ending: string): string => {
	const folder = join(server.directory, 'log');
	const name = readdirSync(folder)
		.filter(each => each.endsWith(ending))
		.toSorted()
		.at(-1);
	return join(folder, name ?? '');
};

const endings = {csvlog: '.csv', stderr: '.log', jsonlog: '.json'} as const;

const fails = async (client: Client, sql: string): Promise<void> => {
	await client.query(sql).then(
		() => {
			throw new Error('It did not fail.');
		},
		() => {},
	);
};

const failureOf = (sample: Sample | undefined) => sample && paneFailure(serverLogPane, sample);

/** Plays a deadlock of two sessions on the rows of a table; resolves with the pids, the one that was aborted first. */
const playDeadlock = async (server: Server): Promise<readonly [number, number]> => {
	const admin = await connect(server);
	await admin.query('create table if not exists accounts (id int primary key, balance int)');
	await admin.query('insert into accounts values (1, 1), (2, 2) on conflict do nothing');
	const [one, two] = [await connect(server, {applicationName: 'billing'}), await connect(server, {applicationName: 'refunds'})];
	const pid = async (client: Client): Promise<number> =>
		(await client.query<{pid: number}>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;
	const pids = [await pid(one), await pid(two)] as const;
	for (const client of [one, two]) await client.query('begin');
	await one.query('update accounts set balance = 10 where id = 1');
	await two.query('update accounts set balance = 20 where id = 2');
	const results = await Promise.allSettled([
		one.query('update accounts set balance = 11 where id = 2'),
		two.query('update accounts set balance = 21 where id = 1'),
	]);
	return results[0].status === 'rejected' ? pids : [pids[1], pids[0]];
};

describe.each([
	[13, 'csvlog'],
	[13, 'stderr'],
	[15, 'jsonlog'],
	[18, 'jsonlog'],
	[18, 'csvlog'],
] as const)('on PostgreSQL %i with %s', (version: ServerVersion, format) => {
	it('an entry has its time, session, texts and statement, and secrets are masked', async () => {
		const server = await startTestServer(version, collected(format));
		const client = await connect(server, {applicationName: 'odd, "app"'});
		await using seen = await follow(server);
		const sql = 'select 1 /* "two\n\tlines", it\'s */ from nothing_here';
		await fails(client, sql);
		await fails(client, "alter role nobody_here password 'topsecret1'");
		const sample = await seen.until('both errors', rows => rows.some(({message}) => /nobody_here/.test(String(message))));
		const rows = seen.rows(sample);
		const error = rows.find(({message}) => message === 'relation "nothing_here" does not exist');
		expect(error).toMatchObject({
			severity: 'ERROR',
			sqlstate: '42P01',
			usename: 'postgres',
			datname: 'postgres',
			application_name: 'odd, "app"',
			statement: sql,
		});
		expect(Math.abs(Date.parse(String(error?.at)) - Date.parse(sample.at))).toBeLessThan(60_000);
		expect(typeof error?.pid).toBe('number');
		expect(JSON.stringify(rows)).not.toContain('topsecret1');
		expect(rows.find(({statement}) => /alter role/.test(String(statement)))?.statement).toBe(
			"alter role nobody_here password '***'",
		);
		// Newest first, and none of our own polls.
		expect(rows.map(({number}) => Number(number))).toEqual(rows.map(({number}) => Number(number)).toSorted((a, b) => b - a));
	});

	it('a deadlock has both statements and its relation', async () => {
		const server = await startTestServer(version, collected(format));
		await using seen = await follow(server);
		const [victim, other] = await playDeadlock(server);
		const sample = await seen.until('the deadlock', rows => rows.some(({sqlstate}) => sqlstate === '40P01'));
		const row = serverLogPane.rows(sample, []).find(({sqlstate}) => sqlstate === '40P01') as Row;
		expect(row.pid).toBe(victim);
		const page = serverLogPane
			.inspect(row, sample, 100, [])
			.map(line => line.map(({text}) => text).join(''))
			.join('\n');
		expect(page).toContain('Deadlock on accounts');
		expect(page).toMatch(new RegExp(`${victim}, aborted, waited for ShareLock on transaction \\d+, blocked by ${other}:`));
		expect(page).toMatch(new RegExp(`${other} waited for ShareLock on transaction \\d+, blocked by ${victim}:`));
		expect(page).toMatch(/update accounts set balance = 11 where id = 2/);
		expect(page).toMatch(/update accounts set balance = 21 where id = 1/);
	});

	it('entries go on after pg_rotate_logfile() and after the file was emptied', async () => {
		const server = await startTestServer(version, collected(format));
		const client = await connect(server);
		await using seen = await follow(server);
		const raises = async (text: string): Promise<void> => {
			await fails(client, `do $$ begin raise exception '${text}'; end $$`);
			await seen.until(text, rows => rows.some(({message}) => message === text));
		};
		await raises('before');
		const first = fileOf(server, endings[format]);
		// The name of the next file has another second.
		await expect.poll(() => Date.now() - Date.parse(`${new Date().toISOString().slice(0, 19)}Z`)).toBeLessThan(300);
		await client.query('select pg_sleep(1.1), pg_rotate_logfile()');
		await expect.poll(() => fileOf(server, endings[format]), {timeout: longestWaitMs}).not.toBe(first);
		await raises('after the rotation');
		truncateSync(fileOf(server, endings[format]));
		await raises('after the file was emptied');
		const messages = seen.rows().map(({message}) => message);
		for (const text of ['before', 'after the rotation', 'after the file was emptied'])
			expect(messages.filter(message => message === text)).toEqual([text]);
	});

	it('an entry of one megabyte is shown in part, and the ones behind it are whole', async () => {
		const server = await startTestServer(version, collected(format));
		const client = await connect(server);
		await using seen = await follow(server);
		await fails(client, `select '${"x''\n".repeat(250_000)}' from nothing_here`);
		await fails(client, 'select 1 from nothing_behind');
		const sample = await seen.until('the entry behind', rows =>
			rows.some(({message}) => message === 'relation "nothing_behind" does not exist'),
		);
		const long = seen.rows(sample).find(({message}) => message === 'relation "nothing_here" does not exist');
		expect(String(long?.statement)).toMatch(/^select 'x''\nx[\s\S]*… \(\d+ more characters\)$/);
		// A second look begins in the middle of it.
		await using again = await follow(server);
		await again.until('the entry behind', rows =>
			rows.some(({message}) => message === 'relation "nothing_behind" does not exist'),
		);
	});

	it.each(['text', 'json'])('an entry of auto_explain in %s is shown as a plan', async planFormat => {
		const server = await startTestServer(version, collected(format));
		const client = await connect(server);
		await using seen = await follow(server);
		await client.query(`load 'auto_explain'; set auto_explain.log_format = ${planFormat}; set auto_explain.log_analyze = on`);
		await client.query('set auto_explain.log_min_duration = 0');
		await client.query("select count(*)\n\tfrom pg_class where relname <> 'x' and relpages > 100000");
		const isPlan = (row: Row): boolean => /Aggregate/.test(String(row.message));
		const sample = await seen.until('the plan', rows => rows.some(isPlan));
		const row = serverLogPane.rows(sample, []).find(isPlan) as Row;
		const page = serverLogPane.inspect(row, sample, 100, []).map(line => line.map(({text}) => text).join(''));
		expect(page[0]).toBe('Statement');
		expect(page.join('\n')).toMatch(/Statement\n {2}select count\(\*\)\n[\s\S]*Plan, [\d.]+ ms\n/);
		expect(page.join('\n')).toMatch(/Aggregate\s+\d.*\n[\s\S]*└ Seq Scan on pg_class\s+\d[\s\S]*Filter:.*relpages/);
	});

	it('bytes that are not UTF-8 are read as Latin-1', async () => {
		const server = await startTestServer(version, collected(format));
		const admin = await connect(server);
		await admin.query("create database latin encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0");
		const client = await connect(server, {database: 'latin'});
		await using seen = await follow(server);
		await fails(client, 'select 1 from "Größe"');
		const sample = await seen.until('the error', rows => rows.some(({datname}) => datname === 'latin'));
		expect(seen.rows(sample).find(({datname}) => datname === 'latin')?.message).toBe('relation "Größe" does not exist');
		expect(readFileSync(fileOf(server, endings[format])).includes(Buffer.from('Größe', 'latin1'))).toBe(true);
	});
});

describe('rights', () => {
	const refused = async (server: Server, user: string): Promise<string> => {
		await using seen = await follow(server, user);
		const sample = await seen.until('a refusal', (_, each) => failureOf(each) !== undefined);
		const failure = failureOf(sample);
		return `${failure?.message} ${failure?.hint}`;
	};

	it.each([13, 18] as const)('on PostgreSQL %i a role needs EXECUTE on three functions, and is told which', async version => {
		const server = await startTestServer(version, collected('csvlog'));
		const grants = [
			...(version === 13 ? ['pg_catalog.pg_current_logfile(text)'] : []),
			'pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)',
		].join(', ');
		expect(await refused(server, 'monitor')).toBe(
			`The role monitor may not read the server log. As a superuser: grant execute on function ${grants} to monitor`,
		);
		const all =
			'pg_catalog.pg_current_logfile(text), pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean), pg_catalog.pg_ls_logdir()';
		expect(await refused(server, 'plain')).toBe(
			`The role plain may not read the server log. As a superuser: grant execute on function ${all} to plain`,
		);
		const admin = await connect(server);
		await admin.query(`grant execute on function ${all} to plain`);
		await using seen = await follow(server, 'plain');
		await fails(admin, 'select 1 from nothing_here');
		await seen.until('the error', rows => rows.some(({sqlstate}) => sqlstate === '42P01'));
		// Being refused left nothing in the log.
		expect(readFileSync(fileOf(server, '.csv'), 'utf8')).not.toContain('permission denied');
	});

	it('a role of a managed service is sent to its console', async () => {
		const server = await startTestServer(15, collected('csvlog'));
		const admin = await connect(server);
		await admin.query('create role rds_superuser');
		expect(await refused(server, 'plain')).toBe(
			'This managed service does not let roles read the files of the server log. Read it in the console of the service.',
		);
	});

	it('a server without the collector, or with syslog only, says what to set', async () => {
		const off = await startTestServer(15);
		expect(await refused(off, 'postgres')).toBe(
			'The server writes no log files: logging_collector is off. alter system set logging_collector = on, and restart; until then the log is where the output of the server goes.',
		);
		const syslog = await startTestServer(15, {log_destination: 'syslog', logging_collector: 'on'});
		expect(await refused(syslog, 'postgres')).toMatch(/^The server log goes to syslog, which SQL cannot read\./);
	});
});

it('a log that grows too fast is read at its end, and the gap is said', async () => {
	const server = await startTestServer(18, collected('csvlog'));
	const client = await connect(server);
	await using seen = await follow(server);
	await fails(client, 'select 1 from nothing_here');
	await seen.until('the first error', rows => rows.some(({sqlstate}) => sqlstate === '42P01'));
	const file = fileOf(server, '.csv');
	const line = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
	appendFileSync(file, `${line}\n`.repeat(Math.ceil(8_000_000 / line.length)));
	await seen.until('a gap', (_, sample) =>
		/It grew faster than it is read: [\d.]+MB were not read\.$/.test(serverLogPane.headline(sample, [])?.text ?? ''),
	);
});
