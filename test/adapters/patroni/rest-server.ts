import {createServer, type IncomingMessage, type RequestListener, type ServerResponse} from 'node:http';
import {createServer as createTlsServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {endsWithTest} from '../../lifetime.ts';

/** A REST API of a test on loopback, and the paths that it was asked for. */
export type RestServer = {
	readonly url: string;
	readonly port: number;
	readonly asked: readonly string[];
	readonly close: () => Promise<void>;
};

/** Starts a REST API, by https with a certificate for 127.0.0.1; it ends with the test. */
export const startRest = async (
	answer: RequestListener,
	certificate?: {readonly key: string; readonly cert: string},
): Promise<RestServer> => {
	const asked: string[] = [];
	const listener = (request: IncomingMessage, response: ServerResponse): void => {
		asked.push(`${request.method} ${request.url}`);
		answer(request, response);
	};
	const server = certificate ? createTlsServer(certificate, listener) : createServer(listener);
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const close = (): Promise<void> => {
		server.closeAllConnections();
		return new Promise(resolve => server.close(() => resolve()));
	};
	endsWithTest(close);
	const {port} = server.address() as AddressInfo;
	return {url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`, port, asked, close};
};

/** Answers by path as JSON, and 404 for others. */
export const answering =
	(answers: () => Readonly<Record<string, unknown>>): RequestListener =>
	({url}, response) => {
		const body = answers()[url ?? ''];
		response.writeHead(body === undefined ? 404 : 200, {'content-type': 'application/json'});
		response.end(JSON.stringify(body ?? {}));
	};

/** A member as `GET /cluster` lists it. */
export const memberJson = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
	name,
	role: 'replica',
	state: 'running',
	host: '10.0.0.1',
	port: 5432,
	timeline: 1,
	...more,
});

/** An answer to `GET /patroni`. */
export const statusJson = (more: Readonly<Record<string, unknown>> = {}) => ({
	state: 'running',
	role: 'master',
	postmaster_start_time: '2026-11-30 01:05:56.682723+00:00',
	timeline: 1,
	dcs_last_seen: 1_796_000_771,
	database_system_identifier: '7713764502071459713',
	patroni: {version: '3.0.2', scope: 'shop'},
	...more,
});
