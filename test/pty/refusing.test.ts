import {appendFileSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {at, folder, run} from './program.ts';
import {start} from './screen.ts';

let server: Server;

beforeAll(async () => {
	server = await startTestServer(18);
	const admin = await connect(server);
	await admin.query("set password_encryption to 'scram-sha-256'; create role guarded login password 'right'");
	const rules = join(server.directory, 'pg_hba.conf');
	const others = readFileSync(rules, 'utf8');
	writeFileSync(rules, 'local all guarded scram-sha-256\nlocal all barred reject\n');
	appendFileSync(rules, others);
	await admin.query('create role barred login; select pg_reload_conf()');
	await admin.end();
});

afterAll(() => server?.remove());

/** What a start on a terminal came to: its status and its standard error; the screen must be as it was. */
const refused = async (
	args: readonly string[],
	env: Readonly<Record<string, string>> = {},
): Promise<{readonly status: number; readonly said: string}> => {
	const stderr = join(folder, 'stderr');
	const screen = start(args, {env, stderr});
	const status = await screen.exited;
	expect(screen.unrestored()).toEqual([]);
	expect(screen.written().toString()).not.toContain('\x1b[?1049h');
	return {status, said: readFileSync(stderr, 'utf8')};
};

const sentence = /^pgtriage: [^\n]+\.\n$/;

describe('a connection that fails on a terminal gives one sentence with the remedy and status 1', () => {
	it.each([
		['a server that is not there', ['-h', '/nowhere', '-U', 'me'], 'no server socket at /nowhere', 'Name another with -h.'],
		['a port that nobody listens on', ['-h', '127.0.0.1', '-p', '1', '-U', 'me'], 'No server is listening', 'Check -h and -p.'],
		['a host that nobody knows', ['-h', 'host.invalid', '-U', 'me'], 'host.invalid', 'Check the spelling of -h|Try again'],
	] as const)('%s', async (_, args, what, remedy) => {
		const {status, said} = await refused(args);
		expect(said).toMatch(sentence);
		expect(said).toContain(what);
		expect(said).toMatch(new RegExp(remedy));
		expect(status).toBe(1);
	});

	it('an unknown database', async () => {
		const {status, said} = await refused(at(server, 'postgres', 'nope'));
		expect(said).toMatch(sentence);
		expect(said).toContain('Choose another with -d; psql -l lists the databases');
		expect(status).toBe(1);
	});

	it('an unknown role', async () => {
		const {status, said} = await refused(at(server, 'nobody'));
		expect(said).toMatch(sentence);
		expect(said).toContain('nobody');
		expect(said).toContain('-U names another');
		expect(status).toBe(1);
	});

	it('a wrong password', async () => {
		const {status, said} = await refused(at(server, 'guarded'), {PGPASSWORD: 'wrong'});
		expect(said).toMatch(sentence);
		expect(said).toContain('Check the password of guarded');
		expect(said).not.toContain('wrong');
		expect(status).toBe(1);
	});

	it('no password with -w', async () => {
		const {status, said} = await refused([...at(server, 'guarded'), '-w']);
		expect(said).toMatch(sentence);
		expect(said).toContain('asks for a password for guarded');
		expect(status).toBe(1);
	});

	it('a role that pg_hba.conf rejects', async () => {
		const {status, said} = await refused(at(server, 'barred'));
		expect(said).toMatch(sentence);
		expect(said).toContain('pg_hba.conf');
		expect(status).toBe(1);
	});
});

describe('a usage error gives one sentence and status 2', () => {
	it.each([
		[['--intervall', '1s'], 'Unknown option --intervall. Did you mean --interval?'],
		[['-x'], 'Unknown option -x.'],
		[['--interval', '1ms'], 'Use a duration from 250ms to 60s.'],
		[['--pane', 'lock'], 'Unknown pane "lock". Panes: triage, sessions, locks'],
		[['--sort', 'colour'], '--sort colour is not a valid order.'],
		[['--filter', 'colour=red'], 'There is no column colour.'],
		[['--theme', 'pink'], 'Unknown theme "pink". Themes: dark, light, colorblind.'],
		[['--password=secret'], 'A password on the command line is visible to every user.'],
		[['one', 'two', 'three'], 'Unexpected argument: "two"'],
		[['record'], 'pgtriage: record needs a file.'],
		[['demo', '--scenario', 'calm'], 'Unknown scenario "calm". Scenarios: lock-chain'],
		[['--once', '--format', 'xml'], 'Unknown format xml. Formats: json, ndjson, csv, text, openmetrics.'],
		[['--history', 'much'], '--history much is not a valid size.'],
	] as const)('%j', async (args, what) => {
		// The demo has a server of its own.
		const {status, said} = await refused(args[0] === 'demo' ? args : [...args, '-h', server.host, '-U', 'postgres']);
		expect(said).toMatch(/^pgtriage: [^\n]+\n$/);
		expect(said).toContain(what);
		expect(status).toBe(2);
	});

	it('TERM=dumb is refused as a terminal', async () => {
		const {status, said} = await refused(at(server), {TERM: 'dumb'});
		expect(said).toBe('pgtriage: TERM=dumb does not support a full screen. Use --once to print a sample, or record FILE.\n');
		expect(status).toBe(2);
	});

	it('a pipe is refused as a terminal', async () => {
		const {status, stdout, stderr} = await run(at(server));
		expect(stderr).toBe('pgtriage: stdin and stdout are not both a terminal. Use --once to print a sample, or record FILE.\n');
		expect(stdout).toBe('');
		expect(status).toBe(2);
	});
});

describe('a password', () => {
	it('is asked for without echo if the server wants one', async () => {
		const screen = start(at(server, 'guarded'));
		await screen.until('Password for user guarded:');
		screen.type('right\r');
		await screen.until('Sessions');
		expect(screen.written().toString()).not.toContain('right');
		screen.press('ctrl-c');
		expect(await screen.exited).toBe(0);
	});

	it('that is wrong is reported, and echo is back', async () => {
		const screen = start(at(server, 'guarded'));
		await screen.until('Password for user guarded:');
		screen.type('wrong\r');
		expect(await screen.exited).toBe(1);
		expect(screen.text()).toContain('Check the password of guarded');
		expect(screen.written().toString()).not.toContain('wrong');
		expect(screen.unrestored()).toEqual([]);
	});

	it.each(['ctrl-c', 'ctrl-d'])('refused with %s ends it, and echo is back', async key => {
		const screen = start(at(server, 'guarded'));
		await screen.until('Password for user guarded:');
		screen.press(key);
		expect(await screen.exited).toBe(1);
		expect(screen.unrestored()).toEqual([]);
		expect(screen.text()).toContain('pgtriage: No password was given. Type it');
	});

	it.each([
		['SIGTERM', 143],
		['SIGHUP', 129],
		['SIGINT', 130],
	] as const)('that is waited for when %s comes leaves a terminal that echoes', async (signal, status) => {
		const screen = start(at(server, 'guarded'));
		await screen.until('Password for user guarded:');
		screen.signal(signal);
		expect(await screen.exited).toBe(status);
		expect(screen.unrestored()).toEqual([]);
	});
});

it('--help and --version print and end with 0', async () => {
	const help = await run(['--help']);
	expect(help.status).toBe(0);
	expect(help.stderr).toBe('');
	for (const option of ['-h, --host', '--once', '--read-only', '--record FILE']) expect(help.stdout).toContain(option);
	expect(await run(['--version'])).toMatchObject({status: 0, stdout: expect.stringMatching(/^pgtriage \d+\.\d+\.\d+\n$/)});
});

describe('a role without a database of its name, and no database named', () => {
	const nameless = (): readonly string[] => at(server, 'monitor').slice(0, -2);
	const notice = 'Database "monitor" does not exist; using postgres instead. Use -d to choose another.';

	it('prints a sample of postgres and says so', async () => {
		const {status, stdout, stderr} = await run([...nameless(), '--once', '--pane', 'databases', '--format', 'json']);
		expect(stderr).toBe(`pgtriage: ${notice}\n`);
		expect(stdout).toContain('"template1"');
		expect([0, 3]).toContain(status);
	});

	it('watches postgres and says so until a key is pressed', async () => {
		const screen = start(nameless());
		await screen.until(text => text.includes(notice) && text.includes('monitor@') && text.includes('/postgres'));
		screen.press('esc');
		await screen.until(text => !text.includes(notice));
		screen.press('q');
		expect(await screen.exited).toBe(0);
	});

	it('is an error if postgres does not exist either, or if the database was named', async () => {
		const admin = await connect(server, {database: 'template1'});
		await admin.query('alter database postgres rename to gone');
		try {
			const {status, stderr} = await run([...nameless(), '--once']);
			expect(stderr).toContain(notice);
			expect(stderr).toContain('database "postgres" does not exist');
			expect(status).toBe(1);
		} finally {
			await admin.query('alter database gone rename to postgres');
			await admin.end();
		}
		const named = await run([...nameless(), '-d', 'monitor', '--once']);
		expect(named).toMatchObject({status: 1, stdout: '', stderr: expect.not.stringContaining('instead')});
	});
});
