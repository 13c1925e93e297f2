import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {type ConnectionTarget, resolveConnection, withFreshPasswords} from '../../../source/adapters/connect/connection.ts';
import {createWhereabouts} from '../../../source/adapters/connect/whereabouts.ts';
import {createPasswordCommand} from '../../../source/adapters/programs/password-command.ts';
import {createDoor} from '../../../source/adapters/session/door.ts';
import type {Lane} from '../../../source/adapters/session/lane.ts';
import type {Server} from '../../../source/demo/server.ts';
import {textIn} from '../../adapters/programs/alive.ts';
import {endsWithTest} from '../../lifetime.ts';
import {laneTo, ready, until} from '../lanes.ts';
import {connect, type ServerVersion, startStandby, startTestServer} from '../servers.ts';

const program = join(import.meta.dirname, '../token.ts');

const newFolder = (): string => {
	const folder = mkdtempSync(join(tmpdir(), 'pgtriage-token-'));
	endsWithTest(() => rmSync(folder, {recursive: true, force: true}));
	return folder;
};

/** Makes a server ask the role `app` for a password. */
const askForPasswords = async (server: Server): Promise<void> => {
	const hba = join(server.directory, 'pg_hba.conf');
	writeFileSync(hba, `local all app scram-sha-256\n${readFileSync(hba, 'utf8')}`);
	await (await connect(server)).query('select pg_reload_conf()');
};

const startWithPasswords = async (version: ServerVersion): Promise<Server> => {
	const server = await startTestServer(version);
	const admin = await connect(server);
	await admin.query('create role app login; grant pg_monitor to app');
	await askForPasswords(server);
	return server;
};

/** Target that takes its passwords from a command, over servers in order. */
const targetWith = (servers: readonly Server[], words: readonly string[], parameters = ''): ConnectionTarget => {
	const host = servers.map(server => server.host).join(',');
	const target = resolveConnection({dbname: `host=${host} port=5432 user=app dbname=postgres password=stale ${parameters}`}, {});
	return {
		...withFreshPasswords(target, ({host: at, port}) => createPasswordCommand(words, {host: at, server_port: String(port)})),
		whereabouts: createWhereabouts(),
	};
};

const lanesTo = (target: ConnectionTarget): readonly [Lane, Lane, Lane] => {
	const common = {door: createDoor(target), readOnly: true};
	return [laneTo(target, {...common, leads: true}), laneTo(target, common), laneTo(target, common)];
};

/** Terminates the sessions of `app` until something is seen: logins within a second share one token. */
const terminateUntil = async (server: Server, seen: Promise<unknown>): Promise<void> => {
	const admin = await connect(server);
	let isOver = false;
	void seen.finally(() => (isOver = true)).catch(() => {});
	const isSeen = async (): Promise<boolean> => {
		await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
		return isOver;
	};
	await expect.poll(isSeen).toBe(true);
};

const rotating = (runs: string, seconds = 10): readonly string[] => [
	process.execPath,
	program,
	'{host}',
	'{server_port}',
	'app',
	String(seconds),
	runs,
];

describe.each([13, 16, 18] as const)('on PostgreSQL %i', version => {
	it('every login has a token of its own, also after those before it expired', async () => {
		const server = await startWithPasswords(version);
		const runs = join(newFolder(), 'runs');
		const lanes = lanesTo(targetWith([server], rotating(runs)));
		await Promise.all(lanes.map(lane => ready(lane)));
		// Log-ins within a second share a run.
		expect(textIn(runs)).toMatch(/^(?:run\n){1,3}$/);

		const admin = await connect(server);
		const isExpired = async (): Promise<boolean> =>
			(await admin.query("select rolvaliduntil < now() as expired from pg_roles where rolname = 'app'")).rows[0]?.expired;
		await expect.poll(isExpired).toBe(true);
		const before = textIn(runs);
		const again = lanes.map(lane => until(lane, ({generation, state}) => generation === 2 && state === 'ready'));
		await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
		await Promise.all(again);
		expect(textIn(runs).slice(before.length)).toMatch(/^(?:run\n){1,3}$/);
		expect(server.log()).not.toContain('password authentication failed');
	});
});

describe('a token', () => {
	it('is asked for again after a failover, from the server that is tried', async () => {
		const old = await startWithPasswords(16);
		const next = await startStandby(old);
		await askForPasswords(next);
		const runs = join(newFolder(), 'runs');
		const lanes = lanesTo(targetWith([old, next], rotating(runs), 'target_session_attrs=read-write'));
		await Promise.all(lanes.map(lane => ready(lane)));
		expect(lanes[0].status().place).toContain(old.host);
		await old.stop('immediate');
		await (await connect(next)).query('select pg_promote()');
		for (const lane of lanes) await until(lane, ({place, state}) => state === 'ready' && (place ?? '').includes(next.host));
		expect(next.log()).not.toContain('password authentication failed');
	});

	it('that the server refuses is not the last one: the next login has another', async () => {
		const server = await startWithPasswords(16);
		const folder = newFolder();
		const wrong = join(folder, 'wrong');
		const words = ['sh', '-c', `[ -e '${wrong}' ] && exec echo wrong; exec "$@"`, 'sh', ...rotating(join(folder, 'runs'))];
		const [lane] = lanesTo(targetWith([server], words));
		await ready(lane);
		writeFileSync(wrong, '');
		const refused = until(lane, ({failure, state}) => state === 'waiting' && failure?.code === '28P01');
		await terminateUntil(server, refused);
		const {failure, pauseMs} = await refused;
		expect(failure?.hint).toBe(
			'The password is what the password command printed: check that it is for app at this server, and has not expired.',
		);
		// A typed password would wait for a minute.
		expect(pauseMs).toBeLessThan(10_000);
		rmSync(wrong);
		await until(lane, ({generation, state}) => generation > 1 && state === 'ready');
	});

	it('is not asked for as long as there is no server', async () => {
		const server = await startWithPasswords(16);
		const runs = join(newFolder(), 'runs');
		await server.stop();
		const [lane] = lanesTo(targetWith([server], rotating(runs)));
		await until(lane, ({attempts, state}) => state === 'waiting' && attempts === 2);
		expect(textIn(runs)).toBe('');
		await server.restart();
		await ready(lane);
		expect(textIn(runs)).toMatch(/^(?:run\n){1,2}$/);
	});
});

describe('a password command', () => {
	it('may take longer than connect_timeout', async () => {
		const server = await startWithPasswords(18);
		const words = ['sh', '-c', 'sleep 3; exec "$@"', 'sh', ...rotating(join(newFolder(), 'runs'))];
		const [lane] = lanesTo(targetWith([server], words, 'connect_timeout=2'));
		const {failure} = await until(lane, ({state}) => state !== 'connecting');
		expect(failure).toBeUndefined();
	});

	it('that fails ends the first login for good, and only delays a later one', async () => {
		const server = await startWithPasswords(18);
		const folder = newFolder();
		const broken = join(folder, 'broken');
		const words = ['sh', '-c', `[ -e '${broken}' ] && { echo expired session >&2; exit 1; }; exec "$@"`, 'sh'];
		const target = targetWith([server], [...words, ...rotating(join(folder, 'runs'))]);
		writeFileSync(broken, '');
		const failing = lanesTo(target);
		for (const lane of failing)
			expect(await until(lane, ({state}) => state === 'lost')).toMatchObject({
				failure: {code: 'password_command', message: 'The password command sh failed (status 1): expired session.'},
			});
		rmSync(broken);
		const [lane] = lanesTo({...target, whereabouts: createWhereabouts()});
		await ready(lane);
		writeFileSync(broken, '');
		const waiting = until(lane, ({state, failure}) => state === 'waiting' && failure?.code === 'password_command');
		await terminateUntil(server, waiting);
		rmSync(broken);
		await until(lane, ({generation, state}) => generation > 1 && state === 'ready');
	});
});
