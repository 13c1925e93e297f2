import {spawn} from 'node:child_process';
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {isAlive, textIn} from '../adapters/programs/alive.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {cli, environment, folder, run} from './program.ts';
import {type Screen, start} from './screen.ts';

let server: Server;

const forwarder = join(import.meta.dirname, '../postgres/forwarder.ts');
const token = join(import.meta.dirname, '../postgres/token.ts');

beforeAll(async () => {
	server = await startTestServer(18);
	const admin = await connect(server);
	await admin.query('create role app login; grant pg_monitor to app');
	const hba = join(server.directory, 'pg_hba.conf');
	writeFileSync(hba, `local all app scram-sha-256\n${readFileSync(hba, 'utf8')}`);
	await admin.query('select pg_reload_conf()');
	const sleeper = await connect(server, {applicationName: 'payroll'});
	sleeper.query('select pg_sleep(600)').catch(() => {});
});
afterAll(() => server?.remove());

let count = 0;

/** A file of this test file that nothing else uses. */
const newFile = (name: string): string => join(folder, `${count++}-${name}`);

/** A tunnel to the server, as it is written on a command line. */
const tunnel = (pid: string, delayMs = 0): string =>
	`'${process.execPath}' '${forwarder}' {port} '${server.host}' 5432 '${pid}' ${delayMs}`;

const rotating = (): string => `'${process.execPath}' '${token}' '${server.host}' 5432 app 10`;

const through = (pid: string, ...more: readonly string[]): readonly string[] => [
	...['-h', 'db.example.com', '-U', 'postgres', '-d', 'postgres'],
	...['--tunnel', tunnel(pid), ...more],
];

const watching = async (pid: string, ...more: readonly string[]): Promise<Screen> => {
	const screen = start([...through(pid, ...more), '--interval', '250ms', '--pane', 'sessions']);
	await screen.until(/payroll/);
	return screen;
};

const ends = async (pid: number): Promise<void> => {
	await expect.poll(() => isAlive(pid)).toBe(false);
};

describe('a tunnel', () => {
	it('leads to the sessions under the name of the server, and ends with q', async () => {
		const pid = newFile('pid');
		const screen = await watching(pid);
		expect(screen.text()).toContain('db.example.com:5432');
		expect(screen.text()).not.toContain('127.0.0.1');
		screen.press('q');
		expect(await screen.exited).toBe(0);
		await ends(Number(textIn(pid)));
		expect(screen.unrestored()).toEqual([]);
	});

	it('is not taken for the own host of the server', async () => {
		const {stdout} = await run([
			...through(newFile('pid')),
			'--once',
			'--format',
			'json',
			'--pane',
			'sessions',
			'--pane',
			'databases',
		]);
		const {panes} = JSON.parse(stdout);
		const rows: readonly Record<string, unknown>[] = panes.sessions.rows;
		expect(rows.find(row => row.application_name === 'payroll')).toMatchObject({cpu_percent: null, rss_bytes: null});
		const near = await run([
			'-h',
			server.host,
			'-U',
			'postgres',
			'-d',
			'postgres',
			'--once',
			'--format',
			'json',
			'--pane',
			'sessions',
		]);
		const local: readonly Record<string, unknown>[] = JSON.parse(near.stdout).panes.sessions.rows;
		expect(local.find(row => row.application_name === 'payroll')).toMatchObject({rss_bytes: expect.any(Number)});
	});

	it('that dies is told on the screen, which is stale until it is back', async () => {
		const pid = newFile('pid');
		const screen = await watching(pid);
		const before = Number(textIn(pid));
		process.kill(before, 'SIGKILL');
		await screen.until(/The tunnel .* failed \(SIGKILL\)|closed the connection/);
		await expect.poll(() => Number(textIn(pid))).not.toBe(before);
		await screen.until(text => /payroll .*active/.test(text) && !text.includes('STALE') && !text.includes('Retrying'));
		screen.press('q');
		expect(await screen.exited).toBe(0);
		await ends(Number(textIn(pid)));
	});

	it('that cannot come back is told until it can', async () => {
		const [pid, broken] = [newFile('pid'), newFile('broken')];
		const script = `[ -e '${broken}' ] && { echo "no route to bastion" >&2; exit 255; }; exec "$@"`;
		const screen = start([
			...['-h', 'db.example.com', '-U', 'postgres', '-d', 'postgres', '--interval', '250ms', '--pane', 'sessions'],
			...['--tunnel', `sh -c '${script.replaceAll("'", `'\\''`)}' sh ${tunnel(pid)}`],
		]);
		await screen.until(/payroll/);
		writeFileSync(broken, '');
		process.kill(Number(textIn(pid)), 'SIGKILL');
		await screen.until(/The tunnel sh failed \(status 255\): no route to bastion\. Retrying\./);
		await screen.until(/STALE/);
		expect(screen.text()).toContain('payroll');
		screen.press('?');
		await screen.until('Esc = back');
		screen.press('esc');
		rmSync(broken);
		await screen.until(text => /payroll .*active/.test(text) && !text.includes('STALE') && !text.includes('Retrying'));
	});

	it.each(['SIGKILL', 'SIGTERM', 'SIGHUP', 'SIGINT'] as const)('ends with the program after %s', async signal => {
		const pid = newFile('pid');
		const screen = await watching(pid);
		process.kill(screen.pid(), signal);
		await screen.exited;
		await ends(Number(textIn(pid)));
	});

	it('that ends at once is one sentence and exit status 1', async () => {
		const script = `sh -c 'printf "Host key verification failed.\\033]0;x\\007\\n" >&2; exit 255' {port}`;
		const screen = start(['-h', 'db.example.com', '-U', 'postgres', '--tunnel', script]);
		expect(await screen.exited).toBe(1);
		expect(screen.text().replaceAll('\n', '')).toContain(
			'pgtriage: The tunnel sh failed (status 255): Host key verification failed.^[]0;x^G. Run it in a shell',
		);
	});

	it('that takes its time shows that it is waited for', async () => {
		const pid = newFile('pid');
		const screen = start(['-h', 'db.example.com', '-U', 'postgres', '-d', 'postgres', '--tunnel', tunnel(pid, 3000)]);
		await screen.until(/Opening the tunnel … \d s/);
		await screen.until(/payroll/);
	});

	/** Runs the program until its output is as wanted, then ends it. */
	const outputOf = async (args: readonly string[], isEnough: (output: string) => Promise<boolean> | boolean): Promise<string> => {
		const child = spawn(process.execPath, [cli, ...args], {env: environment(), stdio: ['ignore', 'pipe', 'pipe']});
		let output = '';
		for (const stream of [child.stdout, child.stderr]) stream.on('data', bytes => (output += bytes.toString()));
		const exited = new Promise(resolve => child.once('close', resolve));
		await expect.poll(() => isEnough(output)).toBe(true);
		child.kill('SIGTERM');
		await exited;
		return output;
	};

	it.each([
		['record', ['record', '-'], /"payroll"/],
		['check', ['check'], /^(?:OK|WARNING|CRITICAL)/],
		['preflight', ['preflight', 'pg_catalog.pg_class'], /"granted_now"/],
		['--once', ['--once', '--pane', 'sessions'], /"payroll"/],
	])('works with %s', async (_, args, wanted) => {
		const pid = newFile('pid');
		await outputOf([...args, ...through(pid)], output => wanted.test(output));
		expect(Number(textIn(pid))).toBeGreaterThan(0);
		await ends(Number(textIn(pid)));
	});

	it('works with export', async () => {
		const pid = newFile('pid');
		await outputOf(['export', '--listen', '127.0.0.1:0', ...through(pid)], async output => {
			const [url] = /http:\S+metrics/.exec(output) ?? [];
			return url !== undefined && (await (await fetch(url)).text()).includes('pgtriage_up 1');
		});
		await ends(Number(textIn(pid)));
	});

	it.each([
		[
			['-h', '/tmp', '--tunnel', 'x {port}'],
			'--tunnel needs a server that is reached by TCP, and the host is a socket directory.',
		],
		[['-h', 'a,b', '--tunnel', 'x {port}'], '--tunnel leads to one server, and 2 hosts are named.'],
		[['-h', 'a', '--tunnel', 'ssh'], '--tunnel needs {port}, which is replaced by a free local port.'],
		[['-h', 'a', '--tunnel', `ssh '{port}`], '--tunnel needs a command with balanced quotes.'],
		[['replay', 'x', '--tunnel', 'ssh {port}'], '--tunnel works only with the monitor, record, check, preflight and export.'],
		[['-W', '--password-command', 'x'], '-W asks for the password that --password-command prints.'],
	])('that cannot work is refused: %j', async (args, sentence) => {
		const {status, stderr} = await run(['--once', ...args].filter(word => args[0] !== 'replay' || word !== '--once'));
		expect(stderr).toContain(sentence);
		expect(status).toBe(2);
	});
});

describe('a password command', () => {
	it('logs in with tokens that expire, again and again', async () => {
		const screen = start([
			'-h',
			server.host,
			'-U',
			'app',
			'-d',
			'postgres',
			'--password-command',
			rotating(),
			'--pane',
			'sessions',
		]);
		await screen.until(/payroll/);
		const admin = await connect(server);
		const own = async (): Promise<readonly number[]> =>
			(await admin.query("select pid from pg_stat_activity where usename = 'app'")).rows.map(({pid}) => pid);
		const before = await own();
		const isExpired = async (): Promise<boolean> =>
			(await admin.query("select rolvaliduntil < now() as expired from pg_roles where rolname = 'app'")).rows[0]?.expired;
		await expect.poll(isExpired).toBe(true);
		await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
		await expect.poll(async () => (await own()).filter(pid => !before.includes(pid)).length).toBe(3);
		await screen.until(text => /payroll .*active/.test(text) && !text.includes('STALE') && !text.includes('Retrying'));
		screen.press('q');
		expect(await screen.exited).toBe(0);
	});

	it('that fails at the start is one sentence and exit status 1', async () => {
		const command = `sh -c 'printf "Token expired.\\033[2J\\n" >&2; exit 4'`;
		const screen = start(['-h', server.host, '-U', 'app', '-d', 'postgres', '--password-command', command]);
		expect(await screen.exited).toBe(1);
		expect(screen.text().replaceAll('\n', '')).toContain(
			'pgtriage: The password command sh failed (status 4): Token expired.^[[2J. Run it in a shell: it has to print the password',
		);
	});

	it('that hangs ends with the program that is killed', async () => {
		const pid = newFile('pid');
		const command = `sh -c 'echo $$ > "$1"; exec sleep 600' sh '${pid}'`;
		const screen = start(['-h', server.host, '-U', 'app', '-d', 'postgres', '--password-command', command]);
		await expect.poll(() => textIn(pid)).toMatch(/\n$/);
		process.kill(screen.pid(), 'SIGKILL');
		await screen.exited;
		await ends(Number(textIn(pid)));
	});

	it('of the configuration is used for its server, by --once too, unless a password is given', async () => {
		const file = newFile('config.json');
		const servers = [
			{host: server.host, password_command: rotating()},
			{host: 'db.example.com', tunnel: 'ssh -N {port}'},
		];
		writeFileSync(file, JSON.stringify({servers}));
		const args = ['--config', file, '--once', '--pane', 'sessions', '-h', server.host, '-U', 'app'];
		expect(await run([...args, '-d', 'postgres'], {env: {PGPASSWORD: 'stale'}})).toMatchObject({status: 0, stderr: ''});
		const given = await run([...args, '-d', 'dbname=postgres password=stale']);
		expect(given).toMatchObject({status: 1, stderr: expect.stringContaining('password authentication failed')});
		const general = newFile('config.json');
		writeFileSync(general, JSON.stringify({options: {'password-command': rotating()}}));
		expect(await run(['check', '--config', general, '-h', server.host, '-U', 'app', '-d', 'postgres'])).toMatchObject({
			stdout: expect.stringMatching(/^(?:OK|WARNING|CRITICAL)/),
		});
	});

	it('leaves no trace of the password', async () => {
		const [file, recording] = [newFile('token'), newFile('recording.ndjson')];
		const command = `sh -c '"$@" | tee -a "$0"' '${file}' ${rotating()}`;
		const screen = start([
			...['-h', server.host, '-U', 'app', '-d', 'postgres', '--password-command', command],
			...['--record', recording, '--pane', 'log'],
		]);
		await screen.until(/our own session/);
		const secrets = (): readonly string[] => textIn(file).trim().split('\n');
		expect(secrets()[0]).toMatch(/^[0-9a-f]{24}$/);
		const arguments_ = readFileSync(`/proc/${screen.pid()}/cmdline`, 'utf8');
		screen.press('q');
		await screen.exited;
		for (const secret of secrets())
			for (const text of [screen.text(), screen.written().toString('latin1'), arguments_, textIn(recording)])
				expect(text).not.toContain(secret);
		expect(textIn(recording)).not.toContain('token.ts');
	});
});
