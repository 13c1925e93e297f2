import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {answering, memberJson, type RestServer, startRest, statusJson} from '../adapters/patroni/rest-server.ts';
import {startTestServer} from '../postgres/servers.ts';
import {at, folder, run} from './program.ts';
import {start} from './screen.ts';

let server: Server;
let identifier: string;

beforeAll(async () => {
	server = await startTestServer(18);
	const shown = await run(['--once', '--format', 'json', ...at(server)]);
	identifier = (JSON.parse(shown.stdout) as {readonly server: {readonly system_identifier: string}}).server.system_identifier;
});

const hostile = '\u001b]52;c;b3duZWQ=\u0007\u202edb';

const answersWith = (members: readonly unknown[], more: Readonly<Record<string, unknown>> = {}) => ({
	'/cluster': {members, ...more},
	'/patroni': statusJson({database_system_identifier: identifier}),
	'/history': [],
});

const leader = memberJson('db-1', {role: 'leader'});

/** A certificate for 127.0.0.1 that signed itself, and its file. */
const certificateOf = (): {readonly key: string; readonly cert: string; readonly file: string} => {
	const [key, file] = [join(folder, 'patroni.key'), join(folder, 'patroni.crt')];
	const options = [
		'-x509',
		'-newkey',
		'ec',
		'-pkeyopt',
		'ec_paramgen_curve:prime256v1',
		'-nodes',
		'-days',
		'2',
		'-subj',
		'/CN=db',
	];
	execFileSync('openssl', ['req', ...options, '-keyout', key, '-out', file, '-addext', 'subjectAltName=IP:127.0.0.1'], {
		stdio: 'ignore',
	});
	return {key: readFileSync(key, 'utf8'), cert: readFileSync(file, 'utf8'), file};
};

const check = (url: string, ...args: readonly string[]) =>
	run(['check', '--rule', 'patroni-paused', '--interval', '250ms', '--patroni', url, ...at(server), ...args]);

describe('--patroni', () => {
	it('shows the cluster in header, triage and replication, with hostile names as text', async () => {
		const rest = await startRest(answering(() => answersWith([leader, memberJson(hostile, {state: 'stopped'})], {pause: true})));
		const screen = start([...at(server), '--pane', 'replication', '--interval', '250ms', '--patroni', rest.url], {
			columns: 200,
			rows: 50,
		});
		await screen.until(/patroni shop: leader db-1, paused {2}2 members/);
		await screen.until(/Patroni members[\s\S]*db-1 +leader +running[\s\S]*stopped/);
		await screen.until(/warning: Cluster shop is paused, seen .*: automatic failover is off\./);
		screen.press('q');
		expect(await screen.exited).toBe(0);
		expect(screen.written().toString('utf8')).not.toMatch(/\x1b\]52|\u202e/);
	});

	it('answers keys while Patroni hangs, and says that it was not read', async () => {
		const rest = await startRest(() => {});
		const screen = start([...at(server), '--interval', '250ms', '--patroni', rest.url], {columns: 160});
		await screen.until(/sessions \d/);
		screen.press('4');
		await screen.until(/WAL AT/);
		await screen.until(/patroni not read/);
		await screen.until(/Patroni at http:\/\/127\.0\.0\.1:\d+ did not answer within 2 s/);
		screen.press('0');
		await screen.until(/Not read: Patroni\./);
		screen.press('q');
		expect(await screen.exited).toBe(0);
	});

	it('trusts no certificate without its authority', async () => {
		const {file, ...certificate} = certificateOf();
		const rest = await startRest(
			answering(() => answersWith([leader], {pause: true})),
			certificate,
		);
		expect(await check(rest.url)).toMatchObject({
			status: 3,
			stdout: expect.stringMatching(
				/^UNKNOWN patroni-paused: Not read: Patroni\. The certificate of Patroni at https:.* is not trusted/,
			),
		});
		const trusting = await run(['check', '--rule', 'patroni-paused', '--patroni', rest.url, ...at(server)], {
			env: {NODE_EXTRA_CA_CERTS: file},
		});
		expect(trusting).toMatchObject({status: 1, stdout: expect.stringMatching(/^WARNING patroni-paused: Cluster shop is paused/)});
	});

	it('does not leave https for http when the member asked dies', async () => {
		const {file, ...certificate} = certificateOf();
		const plain = await startRest(answering(() => answersWith([leader])));
		const listed = (): readonly unknown[] => [leader, memberJson('db-2', {api_url: `${plain.url}/patroni`})];
		const rest: RestServer = await startRest(
			answering(() => answersWith(listed())),
			certificate,
		);
		const screen = start([...at(server), '--interval', '250ms', '--patroni', rest.url], {
			columns: 160,
			env: {NODE_EXTRA_CA_CERTS: file},
		});
		await screen.until(/patroni shop: leader db-1 {2}2 members/);
		await rest.close();
		await screen.until(/patroni not read/);
		screen.press('q');
		expect(await screen.exited).toBe(0);
		expect(plain.asked).toEqual([]);
	});

	it('names another cluster, and takes nothing from it', async () => {
		const rest = await startRest(answering(() => ({...answersWith([leader], {pause: true}), '/patroni': statusJson()})));
		expect(await check(rest.url)).toMatchObject({
			status: 3,
			stdout: expect.stringMatching(/^UNKNOWN patroni-paused: Not read: Patroni\. http:.* manages another cluster/),
		});
	});

	it.each([
		['ftp://db1', '--patroni needs an address by http or https.'],
		['http://user:secret@db1', '--patroni takes no user and password: only what needs none is read.'],
	])('%s is a usage error', async (url, sentence) => {
		const {status, stderr} = await run(['--once', '--patroni', url, ...at(server)]);
		expect(status).toBe(2);
		expect(stderr).toContain(sentence);
		expect(stderr).not.toContain('secret');
	});
});
