import {Socket} from 'node:net';
import {Client} from 'pg';
import type {Failure} from '../../core/sample/sample.ts';
import {joinSentences} from '../../core/text/sentence.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {isLocal, loopback} from '../connect/endpoints.ts';
import {ConnectionError, failureOf, loginFailureOf, serverName} from '../connect/failures.ts';
import type {PasswordFound} from '../connect/pgpass.ts';
import {demand} from './auth-demands.ts';
import {createIntake} from './intake.ts';
import {followExchange, guarded, onEnd, onTlsRefused} from './marks.ts';
import {type Opened, type PrepareOptions, prepare, type ServerSession} from './session.ts';
import {loginOptions} from './settings.ts';
import {type Encryption, encryptions} from './tls.ts';

/** A login in progress: its phase, the reason it was abandoned, the way to end it, its limit, and further time once it is taken. */
type Attempt = {
	readonly phase: () => string;
	readonly into: (phase: string) => void;
	failure: Failure | undefined;
	destroy: () => void;
	readonly limit: Limit;
	patienceMs: number;
};

/** A limit of time that does not count the time in which something other than the server is waited for. */
type Limit = {
	readonly without: <T>(work: Promise<T>) => Promise<T>;
	readonly extend: (ms: number) => void;
	readonly end: () => void;
};

const startLimit = (ms: number, onLate: (ms: number) => void): Limit => {
	let totalMs = ms;
	let leftMs = ms;
	let hasEnded = false;
	let since: number;
	let timer: NodeJS.Timeout;
	const go = (): void => {
		since = performance.now();
		timer = setTimeout(() => onLate(totalMs), Math.max(0, leftMs)).unref();
	};
	const pause = (): void => {
		clearTimeout(timer);
		leftMs -= performance.now() - since;
	};
	go();
	return {
		without: async work => {
			pause();
			try {
				return await work;
			} finally {
				if (!hasEnded) go();
			}
		},
		extend: by => {
			if (hasEnded) return;
			pause();
			totalMs += by;
			leftMs += by;
			go();
		},
		end: () => {
			hasEnded = true;
			clearTimeout(timer);
		},
	};
};

/**
 * Options of a login; `signal` abandons it, `onPhase` gets what it is doing, in words. A `patient` one gives a server that took the
 * connection more time to answer.
 */
export type EnterOptions = PrepareOptions & {
	readonly signal: AbortSignal;
	readonly onPhase?: (phase: string) => void;
	readonly patient?: boolean;
};

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
	const {signal, limits, onPhase} = options;
	let version = 0;
	const trying = {signal, patienceMs: options.patient ? target.patienceMs : 0, ...(onPhase && {onPhase})};
	const setUp = (opened: Opened): Promise<ServerSession> => {
		({version} = opened);
		return prepare(target, opened, options);
	};
	const place = serverName(target);
	try {
		return await connected(target, trying, setUp);
	} catch (error) {
		if (version === 0 || !isCutShort.has(failureOf(error, place).code)) throw error;
		const own = loginOptions(version, limits, target.user);
		const withOptions = {...target, options: target.options === undefined ? own : `${target.options} ${own}`};
		return await connected(withOptions, trying, setUp).catch((second: unknown) => {
			throw isOptionRefused.has(failureOf(second, place).code) ? error : second;
		});
	}
};

/**
 * Logs in at the single endpoint of a target and sets up the connection. Rejects with a ConnectionError; its limit covers
 * everything, and the failure names the phase that hung. A server that takes the connection gets `patienceMs` more.
 */
export const connected = async <T>(
	target: ConnectionTarget,
	{signal, patienceMs = 0, onPhase}: Pick<EnterOptions, 'signal' | 'onPhase'> & {readonly patienceMs?: number},
	setUp: (opened: Opened) => Promise<T>,
): Promise<T> => {
	const abandoned = Promise.withResolvers<never>();
	// Nobody may wait for it.
	abandoned.promise.catch(() => {});
	const abandon = (failure: Failure): void => {
		attempt.failure ??= failure;
		attempt.destroy();
		abandoned.reject(new ConnectionError(failure));
	};
	const limit = startLimit(target.connectTimeoutMs, ms => {
		const message = `The login to ${serverName(target).address} took longer than ${ms / 1000} s while ${attempt.phase()}.`;
		abandon({
			code: 'login_timeout',
			message,
			hint: 'Is the network slow or the server overloaded? connect_timeout sets the limit.',
		});
	});
	let phase = '';
	const into = (next: string): void => {
		phase = next;
		onPhase?.(next);
	};
	const attempt: Attempt = {phase: () => phase, into, failure: undefined, destroy: () => {}, limit, patienceMs};
	into('reaching the server');
	const onAbort = (): void => abandon({code: 'closed', message: 'The connection was closed.'});
	signal.addEventListener('abort', onAbort, {once: true});
	try {
		const opened = await openBest(await throughTunnel(target, limit, abandoned.promise), attempt);
		attempt.into('preparing the session');
		return await setUp(opened);
	} catch (error) {
		attempt.destroy();
		throw new ConnectionError(attempt.failure ?? failureOfWay(failureOf(error, serverName(target)), target));
	} finally {
		limit.end();
		signal.removeEventListener('abort', onAbort);
	}
};

/** A target, and the address and port that its socket connects to. */
type Reachable = ConnectionTarget & {readonly socketAddress: {readonly host: string; readonly port: number}};

/** The target with the way to it, once its tunnel is open, if it has one. */
const throughTunnel = async (target: ConnectionTarget, limit: Limit, abandoned: Promise<never>): Promise<Reachable> => {
	const {host, hostaddr, port, tunnel} = target;
	if (!tunnel) return {...target, socketAddress: {host: hostaddr ?? host, port}};
	return {...target, socketAddress: {host: loopback, port: await limit.without(Promise.race([tunnel.port(), abandoned]))}};
};

/** A refusal of the local end of a tunnel says nothing about the server. */
const failureOfWay = (failure: Failure, {tunnel}: ConnectionTarget): Failure =>
	tunnel && failure.code === 'ECONNREFUSED'
		? {code: 'tunnel', message: 'The tunnel does not take connections at its local port.', hint: 'Did its program end?'}
		: failure;

const openBest = async (target: Reachable, attempt: Attempt): Promise<Opened> => {
	const choices = encryptions(target);
	const refusals: Refusal[] = [];
	for (const [index, encryption] of choices.entries()) {
		try {
			return await open(target, encryption, attempt);
		} catch (error) {
			attempt.destroy();
			const failure = failureOf(error, serverName(target));
			const {code} = failure;
			if (code === '28000') refusals.push({encrypted: encryption !== undefined, failure});
			// A wrong password is not tried twice: accounts get locked. One that LDAP, PAM or RADIUS refused has a code of its own.
			const isWorthAnother = code === 'no_tls' || code === 'tls' || code === 'certificate' || code === '28000';
			if (!attempt.failure && isWorthAnother && index < choices.length - 1) continue;
			throw refusals.length > 1 && code === '28000' ? new ConnectionError(bothRefused(refusals)) : error;
		}
	}
	throw new Error('unreachable');
};

/** A refusal by pg_hba.conf, and whether the connection used TLS. */
type Refusal = {readonly encrypted: boolean; readonly failure: Failure};

/** Refusals with and without TLS as one: either may be the one to mend, and the words for TLS cover both. */
const bothRefused = (refusals: readonly Refusal[]): Failure => {
	const [first] = refusals.toSorted((a, b) => Number(b.encrypted) - Number(a.encrypted)) as [Refusal];
	const messages = refusals.map(({encrypted, failure: {message}}) => `With${encrypted ? '' : 'out'} TLS: ${message}`);
	const isOne = new Set(refusals.map(({failure: {message}}) => message)).size === 1;
	return isOne ? first.failure : {...first.failure, message: joinSentences(...messages)};
};

const open = async (target: Reachable, encryption: Encryption, attempt: Attempt): Promise<Opened> =>
	new Promise((resolve, reject) => {
		const place = serverName(target);
		const intake = createIntake(place);
		// Under TLS the raw socket carries no messages.
		const socket = guarded(new Socket(), place, encryption ? undefined : intake.take);
		let fresh: PasswordFound | undefined;
		if (target.isPasswordFresh)
			connectedAfter(socket, async () => {
				attempt.into('waiting for the password command');
				fresh = await attempt.limit.without(Promise.resolve(target.password()));
			});
		const client = new Client({
			...target.socketAddress,
			user: target.user,
			database: target.dbname,
			application_name: target.applicationName,
			password: async () => passwordOf(target, fresh ?? (await target.password())),
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
		attempt.into('reaching the server');
		attempt.destroy = () => destroy(client, socket);
		let version = 0;
		let isConsole = false;
		const {connection} = client;
		const into = (phase: string) => () => {
			attempt.into(phase);
		};
		connection.once('connect', () => {
			attempt.limit.extend(attempt.patienceMs);
			attempt.patienceMs = 0;
		});
		connection.on('connect', into(encryption ? 'negotiating TLS' : 'waiting for its answer'));
		connection.on('sslconnect', () => {
			guarded(client.connection.stream, place, intake.take).once('secureConnect', into('waiting for its answer'));
		});
		for (const method of ['authenticationCleartextPassword', 'authenticationMD5Password', 'authenticationSASL'])
			connection.on(method, into('checking the password'));
		connection.on('authenticationOk', into('starting the session'));
		connection.on('parameterStatus', (status: {parameterName: string; parameterValue: string}) => {
			if (status.parameterName !== 'server_version') return;
			version = versionOf(status.parameterValue);
			isConsole = status.parameterValue.endsWith('/bouncer');
		});
		demand(client, target, reject);
		const exchange = followExchange(client);
		exchange.onFailure(reject);
		onEnd(client, reject);
		if (encryption) onTlsRefused(socket, reject);
		client.on('error', () => {});
		client.connect((error: Error | null) => {
			const facts = {
				local: isLocal(target),
				encrypted: encryption !== undefined,
				certificate: encryption?.cert !== undefined,
				asked: exchange.asked(),
				fresh: target.isPasswordFresh ?? false,
			};
			if (error) reject(new ConnectionError(loginFailureOf(error, place, facts)));
			else resolve({client, socket, version, isConsole, encryption, intake});
		});
	});

/**
 * Reports the connection of a socket after some work, whose failure destroys it. A server reads the password of a role when the login
 * begins, so a command that changes it has to end before that. A server that cannot be reached runs no command.
 */
const connectedAfter = (socket: Socket, work: () => Promise<void>): void => {
	const emit = socket.emit.bind(socket) as (event: string, ...args: unknown[]) => boolean;
	socket.emit = (event: string, ...args: unknown[]) => {
		if (event !== 'connect') return emit(event, ...args);
		work().then(
			() => {
				if (!socket.destroyed) emit(event, ...args);
			},
			(error: Error) => socket.destroy(error),
		);
		return true;
	};
};

const destroy = (client: Client, socket: Socket): void => {
	client.connection.stream.destroy();
	socket.destroy();
};

const passwordOf = (target: ConnectionTarget, {password, ignored}: PasswordFound): string => {
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
