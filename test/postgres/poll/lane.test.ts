import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {performance} from 'node:perf_hooks';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test} from 'vitest';
import type {Reply} from '../../../source/adapters/session/answering.ts';
import {createTraffic} from '../../../source/adapters/session/traffic.ts';
import type {Server} from '../../../source/demo/server.ts';
import {laneTo, ready, targetOf, until} from '../lanes.ts';
import {startProxy} from '../proxy.ts';
import {connect, type ServerVersion, startTestServer, undo, withServer} from '../servers.ts';

const one = {name: 'one', sql: 'select 1', deadlineMs: 2000};
const sleep = {name: 'sleep', sql: 'select pg_catalog.pg_sleep(20)', deadlineMs: 150};

const failureOf = (reply: Reply) => {
	if (reply.ok) throw new Error(`It was answered: ${JSON.stringify(reply.rows)}`);
	return reply.error;
};

const rowsOf = (reply: Reply) => {
	if (!reply.ok) throw new Error(`It failed: ${JSON.stringify(reply.error)}`);
	return reply.rows;
};

/** Resolves when a backend is in the middle of a sleep. */
const asleep = async (server: Server, pid: number | undefined): Promise<void> => {
	await using admin = await connect(server);
	const sleeping = "select from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'";
	await expect.poll(async () => (await admin.query(sleeping, [pid])).rowCount).toBe(1);
};

const elapsed = async <T>(work: Promise<T>): Promise<readonly [T, number]> => {
	const began = performance.now();
	return [await work, performance.now() - began];
};

describe.each<ServerVersion>([13, 18])('on PostgreSQL %i', version => {
	let server: Server;
	beforeAll(async () => {
		server = await startTestServer(version);
	});
	afterAll(() => server?.remove());

	test('a session is set up for a monitor', async () => {
		await using lane = laneTo(targetOf(server, {options: '-c search_path=public -c DateStyle=German'}));
		const names = [
			'search_path',
			'statement_timeout',
			'lock_timeout',
			'jit',
			'default_transaction_read_only',
			'DateStyle',
			'TimeZone',
			'client_encoding',
			'application_name',
			...(version >= 14 ? ['client_connection_check_interval', 'idle_session_timeout'] : []),
		];
		const columns = names.map(name => `pg_catalog.current_setting('${name}')`).join(', ');
		const reply = await lane.run({...one, sql: `select ${columns}`});
		expect(Object.fromEntries(names.map((name, index) => [name, rowsOf(reply)[0]?.[index]]))).toEqual({
			search_path: '',
			statement_timeout: '5s',
			lock_timeout: '200ms',
			jit: 'off',
			default_transaction_read_only: 'on',
			DateStyle: 'ISO, MDY',
			TimeZone: 'UTC',
			client_encoding: 'SQL_ASCII',
			application_name: 'pgtriage',
			...(version >= 14 ? {client_connection_check_interval: '2s', idle_session_timeout: '0'} : {}),
		});
		expect(Math.floor((lane.status().version ?? 0) / 10_000)).toBe(version);
	});

	test('an answer has raw text, its types and the server clock', async () => {
		await using lane = laneTo(targetOf(server));
		const reply = await lane.run({...one, sql: "select 7::int8, null, pg_catalog.clock_timestamp(), 'ä'::text"});
		if (!reply.ok) throw new Error(reply.error.message);
		expect(reply.types).toEqual([20, 25, 1184, 25]);
		expect(reply.rows).toEqual([['7', null, expect.stringMatching(/^20\d\d-.*\+00$/), 'ä']]);
		expect(reply.at).toMatch(/^20\d\d-\d\d-\d\dT[\d:]{8}\.\d{6}\+00:00$/);
		expect(Math.abs(Date.parse(reply.at) - Date.now())).toBeLessThan(5000);
	});

	test('values are sent as text parameters, which rules out a second statement', async () => {
		await using lane = laneTo(targetOf(server));
		const reply = await lane.run({...one, sql: 'select $1::text, $2::int4', values: ["'; drop", '4']});
		expect(reply).toMatchObject({ok: true, rows: [["'; drop", '4']], at: expect.stringMatching(/^20/)});
		expect(failureOf(await lane.run({...one, sql: 'select $1; select 2', values: ['1']})).code).toBe('42601');
		expect(rowsOf(await lane.run(one))).toEqual([['1']]);
	});

	test('a failed statement leaves the session alone and reports the server clock', async () => {
		await using lane = laneTo(targetOf(server));
		const [failed, next] = await Promise.all([lane.run({...one, sql: 'select 1/0'}), lane.run(one)]);
		expect(failed).toMatchObject({ok: false, error: {code: '22012'}, at: expect.stringMatching(/^20/)});
		expect(rowsOf(next)).toEqual([['1']]);
		expect(failureOf(await lane.run({...one, sql: 'create table t ()'})).code).toBe('25006');
		expect(lane.status()).toMatchObject({state: 'ready', generation: 1});
	});

	test('a statement past its deadline is cancelled on the server and the session stays', async () => {
		await using lane = laneTo(targetOf(server));
		await ready(lane);
		expect(failureOf(await lane.run(sleep))).toMatchObject({
			code: 'deadline',
			message: expect.stringContaining('sleep within 150 ms'),
		});
		// A session that did not answer its cancel would have been given up.
		expect(rowsOf(await lane.run(one))).toEqual([['1']]);
		expect(lane.status().generation).toBe(1);
	});

	test('the cancel of one statement never hits the next', async () => {
		await using lane = laneTo(targetOf(server));
		await ready(lane);
		// Deadlines around the duration of the statement: the cancel comes before, with and after the answer.
		for (let round = 0; round < 40; round++) {
			await lane.run({name: 'nap', sql: 'select pg_catalog.pg_sleep(0.005)', deadlineMs: 3 + (round % 5)});
			expect(rowsOf(await lane.run({...one, sql: 'select 1 from pg_catalog.pg_sleep(0.003)'}))).toEqual([['1']]);
		}
		expect(lane.status().generation).toBe(1);
	});

	test('cancel ends the statement in flight', async () => {
		await using lane = laneTo(targetOf(server));
		const {pid} = await ready(lane);
		const running = lane.run({...sleep, deadlineMs: 20_000});
		await asleep(server, pid);
		lane.cancel();
		expect(failureOf(await running).code).toBe('57014');
	});

	test('a terminated session is replaced once', async () => {
		await using lane = laneTo(targetOf(server));
		const {pid} = await ready(lane);
		const admin = await connect(server);
		const lost = until(lane, ({state}) => state === 'waiting');
		await admin.query('select pg_terminate_backend($1)', [pid]);
		expect((await lost).failure).toMatchObject({code: '57P01'});
		const again = await ready(lane);
		expect(again.generation).toBe(2);
		expect(again.pid).not.toBe(pid);
		expect(again.failure).toBeUndefined();
		const busy = lane.run({...sleep, deadlineMs: 20_000});
		await asleep(server, again.pid);
		await admin.query('select pg_terminate_backend($1)', [again.pid]);
		expect(failureOf(await busy).code).toBe('57P01');
		expect((await until(lane, ({generation}) => generation === 3)).state).toBe('ready');
	});
});

describe('faults', () => {
	let server: Server;
	beforeAll(async () => {
		server = await startTestServer(15);
	});
	afterEach(async () => {
		if (server.pid() === undefined) await server.restart();
	});
	afterAll(() => server?.remove());

	test('a stopped backend is replaced and its later answer is ignored', async () => {
		await using lane = laneTo(targetOf(server));
		const {pid = 0} = await ready(lane);
		process.kill(pid, 'SIGSTOP');
		try {
			const [reply, took] = await elapsed(lane.run({...one, sql: "select 'old'", deadlineMs: 200}));
			expect(failureOf(reply).code).toBe('deadline');
			// Its deadline and the time for the cancel; it would never answer.
			expect(took).toBeGreaterThan(580);
			const again = await ready(lane);
			expect(again.pid).not.toBe(pid);
		} finally {
			process.kill(pid, 'SIGCONT');
		}
		expect(rowsOf(await lane.run({...one, sql: "select 'new'"}))).toEqual([['new']]);
	});

	test.each(['fast', 'immediate'] as const)('a lane is back within 2 s after a %s stop', async mode => {
		await using lane = laneTo(targetOf(server));
		await ready(lane);
		const failures = new Set<string>();
		lane.onStatus(({failure}) => failure && failures.add(failure.code));
		const lost = until(lane, ({state}) => state === 'waiting');
		await server.stop(mode);
		await lost;
		await until(lane, ({failure, attempts}) => attempts >= 2 && /ECONNREFUSED|ENOENT/.test(failure?.code ?? ''));
		expect(failureOf(await lane.run(one)).code).toMatch(/ECONNREFUSED|ENOENT/);
		await server.restart();
		const [, backMs] = await elapsed(ready(lane));
		// A second between two tries, and the log-in, which takes its time on a busy machine.
		expect(backMs).toBeLessThan(10_000);
		// An immediate stop may cut the connection before the reason arrives.
		expect([...failures].some(code => code === '57P01' || (mode === 'immediate' && code === 'connection_lost'))).toBe(true);
		expect(rowsOf(await lane.run(one))).toEqual([['1']]);
	});

	test('a crash of another backend interrupts the lane only briefly', async () => {
		await using lane = laneTo(targetOf(server));
		await ready(lane);
		const victim = await connect(server);
		const {rows} = await victim.query('select pg_backend_pid() as pid');
		process.kill(rows[0].pid, 'SIGKILL');
		const {failure} = await until(lane, ({state}) => state === 'waiting');
		expect(failure).toMatchObject({code: '57P02', message: expect.stringContaining('crashed')});
		expect((await ready(lane)).generation).toBe(2);
	});

	test('a frozen network costs one deadline and one session', async () => {
		await using proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`);
		await using lane = laneTo(targetOf(proxy, {sslmode: 'disable'}));
		await ready(lane);
		proxy.set('freeze');
		expect(failureOf(await lane.run({...one, deadlineMs: 200})).code).toBe('deadline');
		proxy.set('pass');
		expect((await ready(lane)).generation).toBe(2);
		expect(rowsOf(await lane.run(one))).toEqual([['1']]);
	});

	test('a large answer on its way to one lane extends the deadline of another, until it ends', async () => {
		const traffic = createTraffic();
		await using lane = laneTo(targetOf(server), {readOnly: true, traffic});
		await using beside = laneTo(targetOf(server), {readOnly: true, traffic});
		await using stranger = laneTo(targetOf(server));
		await Promise.all([lane, beside, stranger].map(each => ready(each)));
		// More than a buffer of the server each, four a second for three seconds.
		const trickle = {...one, sql: "select repeat('x', 10000), pg_sleep(0.25) from generate_series(1, 12)"};
		const large = beside.run(trickle);
		const late = {...one, sql: 'select pg_sleep(2.2)', deadlineMs: 1500};
		const [waited, alone] = await Promise.all([lane.run(late), stranger.run(late)]);
		expect(rowsOf(waited)).toEqual([['']]);
		expect(failureOf(alone).code).toBe('deadline');
		expect(rowsOf(await large)).toHaveLength(12);
		const again = beside.run(trickle);
		const [never, took] = await elapsed(lane.run({...one, sql: 'select pg_sleep(20)', deadlineMs: 1500}));
		expect(failureOf(never).code).toBe('deadline');
		expect(took).toBeGreaterThan(2400);
		expect(rowsOf(await again)).toHaveLength(12);
	});

	test.each(['garbage', 'cut'] as const)('%s from the server ends the session, not the process', async mode => {
		const uncaught: unknown[] = [];
		const note = (error: unknown) => uncaught.push(error);
		process.on('uncaughtException', note);
		onTestFinished(() => void process.off('uncaughtException', note));
		await using proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`);
		await using lane = laneTo(targetOf(proxy));
		await ready(lane);
		proxy.set(mode);
		// It is told what came, and not that its deadline went by.
		const reply = await lane.run({...one, sql: 'select * from pg_catalog.generate_series(1, 100)'});
		// Garbage may look like a message of any length.
		expect(failureOf(reply).code).toMatch(mode === 'garbage' ? /^(?:protocol|flood)$/ : /^connection_lost$/);
		proxy.set('pass');
		await ready(lane);
		expect(rowsOf(await lane.run(one))).toEqual([['1']]);
		expect(uncaught).toEqual([]);
	});

	test('a network that resets is retried at most once a second after the first attempts', async () => {
		await using proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`);
		await using lane = laneTo(targetOf(proxy));
		await ready(lane);
		const before = proxy.accepted();
		proxy.set('refuse');
		const began = performance.now();
		await until(lane, ({attempts}) => attempts >= 4);
		const took = performance.now() - began;
		expect(took).toBeGreaterThan(700 * 0.75);
		expect(proxy.accepted() - before).toBeLessThanOrEqual(4 * 2);
		expect(lane.status().failure?.code).toBe('ECONNRESET');
	});

	test('a hanging log-in ends at its limit and names the phase', async () => {
		await using proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`);
		proxy.set('freeze');
		await using lane = laneTo(targetOf(proxy, {connect_timeout: '2', sslmode: 'disable'}));
		// Nothing else would end it.
		expect(failureOf(await lane.run(one))).toMatchObject({
			code: 'login_timeout',
			message: expect.stringMatching(/2 s while waiting for its answer/),
		});
	});

	test('a wrong password is tried three times', async () => {
		const hba = join(server.directory, 'pg_hba.conf');
		const lines = readFileSync(hba, 'utf8');
		undo(server, 'drop role locked');
		const admin = await connect(server);
		await admin.query("create role locked login password 'right'");
		writeFileSync(hba, `local all locked scram-sha-256\n${lines}`);
		await admin.query('select pg_reload_conf()');
		try {
			await using wrong = laneTo(targetOf(server, {user: 'locked', password: 'wr0ng!'}));
			const lost = await until(wrong, ({state}) => state === 'lost');
			expect(lost).toMatchObject({attempts: 3, failure: {code: '28P01', hint: expect.stringContaining('-W')}});
			expect(JSON.stringify(lost)).not.toContain('wr0ng!');
			expect(failureOf(await wrong.run(one)).code).toBe('28P01');

			await using none = laneTo(targetOf(server, {user: 'locked', passfile: '/nonexistent'}));
			expect((await until(none, ({state}) => state === 'lost')).failure?.code).toBe('no_password');
			await using right = laneTo(targetOf(server, {user: 'locked', password: 'right'}));
			expect(rowsOf(await right.run({...one, sql: 'select current_user'}))).toEqual([['locked']]);
			// A fourth try would have come by then: the one without a password has been given up too.
			await delay(700);
			expect(server.log().match(/password authentication failed for user "locked"/g)).toHaveLength(3);
		} finally {
			writeFileSync(hba, lines);
			await admin.query('select pg_reload_conf()');
		}
	});

	test.each([
		['a database that is not there', {dbname: 'nowhere'}, '3D000'],
		['a role that is not there', {user: 'nobody_here'}, '28000'],
	])('%s is given up after three tries', async (_, parameters, code) => {
		await using lane = laneTo(targetOf(server, parameters));
		const lost = await until(lane, ({state}) => state === 'lost');
		expect(lost).toMatchObject({attempts: 3, failure: {code, hint: expect.any(String)}});
	});

	test('close takes less than 200 ms if busy, idle, connecting or stopped', async () => {
		const admin = await connect(server);
		const idle = laneTo(targetOf(server));
		const busy = laneTo(targetOf(server));
		const stopped = laneTo(targetOf(server));
		await Promise.all([ready(idle), ready(busy), ready(stopped)]);
		const running = busy.run({...sleep, deadlineMs: 20_000});
		await asleep(server, busy.status().pid);
		const {pid = 0} = stopped.status();
		await using proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`);
		proxy.set('freeze');
		const connecting = laneTo(targetOf(proxy));
		const waiting = connecting.run(one);
		await expect.poll(proxy.accepted).toBeGreaterThan(0);
		process.kill(pid, 'SIGSTOP');
		try {
			for (const lane of [idle, busy, stopped, connecting]) {
				const [, took] = await elapsed(lane.close());
				// Its own limit, and the delay of a busy machine: less than any statement or log-in here takes.
				expect(took).toBeLessThan(4000);
				expect(lane.status().state).toBe('closed');
				expect(failureOf(await lane.run(one)).code).toBe('closed');
			}
		} finally {
			process.kill(pid, 'SIGCONT');
		}
		expect(failureOf(await running).code).toBe('closed');
		expect(failureOf(await waiting).code).toBe('closed');
		const left = async () => {
			const {rows} = await admin.query("select pid from pg_stat_activity where application_name = 'pgtriage'");
			return rows.length;
		};
		await expect.poll(left).toBe(0);
	});

	test('a process whose only lane is down exits', () => {
		const script = `import {openLane} from './source/adapters/session/lane.ts';
			import {resolveConnection} from './source/adapters/connect/connection.ts';
			const lane = openLane(resolveConnection({host: '/nowhere'}, {}), {readOnly: true});
			console.log((await lane.run({name: 'one', sql: 'select 1', deadlineMs: 500})).error.code);`;
		const said = execFileSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
			timeout: 120_000,
			encoding: 'utf8',
		});
		expect(said.trim()).toBe('ENOENT');
	});
});

test('full connection slots are reported by tier and open connections stay', async () => {
	await withServer(
		16,
		async server => {
			await using held = laneTo(targetOf(server));
			await ready(held);
			const others = [await connect(server, {user: 'plain'}), await connect(server, {user: 'plain'})];
			await using refused = laneTo(targetOf(server, {user: 'plain'}));
			const waiting = await until(refused, ({state}) => state === 'waiting');
			expect(waiting.failure).toMatchObject({code: '53300', message: expect.stringContaining('pg_use_reserved_connections')});
			await using last = laneTo(targetOf(server));
			const reserved = [await connect(server)];
			await ready(last);
			await using none = laneTo(targetOf(server));
			const full = await until(none, ({state}) => state === 'waiting');
			expect(full.failure).toMatchObject({
				code: '53300',
				message: expect.stringContaining('including those reserved for superusers'),
			});
			expect(rowsOf(await held.run(one))).toEqual([['1']]);
			await Promise.all([...others, ...reserved].map(client => client.end()));
			await ready(none);
		},
		{max_connections: '5', superuser_reserved_connections: '1', reserved_connections: '1', max_wal_senders: '0'},
	);
});

test('a server older than 13 is refused in a sentence', async () => {
	const sockets: Socket[] = [];
	const message = (type: string, ...parts: readonly Buffer[]) => {
		const body = Buffer.concat(parts);
		const length = Buffer.alloc(4);
		length.writeInt32BE(body.length + 4);
		return Buffer.concat([Buffer.from(type), length, body]);
	};
	const old = createServer(socket => {
		sockets.push(socket);
		socket.on('error', () => {});
		socket.once('data', () => {
			socket.write(message('R', Buffer.alloc(4)));
			socket.write(message('S', Buffer.from('server_version\0' + '9.6.24\0')));
			socket.write(message('K', Buffer.alloc(8)));
			socket.write(message('Z', Buffer.from('I')));
		});
	});
	const folder = mkdtempSync(join(tmpdir(), 'old-'));
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		old.close();
		rmSync(folder, {recursive: true});
	});
	await new Promise<void>(resolve => old.listen(join(folder, '.s.PGSQL.5432'), resolve));
	await using lane = laneTo(targetOf({host: folder, port: 5432}));
	const lost = await until(lane, ({state}) => state === 'lost');
	expect(lost).toMatchObject({attempts: 1, failure: {code: 'too_old', message: expect.stringContaining('PostgreSQL 9')}});
});

describe('TLS', () => {
	let server: Server;
	let folder: string;
	let certificate: {key: string; cert: string};
	beforeAll(async () => {
		server = await startTestServer(18);
		folder = mkdtempSync(join(tmpdir(), 'tls-'));
		const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
		const subject = ['-subj', '/CN=db.test', '-addext', 'subjectAltName=DNS:db.test'];
		const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
		execFileSync('openssl', ['req', ...options, '-keyout', key, '-out', cert, ...subject], {stdio: 'ignore'});
		certificate = {key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8')};
	});
	afterAll(async () => {
		rmSync(folder, {recursive: true, force: true});
		await server?.remove();
	});

	const attempt = async (parameters: Readonly<Record<string, string>>, offered: boolean): Promise<string> => {
		await using proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`, offered ? certificate : undefined);
		const named = {hostaddr: proxy.host, host: 'db.test', ...parameters};
		await using lane = laneTo(targetOf(proxy, named));
		const reply = await lane.run(one);
		return reply.ok ? 'in' : reply.error.code;
	};

	test.each([
		['disable', {}, 'in', 'in'],
		['prefer', {}, 'in', 'in'],
		['require', {}, 'in', 'no_tls'],
		['verify-ca', {host: 'other.test'}, 'in', 'no_tls'],
		['verify-full', {}, 'in', 'no_tls'],
		['verify-full', {host: 'other.test'}, 'certificate', 'no_tls'],
	])('sslmode %s %o: %s with TLS, %s without', async (sslmode, more, offered, plain) => {
		const trusted = sslmode.startsWith('verify') ? {sslrootcert: join(folder, 'cert')} : {};
		expect(await attempt({sslmode, ...trusted, ...more}, true)).toBe(offered);
		expect(await attempt({sslmode, ...trusted, ...more}, false)).toBe(plain);
	});

	test('a certificate of another authority is not trusted', async () => {
		const other = join(folder, 'other');
		execFileSync(
			'openssl',
			['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${other}.key`, '-out', other, '-subj', '/CN=x'],
			{
				stdio: 'ignore',
			},
		);
		expect(await attempt({sslmode: 'verify-ca', sslrootcert: other}, true)).toBe('certificate');
	});

	test('channel_binding=require refuses a server without channel binding', async () => {
		expect(await attempt({sslmode: 'require', channel_binding: 'require'}, true)).toBe('channel_binding');
	});

	test('a deadline cancels through TLS', async () => {
		await using proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`, certificate);
		await using lane = laneTo(targetOf(proxy, {sslmode: 'require'}));
		await ready(lane);
		expect(failureOf(await lane.run(sleep)).code).toBe('deadline');
		expect(lane.status()).toMatchObject({state: 'ready', generation: 1});
	});
});
