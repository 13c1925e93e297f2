import type {Failure} from '../../core/sample/sample.ts';
import {masked} from '../../core/sql/secrets.ts';
import {identifier} from '../../core/values/quote.ts';

/** Failure as an exception. */
export class ConnectionError extends Error {
	readonly failure: Failure;

	constructor(failure: Failure) {
		super(failure.message);
		this.name = 'ConnectionError';
		this.failure = failure;
	}
}

/** Server named in a failure: its address as people write it, and the names used to log in. */
export type ServerName = {readonly address: string; readonly user: string; readonly dbname: string};

/** Server name of a target, for failure messages. */
export const serverName = ({
	host,
	port,
	user,
	dbname,
}: {
	readonly host: string;
	readonly port: number;
	readonly user: string;
	readonly dbname: string;
}): ServerName => ({address: `${host}:${port}`, user, dbname});

type Wording = {readonly message?: string; readonly hint?: string};

const slots = (message: string, {user}: ServerName): Wording => {
	if (/\bfor role\b/.test(message)) return {hint: `Raise the limit: alter role ${user} connection limit …`};
	if (/\bfor database\b/.test(message)) return {hint: 'Raise the limit: alter database … connection limit …'};
	if (/pg_use_reserved_connections/.test(message))
		return {
			message: 'All ordinary connection slots are taken; the rest are reserved for pg_use_reserved_connections.',
			hint: `Log in as a member of it: grant pg_use_reserved_connections to ${user}`,
		};
	if (/superuser/i.test(message))
		return {
			message: 'All ordinary connection slots are taken; the last ones are reserved for superusers.',
			hint: 'Log in as a superuser, or terminate idle sessions.',
		};
	if (/standby|wal_senders/.test(message)) return {hint: 'Raise max_wal_senders.'};
	return {
		message: 'All connection slots of the server are taken, including those reserved for superusers.',
		hint: 'Terminate idle sessions from a connection that is already open.',
	};
};

/** Messages and hints by SQLSTATE; without a message the server's own is kept. */
const states: Readonly<Record<string, (message: string, place: ServerName) => Wording>> = {
	'28P01': (_, {user}) => ({hint: `Check the password of ${user}: PGPASSWORD, ~/.pgpass, or -W to type it.`}),
	'28000': (message, {user}) =>
		/pg_hba/.test(message)
			? {hint: 'Add a line for this host, user and database to pg_hba.conf and reload, or try another sslmode.'}
			: {hint: `Check that the role ${user} exists, may log in and has not expired; -U names another.`},
	'3D000': () => ({hint: `Choose another with -d; psql -l lists the databases.`}),
	'42501': (message, {user, dbname}) => ({
		hint: /\bfor database\b/.test(message)
			? `Needs: grant connect on database ${identifier(dbname)} to ${identifier(user)}`
			: `The role ${user} lacks the privilege; grant pg_monitor to ${user} lets it see everything.`,
	}),
	'53300': slots,
	'57P01': () => ({hint: 'The server is shutting down, or this session was terminated; reconnecting.'}),
	'57P02': () => ({message: 'The server crashed and is recovering.', hint: 'Retrying until it accepts connections.'}),
	'57P03': message => ({
		message: /shutting down/.test(message)
			? 'The server is shutting down.'
			: /recover|consistent/.test(message)
				? 'The server is recovering and does not accept connections yet.'
				: /starting up/.test(message)
					? 'The server is starting up.'
					: message,
		hint: 'Retrying until it accepts connections.',
	}),
	'57P05': () => ({hint: 'idle_session_timeout ended this session; reconnecting.'}),
	'57014': () => ({
		hint: 'The query was cancelled, by its time limit or another session; it is retried with the next sample.',
	}),
	'55P03': () => ({hint: 'Another session holds a lock that this needs; the Locks pane shows it.'}),
	'40001': () => ({hint: 'Replay on this standby took precedence; it is retried with the next sample.'}),
	'25006': () => ({hint: 'This connection is read-only.'}),
	'08P01': () => ({hint: 'Is this a connection pooler? Connect to the server itself, without PGOPTIONS.'}),
	'0A000': () => ({hint: 'The server does not support this.'}),
};

/** Messages and hints by error code of the operating system and of TLS. */
const systems: Readonly<Record<string, (place: ServerName) => Wording>> = {
	ECONNREFUSED: ({address}) => ({
		message: `No server is listening at ${address}.`,
		hint: 'Is it running? Check -h and -p.',
	}),
	ENOENT: ({address}) => ({
		message: `There is no server socket at ${address}.`,
		hint: 'Is the server running, and is this its socket directory? Name another with -h.',
	}),
	ENOTFOUND: ({address}) => ({
		message: `The host name in ${address} cannot be resolved.`,
		hint: 'Check the spelling of -h, and DNS.',
	}),
	EAI_AGAIN: ({address}) => ({
		message: `DNS did not answer for ${address}.`,
		hint: 'Try again, or use the IP address.',
	}),
	ETIMEDOUT: ({address}) => ({message: `${address} does not answer.`, hint: 'Check the network, the firewall and -h.'}),
	EHOSTUNREACH: ({address}) => ({message: `There is no route to ${address}.`, hint: 'Check the network and -h.'}),
	ENETUNREACH: ({address}) => ({message: `There is no route to ${address}.`, hint: 'Check the network and -h.'}),
	EACCES: ({address}) => ({
		message: `This user cannot open the socket at ${address}.`,
		hint: 'Check the permissions of the socket directory, or connect by TCP with -h localhost.',
	}),
	ECONNRESET: ({address}) => ({message: `${address} closed the connection.`, hint: 'Reconnecting.'}),
	EPIPE: ({address}) => ({message: `${address} closed the connection.`, hint: 'Reconnecting.'}),
};

const certificate = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)|_SIGNED_CERT|CERTIFICATE/;
const tls = /^(ERR_SSL_|ERR_TLS_|EPROTO$)/;

type Thrown = {readonly code?: unknown; readonly message?: unknown; readonly hint?: unknown; readonly severity?: unknown};

/** True for an ErrorResponse of the server, after which the protocol is still in step. */
export const isServerError = (error: unknown): error is Error & {readonly code: string} => {
	const {code, severity} = (error ?? {}) as Thrown;
	return typeof code === 'string' && code.length === 5 && typeof severity === 'string';
};

/**
 * Any error as a Failure: a code, a sentence and a hint, never a stack. Secrets in server text are masked; control characters
 * are not removed here.
 */
export const failureOf = (error: unknown, place: ServerName): Failure => {
	if (error instanceof ConnectionError) return error.failure;
	const thrown = (error ?? {}) as Thrown;
	const message = typeof thrown.message === 'string' ? masked(thrown.message) : 'Unknown failure';
	if (isServerError(error)) {
		const told = states[error.code]?.(message, place);
		const hint = told?.hint ?? (typeof thrown.hint === 'string' ? masked(thrown.hint) : undefined);
		return failure(error.code, told?.message ?? message, hint);
	}
	const code = codeOf(thrown);
	const told = systems[code]?.(place);
	if (told) return failure(code, told.message ?? message, told.hint);
	if (message === 'The server does not support SSL connections')
		return failure('no_tls', 'The server does not offer TLS.', 'Use sslmode=prefer or disable, or enable ssl on the server.');
	if (certificate.test(code))
		return failure(
			'certificate',
			`The certificate of the server is not trusted: ${message}.`,
			'Check sslrootcert and the name in -h.',
		);
	if (tls.test(code))
		return failure('tls', `TLS with ${place.address} failed.`, 'Check sslmode and the TLS settings of the server.');
	if (/^Connection terminated/.test(message))
		return failure(
			'connection_lost',
			'The server closed the connection without a message: it crashed or the network failed.',
			'Reconnecting.',
		);
	if (/^SASL:/.test(message))
		return failure(
			'authentication',
			'The server and pgtriage could not agree on a password method.',
			'Check the password and the method in pg_hba.conf.',
		);
	if (/^Unknown authenticationOk message type/.test(message))
		return failure(
			'authentication',
			'The server asks for an authentication method that is not supported, such as GSS or SSPI.',
			'Allow scram-sha-256 for this role in pg_hba.conf.',
		);
	return foreign(place);
};

/** Failure of a server that sends what no PostgreSQL sends. */
export const foreign = ({address}: ServerName): Failure => ({
	code: 'protocol',
	message: `${address} does not speak the PostgreSQL protocol.`,
	hint: 'Is this the port of a PostgreSQL server?',
});

const failure = (code: string, message: string, hint: string | undefined): Failure =>
	hint === undefined ? {code, message} : {code, message, hint};

/** Unwraps Node's error for several addresses of one host: its own code is that of the last address. */
const codeOf = ({code}: Thrown): string => (typeof code === 'string' ? code : '');

/** Failure of a request that was not answered in time. */
export const overdue = (name: string, deadlineMs: number): Failure => ({
	code: 'deadline',
	message: `The server did not answer ${name} within ${deadlineMs} ms.`,
	hint: 'It is overloaded, waits for locks, or the network stalls; the query is retried.',
});

/** SQLSTATE of a failure; null if its code is ours, the system's or TLS's. */
export const sqlstateOf = (failure: Failure | undefined): string | null =>
	failure !== undefined && /^[0-9A-Z]{5}$/.test(failure.code) && failure.code !== 'EPIPE' ? failure.code : null;

/** True if the statement may have run: the connection broke while it was on its way. */
export const isUnanswered = ({code}: Failure): boolean =>
	/^(?:connection_lost|protocol|08...|57P0[12]|ECONNRESET|EPIPE|ETIMEDOUT)$/.test(code);

/** Failure for actions behind a pooler, where session settings such as time limits do not hold. */
export const shared: Failure = {
	code: 'pooler',
	message: 'Nothing was sent: behind a connection pooler the time limits of a session do not hold.',
	hint: 'Connect to the server itself.',
};

/** Failure for a message that must reach one specific backend. */
export const pooled: Failure = {
	code: 'pooler',
	message: 'Nothing was sent: behind a connection pooler it would reach another backend.',
	hint: 'Connect to the server itself.',
};
