import {constants, setPriority} from 'node:os';
import pg from 'pg';
import {vi} from 'vitest';
import {type Binaries, packagedBinaries, platformPackage} from '../../source/demo/binaries.ts';
import {type Server, startServer} from '../../source/demo/server.ts';
import {endsWithTest, longestWaitMs} from '../lifetime.ts';
import {installed} from './installed.ts';

/** Every major version that pgtriage promises. */
export const serverVersions = [13, 14, 15, 16, 17, 18] as const;

export type ServerVersion = (typeof serverVersions)[number];

/** The programs of one version; a package that is missing is a failure, never a skip. */
export const binariesOf = (version: ServerVersion): Binaries => {
	const name = version === 18 ? platformPackage : `pg${version}`;
	const binaries = packagedBinaries(name);
	if (binaries?.version !== version) throw new Error(`PostgreSQL ${version} is missing: install the package ${name}.`);
	return installed(binaries);
};

/** A client whose session ends with it; `await using` ends it with its block. */
export type Session = pg.Client & AsyncDisposable;

const open = new WeakMap<Server, Set<Session>>();

type SessionOptions = {
	readonly user?: string;
	readonly database?: string;
	readonly applicationName?: string;
	/** Options of the driver. */
	readonly parameters?: Readonly<Record<string, string>>;
};

const pidOf = (client: pg.Client): number => (client as unknown as {readonly processID: number}).processID;

/**
 * Ends the session of a client, busy or stopped, and resolves when its backend is gone with its locks and its snapshot: a backend
 * keeps its socket until the process exits.
 */
const endSession = async (client: pg.Client, isBackend: boolean, ended: Promise<void>): Promise<void> => {
	const givenUp = setTimeout(() => void client.end().catch(() => {}), 10_000);
	try {
		if (isBackend) for (const signal of ['SIGTERM', 'SIGCONT'] as const) process.kill(pidOf(client), signal);
		else void client.end().catch(() => {});
	} catch {
		// The process is gone already.
		void client.end().catch(() => {});
	}
	await ended;
	clearTimeout(givenUp);
};

/** A connected client like that of `connect`, whose session ends with its server. */
export const openSession = async (server: Server, options: SessionOptions): Promise<Session> => {
	const client = new pg.Client({
		host: server.host,
		port: server.port,
		user: options.user ?? server.superuser,
		database: options.database ?? 'postgres',
		application_name: options.applicationName ?? 'test',
		...options.parameters,
	});
	// A server that a test stops ends its sessions; that must not end the test run.
	client.on('error', () => {});
	await client.connect();
	let isOver = false;
	const clients = open.get(server) ?? new Set();
	const ended = new Promise<void>(resolve => {
		client.once('end', () => {
			isOver = true;
			clients.delete(session);
			resolve();
		});
	});
	// Behind a pooler or a proxy the pid that the client was told may be that of another process.
	const isBackend = server.host === server.socketDirectory;
	const session: Session = Object.assign(client, {
		[Symbol.asyncDispose]: async () => {
			if (!isOver) await endSession(client, isBackend, ended);
		},
	});
	open.set(server, clients.add(session));
	return session;
};

/**
 * A connected client, as the superuser to `postgres` by default. Its session ends with the test that opens it, a busy one too, or with
 * its server if a hook opens it.
 */
export const connect = async (server: Server, options: SessionOptions = {}): Promise<Session> => {
	const session = await openSession(server, options);
	endsWithTest(session[Symbol.asyncDispose]);
	return session;
};

/** Runs the backend of a session at low priority: it stays on CPU, and yields to every other process. */
export const lowerPriority = (session: Session): Session => {
	setPriority(pidOf(session), constants.priority.PRIORITY_LOW);
	return session;
};

/** Runs statements as the superuser when the test is over, however it ends: they undo a change that other tests would see. */
export const undo = (server: Server, ...statements: readonly string[]): void =>
	endsWithTest(async () => {
		await using session = await openSession(server, {});
		for (const statement of statements) await session.query(statement);
	});

/** Rolls back every prepared transaction of a server when the test is over, however it ends. */
export const undoPrepared = (server: Server): void =>
	endsWithTest(async () => {
		await using admin = await openSession(server, {});
		const {rows} = await admin.query<{gid: string; database: string}>('select gid, database from pg_catalog.pg_prepared_xacts');
		for (const {gid, database} of rows) {
			await using session = await openSession(server, {database});
			await session.query(`rollback prepared ${session.escapeLiteral(gid)}`);
		}
	});

/** A connection that speaks the replication protocol: the server shows it as a sender, which sends nothing before it is asked. */
export const connectSender = (server: Server, applicationName = 'test'): Promise<Session> =>
	connect(server, {applicationName, parameters: {replication: 'true'}});

const closing = (server: Server): Server => {
	const own: Server = {
		...server,
		remove: async () => {
			for (const client of open.get(own) ?? []) void client.end().catch(() => {});
			await server.remove();
		},
	};
	endsWithTest(own.remove);
	return own;
};

/**
 * Starts one server with pg_stat_statements and three log-ins: the superuser `postgres`, `monitor` (pg_monitor and
 * pg_signal_backend) and `plain`, which was granted nothing. `remove` closes the clients that `connect` opened, and runs with the end of the
 * test if a test starts the server.
 */
export const startTestServer = async (
	version: ServerVersion,
	settings: Readonly<Record<string, string>> = {},
): Promise<Server> => {
	const server = await startServer({
		binaries: binariesOf(version),
		settings: {shared_preload_libraries: 'pg_stat_statements', ...settings},
	});
	try {
		const client = await connect(server);
		await client.query(`
			create role monitor login;
			grant pg_monitor, pg_signal_backend to monitor;
			create role plain login;
			create extension pg_stat_statements;
		`);
		await client.end();
	} catch (error) {
		await server.remove();
		throw error;
	}
	return closing(server);
};

/**
 * Starts a standby that streams from `primary`, which may be a standby itself, through a slot and under an application name that
 * are both `name`. It begins with the first WAL of the primary, so ask for it before checkpoints recycle that. Remove it before
 * its primary.
 */
export const startStandby = async (
	primary: Server,
	settings: Readonly<Record<string, string>> = {},
	name = 'standby',
): Promise<Server> => {
	const version = serverVersions.find(each => each === primary.version);
	if (version === undefined) throw new Error(`PostgreSQL ${primary.version} is not one of ours.`);
	const client = await connect(primary);
	await client.query('select pg_create_physical_replication_slot($1, true)', [name]);
	const standby = await startServer({
		binaries: binariesOf(version),
		standbyOf: `host=${primary.host} port=${primary.port} user=postgres application_name=${name}`,
		settings: {
			shared_preload_libraries: 'pg_stat_statements',
			primary_slot_name: name,
			wal_receiver_status_interval: '1s',
			...settings,
		},
	});
	try {
		const senders = 'select state from pg_stat_replication where application_name = $1';
		// A hook has no expect.poll.
		await vi.waitUntil(async () => (await client.query(senders, [name])).rows[0]?.state === 'streaming', {
			interval: 50,
			timeout: longestWaitMs,
		});
	} catch (error) {
		await standby.remove();
		throw error;
	} finally {
		await client.end();
	}
	return closing(standby);
};

/** Runs `use` with a server of its own and removes it whatever happens. */
export const withServer = async <T>(
	version: ServerVersion,
	use: (server: Server) => Promise<T>,
	settings: Readonly<Record<string, string>> = {},
): Promise<T> => {
	const server = await startTestServer(version, settings);
	try {
		return await use(server);
	} finally {
		await server.remove();
	}
};
