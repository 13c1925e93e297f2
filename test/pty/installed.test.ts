import {execFile} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {startTestServer} from '../postgres/servers.ts';
import {at, cli, environment, folder} from './program.ts';

const root = dirname(dirname(import.meta.dirname));
const installed = join(folder, 'installed');
const whole = join(folder, 'whole');
const packed = join(folder, 'packed');
let server: Server;

// Without npm's own variables, which would lead it back to this checkout.
const npm = async (cwd: string, ...args: readonly string[]): Promise<string> =>
	(await promisify(execFile)('npm', [...args], {cwd, env: environment(), encoding: 'utf8'})).stdout;

beforeAll(async () => {
	server = await startTestServer(18);
	for (const each of [installed, packed]) mkdirSync(each);
	const parts = ['package.json', 'development', 'LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md', 'docs', 'man', 'source'];
	for (const part of parts) cpSync(join(root, part), join(whole, part), {recursive: true});
	cpSync(join(folder, 'dist'), join(whole, 'dist'), {recursive: true});
	await npm(whole, 'pack', '--ignore-scripts', '--pack-destination', packed);
	const [archive = ''] = readdirSync(packed);
	await npm(installed, 'install', '--offline', '--no-audit', '--no-fund', '--prefix', '.', join(packed, archive));
}, 240_000);

afterAll(async () => server?.remove());

it('the package installs alone in an empty folder without a network', () => {
	expect(readdirSync(join(installed, 'node_modules')).filter(name => !name.startsWith('.'))).toEqual(['pgtriage']);
	const files = readdirSync(installed, {recursive: true, withFileTypes: true}).filter(file => file.isFile());
	const size = files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
	expect(size).toBeLessThan(3_000_000);
});

it('the package carries the manual, the pages that README.md links to and the licenses of what is bundled', () => {
	const inPackage = (path: string): string => join(installed, 'node_modules', 'pgtriage', path);
	expect(existsSync(inPackage('source'))).toBe(false);
	for (const file of ['LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md', 'man/pgtriage.1'])
		expect(existsSync(inPackage(file))).toBe(true);
	for (const [, page] of readFileSync(inPackage('README.md'), 'utf8').matchAll(/\]\((docs\/[^)#]+\.md)/g))
		expect(existsSync(inPackage(page ?? '')), page).toBe(true);
	const notices = readFileSync(inPackage('dist/THIRD-PARTY.txt'), 'utf8');
	for (const name of ['react', 'ink', 'pg', 'meow', 'yoga-layout']) expect(notices).toContain(`\n${name} `);
	expect(notices.match(/Permission is hereby granted/g)?.length).toBeGreaterThan(40);
});

it('npx runs the installed package', async () => {
	expect(await npm(installed, 'exec', '--offline', '--', 'pgtriage', '--version')).toMatch(/^pgtriage \d/);
	const printed = await npm(installed, 'exec', '--offline', '--', 'pgtriage', ...at(server), '--once', '--format', 'json');
	expect(JSON.parse(printed)).toMatchObject({pgtriage: 1, panes: {sessions: {ok: true}}});
});

it('the compile cache is in a folder that only the user can write, or nowhere', async () => {
	const home = join(folder, 'home');
	mkdirSync(home);
	const run = (HOME: string) => promisify(execFile)(process.execPath, [cli, '--version'], {env: environment({HOME})});
	await run(home);
	expect(readdirSync(join(home, '.cache', 'pgtriage'))).toEqual([expect.stringContaining(process.version)]);
	expect((await run('/dev/null')).stderr).toBe('');
});
