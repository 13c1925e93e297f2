import type {IncomingMessage} from 'node:http';
import type {Failure} from '../../core/sample/sample.ts';
import {builtins} from '../../system/builtins.ts';
import {ConnectionError} from '../connect/failures.ts';

/** What is asked of a member: nothing else is ever sent. */
export type PatroniPath = '/cluster' | '/patroni' | '/history';

const deadlineMs = 2000;
const mostBytes = 1024 * 1024;

const failed = (code: string, message: string, hint: string): ConnectionError => new ConnectionError({code, message, hint});

const nameApi = 'Use the address of the REST API of a member in --patroni; its port is 8008 by default.';

/** Failures by error code of the operating system. */
const systems: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
	ECONNREFUSED: ['refuses connections', `Is Patroni running there? ${nameApi}`],
	ENOTFOUND: ['has a host name that cannot be resolved', 'Check the spelling in --patroni, and DNS.'],
	EAI_AGAIN: ['has a host name for which DNS does not answer', 'Use the IP address in --patroni.'],
	EHOSTUNREACH: ['cannot be reached (no route to host)', 'Check the network and --patroni.'],
	ENETUNREACH: ['cannot be reached (no route to host)', 'Check the network and --patroni.'],
	ECONNRESET: [
		'closed the connection without an answer',
		'It is asked again. A member without its configuration store answers like this.',
	],
	EPROTO: ['does not use TLS as expected', 'Use http or https in --patroni as the REST API does.'],
};

const certificate = /^(?:CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)|_SIGNED_CERT|CERTIFICATE/;
const tls = /^ERR_SSL_/;

/** Any error of a request as a failure, with our own words only. */
const failureFor = (error: unknown, origin: string): ConnectionError => {
	if (error instanceof ConnectionError) return error;
	const {code, name} = (error ?? {}) as {readonly code?: unknown; readonly name?: unknown};
	const known = typeof code === 'string' ? code : '';
	if (name === 'TimeoutError' || name === 'AbortError' || known === 'ABORT_ERR')
		return failed('deadline', `Patroni at ${origin} did not answer within ${deadlineMs / 1000} s.`, 'It is asked again.');
	if (certificate.test(known))
		return failed(
			'certificate',
			`The certificate of Patroni at ${origin} is not trusted (${known}).`,
			'Start pgtriage with NODE_EXTRA_CA_CERTS=FILE, the certificate of its authority.',
		);
	const [reason, hint] = systems[tls.test(known) ? 'EPROTO' : known] ?? ['does not answer as an HTTP server', nameApi];
	return failed(known || 'protocol', `Patroni at ${origin} ${reason}.`, hint);
};

/** Body of an answer within the limit, as JSON. */
const bodyOf = async (response: IncomingMessage, origin: string): Promise<unknown> => {
	const parts: Buffer[] = [];
	let size = 0;
	for await (const part of response as AsyncIterable<Buffer>) {
		size += part.length;
		if (size > mostBytes) throw failed('too_large', `Patroni at ${origin} sends more than ${mostBytes / 1024 ** 2} MB.`, nameApi);
		parts.push(part);
	}
	try {
		return JSON.parse(Buffer.concat(parts).toString('utf8'));
	} catch {
		throw failed('not_json', `${origin} is not the REST API of Patroni: it does not send JSON.`, nameApi);
	}
};

const assertOk = ({statusCode = 0}: IncomingMessage, origin: string): void => {
	if (statusCode === 200) return;
	if (statusCode >= 300 && statusCode < 400)
		throw failed('redirect', `Patroni at ${origin} redirects (HTTP ${statusCode}), which is not followed.`, nameApi);
	throw failed('status', `Patroni at ${origin} answers with HTTP ${statusCode}.`, nameApi);
};

/**
 * Asks a REST API for one path: no redirect is followed, the whole answer takes at most two seconds and 1 MB, and certificates are
 * verified. Rejects with a ConnectionError.
 */
export const readPatroni = async (origin: string, path: PatroniPath, stopped: AbortSignal): Promise<unknown> => {
	const answered = Promise.withResolvers<IncomingMessage>();
	const {request: send} = origin.startsWith('https:') ? builtins.https() : builtins.http();
	const signal = AbortSignal.any([AbortSignal.timeout(deadlineMs), stopped]);
	const request = send(`${origin}${path}`, {agent: false, signal, headers: {accept: 'application/json'}});
	request.once('response', answered.resolve);
	request.on('error', answered.reject);
	request.end();
	try {
		const response = await answered.promise;
		assertOk(response, origin);
		return await bodyOf(response, origin);
	} catch (error) {
		throw failureFor(signal.aborted ? signal.reason : error, origin);
	} finally {
		request.destroy();
	}
};

/** Failure of an answer that is JSON, but not Patroni's. */
export const notPatroni = (origin: string): Failure => ({
	code: 'not_patroni',
	message: `${origin} is not the REST API of Patroni: it sends no list of members.`,
	hint: nameApi,
});
