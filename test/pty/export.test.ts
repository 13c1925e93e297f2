import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {connect as connectTo} from 'node:net';
import {text} from 'node:stream/consumers';
import {beforeAll, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {endsWithTest} from '../lifetime.ts';
import {startProxy} from '../postgres/proxy.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {at, cli, environment, run} from './program.ts';

let server: Server;
let older: Server;

beforeAll(async () => {
	[server, older] = await Promise.all([startTestServer(18), startTestServer(13)]);
});

type Exporter = {readonly child: ChildProcess; readonly url: string};

/** Starts `export` at a free port, and resolves once it listens. */
const exporting = async (...args: readonly string[]): Promise<Exporter> => {
	const child = spawn(process.execPath, [cli, 'export', '--listen', '0', '--interval', '250ms', ...args], {
		env: environment(),
		stdio: ['ignore', 'inherit', 'pipe'],
	});
	endsWithTest(async () => {
		if (child.exitCode !== null || child.signalCode !== null) return;
		child.kill('SIGKILL');
		await once(child, 'exit');
	});
	let said = '';
	child.stderr?.setEncoding('utf8').on('data', (part: string) => (said += part));
	await expect.poll(() => said).toMatch(/Metrics are at \S+\/metrics\./);
	return {child, url: /http\S+\/metrics/.exec(said)?.[0] ?? ''};
};

const scrape = async (url: string, init: RequestInit = {}): Promise<string> => (await fetch(url, init)).text();

const valueIn = (page: string, series: string): number | undefined => {
	const line = page.split('\n').find(each => each.startsWith(`${series} `));
	return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

const upOf = async (url: string): Promise<number | undefined> => valueIn(await scrape(url), 'pgtriage_up');

const untilUp = (url: string, up: 0 | 1) => expect.poll(() => upOf(url)).toBe(up);

describe('pgtriage export', () => {
	it.each(['13', '18'])('serves what triage finds on PostgreSQL %s', async version => {
		const own = version === '18' ? server : older;
		const root = await connect(own);
		await root.query('create table if not exists orders (id int)');
		await root.query('begin; lock table orders');
		const waiter = await connect(own);
		waiter.query('select * from orders').catch(() => {});
		const {url} = await exporting(...at(own));
		await expect.poll(async () => valueIn(await scrape(url), 'pgtriage_blocked_sessions')).toBe(1);
		await expect
			.poll(async () => valueIn(await scrape(url), 'pgtriage_findings{rule="root-blocker",severity="warning"}'))
			.toBe(1);
		const page = await scrape(url);
		expect(valueIn(page, 'pgtriage_findings{rule="root-blocker",severity="critical"}')).toBe(0);
		expect(valueIn(page, 'pgtriage_sessions{state="idle in transaction"}')).toBe(1);
		expect(page).not.toMatch(/orders/);
		await root.query('rollback');
	});

	it('answers twenty readers at once from one poller', async () => {
		const {url} = await exporting(...at(server));
		await untilUp(url, 1);
		const pages = await Promise.all(Array.from({length: 20}, () => scrape(url)));
		expect(pages.map(page => valueIn(page, 'pgtriage_up'))).toEqual(pages.map(() => 1));
		const admin = await connect(server);
		const ours = "select count(*)::int as n from pg_stat_activity where application_name = 'pgtriage'";
		// The second one may still be logging in.
		await expect.poll(async () => (await admin.query(ours)).rows).toEqual([{n: 2}]);
	});

	it('answers within a second while the server hangs, and says that it is down', async () => {
		const proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`);
		const {url} = await exporting(...at(proxy));
		await untilUp(url, 1);
		proxy.set('freeze');
		await untilUp(url, 0);
		const from = performance.now();
		const page = await scrape(url);
		expect(performance.now() - from).toBeLessThan(1000);
		expect(page).not.toMatch(/pgtriage_(?:findings|sessions)\b/);
		expect(valueIn(page, 'pgtriage_sample_age_seconds')).toBeGreaterThan(1);
	});

	it('connects again after the server was away', async () => {
		const proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`);
		const {url} = await exporting(...at(proxy));
		await untilUp(url, 1);
		proxy.set('refuse');
		await untilUp(url, 0);
		proxy.set('pass');
		await untilUp(url, 1);
	});

	it('speaks the format that is asked for', async () => {
		const {url} = await exporting(...at(server));
		await untilUp(url, 1);
		const plain = await fetch(url);
		expect(plain.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
		const open = await fetch(url, {headers: {accept: 'application/openmetrics-text; version=1.0.0'}});
		expect(open.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
		expect(await open.text()).toMatch(/# EOF\n$/);
	});

	it('answers only GET and HEAD, without a body, at its two paths', async () => {
		const {url} = await exporting(...at(server));
		const statusOf = async (path: string, init: RequestInit = {}): Promise<number> =>
			(await fetch(new URL(path, url), init)).status;
		expect(await statusOf('/metrics', {method: 'HEAD'})).toBe(200);
		expect(await statusOf('/metrics?a=1')).toBe(200);
		expect(await scrape(new URL('/', url).href)).toBe('pgtriage: metrics are at /metrics.\n');
		expect(await statusOf('/metrics', {method: 'POST', body: 'a'})).toBe(405);
		expect(await statusOf('/metrics/')).toBe(404);
		expect(await statusOf('/', {headers: {a: 'b'.repeat(9000)}})).toBe(431);
	});

	it('ends a connection that sends no request, and serves others meanwhile', async () => {
		const {url} = await exporting(...at(server));
		const {hostname, port} = new URL(url);
		const silent = Array.from({length: 20}, () => connectTo(Number(port), hostname).on('error', () => {}));
		const ended = Promise.all(silent.map(socket => text(socket)));
		for (const socket of silent) socket.write('GET /metrics HTTP/1.1\r\n');
		expect(await upOf(url)).toBeDefined();
		await ended;
		expect(silent.every(({destroyed}) => destroyed)).toBe(true);
	});

	it.each([
		['SIGTERM', 0],
		['SIGINT', 0],
		['SIGHUP', 129],
	] as const)('ends on %s with %i', async (signal, status) => {
		const {child, url} = await exporting(...at(server));
		await untilUp(url, 1);
		const exit = once(child, 'exit');
		child.kill(signal);
		expect((await exit)[0]).toBe(status);
	});

	it('says that it cannot listen, or connect', async () => {
		const {url} = await exporting(...at(server));
		const taken = await run(['export', ...at(server), '--listen', new URL(url).host]);
		expect(taken).toMatchObject({status: 1, stderr: expect.stringMatching(/cannot listen at \S+ \(EADDRINUSE\)/)});
		const gone = await run(['export', '--listen', '0', '-h', '127.0.0.1', '-p', '1', '-U', 'me']);
		expect(gone).toMatchObject({status: 1, stderr: expect.stringMatching(/No server is listening at 127\.0\.0\.1:1\./)});
	});
});

describe('--once --format openmetrics', () => {
	it('prints the metrics of a server', async () => {
		const {status, stdout, stderr} = await run(['--once', '--format', 'openmetrics', '--interval', '250ms', ...at(server)]);
		expect({status, stderr}).toEqual({status: 0, stderr: ''});
		expect(valueIn(stdout, 'pgtriage_up')).toBe(1);
		expect(stdout).toMatch(/# EOF\n$/);
	});

	it('says that the server is down if it is', async () => {
		const {status, stdout} = await run(['--once', '--format', 'openmetrics', '-h', '127.0.0.1', '-p', '1', '-U', 'me']);
		expect(status).toBe(1);
		expect(stdout).toMatch(/\npgtriage_up 0\n# EOF\n$/);
	});
});
