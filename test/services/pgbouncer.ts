import {spawn, spawnSync} from 'node:child_process';
import {chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {serverOwner} from '../../source/demo/owner.ts';
import type {Server} from '../../source/demo/server.ts';

/** A running PgBouncer before a server, with transactions as its pooling; `host` is the directory of its socket. */
export type PgBouncer = {
	readonly host: string;
	readonly port: number;
	/** Its process. */
	readonly pid: number;
	readonly log: () => string;
	readonly remove: () => Promise<void>;
};

const port = 6432;

/**
 * Starts a PgBouncer whose pools have `poolSize` connections, and that listens on an address too where one is given; throws where the
 * program is not installed.
 */
export const startPgBouncer = async (server: Pick<Server, 'host' | 'port'>, poolSize = 3, address = ''): Promise<PgBouncer> => {
	// Debian puts it where only root looks.
	const environment = {...process.env, PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin`};
	if (spawnSync('pgbouncer', ['--version'], {env: environment}).status !== 0)
		throw new Error('PgBouncer is not installed: apt-get install pgbouncer, which .ci/run does.');
	const host = mkdtempSync(join(tmpdir(), 'pgbouncer-'));
	const owner = serverOwner();
	const [settings, users, log] = ['pgbouncer.ini', 'users', 'log'].map(name => join(host, name)) as [string, string, string];
	writeFileSync(users, '"postgres" ""\n"plain" ""\n"stats" ""\n');
	writeFileSync(
		settings,
		`[databases]
* = host=${server.host} port=${server.port}
[pgbouncer]
listen_addr = ${address}
listen_port = ${port}
unix_socket_dir = ${host}
auth_type = trust
auth_file = ${users}
admin_users = postgres
stats_users = stats
pool_mode = transaction
default_pool_size = ${poolSize}
logfile = ${log}
`,
	);
	chmodSync(host, 0o755);
	if (owner) chownSync(host, owner.uid, owner.gid);
	const child = spawn('pgbouncer', ['-q', settings], {...owner, env: environment, stdio: 'ignore'});
	const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
	const said = (): string => {
		try {
			return readFileSync(log, 'utf8');
		} catch {
			return '';
		}
	};
	const remove = async (): Promise<void> => {
		child.kill('SIGKILL');
		await ended;
		rmSync(host, {recursive: true, force: true});
	};
	for (let tries = 0; !/process up/.test(said()); tries++) {
		if (child.exitCode !== null || tries > 500) {
			await remove();
			throw new Error(`PgBouncer did not start: ${said()}`);
		}
		await delay(20);
	}
	return {host, port, pid: child.pid ?? 0, log: said, remove};
};
