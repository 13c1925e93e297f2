import {mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {RunningIncident} from '../../source/demo/incidents/incident.ts';
import type {Server} from '../../source/demo/server.ts';
import {startTestServer} from '../postgres/servers.ts';
import {begin} from './incident.ts';
import {at, cli, folder, run} from './program.ts';
import {type Screen, start} from './screen.ts';

const recording = join(import.meta.dirname, '../recordings/all-incidents-18.ndjson');

describe('report', () => {
	it('writes the same Markdown to stdout each time', async () => {
		const [one, other] = [await run(['report', recording]), await run(['report', recording])];
		expect(one).toMatchObject({status: 0, stderr: ''});
		expect(one.stdout).toMatch(/^# Incident report of shop, 2026-11-22 22:15:53 UTC\n/);
		expect(other.stdout).toBe(one.stdout);
	});

	it('writes JSON with --format json', async () => {
		const {status, stdout} = await run(['report', recording, '--format', 'json', '--with-literals']);
		expect(status).toBe(0);
		expect(JSON.parse(stdout)).toMatchObject({pgtriage_report: 1, head: {samples: 8, redacted: false}, root_blockers: [{}, {}]});
	});

	it('writes a new file for its owner alone and overwrites none', async () => {
		const file = join(folder, 'report.md');
		expect(await run(['report', recording, '--output', file])).toEqual({status: 0, stdout: '', stderr: ''});
		expect(readFileSync(file, 'utf8')).toMatch(/^# Incident report/);
		expect(statSync(file).mode & 0o777).toBe(0o600);
		const {status, stderr} = await run(['report', recording, '--output', file]);
		expect(stderr).toBe(`pgtriage: ${file} already exists and was not overwritten. Choose another file with --output.\n`);
		expect(status).toBe(1);
	});

	it.each([
		[['--from', '22:15:56', '--to', '22:15:58'], '2026-11-22T22:15:56', '2026-11-22T22:15:57'],
		[['--from', '22:00'], '2026-11-22T22:15:53', '2026-11-22T22:16:00'],
		[['--to', '2026-11-22T22:15:55Z'], '2026-11-22T22:15:53', '2026-11-22T22:15:54'],
	])('%j is about that time', async (options, from, to) => {
		const {stdout} = await run(['report', recording, '--format', 'json', ...options]);
		const {head} = JSON.parse(stdout);
		expect([head.from.slice(0, 19), head.to.slice(0, 19)]).toEqual([from, to]);
	});

	it.each([
		[['--from', 'noon'], 2, '--from noon is not a time.'],
		[['--from', '22:16', '--to', '2026-11-22T22:15:59Z'], 2, '--to is before --from.'],
		[['--from', '2026-11-23T00:00:00Z'], 1, 'has no sample in this period: it starts at 2026-11-22T22:15:53'],
		[['--format', 'csv'], 2, 'Unknown format csv. Formats: md, html, json.'],
	])('%j is said to be wrong in one sentence', async (options, expected, sentence) => {
		const {status, stdout, stderr} = await run(['report', recording, ...options]);
		expect(stderr).toMatch(/^pgtriage: [^\n]+\n$/);
		expect(stderr).toContain(sentence);
		expect({status, stdout}).toEqual({status: expected, stdout: ''});
	});

	it('of a file without samples says so', async () => {
		const empty = join(folder, 'empty.ndjson');
		writeFileSync(empty, '');
		const {status, stderr} = await run(['report', empty]);
		expect(stderr).toContain('holds no sample');
		expect(status).toBe(1);
	});
});

describe('X', () => {
	let server: Server;
	let chain: RunningIncident;
	beforeAll(async () => {
		server = await startTestServer(18);
		chain = await begin(server, 'lock-chain');
	});
	afterAll(async () => {
		await chain?.end();
		await server?.remove();
	});

	const startIn = (cwd: string): Screen =>
		start([], {
			program: [
				'bash',
				'-c',
				`cd '${cwd}' && exec "$@"`,
				'bash',
				process.execPath,
				cli,
				...at(server),
				'--interval',
				'250ms',
				'--pane',
				'locks',
			],
		});

	it('writes a recording, its report and all screens into a private folder, and x the rows', async () => {
		const cwd = mkdtempSync(join(folder, 'bundle-'));
		const screen = startIn(cwd);
		await screen.until('└');
		screen.press('x');
		await screen.until('Saved as');
		screen.press('X');
		await screen.until('Incident bundle saved in');
		screen.press('1');
		await screen.until('BLOCKERS');
		const names = readdirSync(cwd);
		const name = names.find(each => statSync(join(cwd, each)).isDirectory()) ?? '';
		expect(name).toMatch(/^pgtriage-[\w.-]+-\d{8}T\d{6}$/);
		expect(names.filter(each => /^pgtriage-locks-.*\.(json|csv)$/.test(each))).toHaveLength(2);
		const bundle = join(cwd, name);
		expect(statSync(bundle).mode & 0o777).toBe(0o700);
		for (const file of readdirSync(bundle)) expect(statSync(join(bundle, file)).mode & 0o777).toBe(0o600);
		expect(readFileSync(join(bundle, 'report.md'), 'utf8')).toMatch(/## Root blockers\n\n### 1\. \d+/);
		expect(readFileSync(join(bundle, 'report.html'), 'utf8')).toMatch(/<h3 id="item-1">1\. \d+/);
		expect(readFileSync(join(bundle, 'screen-locks.txt'), 'utf8')).toContain('└');
		const again = await run(['report', join(bundle, 'recording.ndjson.zst'), '--format', 'json']);
		expect(JSON.parse(again.stdout).root_blockers[0]).toMatchObject({sessions_peak: 6});
	});

	it('says why it cannot write and leaves nothing behind', async () => {
		const screen = startIn('/proc');
		await screen.until('└');
		screen.press('X');
		await screen.until(/\/proc\/pgtriage-\S+\s+cannot be written \(E[A-Z]+\)/);
	});
});
