import {Socket} from 'node:net';
import {Client, Query} from 'pg';
import type {RawRow} from '../core/query.ts';
import type {Failure} from '../core/sample.ts';
import {sendCancel} from './cancel.ts';
import {type ConnectionTarget, isLocal} from './connection.ts';
import {ConnectionError, failureOf, isServerError, type Place} from './failures.ts';
import {calls, type SessionLimits, settingsFor, transactionSettings} from './settings.ts';
import {type Encryption, encryptions} from './tls.ts';

/** What came back for one message; `first` is the first row of all, which also stands where a later statement failed. */
export type Answer = {
	readonly error: unknown;
	readonly first: RawRow | undefined;
	readonly rows: readonly RawRow[];
	readonly types: readonly number[];
};

/** A connection that is logged in and set up. */
export type Session = {
	readonly pid: number | undefined;
	/** As in server_version_num. */
	readonly version: number;
	/** Whether a pooler stands between, so that the next transaction may reach another backend. */
	readonly pooled: boolean;
	/** The statement whose first column is the server's clock, to stand before each simple request. */
	readonly clock: string;
	/** Sends one message: simple protocol without `values`, extended with. Never rejects. */
	ask(sql: string, values?: readonly (string | null)[]): Promise<Answer>;
	cancel(limitMs: number): Promise<void>;
	/** Says good-bye, then closes. */
	end(): Promise<void>;
	destroy(): void;
};

/** What a log-in is told: how to abandon it, and whom to tell when the finished session breaks (never after `destroy`). */
export type LogInOptions = {
	readonly limits: SessionLimits;
	readonly signal: AbortSignal;
	readonly onLost: (failure: Failure) => void;
};

/** The parts of pg's client that it keeps to itself. */
type Inside = {
	readonly processID: number | null;
	readonly secretKey: number | null;
	readonly connectionParameters: {options?: string | undefined; replication?: string | undefined};
};

type Opened = {readonly client: Client; readonly socket: Socket; readonly version: number; readonly encryption: Encryption};

// Errors of a statement leave the session standing; those of classes 57P, 25P and 08 end it.
const isSurvivable = (error: unknown): boolean => isServerError(error) && !/^(57P|25P|08)/.test(error.code);

const oldest = 130_000;
const raw = {getTypeParser: () => (text: string) => text};

/** Where a target is, in the words of its failures. */
export const placeOf = ({host, port, user, dbname}: ConnectionTarget): Place => ({address: `${host}:${port}`, user, dbname});

/**
 * Logs in, with the fallbacks of sslmode, and sets the session up: the search path first of all, in a statement by itself.
 * Rejects with a ConnectionError; its limit covers everything, and the failure names the phase that hung.
 */
export const logIn = async (target: ConnectionTarget, options: LogInOptions): Promise<Session> => {
	const attempt = {phase: 'reaching the server', failure: undefined as Failure | undefined, destroy: () => {}};
	const abandon = (failure: Failure): void => {
		attempt.failure ??= failure;
		attempt.destroy();
	};
	const timer = setTimeout(() => {
		const message = `The log-in to ${placeOf(target).address} took longer than ${target.connectTimeoutMs / 1000} s while ${attempt.phase}.`;
		abandon({
			code: 'login_timeout',
			message,
			hint: 'Is the network slow or the server overloaded? connect_timeout sets the limit.',
		});
	}, target.connectTimeoutMs).unref();
	const onAbort = (): void => abandon({code: 'closed', message: 'The connection was closed.'});
	options.signal.addEventListener('abort', onAbort, {once: true});
	try {
		return await setUp(target, await openBest(target, attempt), options, attempt);
	} catch (error) {
		attempt.destroy();
		throw new ConnectionError(attempt.failure ?? failureOf(error, placeOf(target)));
	} finally {
		clearTimeout(timer);
		options.signal.removeEventListener('abort', onAbort);
	}
};

type Attempt = {phase: string; failure: Failure | undefined; destroy: () => void};

const openBest = async (target: ConnectionTarget, attempt: Attempt): Promise<Opened> => {
	const choices = encryptions(target);
	for (const [index, encryption] of choices.entries()) {
		try {
			return await open(target, encryption, attempt);
		} catch (error) {
			attempt.destroy();
			const {code} = failureOf(error, placeOf(target));
			// A wrong password is not tried twice: accounts lock.
			const isWorthAnother = code === 'no_tls' || code === 'tls' || code === 'certificate' || code === '28000';
			if (attempt.failure || !isWorthAnother || index === choices.length - 1) throw error;
		}
	}
	throw new Error('unreachable');
};

const open = async (target: ConnectionTarget, encryption: Encryption, attempt: Attempt): Promise<Opened> =>
	new Promise((resolve, reject) => {
		const socket = guarded(new Socket());
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
			keepAlive: true,
			keepAliveInitialDelayMillis: 10_000,
			stream: () => socket,
			types: raw,
		});
		// pg would fill these from its own reading of the environment.
		Object.assign((client as unknown as Inside).connectionParameters, {options: target.options, replication: undefined});
		attempt.phase = 'reaching the server';
		attempt.destroy = () => destroy(client, socket);
		let version = 0;
		const {connection} = client;
		const enter = (phase: string) => () => {
			attempt.phase = phase;
		};
		connection.on('connect', enter(encryption ? 'agreeing on TLS' : 'waiting for its answer'));
		connection.on('sslconnect', () => {
			guarded(client.connection.stream).once('secureConnect', enter('waiting for its answer'));
		});
		for (const method of ['authenticationCleartextPassword', 'authenticationMD5Password', 'authenticationSASL'])
			connection.on(method, enter('checking the password'));
		connection.on('authenticationOk', enter('starting the session'));
		connection.on('parameterStatus', (status: {parameterName: string; parameterValue: string}) => {
			if (status.parameterName === 'server_version') version = versionOf(status.parameterValue);
		});
		if (target.channelBinding === 'require') demandChannelBinding(client, reject);
		client.on('error', () => {});
		client.connect((error: Error | null) => {
			if (error) reject(error);
			else resolve({client, socket, version, encryption});
		});
	});

const setUp = async (target: ConnectionTarget, opened: Opened, options: LogInOptions, attempt: Attempt): Promise<Session> => {
	const {client, socket, version, encryption} = opened;
	const {limits} = options;
	const {processID, secretKey} = client as unknown as Inside;
	if (version < oldest)
		throw new ConnectionError({
			code: 'too_old',
			message: `This server is PostgreSQL ${Math.floor(version / 10_000)}; pgtriage needs 13 or newer.`,
			hint: 'Connect to a newer server.',
		});
	attempt.phase = 'preparing the session';
	let dead: unknown;
	// After these the socket ends or the protocol is out of step: nothing more is sent.
	const bury = (error: unknown): void => {
		if (dead !== undefined) return;
		dead = error;
		client.connection.stream.destroy();
	};
	const ask: Session['ask'] = async (sql, values) => {
		if (dead !== undefined) return {error: dead, first: undefined, rows: [], types: []};
		const answer = await send(client, sql, values);
		if (answer.error !== undefined && !isSurvivable(answer.error)) bury(answer.error);
		return answer;
	};
	client.on('error', bury);
	// Behind a pooler the pid of the log-in is not the backend's; there nothing may be set that outlives its transaction.
	const first = await ask(
		`select pg_catalog.set_config('search_path', '', pg_catalog.pg_backend_pid() operator(pg_catalog.<>) ${processID ?? 0}), pg_catalog.pg_backend_pid()`,
	);
	if (first.error !== undefined) throw first.error;
	const pooled = first.rows[0]?.[1] !== String(processID);
	if (!pooled) await applySettings(ask, version, limits);
	const clock = `select pg_catalog.clock_timestamp()${pooled ? `, ${calls(transactionSettings(limits), 'transaction')}` : ''};`;

	let over = false;
	client.once('end', () => {
		if (over) return;
		over = true;
		options.onLost(failureOf(dead ?? new Error('Connection terminated'), placeOf(target)));
	});
	const address = isLocal(target)
		? {path: `${target.host}/.s.PGSQL.${target.port}`}
		: {host: socket.remoteAddress ?? target.host, port: target.port};
	return {
		pid: pooled ? undefined : (processID ?? undefined),
		version,
		pooled,
		clock,
		ask,
		cancel: async limitMs => {
			if (processID !== null && secretKey !== null)
				await sendCancel({address, encryption, pid: processID, secret: secretKey}, limitMs);
		},
		end: async () => {
			over = true;
			await client.end();
		},
		destroy: () => {
			over = true;
			destroy(client, socket);
		},
	};
};

const applySettings = async (ask: Session['ask'], version: number, limits: SessionLimits): Promise<void> => {
	const {needed, optional} = settingsFor(version, limits);
	const all = await ask(`select ${calls([...needed, ...optional], 'session')}`);
	if (all.error === undefined) return;
	if (!isServerError(all.error)) throw all.error;
	const fewer = await ask(`select ${calls(needed, 'session')}`);
	if (fewer.error !== undefined) throw fewer.error;
};

type Results = {readonly rows: readonly RawRow[]; readonly fields: readonly {readonly dataTypeID: number}[]};

const send = async (client: Client, sql: string, values: readonly (string | null)[] | undefined): Promise<Answer> =>
	new Promise(resolve => {
		let first: RawRow | undefined;
		const config = {
			text: sql,
			rowMode: 'array',
			...(values === undefined ? {} : {values: [...values], queryMode: 'extended'}),
		};
		const query = new Query(config, (error: Error | undefined | null, results: unknown) => {
			const last = (Array.isArray(results) ? results.at(-1) : results) as Results | undefined;
			resolve({
				error: error ?? undefined,
				first,
				rows: last?.rows ?? [],
				types: last?.fields.map(field => field.dataTypeID) ?? [],
			});
		});
		query.once('row', (row: RawRow) => {
			first = row;
		});
		client.query(query);
	});

/**
 * Makes a broken protocol message, which throws in pg's parser, the end of this socket and not of the process.
 */
const guarded = <S extends {emit: (event: string, ...args: never[]) => boolean; destroy: (error?: Error) => unknown}>(
	stream: S,
): S => {
	const emit = stream.emit.bind(stream) as (event: string, ...args: unknown[]) => boolean;
	stream.emit = (event: string, ...args: unknown[]) => {
		try {
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
		message: `The server asks for the password of ${target.user}, and none is known.`,
		hint: ignored ?? 'Type it with -W, or put it into ~/.pgpass or PGPASSWORD.',
	});
};

const demandChannelBinding = (client: Client, reject: (error: Error) => void): void => {
	let bound = false;
	const refuse = (): void => {
		client.connection.stream.destroy();
		reject(
			new ConnectionError({
				code: 'channel_binding',
				message: 'channel_binding=require, but the server does not offer it.',
				hint: 'It needs TLS and scram-sha-256 in pg_hba.conf; channel_binding=prefer goes without.',
			}),
		);
	};
	client.connection.on('authenticationSASL', ({mechanisms}: {mechanisms: readonly string[]}) => {
		bound = mechanisms.includes('SCRAM-SHA-256-PLUS');
		if (!bound) refuse();
	});
	for (const method of ['authenticationCleartextPassword', 'authenticationMD5Password']) client.connection.on(method, refuse);
	client.connection.on('authenticationOk', () => {
		if (!bound) refuse();
	});
};

/** As in server_version_num, from what the server reports at log-in: `15.18 (Debian …)`, `18beta1`, `9.6.24`. */
const versionOf = (text: string): number => {
	const parts = /^(\d+)(?:\.(\d+))?/.exec(text);
	return Number(parts?.[1] ?? 0) * 10_000 + Number(parts?.[2] ?? 0);
};
