import {type ChildProcess, execFileSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {about} from '../../source/about.ts';
import {openRecording} from '../../source/adapters/record/recordings.ts';
import {manual} from '../../source/command-line/manual/manual.ts';
import type {Server} from '../../source/demo/server.ts';
import {endsWithTest} from '../lifetime.ts';
import {startProxy} from '../postgres/proxy.ts';
import {startTestServer} from '../postgres/servers.ts';
import {at} from '../pty/program.ts';

const root = dirname(dirname(import.meta.dirname));
const folder = mkdtempSync(join(tmpdir(), 'pgtriage-deb-'));
const tree = join(folder, 'tree');
const unitName = 'pgtriage-record@.service';
// Building and checking take half a minute each on a machine of their own.
const buildMs = 600_000;
// The machine has no such user, as with DynamicUser.
const uid = 61_234;
let server: Server;
let file: string;

/** Runs a tool of Debian and returns what it printed; throws if it fails. */
const tool = (name: string, ...args: readonly string[]): string =>
	execFileSync(name, args, {cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 16 * 1024 ** 2});

const packaged = (path: string): Buffer => readFileSync(join(tree, path));
const executable = join(tree, 'usr/bin/pgtriage');

beforeAll(async () => {
	chmodSync(folder, 0o755);
	server = await startTestServer(18);
	tool(process.execPath, join(root, 'scripts/deb.ts'), folder);
	const [name = ''] = readdirSync(folder).filter(each => each.endsWith('.deb'));
	file = join(folder, name);
	tool('dpkg-deb', '-x', file, tree);
}, buildMs);

afterAll(async () => {
	await server?.remove();
	rmSync(folder, {recursive: true, force: true});
});

describe('the Debian package', () => {
	it('has exactly these files, which belong to root', () => {
		const lines = tool('dpkg-deb', '-c', file).trimEnd().split('\n');
		expect(lines.filter(line => !line.includes(' root/root '))).toEqual([]);
		const files = lines.filter(line => line.startsWith('-')).map(line => `${line.slice(0, 10)} ${line.split(' ./')[1]}`);
		expect(files.toSorted()).toEqual(
			[
				'-rw-r--r-- lib/systemd/system/pgtriage-record@.service',
				'-rw-r--r-- usr/share/bash-completion/completions/pgtriage',
				'-rw-r--r-- usr/share/doc/pgtriage/THIRD-PARTY.txt.gz',
				'-rw-r--r-- usr/share/doc/pgtriage/changelog.Debian.gz',
				'-rw-r--r-- usr/share/doc/pgtriage/changelog.gz',
				'-rw-r--r-- usr/share/doc/pgtriage/copyright',
				'-rw-r--r-- usr/share/fish/vendor_completions.d/pgtriage.fish',
				'-rw-r--r-- usr/share/lintian/overrides/pgtriage',
				'-rw-r--r-- usr/share/man/man1/pgtriage.1.gz',
				'-rw-r--r-- usr/share/zsh/vendor-completions/_pgtriage',
				'-rwxr-xr-x usr/bin/pgtriage',
			].toSorted(),
		);
	});

	it(
		'has no tag of lintian',
		() => {
			const {status, stdout, stderr, error} = spawnSync('lintian', ['--fail-on', 'error,warning', file], {encoding: 'utf8'});
			if (error) throw new Error('lintian is not installed: apt-get install lintian, which .ci/run does.');
			const tags = `${stdout}${stderr}`.split('\n').filter(line => /^[EW]:/.test(line));
			expect({status, tags}).toEqual({status: 0, tags: []});
		},
		buildMs,
	);

	it('has sums of its files, and a version that Debian can compare', () => {
		const sums = tool('dpkg-deb', '--info', file, 'md5sums');
		writeFileSync(join(tree, 'sums'), sums);
		expect(execFileSync('md5sum', ['--check', '--quiet', 'sums'], {cwd: tree, encoding: 'utf8'})).toBe('');
		rmSync(join(tree, 'sums'));
		expect(tool('dpkg-deb', '--field', file, 'Version').trim()).toBe(`${about.version}-1`);
		tool('dpkg', '--compare-versions', `${about.version}-1`, 'lt', `${about.version}-2`);
	});

	it('carries the manual page, and the licenses of Node.js and of the packages', () => {
		expect(gunzipSync(packaged('usr/share/man/man1/pgtriage.1.gz')).toString()).toBe(manual(about.version));
		const notices = gunzipSync(packaged('usr/share/doc/pgtriage/THIRD-PARTY.txt.gz')).toString();
		for (const name of ['react', 'ink', 'pg', 'meow', 'Node.js']) expect(notices).toContain(`\n${name} `);
		expect(packaged('usr/share/doc/pgtriage/copyright').toString()).toContain('THE SOFTWARE IS PROVIDED "AS IS"');
	});

	it('brings a program that runs without anything else', () => {
		const alone = (...args: readonly string[]) =>
			spawnSync(executable, args, {cwd: folder, encoding: 'utf8', env: {PATH: '', HOME: folder}});
		expect(alone('--version')).toMatchObject({stdout: `pgtriage ${about.version}\n`, stderr: '', status: 0});
		expect(alone('man')).toMatchObject({stdout: manual(about.version), stderr: '', status: 0});
		const {stdout, stderr, status} = alone(...at(server), '--once');
		expect({stderr, status}).toEqual({stderr: '', status: 0});
		expect(JSON.parse(stdout)).toMatchObject({panes: {sessions: {ok: true}}});
	});
});

/** Values of a key of the unit, in order. */
const unitValues = (key: string): readonly string[] =>
	[
		...packaged(`lib/systemd/system/${unitName}`)
			.toString()
			.matchAll(new RegExp(`^${key}=(.*)$`, 'gm')),
	].map(([, value = '']) => value);

/** The words of a line of a unit, as systemd splits them for the instance `prod` in an environment. */
const wordsOf = (line: string, environment: Readonly<Record<string, string>>): readonly string[] =>
	[...line.replaceAll('%i', 'prod').matchAll(/"([^"]*)"|(\S+)/g)].flatMap(([, quoted, bare = '']) => {
		const text = (quoted ?? bare).replaceAll(/\$\{(\w+)\}/g, (_, name: string) => environment[name] ?? '');
		const [, name] = /^\$(\w+)$/.exec(text) ?? [];
		return name === undefined ? [text] : (environment[name] ?? '').split(' ');
	});

describe('the unit pgtriage-record@', () => {
	it('is accepted by systemd, and its service has few rights', () => {
		const path = join(folder, 'pgtriage-record@prod.service');
		const text = packaged(`lib/systemd/system/${unitName}`).toString();
		// The program is not installed here.
		writeFileSync(path, text.replaceAll('/usr/bin/pgtriage', executable));
		const verify = ['verify', '--man=no', '--recursive-errors=no', path];
		const {status, stdout, stderr, error} = spawnSync('systemd-analyze', verify, {encoding: 'utf8'});
		if (error) throw new Error('systemd-analyze is not installed: apt-get install systemd, which .ci/run does.');
		expect({status, said: `${stdout}${stderr}`}).toEqual({status: 0, said: ''});
		// In tenths; a service of root without limits has 9.6.
		tool('systemd-analyze', 'security', '--offline=true', '--threshold=25', path);
	});

	it('records as a user of its own, and begins a new file at a reload', async () => {
		const [credentials, state] = ['credentials', 'state'].map(name => join(folder, name)) as [string, string];
		for (const each of [credentials, state]) mkdirSync(each, {mode: 0o700});
		const service = join(credentials, 'service');
		// The socket of the server is open to its owner only.
		const proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`);
		const lines = ['[prod]', 'host=127.0.0.1', `port=${proxy.port}`, 'user=monitor', 'dbname=postgres', ''];
		writeFileSync(service, lines.join('\n'), {mode: 0o400});
		const owner = process.getuid?.() === 0 ? {uid, gid: uid} : {};
		if (owner.uid !== undefined) for (const each of [credentials, state, service]) chownSync(each, uid, uid);
		const [, options = ''] = /^"RECORD_OPTIONS=(.*)"$/.exec(unitValues('Environment')[0] ?? '') ?? [];
		const environment = {HOME: '/', STATE_DIRECTORY: state, CREDENTIALS_DIRECTORY: credentials, RECORD_OPTIONS: options};
		const [program, ...args] = wordsOf(unitValues('ExecStart')[0] ?? '', environment);
		expect(program).toBe('/usr/bin/pgtriage');
		let said = '';
		const child: ChildProcess = spawn(executable, args, {
			...owner,
			cwd: '/',
			detached: true,
			env: environment,
			stdio: ['ignore', 'ignore', 'pipe'],
		});
		child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
		endsWithTest(() => child.kill('SIGKILL'));
		const recorded = join(state, 'prod.ndjson.zst');
		const samplesIn = async (path: string): Promise<number> => {
			let samples = 0;
			try {
				const recording = await openRecording(path, {alone: true});
				for await (const _ of recording.samples) samples++;
			} catch {
				// Not there yet, or without a sample.
			}
			return samples;
		};
		await expect.poll(async () => ({said, isRead: (await samplesIn(recorded)) >= 2})).toEqual({said: '', isRead: true});
		expect(unitValues('ExecReload')).toEqual(['/bin/kill -HUP $MAINPID']);
		child.kill('SIGHUP');
		await expect.poll(() => readdirSync(state)).toHaveLength(2);
		const [complete = ''] = readdirSync(state).filter(name => name !== 'prod.ndjson.zst');
		expect(complete).toMatch(/^prod\.\d{8}T\d{9}Z\.ndjson\.zst$/);
		expect(await samplesIn(join(state, complete))).toBeGreaterThanOrEqual(2);
		await expect.poll(() => samplesIn(recorded)).toBeGreaterThanOrEqual(1);
		const exit = once(child, 'exit');
		child.kill('SIGTERM');
		expect(await exit).toEqual([0, null]);
		expect(said).toBe('');
	});

	it('reads its way to the server from a file that only root can read', () => {
		expect(unitValues('DynamicUser')).toEqual(['yes']);
		expect(unitValues('LoadCredential')).toEqual(['service:/etc/pgtriage/%i.conf']);
		expect(unitValues('AssertPathExists')).toEqual(['/etc/pgtriage/%i.conf']);
	});
});
