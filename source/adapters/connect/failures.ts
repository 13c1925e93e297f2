import type {Failure} from '../../core/sample/sample.ts';
import {masked} from '../../core/sql/secrets.ts';
import {type LoginFacts, type ServerError, type Wording, wordingOfLogin} from './refusals.ts';

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

type Worded = (place: ServerName) => Wording;

/**
 * Hints by SQLSTATE for a session; the message stays the server's own, unless the SQLSTATE has one cause only. Nothing is decided by
 * the text of a message: it is translated.
 */
const states: Readonly<Record<string, Worded>> = {
	'42501': ({user}) => ({hint: `The role ${user} needs the privilege that the server names.`}),
	'57P01': () => ({hint: 'The server is shutting down, or this session was terminated; reconnecting.'}),
	// Until 13 an immediate shutdown has the SQLSTATE of a crash.
	'57P02': () => ({
		message: 'The server crashed or was stopped immediately, and recovers when it starts.',
		hint: 'Retrying until it accepts connections.',
	}),
	'57P05': () => ({hint: 'idle_session_timeout ended this session; reconnecting.'}),
	'57014': () => ({
		hint: 'The query was cancelled, by its time limit or another session; it is retried with the next sample.',
	}),
	'55P03': () => ({hint: 'Another session holds a lock that this needs; the Locks pane shows it.'}),
	'40001': () => ({hint: 'It is retried with the next sample.'}),
	'25006': () => ({hint: 'This connection is read-only.'}),
	'0A000': () => ({hint: 'The server does not support this.'}),
};

/** The message and the hint for a connection that its other end closed without a message. */
const withoutMessage = (who: string): {readonly message: string; readonly hint: string} => ({
	message: `${who} closed the connection without a message: it crashed or the network failed.`,
	hint: 'Reconnecting.',
});

/** Messages and hints by error code of the operating system and of TLS. */
const systems: Readonly<Record<string, (place: ServerName) => {readonly message: string; readonly hint: string}>> = {
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
	ECONNRESET: ({address}) => withoutMessage(address),
	EPIPE: ({address}) => withoutMessage(address),
};

const certificate = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)|_SIGNED_CERT|CERTIFICATE/;
const tls = /^(ERR_SSL_|ERR_TLS_|EPROTO$)/;

type Thrown = {
	readonly code?: unknown;
	readonly message?: unknown;
	readonly severity?: unknown;
	readonly routine?: unknown;
	readonly detail?: unknown;
	readonly hint?: unknown;
};

/** True for an ErrorResponse of the server, after which the protocol is still in step. */
export const isServerError = (error: unknown): error is Error & {readonly code: string} => {
	const {code, severity} = (error ?? {}) as Thrown;
	return typeof code === 'string' && code.length === 5 && typeof severity === 'string';
};

const maskedText = (value: unknown): string | undefined =>
	typeof value === 'string' && value !== '' ? masked(value) : undefined;

/** Parts of an ErrorResponse that decide about its cause, or are shown; secrets are masked. */
const serverErrorOf = (error: Error & {readonly code: string}): ServerError => {
	const {message, routine, detail, hint}: Thrown = error;
	return {
		code: error.code,
		message: maskedText(message) ?? 'The server gave no reason.',
		routine: typeof routine === 'string' ? routine : undefined,
		detail: maskedText(detail),
		hint: maskedText(hint),
	};
};

const worded = ({code, message, hint}: ServerError, wording: Wording): Failure =>
	failure(wording.code ?? code, wording.message ?? message, wording.hint ?? hint);

/**
 * Any error as a Failure: a code, a sentence and a hint, never a stack. Secrets in server text are masked; control characters
 * are not removed here.
 */
export const failureOf = (error: unknown, place: ServerName): Failure => {
	if (error instanceof ConnectionError) return error.failure;
	if (isServerError(error)) return worded(serverErrorOf(error), states[error.code]?.(place) ?? {});
	const thrown = (error ?? {}) as Thrown;
	const code = codeOf(thrown);
	const told = systems[code]?.(place);
	if (told) return failure(code, told.message, told.hint);
	if (certificate.test(code))
		return failure(
			'certificate',
			`The certificate of the server is not trusted: ${maskedText(thrown.message) ?? code}.`,
			'Check sslrootcert and the name in -h.',
		);
	if (tls.test(code))
		return failure('tls', `TLS with ${place.address} failed.`, 'Check sslmode and the TLS settings of the server.');
	return foreign(place);
};

/** Failure of a server that sends what no PostgreSQL sends. */
export const foreign = ({address}: ServerName): Failure => ({
	code: 'protocol',
	message: `${address} does not speak the PostgreSQL protocol.`,
	hint: 'Is this the port of a PostgreSQL server?',
});

/** An error of a login as a Failure, by what the login did before. */
export const loginFailureOf = (error: unknown, place: ServerName, facts: LoginFacts): Failure => {
	if (!isServerError(error)) return failureOf(error, place);
	const said = serverErrorOf(error);
	return worded(said, {...states[said.code]?.(place), ...wordingOfLogin(said, place, facts)});
};

/** Failure of a connection that ended without a message. */
export const connectionLost: Failure = {code: 'connection_lost', ...withoutMessage('The server')};

/** Failure of a server that does not offer TLS. */
export const noTls: Failure = {
	code: 'no_tls',
	message: 'The server does not offer TLS.',
	hint: 'Use sslmode=prefer or disable, or enable ssl on the server.',
};

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
