import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {createTunnel, type RunningTunnel} from '../../../source/adapters/programs/tunnel.ts';
import {endsWithTest} from '../../lifetime.ts';
import {isAlive, textIn} from './alive.ts';

const forwarder = join(import.meta.dirname, '../../postgres/forwarder.ts');

const newFile = (name: string): string => {
	const folder = mkdtempSync(join(tmpdir(), 'pgtriage-tunnel-'));
	endsWithTest(() => rmSync(folder, {recursive: true, force: true}));
	return join(folder, name);
};

/** A server that says one line to each client; resolves to its port. */
const startGreeter = (): Promise<number> =>
	new Promise(resolve => {
		const server = createServer(socket => socket.on('error', () => {}).end('hello'));
		endsWithTest(() => server.close());
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			resolve(typeof address === 'object' && address ? address.port : 0);
		});
	});

const tunnelOf = (words: readonly string[], port = 5432, longestMs = 20_000): RunningTunnel => {
	const tunnel = createTunnel(words, {host: '127.0.0.1', hostaddr: undefined, port}, longestMs);
	endsWithTest(tunnel.stop);
	return tunnel;
};

const said = (port: number): Promise<string> =>
	new Promise((resolve, reject) => {
		let text = '';
		connect({host: '127.0.0.1', port})
			.on('data', bytes => (text += bytes.toString()))
			.on('error', reject)
			.on('close', () => resolve(text));
	});

const forwarding = (pid: string): readonly string[] => [process.execPath, forwarder, '{port}', '{host}', '{server_port}', pid];

describe('a tunnel', () => {
	it('leads to the server by a free port, one for all logins', async () => {
		const tunnel = tunnelOf(forwarding(newFile('pid')), await startGreeter());
		const ports = await Promise.all([tunnel.port(), tunnel.port(), tunnel.port()]);
		expect(new Set(ports).size).toBe(1);
		expect(await said(await tunnel.port())).toBe('hello');
	});

	it('that ends fails one login with its reason, and the next one starts it again', async () => {
		const pid = newFile('pid');
		const tunnel = tunnelOf(forwarding(pid), await startGreeter());
		await tunnel.port();
		const first = Number(textIn(pid));
		process.kill(first, 'SIGKILL');
		await expect.poll(() => tunnel.port().then(() => '', String)).toContain(`The tunnel ${process.execPath} failed (SIGKILL).`);
		expect(await said(await tunnel.port())).toBe('hello');
		expect(Number(textIn(pid))).not.toBe(first);
	});

	it.each([
		['echo "Permission denied (publickey)." >&2; exit 255', 'The tunnel sh failed (status 255): Permission denied (publickey).'],
		['exit 0', 'The tunnel sh ended (status 0).'],
		['printf "a\\nb\\n\\nc\\n\\033[2Jd\\n" >&2; exit 1', 'The tunnel sh failed (status 1): b; c; ^[[2Jd.'],
	])('that ends before it is open says why: %s', async (script, message) => {
		await expect(tunnelOf(['sh', '-c', script, '{port}']).port()).rejects.toThrow(message);
	});

	it('that cannot be run says so', async () => {
		await expect(tunnelOf(['no-such-program', '{port}']).port()).rejects.toThrow(
			'The tunnel no-such-program cannot be run (ENOENT).',
		);
	});

	it('that never opens its port is ended', async () => {
		const pid = newFile('pid');
		const tunnel = tunnelOf(['sh', '-c', `echo $$ > '${pid}'; echo waiting >&2; exec sleep 600`, '{port}'], 5432, 1500);
		await expect(tunnel.port()).rejects.toThrow(/^The tunnel sh did not open port \d+ within 1\.5 s: waiting\.$/);
		await expect.poll(() => isAlive(Number(textIn(pid)))).toBe(false);
	});

	it('whose port another program took gets another one, at the latest for the next login', async () => {
		const pid = newFile('pid');
		const marker = newFile('marker');
		const greeter = await startGreeter();
		const thief = newFile('thief.mjs');
		// The first start finds its port taken by a process that does not end with it.
		writeFileSync(
			thief,
			`import {existsSync, writeFileSync} from 'node:fs';
			import {spawn} from 'node:child_process';
			const [port, ...words] = process.argv.slice(2);
			if (!existsSync('${marker}')) {
				const listen = "require('node:net').createServer(s => s.destroy()).listen(" + port + ", '127.0.0.1', () => console.log('taken')); setTimeout(() => process.exit(), 20000)";
				const taker = spawn(process.execPath, ['-e', listen], {detached: true, stdio: ['ignore', 'pipe', 'ignore']});
				writeFileSync('${marker}', String(taker.pid));
				await new Promise(resolve => taker.stdout.once('data', resolve));
				process.stderr.write('bind: Address already in use\\n');
				process.exit(1);
			}
			await import('${forwarder}');`,
		);
		endsWithTest(() => process.kill(Number(textIn(marker)), 'SIGKILL'));
		const tunnel = tunnelOf([process.execPath, thief, '{port}', '127.0.0.1', String(greeter), pid]);
		// The port answers before the program says that it is taken, if the machine is slow.
		await expect.poll(() => tunnel.port().then(said).catch(String)).toBe('hello');
	});

	it('is ended by stop, with what it started', async () => {
		const pid = newFile('pid');
		const tunnel = tunnelOf(['sh', '-c', `"$@" & wait`, 'sh', ...forwarding(pid)], await startGreeter());
		await tunnel.port();
		await tunnel.stop();
		// The kernel has closed the files of a killed process before the process is gone.
		await expect.poll(() => isAlive(Number(textIn(pid)))).toBe(false);
	});
});
