import type {Client} from 'pg';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {failureOf, serverName} from '../../source/adapters/connect/failures.ts';
import {logIn} from '../../source/adapters/session/log-in.ts';
import {paneJson} from '../../source/core/pane/json.ts';
import type {Pane} from '../../source/core/pane/pane.ts';
import {type Row, type Sample, sentences} from '../../source/core/sample/sample.ts';
import {textOf} from '../../source/core/text/line.ts';
import type {Server} from '../../source/demo/server.ts';
import {registry} from '../../source/panes/index.ts';
import {type Beside, watchBeside} from '../postgres/beside.ts';
import {targetOf} from '../postgres/lanes.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {type PgBouncer, startPgBouncer} from './pgbouncer.ts';

// A loopback address where nothing else on this machine listens.
const address = `127.83.${1 + (process.pid % 250)}.${1 + (Math.trunc(process.pid / 250) % 250)}`;
const pane = registry.panes.find(({id}) => id === 'sessions') as Pane;

let server: Server;
let pooler: PgBouncer;
beforeAll(async () => {
	server = await startTestServer(18, {listen_addresses: address});
	pooler = await startPgBouncer({host: address, port: server.port}, 2, address);
});
afterAll(async () => {
	await pooler?.remove();
	await server?.remove();
});

const consoleOf = ({host, port}: Pick<PgBouncer, 'host' | 'port'>, user = 'postgres'): string =>
	`host=${host} port=${port} user=${user}`;

const watching = (pgbouncer = consoleOf(pooler)): Beside => watchBeside(targetOf(server), 'sessions', {pgbouncer: [pgbouncer]});

const through = (host: string, applicationName: string): Promise<Client> =>
	connect({...server, host, port: pooler.port} as Server, {applicationName});

const portOf = (client: Client): number =>
	(client as unknown as {readonly connection: {readonly stream: {readonly localPort: number}}}).connection.stream.localPort;

const pidIn = async (client: Client): Promise<number> => {
	await client.query('begin');
	return (await client.query('select pg_backend_pid() as pid')).rows[0].pid;
};

const pageOf = (sample: Sample, pid: number): string => {
	const row = pane.rows(sample, [sample]).find(each => each.pid === pid) as Row;
	return pane.inspect(row, sample, 120, [sample]).map(textOf).join('\n');
};

const newest = ({samples}: Beside): Sample => samples.at(-1) as Sample;

test('a session through PgBouncer shows its client only while it serves it', async () => {
	await using watched = watching();
	const client = await through(address, 'checkout');
	const pid = await pidIn(client);
	const shown = await watched.until('the client', rows => rows.some(row => row.pid === pid && row.pooler_client_addr !== null));
	expect(shown.find(row => row.pid === pid)).toMatchObject({
		pooler_client_addr: '127.0.0.1',
		pooler_application_name: 'checkout',
	});
	expect(pageOf(newest(watched), pid)).toContain(`through PgBouncer from 127.0.0.1:${portOf(client)} (checkout)`);
	expect(shown.filter(row => row.pooler_client_addr !== null)).toHaveLength(1);
	await client.query('commit');
	await watched.until('nobody', rows => rows.some(row => row.pid === pid && row.pooler_client_addr === null));
	expect(pageOf(newest(watched), pid)).toMatch(/PgBouncer connection, not used by a client now/);
	await client.end();
});

test('clients that wait for a connection are listed on the pages of those that have one', async () => {
	await using watched = watching();
	const [one, two, three] = await Promise.all(['one', 'two', 'three'].map(name => through(pooler.host, name)));
	const pids = [await pidIn(one as Client), await pidIn(two as Client)];
	const waits = (three as Client).query('select 1');
	await watched.until('both clients', rows =>
		pids.every(pid => rows.some(row => row.pid === pid && row.pooler_client_addr === 'unix')),
	);
	await expect
		.poll(() => pageOf(newest(watched), pids[0] as number))
		.toMatch(/1 client waits for a connection of the pool postgres@postgres/);
	expect(pageOf(newest(watched), pids[1] as number)).toContain('through PgBouncer from a unix socket (two)');
	await (one as Client).query('commit');
	await waits;
	await Promise.all([one, two, three].map(client => client?.end()));
});

test('the console does not use a backend of the server', async () => {
	const target = targetOf(server, {application_name: 'own'});
	await using watched = watchBeside(target, 'sessions', {pgbouncer: [consoleOf(pooler)], audit: '/nowhere/audit.ndjson'});
	await watched.until('rows', () => newest(watched).results.pgbouncer?.ok === true);
	const direct = await connect(server);
	const own = "select count(*)::int as n from pg_stat_activity where application_name = 'own'";
	expect((await direct.query(own)).rows).toEqual([{n: 3}]);
});

test('a role refused by the console gets a sentence, and sessions are shown', async () => {
	await using watched = watching(consoleOf(pooler, 'plain'));
	await watched.until('sessions', rows => rows.length > 0 && newest(watched).results.pgbouncer?.ok === false);
	const json = paneJson(pane, newest(watched), [], {ok: true, test: () => true} as never, undefined);
	expect(json).toMatchObject({ok: true, missing: [{query: 'pgbouncer', code: '08P01'}]});
	expect(pane.notice(newest(watched))).toBe(
		'The console of PgBouncer: not allowed. Add the user to stats_users in pgbouncer.ini, or name another in --pgbouncer.',
	);
});

test.each(['postgres', 'plain'])('the console as the server says to %s that it is the console', async user => {
	const target = targetOf(pooler, {user, dbname: 'pgbouncer'});
	const limits = {purpose: 'polling', statementTimeoutMs: 5000, lockTimeoutMs: 200} as const;
	const entering = logIn(target, {limits, signal: new AbortController().signal, onLost: () => {}});
	const failure = await entering.then(
		() => expect.fail('It was let in.'),
		(error: unknown) => failureOf(error, serverName(target)),
	);
	expect(sentences(failure)).toContain("This is PgBouncer's console: connect to a database, and use --pgbouncer.");
});

test('a hanging PgBouncer delays nothing, and is read again once it answers', async () => {
	const hung = await startPgBouncer(server);
	try {
		await using watched = watchBeside(targetOf(server), 'sessions', {pgbouncer: [consoleOf(hung)], eager: false});
		await watched.until('the console', () => newest(watched)?.results.pgbouncer?.ok === true);
		process.kill(hung.pid, 'SIGSTOP');
		const first = watched.samples.length;
		await watched.until('its failure', () => newest(watched).results.pgbouncer?.ok === false);
		expect(pane.notice(newest(watched))).toMatch(/did not answer within 2 s/);
		expect(watched.samples.length - first).toBeGreaterThan(4);
		process.kill(hung.pid, 'SIGCONT');
		await watched.until('its return', () => newest(watched).results.pgbouncer?.ok === true);
		expect(pane.notice(newest(watched))).toBeUndefined();
	} finally {
		await hung.remove();
	}
});
