import {execFile, spawnSync} from 'node:child_process';
import {globSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {asScript} from '../../scripts/as-script.ts';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {at} from './program.ts';
import {start} from './screen.ts';

const root = dirname(dirname(import.meta.dirname));
const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {version: string};

// Nothing of this checkout is above this folder, so that no package can be found from there.
const bastion = mkdtempSync(join(tmpdir(), 'pgtriage-bastion-'));
const executable = join(bastion, 'pgtriage');
let server: Server;

beforeAll(async () => {
	[server] = await Promise.all([
		startTestServer(18),
		promisify(execFile)(process.execPath, [join(root, 'scripts', 'executable.ts'), bastion]),
	]);
}, 240_000);

afterAll(async () => {
	rmSync(bastion, {recursive: true, force: true});
	await server?.remove();
});

/** Runs the executable on a host where no other program can be found. */
const alone = (...args: readonly string[]) =>
	spawnSync(executable, args, {cwd: bastion, encoding: 'utf8', env: {PATH: '', HOME: bastion}, timeout: 120_000});

describe('the executable without Node', () => {
	it('prints its version and its help', () => {
		expect(alone('--version')).toMatchObject({stdout: `pgtriage ${version}\n`, stderr: '', status: 0});
		expect(alone('--help')).toMatchObject({stdout: expect.stringContaining('pgtriage replay FILE'), stderr: '', status: 0});
	});

	it('prints the sessions of a server', async () => {
		await connect(server, {applicationName: 'sleeper'});
		const {stdout, stderr, status} = alone(...at(server), '--once', '--filter', 'app=sleeper');
		expect({stderr, status}).toEqual({stderr: '', status: 0});
		expect(JSON.parse(stdout).panes.sessions.rows).toMatchObject([{application_name: 'sleeper'}]);
	});

	it('reports an error in one sentence', () => {
		expect(alone('--nonsense')).toMatchObject({
			stdout: '',
			stderr: expect.stringContaining('Unknown option --nonsense'),
			status: 2,
		});
		expect(alone('-h', bastion, '--once')).toMatchObject({stdout: '', status: 1});
	});

	it('shows the whole screen and its dialogs', async () => {
		const screen = start([], {env: {PATH: '', HOME: bastion}, program: [executable, ...at(server)]});
		await screen.until('PostgreSQL 18.');
		screen.press('?');
		await screen.until('Findings, worst first');
		screen.press('esc');
		await screen.until(text => !text.includes('Findings, worst first'));
		// Ink draws the menu: its WebAssembly and React are in the file too.
		screen.press('1', 'f6');
		await screen.until(/❯ \w+/);
		screen.press('esc');
		await screen.until(text => !text.includes('❯'));
		screen.press('q');
		expect(await screen.exited).toBe(0);
	});

	it("runs the demo on the machine's PostgreSQL, or says where to get one", () => {
		const {stdout, stderr, status} = alone('demo', '--once', '--scenario', 'runaway-query');
		if (globSync('/usr/lib/postgresql/*/bin/initdb').length > 0)
			expect(JSON.parse(stdout)).toMatchObject({panes: {sessions: {ok: true}}});
		else {
			expect(stderr).toMatch(/The demo found no PostgreSQL for .*Install PostgreSQL 13 or newer .* or install pgtriage from npm/);
			expect(status).toBe(1);
		}
	});

	it('comes with the licenses of its packages', () => {
		const notices = readFileSync(join(bastion, 'THIRD-PARTY.txt'), 'utf8');
		for (const name of ['react', 'ink', 'pg', 'meow', 'yoga-layout', 'Node.js']) expect(notices).toContain(`\n${name} `);
		expect(notices).toContain('OpenSSL');
	});
});

describe('a module as a script', () => {
	const evaluated = (module: string): unknown => {
		const given: {value?: unknown} = {};
		new Function('require', 'given', asScript(module))(process.getBuiltinModule, given);
		return given.value;
	};

	it('contains its imports in every form', () => {
		const names = `[typeof path, typeof all.join, join('a', 'b'), typeof again, typeof import.meta.url]`;
		expect(
			evaluated(`#!/usr/bin/env node
import path, {join, "sep" as again} from 'node:path'; import * as all from 'node:path'; given.value = ${names}; export {};`),
		).toEqual(['object', 'function', 'a/b', 'string', 'string']);
	});

	it('may use top-level await', () => {
		expect(() => asScript('await 1;')).not.toThrow();
	});

	it('exports nothing', () => {
		expect(() => asScript('export const a = 1;')).toThrow('exports nothing');
	});
});
