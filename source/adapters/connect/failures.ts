import type {Failure} from '../../core/sample/sample.ts';
import {masked} from '../../core/sql/secrets.ts';
import {identifier} from '../../core/values/quote.ts';

/** A failure on its way through code that throws. */
export class ConnectionError extends Error {
	readonly failure: Failure;

	constructor(failure: Failure) {
		super(failure.message);
		this.name = 'ConnectionError';
		this.failure = failure;
	}
}

/** Which server a failure is about: its address as a person would name it, and the names used to log in there. */
export type ServerName = {readonly address: string; readonly user: string; readonly dbname: string};

/** Where a target is, in the words of its failures. */
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

type Told = {readonly message?: string; readonly hint?: string};

const slots = (message: string, {user}: ServerName): Told => {
	if (/\bfor role\b/.test(message)) return {hint: `Raise the limit: alter role ${user} connection limit …`};
	if (/\bfor database\b/.test(message)) return {hint: 'Raise the limit: alter database … connection limit …'};
	if (/pg_use_reserved_connections/.test(message))
		return {
			message: 'All ordinary connection slots are taken; the rest are kept for pg_use_reserved_connections.',
			hint: `Log in as a member: grant pg_use_reserved_connections to ${user}`,
		};
	if (/superuser/i.test(message))
		return {
			message: 'All ordinary connection slots are taken; the last ones are kept for superusers.',
			hint: 'Log in as a superuser, or end sessions that idle.',
		};
	if (/standby|wal_senders/.test(message)) return {hint: 'Raise max_wal_senders.'};
	return {
		message: 'All connection slots of the server are taken, those kept for superusers too.',
		hint: 'End sessions that idle; on the host, connections that are already open still work.',
	};
};

/** What is said for SQLSTATEs; where there is no message the server's own stands. */
const states: Readonly<Record<string, (message: string, place: ServerName) => Told>> = {
	'28P01': (_, {user}) => ({hint: `Check the password of ${user}: PGPASSWORD, ~/.pgpass, or -W to type it.`}),
	'28000': (message, {user}) =>
		/pg_hba/.test(message)
			? {hint: 'Add a line for this host, user and database to pg_hba.conf and reload, or try another sslmode.'}
			: {hint: `Check that the role ${user} exists, may log in and has not expired; -U names another.`},
	'3D000': (_, {dbname}) => ({hint: `There is no database ${dbname}: name another with -d, such as postgres.`}),
	'42501': (message, {user, dbname}) => ({
		hint: /\bfor database\b/.test(message)
			? `It takes: grant connect on database ${identifier(dbname)} to ${identifier(user)}`
			: `The role ${user} lacks the privilege; grant pg_monitor to ${user} lets it see everything.`,
	}),
	'53300': slots,
	'57P01': () => ({hint: 'The server is shutting down, or somebody terminated this session; connecting again.'}),
	'57P02': () => ({message: 'The server crashed and is recovering.', hint: 'Connecting again until it accepts.'}),
	'57P03': message => ({
		message: /shutting down/.test(message)
			? 'The server is shutting down.'
			: /recover|consistent/.test(message)
				? 'The server is recovering and does not accept connections yet.'
				: /starting up/.test(message)
					? 'The server is starting up.'
					: message,
		hint: 'Connecting again until it accepts.',
	}),
	'57P05': () => ({hint: 'idle_session_timeout ended this session; connecting again.'}),
	'57014': () => ({
		hint: 'The statement was cancelled by its time limit or by somebody; it is asked again with the next sample.',
	}),
	'55P03': () => ({hint: 'Somebody holds a lock that this needs; the locks pane shows who.'}),
	'40001': () => ({hint: 'Replay on this standby took precedence; it is asked again with the next sample.'}),
	'25006': () => ({hint: 'This connection only reads.'}),
	'08P01': () => ({hint: 'Is this a pooler? Connect to the server itself, and leave PGOPTIONS out.'}),
	'0A000': () => ({hint: 'The server does not support this.'}),
};

/** What is said for the codes of the operating system and of TLS. */
const systems: Readonly<Record<string, (place: ServerName) => Told>> = {
	ECONNREFUSED: ({address}) => ({
		message: `No server accepts connections at ${address}.`,
		hint: 'Is it running, and is this its port? Check -h and -p.',
	}),
	ENOENT: ({address}) => ({
		message: `There is no server socket at ${address}.`,
		hint: 'Is the server running, and is this its socket directory? Name another with -h.',
	}),
	ENOTFOUND: ({address}) => ({
		message: `The host of ${address} is unknown.`,
		hint: 'Check the spelling of -h and the name service.',
	}),
	EAI_AGAIN: ({address}) => ({
		message: `The name service did not answer for ${address}.`,
		hint: 'Try again, or use the address of the host.',
	}),
	ETIMEDOUT: ({address}) => ({message: `${address} does not answer.`, hint: 'Check the network, the firewall and -h.'}),
	EHOSTUNREACH: ({address}) => ({message: `There is no route to ${address}.`, hint: 'Check the network and -h.'}),
	ENETUNREACH: ({address}) => ({message: `There is no route to ${address}.`, hint: 'Check the network and -h.'}),
	EACCES: ({address}) => ({
		message: `This user may not open the socket at ${address}.`,
		hint: 'Check the rights of the socket directory, or connect by TCP with -h localhost.',
	}),
	ECONNRESET: ({address}) => ({message: `${address} broke the connection off.`, hint: 'Connecting again.'}),
	EPIPE: ({address}) => ({message: `${address} broke the connection off.`, hint: 'Connecting again.'}),
};

const certificate = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)|_SIGNED_CERT|CERTIFICATE/;
const tls = /^(ERR_SSL_|ERR_TLS_|EPROTO$)/;

type Thrown = {readonly code?: unknown; readonly message?: unknown; readonly hint?: unknown; readonly severity?: unknown};

/** Whether an error came from the server as an ErrorResponse, after which the protocol is still in step. */
export const isServerError = (error: unknown): error is Error & {readonly code: string} => {
	const {code, severity} = (error ?? {}) as Thrown;
	return typeof code === 'string' && code.length === 5 && typeof severity === 'string';
};

/** Any error as a Failure: a code, a sentence for people and what to do about it; never a stack. Server text in it is masked, else raw. */
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
		return failure('no_tls', 'The server does not offer TLS.', 'Use sslmode=prefer or disable, or switch ssl on in the server.');
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
			'The server closed the connection without a word: it crashed or the network broke.',
			'Connecting again.',
		);
	if (/^SASL:/.test(message))
		return failure(
			'authentication',
			'The server and this program could not agree on how to check the password.',
			'Check the password and the method in pg_hba.conf.',
		);
	if (/^Unknown authenticationOk message type/.test(message))
		return failure(
			'authentication',
			'The server asks for a way of logging in that is not supported, such as GSS or SSPI.',
			'Allow scram-sha-256 for this role in pg_hba.conf.',
		);
	return failure(
		'protocol',
		`${place.address} sent something that is not PostgreSQL's protocol.`,
		'Is this the port of a PostgreSQL server?',
	);
};

const failure = (code: string, message: string, hint: string | undefined): Failure =>
	hint === undefined ? {code, message} : {code, message, hint};

/** Node wraps the failures of several addresses of one host in an error whose own code is that of the last. */
const codeOf = ({code}: Thrown): string => (typeof code === 'string' ? code : '');

/** That a request by this name was not answered in time. */
export const overdue = (name: string, deadlineMs: number): Failure => ({
	code: 'deadline',
	message: `The server did not answer ${name} within ${deadlineMs} ms.`,
	hint: 'It is overloaded, it waits for locks, or the network stalls; it is asked again.',
});

/** The SQLSTATE of a failure; null where its code is one of our own, of the system or of TLS. */
export const sqlstateOf = (failure: Failure | undefined): string | null =>
	failure !== undefined && /^[0-9A-Z]{5}$/.test(failure.code) && failure.code !== 'EPIPE' ? failure.code : null;

/** Whether a failure leaves open what the server did: the statement was on its way when the connection broke. */
export const isUnanswered = ({code}: Failure): boolean =>
	/^(?:connection_lost|protocol|08...|57P0[12]|ECONNRESET|EPIPE|ETIMEDOUT)$/.test(code);

/** That nothing is done over a connection whose settings, such as its time limits, are not its own. */
export const shared: Failure = {
	code: 'pooler',
	message: 'A connection pooler stands before the server: limits of a session do not hold there, so that nothing was sent.',
	hint: 'Connect to the server itself.',
};

/** That what has to reach one certain backend cannot be sent. */
export const pooled: Failure = {
	code: 'pooler',
	message: 'A connection pooler stands before the server: this would reach another backend than the one meant.',
	hint: 'Connect to the server itself.',
};
