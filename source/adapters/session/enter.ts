import {Socket} from 'node:net';
import {Client} from 'pg';
import type {Failure} from '../../core/sample/sample.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, serverName} from '../connect/failures.ts';
import {demand} from './auth-demands.ts';
import {createIntake, type Intake} from './intake.ts';
import {type Opened, type PrepareOptions, prepare, type ServerSession} from './session.ts';
import {loginOptions} from './settings.ts';
import {type Encryption, encryptions} from './tls.ts';

/** A login in progress: its phase, the reason it was abandoned, and the way to end it. */
type Attempt = {phase: string; failure: Failure | undefined; destroy: () => void};

/** Options of a login; `signal` abandons it. */
export type EnterOptions = PrepareOptions & {readonly signal: AbortSignal};

const raw = {getTypeParser: () => (text: string) => text};

// A limit of the role or the database ended the session before it was set up; a closed socket may be the trace of that.
const isCutShort: ReadonlySet<string> = new Set(['57014', '55P03', '25P04', '57P05', 'EPIPE', 'ECONNRESET']);
// Answers of poolers to options of a login, and of servers that do not know one.
const isOptionRefused: ReadonlySet<string> = new Set(['08P01', '0A000', '42704', '22023', '42501']);

/**
 * Logs in at the single endpoint of a target with the fallbacks of sslmode, then sets up the session as `connected` does. If an
 * inherited limit is too short for that, the limits are set by the login itself, which most poolers refuse.
 */
export const enter = async (target: ConnectionTarget, options: EnterOptions): Promise<ServerSession> => {
	const {signal, limits} = options;
	let version = 0;
	const setUp = (opened: Opened): Promise<ServerSession> => {
		({version} = opened);
		return prepare(target, opened, options);
	};
	const place = serverName(target);
	try {
		return await connected(target, signal, setUp);
	} catch (error) {
		if (version === 0 || !isCutShort.has(failureOf(error, place).code)) throw error;
		const own = loginOptions(version, limits, target.user);
		const withOptions = {...target, options: target.options === undefined ? own : `${target.options} ${own}`};
		return await connected(withOptions, signal, setUp).catch((second: unknown) => {
			throw isOptionRefused.has(failureOf(second, place).code) ? error : second;
		});
	}
};

/**
 * Logs in at the single endpoint of a target and sets up the connection. Rejects with a ConnectionError; its limit covers
 * everything, and the failure names the phase that hung.
 */
export const connected = async <T>(
	target: ConnectionTarget,
	signal: AbortSignal,
	setUp: (opened: Opened) => Promise<T>,
): Promise<T> => {
	const attempt = {phase: 'reaching the server', failure: undefined as Failure | undefined, destroy: () => {}};
	const abandon = (failure: Failure): void => {
		attempt.failure ??= failure;
		attempt.destroy();
	};
	const timer = setTimeout(() => {
		const message = `The login to ${serverName(target).address} took longer than ${target.connectTimeoutMs / 1000} s while ${attempt.phase}.`;
		abandon({
			code: 'login_timeout',
			message,
			hint: 'Is the network slow or the server overloaded? connect_timeout sets the limit.',
		});
	}, target.connectTimeoutMs).unref();
	const onAbort = (): void => abandon({code: 'closed', message: 'The connection was closed.'});
	signal.addEventListener('abort', onAbort, {once: true});
	try {
		const opened = await openBest(target, attempt);
		attempt.phase = 'preparing the session';
		return await setUp(opened);
	} catch (error) {
		attempt.destroy();
		throw new ConnectionError(attempt.failure ?? failureOf(error, serverName(target)));
	} finally {
		clearTimeout(timer);
		signal.removeEventListener('abort', onAbort);
	}
};

const openBest = async (target: ConnectionTarget, attempt: Attempt): Promise<Opened> => {
	const choices = encryptions(target);
	for (const [index, encryption] of choices.entries()) {
		try {
			return await open(target, encryption, attempt);
		} catch (error) {
			attempt.destroy();
			const {code} = failureOf(error, serverName(target));
			// A wrong password is not tried twice: accounts get locked.
			const isWorthAnother = code === 'no_tls' || code === 'tls' || code === 'certificate' || code === '28000';
			if (attempt.failure || !isWorthAnother || index === choices.length - 1) throw error;
		}
	}
	throw new Error('unreachable');
};

const open = async (target: ConnectionTarget, encryption: Encryption, attempt: Attempt): Promise<Opened> =>
	new Promise((resolve, reject) => {
		const intake = createIntake(serverName(target));
		// Under TLS the raw socket carries no messages.
		const socket = guarded(new Socket(), encryption ? undefined : intake);
		const client = new Client({
			host: target.hostaddr ?? target.host,
			port: target.port,
			user: target.user,
			database: target.dbname,
			application_name: target.applicationName,
			password: () => passwordOf(target),
			ssl: encryption ?? false,
			sslnegotiation: 'postgres',
			enableChannelBinding: encryption !== undefined && target.channelBinding !== 'disable',
			keepAlive: target.keepAliveMs !== undefined,
			keepAliveInitialDelayMillis: target.keepAliveMs ?? 0,
			stream: () => socket,
			types: raw,
		});
		// pg would read these from the environment itself.
		Object.assign((client as Client & {readonly connectionParameters: object}).connectionParameters, {
			options: target.options,
			replication: undefined,
		});
		attempt.phase = 'reaching the server';
		attempt.destroy = () => destroy(client, socket);
		let version = 0;
		const {connection} = client;
		const into = (phase: string) => () => {
			attempt.phase = phase;
		};
		connection.on('connect', into(encryption ? 'negotiating TLS' : 'waiting for its answer'));
		connection.on('sslconnect', () => {
			guarded(client.connection.stream, intake).once('secureConnect', into('waiting for its answer'));
		});
		for (const method of ['authenticationCleartextPassword', 'authenticationMD5Password', 'authenticationSASL'])
			connection.on(method, into('checking the password'));
		connection.on('authenticationOk', into('starting the session'));
		connection.on('parameterStatus', (status: {parameterName: string; parameterValue: string}) => {
			if (status.parameterName === 'server_version') version = versionOf(status.parameterValue);
		});
		demand(client, target, reject);
		client.on('error', () => {});
		client.connect((error: Error | null) => {
			if (error) reject(error);
			else resolve({client, socket, version, encryption});
		});
	});

/**
 * Turns a broken protocol message, which throws in pg's parser, into the end of this socket instead of the process; so are more bytes
 * than the intake takes, before pg's parser keeps them.
 */
const guarded = <S extends {emit: (event: string, ...args: never[]) => boolean; destroy: (error?: Error) => unknown}>(
	stream: S,
	intake: Intake = () => {},
): S => {
	const emit = stream.emit.bind(stream) as (event: string, ...args: unknown[]) => boolean;
	stream.emit = (event: string, ...args: unknown[]) => {
		try {
			if (event === 'data') intake(args[0] as Uint8Array);
			return emit(event, ...args);
		} catch (error) {
			if (event !== 'data') throw error;
			stream.destroy(error instanceof Error ? error : new Error(String(error)));
			return true;
		}
	};
	return stream;
};

const destroy = (client: Client, socket: Socket): void => {
	client.connection.stream.destroy();
	socket.destroy();
};

const passwordOf = (target: ConnectionTarget): string => {
	const {password, ignored} = target.password();
	if (password !== undefined) return password;
	throw new ConnectionError({
		code: 'no_password',
		message: `The server asks for a password for ${target.user}, and none is set.`,
		hint: ignored ?? 'Type it with -W, or set it in ~/.pgpass or PGPASSWORD.',
	});
};

/** Version as in server_version_num, from the server_version reported at login: `15.18 (Debian …)`, `18beta1`, `9.6.24`. */
const versionOf = (text: string): number => {
	const parts = /^(\d+)(?:\.(\d+))?/.exec(text);
	return Number(parts?.[1] ?? 0) * 10_000 + Number(parts?.[2] ?? 0);
};
