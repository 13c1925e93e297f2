import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {at, cli, environment, folder, run} from '../pty/program.ts';
import {freePort} from './free-port.ts';

const grafana = join(import.meta.dirname, '../../docs/grafana');

/** Runs promtool, which the Debian package prometheus brings and .ci/run installs. */
const promtool = (args: readonly string[], input = ''): {readonly status: number | null; readonly said: string} => {
	const {status, stdout, stderr, error} = spawnSync('promtool', args, {input, encoding: 'utf8'});
	if (error) throw new Error('promtool is not installed: apt-get install prometheus.');
	return {status, said: `${stdout}${stderr}`};
};

let server: Server;
let exporter: ChildProcess;
let prometheus: ChildProcess;
let metrics: number;
let web: number;

beforeAll(async () => {
	server = await startTestServer(18);
	const admin = await connect(server);
	await admin.query("select pg_create_physical_replication_slot('standby_berlin', true)");
	[metrics, web] = await Promise.all([freePort(), freePort()]);
	exporter = spawn(process.execPath, [cli, 'export', ...at(server), '--listen', String(metrics), '--interval', '250ms'], {
		env: environment(),
		stdio: 'ignore',
	});
	const home = join(folder, 'prometheus');
	mkdirSync(home);
	const config = join(home, 'prometheus.yml');
	writeFileSync(
		config,
		`global: {scrape_interval: 500ms, evaluation_interval: 500ms}
rule_files: [${join(grafana, 'alerts.yml')}]
scrape_configs:
  - job_name: pgtriage
    static_configs: [{targets: ['127.0.0.1:${metrics}']}]
`,
	);
	expect(promtool(['check', 'config', config])).toMatchObject({status: 0});
	const args = [`--config.file=${config}`, `--storage.tsdb.path=${join(home, 'data')}`, `--web.listen-address=127.0.0.1:${web}`];
	prometheus = spawn('prometheus', args, {stdio: 'ignore'});
});

afterAll(async () => {
	for (const child of [exporter, prometheus]) {
		if (!child || child.exitCode !== null) continue;
		child.kill('SIGKILL');
		await once(child, 'exit');
	}
	await server?.remove();
});

type Answer = {
	readonly status: string;
	readonly data: {
		readonly result: readonly {readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string]}[];
	};
};

const ask = async (path: string): Promise<unknown> => (await fetch(`http://127.0.0.1:${web}/api/v1/${path}`)).json();
const query = async (expression: string): Promise<Answer> =>
	(await ask(`query?query=${encodeURIComponent(expression)}`)) as Answer;

const patiently = {timeout: 60_000, interval: 500};

describe('Prometheus', () => {
	it('scrapes the metrics', async () => {
		await expect
			.poll(
				() =>
					query('pgtriage_up').then(
						({data}) => data.result[0]?.value[1],
						() => undefined,
					),
				patiently,
			)
			.toBe('1');
		await expect
			.poll(async () => (await query('pgtriage_slot_retained_bytes')).data.result.map(({metric}) => metric.slot), patiently)
			.toEqual(['standby_berlin']);
		const {data} = await query('count(pgtriage_findings)');
		expect(Number(data.result[0]?.value[1])).toBeGreaterThan(60);
		const page = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
		expect(promtool(['check', 'metrics'], page)).toEqual({status: 0, said: ''});
	});

	it('loads the alert rules without an error', async () => {
		expect(promtool(['check', 'rules', join(grafana, 'alerts.yml')])).toMatchObject({status: 0});
		const states = async (): Promise<readonly string[]> => {
			const {data} = (await ask('rules')) as {data: {groups: {rules: {name: string; health: string}[]}[]}};
			return data.groups.flatMap(({rules}) => rules.map(({health}) => health));
		};
		await expect.poll(states, patiently).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
	});

	it('answers every query of the dashboard', async () => {
		const {panels} = JSON.parse(readFileSync(join(grafana, 'dashboard.json'), 'utf8')) as {
			panels: {targets: {expr: string}[]}[];
		};
		const expressions = panels.flatMap(({targets}) => targets.map(({expr}) => expr.replaceAll('$instance', '.*')));
		const answers = await Promise.all(expressions.map(query));
		expect(answers.map(({status}) => status)).toEqual(expressions.map(() => 'success'));
	});

	it('has the same metrics as --once prints', async () => {
		const {status, stdout} = await run(['--once', '--format', 'openmetrics', ...at(server)]);
		expect(status).toBe(0);
		expect(promtool(['check', 'metrics'], stdout)).toEqual({status: 0, said: ''});
	});
});
