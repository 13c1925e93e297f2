import {beforeAll, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {startProxy} from '../postgres/proxy.ts';
import {connect, type ServerVersion, startTestServer} from '../postgres/servers.ts';
import {at, type Ended, run} from './program.ts';

const hostile = 'evil|a=1\nCRITICAL';

type Json = {
	readonly status: string;
	readonly findings: readonly Readonly<Record<string, unknown>>[];
	readonly missing: readonly Readonly<Record<string, unknown>>[];
};

describe.each([13, 18] as const satisfies readonly ServerVersion[])('pgtriage check of PostgreSQL %i', version => {
	let server: Server;

	beforeAll(async () => {
		server = await startTestServer(version, {autovacuum: 'off'});
		const admin = await connect(server);
		await admin.query('create table orders (id int); create role blind login');
	});

	const check = (...args: readonly string[]): Promise<Ended> => run(['check', ...at(server), '--interval', '250ms', ...args]);

	/** A session that keeps others waiting for more than the least time of a finding. */
	const pileUp = async (): Promise<void> => {
		const root = await connect(server, {applicationName: hostile});
		await root.query('begin; lock table orders');
		for (let waiter = 0; waiter < 3; waiter++) {
			const session = await connect(server, {applicationName: hostile});
			session.query('select * from orders').catch(() => {});
		}
		await root.query('select pg_sleep(2)');
	};

	it('exits with 0 if the rules find nothing', async () => {
		const {status, stdout, stderr} = await check('--rule', 'root-blocker', '--rule', 'ddl-queue');
		expect({status, stderr}).toEqual({status: 0, stderr: ''});
		expect(stdout).toMatch(/^OK: No trouble found; 2 rules checked\. \| critical=0;;;0 .* time=[\d.]+s;;;0\n$/);
	});

	it('exits with 1 for a warning, in one line that names the cause', async () => {
		await pileUp();
		// Together: what waits for long enough is critical.
		const [{status, stdout}, passed] = await Promise.all([
			check('--rule', 'root-blocker'),
			check('--rule', 'root-blocker', '--fail-on', 'critical'),
		]);
		expect(status).toBe(1);
		expect(stdout).toMatch(/^WARNING root-blocker: \d+ \(postgres@postgres, evil.*blocks 3 sessions.*\| .*blocked_sessions=3;/);
		expect(stdout.match(/\n/g)).toHaveLength(1);
		expect(stdout.match(/\|/g)).toHaveLength(1);
		expect(passed).toMatchObject({status: 0, stdout: expect.stringMatching(/1 finding below --fail-on/)});
	});

	it('prints findings as the pane Triage does, and exits by them', async () => {
		await pileUp();
		const {status, stdout} = await check('--format', 'json', '--rule', 'root-blocker');
		const {findings, missing, ...rest} = JSON.parse(stdout) as Json;
		expect(status).toBe(1);
		expect({...rest, missing}).toMatchObject({status: 'warning', missing: []});
		expect(findings).toMatchObject([{rule: 'root-blocker', severity: 'warning', pane: 'sessions', sessions: 3, ongoing: true}]);
	});

	it('exits with 3 if a rule that was asked for could not look', async () => {
		const {status, stdout} = await run(['check', ...at(server, 'blind'), '--rule', 'idle-in-transaction', '--format', 'json']);
		expect(status).toBe(3);
		expect(JSON.parse(stdout)).toMatchObject({
			status: 'unknown',
			findings: [],
			missing: [{code: 'hidden', hint: 'GRANT pg_monitor TO blind shows them.', rules: ['idle-in-transaction']}],
		});
	});

	it('answers within its time while the server hangs', async () => {
		const proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`);
		proxy.set('freeze');
		const from = performance.now();
		const {status, stdout} = await run(['check', ...at(proxy), '--timeout', '1s']);
		expect({status, stdout}).toEqual({
			status: 3,
			stdout: 'UNKNOWN: The server did not answer within 1.0s. A longer --timeout waits longer.\n',
		});
		expect(performance.now() - from).toBeLessThan(8000);
	});
});

it.each<readonly [readonly string[], RegExp]>([
	[['--rule', 'root-blokcer'], /^UNKNOWN: Unknown rule "root-blokcer"\. Did you mean root-blocker\?\n$/],
	[['--nonsense'], /^UNKNOWN: Unknown option --nonsense\./],
	[['--fail-on', 'fatal'], /^UNKNOWN: --fail-on fatal is not a level\. Levels: critical, warning, notice\.\n$/],
	[['--timeout', '2h'], /^UNKNOWN: --timeout 2h is out of range\./],
	[['--output', 'a'], /^UNKNOWN: --output works only with report\./],
	[['a', 'b', 'c'], /^UNKNOWN: Unexpected argument: "c"\./],
	[['-h', '127.0.0.1', '-p', '1'], /^UNKNOWN: No server is listening at 127\.0\.0\.1:1\./],
])('pgtriage check %j exits with 3 and says why on stdout', async (args, line) => {
	const {status, stdout, stderr} = await run(['check', ...args]);
	expect({status, stderr}).toEqual({status: 3, stderr: ''});
	expect(stdout).toMatch(line);
	const json = await run(['check', '--format', 'json', ...args]);
	expect(json.status).toBe(3);
	expect(JSON.parse(json.stdout)).toMatchObject({status: 'unknown', findings: [], missing: [{message: expect.any(String)}]});
});
