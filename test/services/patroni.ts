import {type ChildProcess, execFileSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, chownSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {type Owner, serverOwner} from '../../source/demo/owner.ts';
import {freePort} from './free-port.ts';

/** A member of the cluster: its PostgreSQL, its REST API and its process of Patroni. */
export type Member = {
	readonly name: string;
	readonly port: number;
	readonly rest: string;
	readonly patroni: ChildProcess;
	readonly data: string;
};

/** A member as `GET /cluster` lists it. */
type Listed = {readonly name: string; readonly role: string; readonly state: string; readonly timeline?: number};

/** A cluster of two members over one etcd, all on loopback. */
export type PatroniCluster = {
	readonly members: readonly Member[];
	readonly etcd: ChildProcess;
	/** Runs patronictl with arguments before the name of the cluster; returns what it prints. */
	readonly patronictl: (...args: readonly string[]) => string;
	/** Stops the PostgreSQL of a member at once. */
	readonly stopPostgres: (member: Member) => void;
	/** Promotes the PostgreSQL of a member without asking Patroni. */
	readonly promotePostgres: (member: Member) => void;
	/** The leader and the replica, once both run as such on one timeline. */
	readonly settled: () => Promise<{readonly leader: Member; readonly replica: Member}>;
	readonly remove: () => Promise<void>;
};

/** Programs of the newest PostgreSQL of Debian, which has those that Patroni runs. */
const binaries = (): string => {
	const root = '/usr/lib/postgresql';
	const [newest] = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : [];
	const missing = ['patroni', 'etcd'].filter(program => spawnSync(program, ['--version']).error);
	if (newest === undefined || missing.length > 0)
		throw new Error('Not installed: apt-get install patroni python3-etcd etcd-server postgresql, which .ci/run does.');
	return join(root, newest, 'bin');
};

const settingsOf = (
	folder: string,
	name: string,
	ports: {readonly etcd: number; readonly rest: number; readonly server: number},
) => ({
	scope: 'shop',
	name,
	restapi: {listen: `127.0.0.1:${ports.rest}`, connect_address: `127.0.0.1:${ports.rest}`},
	etcd3: {hosts: [`127.0.0.1:${ports.etcd}`]},
	bootstrap: {
		dcs: {
			ttl: 20,
			loop_wait: 1,
			retry_timeout: 3,
			postgresql: {use_pg_rewind: true, parameters: {max_connections: 30, wal_log_hints: 'on'}},
		},
		initdb: [{encoding: 'UTF8'}, {auth: 'trust'}, 'no-sync'],
	},
	postgresql: {
		listen: `127.0.0.1:${ports.server}`,
		connect_address: `127.0.0.1:${ports.server}`,
		data_dir: join(folder, name),
		bin_dir: binaries(),
		pgpass: join(folder, `${name}.pgpass`),
		pg_hba: ['local all all trust', 'host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust'],
		authentication: {superuser: {username: 'postgres'}, replication: {username: 'replicator'}},
		parameters: {unix_socket_directories: folder, shared_buffers: '8MB', fsync: 'off'},
	},
});

type Started = {readonly folder: string; readonly owner: Owner | undefined};

const startProgram = ({folder, owner}: Started, name: string, program: string, args: readonly string[]): ChildProcess => {
	const log = openSync(join(folder, `${name}.log`), 'a');
	return spawn(program, args, {...owner, cwd: folder, env: {...process.env, HOME: folder}, stdio: ['ignore', log, log]});
};

const startEtcd = async (place: Started, port: number): Promise<ChildProcess> => {
	const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${await freePort()}`];
	const urls = ['--listen-client-urls', client, '--advertise-client-urls', client, '--listen-peer-urls', peer];
	const cluster = ['--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`];
	return startProgram(place, 'etcd', 'etcd', ['--data-dir', join(place.folder, 'etcd'), ...urls, ...cluster]);
};

const startMember = async (place: Started, name: string, etcd: number): Promise<Member> => {
	const [rest, port] = [await freePort(), await freePort()];
	const file = join(place.folder, `${name}.yml`);
	// JSON is YAML too.
	writeFileSync(file, JSON.stringify(settingsOf(place.folder, name, {etcd, rest, server: port})));
	const patroni = startProgram(place, name, 'patroni', [file]);
	return {name, port, rest: `http://127.0.0.1:${rest}`, patroni, data: join(place.folder, name)};
};

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const ended = once(child, 'exit');
	child.kill('SIGCONT');
	child.kill(signal);
	await ended;
};

/** Ends a PostgreSQL that its Patroni left behind, as it does while paused. */
const endPostgres = ({data}: Member): void => {
	const file = join(data, 'postmaster.pid');
	const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
	if (pid > 1 && existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGQUIT');
};

const listed = async ({rest}: Member): Promise<readonly Listed[]> => {
	try {
		const answer = await fetch(`${rest}/cluster`, {signal: AbortSignal.timeout(2000)});
		return ((await answer.json()) as {readonly members: readonly Listed[]}).members;
	} catch {
		return [];
	}
};

const settle = async (members: readonly Member[]): Promise<{readonly leader: Member; readonly replica: Member}> => {
	for (let tries = 0; tries < 400; tries++) {
		const list = (await Promise.all(members.map(listed))).find(each => each.length > 0) ?? [];
		const lead = list.find(({role, state}) => role === 'leader' && state === 'running');
		const follow = list.find(({role, state}) => role === 'replica' && /^(?:running|streaming)$/.test(state));
		const leader = members.find(({name}) => name === lead?.name);
		const replica = members.find(({name}) => name === follow?.name);
		if (leader && replica && lead?.timeline === follow?.timeline) return {leader, replica};
		await delay(250);
	}
	throw new Error(`The cluster did not settle: ${JSON.stringify(await Promise.all(members.map(listed)))}.`);
};

/** Starts etcd and two members of the cluster `shop`; resolves once one leads and the other follows. */
export const startPatroni = async (): Promise<PatroniCluster> => {
	const place: Started = {folder: mkdtempSync(join(tmpdir(), 'patroni-')), owner: serverOwner()};
	const {folder, owner} = place;
	chmodSync(folder, 0o755);
	if (owner) chownSync(folder, owner.uid, owner.gid);
	const bin = binaries();
	const port = await freePort();
	const etcd = await startEtcd(place, port);
	const members: Member[] = [];
	const remove = async (): Promise<void> => {
		for (const member of members) {
			await end(member.patroni, 'SIGTERM');
			endPostgres(member);
		}
		await end(etcd, 'SIGKILL');
		rmSync(folder, {recursive: true, force: true, maxRetries: 10, retryDelay: 200});
	};
	try {
		for (const name of ['db-1', 'db-2']) members.push(await startMember(place, name, port));
		await settle(members);
	} catch (error) {
		await remove();
		throw error;
	}
	const quietly = {...owner, cwd: folder, env: {...process.env, HOME: folder}, encoding: 'utf8'} as const;
	return {
		members,
		etcd,
		patronictl: (...args) => execFileSync('patronictl', ['-c', join(folder, 'db-1.yml'), ...args, 'shop'], quietly),
		stopPostgres: ({data}) => void execFileSync(join(bin, 'pg_ctl'), ['stop', '-m', 'immediate', '-D', data], quietly),
		promotePostgres: ({data}) => void execFileSync(join(bin, 'pg_ctl'), ['promote', '-D', data], quietly),
		settled: () => settle(members),
		remove,
	};
};
