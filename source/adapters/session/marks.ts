import type {Client} from 'pg';
import type {Failure} from '../../core/sample/sample.ts';
import {ConnectionError, connectionLost, foreign, noTls, type ServerName} from '../connect/failures.ts';
import type {LoginFacts} from '../connect/refusals.ts';
import type {Intake} from './intake.ts';

// The driver reports its own failures as English sentences without a code. Here they are told by what the connection did instead.

/** Calls back when the connection ends, before the driver reports that. */
export const onEnd = (client: Client, ended: (error: ConnectionError) => void): void => {
	client.connection.prependOnceListener('end', () => ended(new ConnectionError(connectionLost)));
};

/** A stream, as far as its events are intercepted. */
type Stream = {emit: (event: string, ...args: never[]) => boolean; destroy: (error?: Error) => unknown};

const authentication = 'R'.charCodeAt(0);
// Authentication requests that the driver has no parser for, by their number in the protocol.
const unsupported: Readonly<Record<number, string>> = {2: 'Kerberos V5', 6: 'SCM credentials', 7: 'GSSAPI', 9: 'SSPI'};
const headBytes = 9;
// A server begins with a request for authentication, an error, a notice, its protocol version, or its answer about TLS. Another
// protocol can look like the length of an endless message.
const beginnings = new Set([...'REvNS'].map(letter => letter.charCodeAt(0)));

/** Failure of a message that the driver cannot parse; `head` are the first bytes of the stream. */
const unparsed = (head: Buffer, place: ServerName): Failure => {
	const method = head.length === headBytes && head[0] === authentication ? unsupported[head.readInt32BE(5)] : undefined;
	return method === undefined
		? foreign(place)
		: {
				code: 'authentication',
				message: `The server asks for authentication by ${method}, which is not supported.`,
				hint: 'Allow scram-sha-256 for this role in pg_hba.conf.',
			};
};

/**
 * Turns a broken protocol message, which throws in the driver's parser, into the end of this stream instead of the process; so are
 * more bytes than the intake takes, before the driver keeps them.
 */
export const guarded = <S extends Stream>(stream: S, place: ServerName, take: Intake['take'] = bytes => bytes): S => {
	const emit = stream.emit.bind(stream) as (event: string, ...args: unknown[]) => boolean;
	let head: Buffer = Buffer.alloc(0);
	stream.emit = (event: string, ...args: unknown[]) => {
		if (event !== 'data') return emit(event, ...args);
		if (head.length < headBytes && Buffer.isBuffer(args[0])) head = Buffer.concat([head, args[0]]).subarray(0, headBytes);
		try {
			if (!beginnings.has(head[0] ?? 0)) throw new Error('not the PostgreSQL protocol');
			const passed = take(args[0] as Buffer);
			return passed.length === 0 || emit(event, passed);
		} catch (error) {
			stream.destroy(error instanceof ConnectionError ? error : new ConnectionError(unparsed(head, place)));
			return true;
		}
	};
	return stream;
};

/** Calls back if the server answers the request for TLS with N, before the driver reports that. */
export const onTlsRefused = (
	socket: {once: (event: 'data', listener: (bytes: Buffer) => void) => unknown},
	refused: (error: ConnectionError) => void,
): void => {
	socket.once('data', bytes => {
		if (bytes.toString('latin1') === 'N') refused(new ConnectionError(noTls));
	});
};

const unproven: Failure = {
	code: 'authentication',
	message: 'The server did not prove that it knows the password.',
	hint: 'It may be another server than it claims to be: check -h, and the password.',
};

const unagreed: Failure = {
	code: 'authentication',
	message: 'The server and pgtriage could not agree on a password method.',
	hint: 'Check the password and the method in pg_hba.conf.',
};

const unoffered = (mechanisms: readonly string[]): Failure => ({
	code: 'authentication',
	message: `The server asks for authentication by ${mechanisms.join(' or ')}, which is not supported.`,
	hint: 'Allow scram-sha-256 for this role in pg_hba.conf.',
});

const isScram = (mechanism: string): boolean => mechanism === 'SCRAM-SHA-256' || mechanism === 'SCRAM-SHA-256-PLUS';

/** Exchange of a password during a login. */
export type Exchange = {
	readonly asked: () => LoginFacts['asked'];
	/** Calls back if the exchange fails on our side, before the driver reports that. */
	readonly onFailure: (failed: (error: ConnectionError) => void) => void;
};

/** Follows the exchange of a password; attach before the client connects. */
export const followExchange = ({connection}: Client): Exchange => {
	let asked: LoginFacts['asked'];
	let failure: Failure | undefined;
	connection.on('authenticationCleartextPassword', () => {
		asked = 'cleartext';
	});
	connection.on('authenticationMD5Password', () => {
		asked = 'md5';
	});
	connection.on('authenticationSASL', ({mechanisms}: {readonly mechanisms: readonly string[]}) => {
		asked = 'scram';
		failure = mechanisms.some(isScram) ? unagreed : unoffered(mechanisms);
	});
	connection.on('authenticationSASLFinal', () => {
		failure = unproven;
	});
	connection.on('authenticationOk', () => {
		failure = undefined;
	});
	return {
		asked: () => asked,
		onFailure: failed => {
			connection.on('error', (error: Error & {readonly code?: unknown}) => {
				// Errors of the socket and of TLS have a code, and those of the parser and the password file are our own.
				if (failure && error.code === undefined && !(error instanceof ConnectionError)) failed(new ConnectionError(failure));
			});
		},
	};
};
