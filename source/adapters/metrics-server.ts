import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';

/** The text of a page and its content type. */
export type MetricsPage = {readonly type: string; readonly text: string};

/** A running server of metrics. */
export type MetricsServer = {readonly port: number; readonly close: () => Promise<void>};

// One Prometheus needs one connection, a pair of them two.
const mostConnections = 64;
const mostHeaderBytes = 8192;
const requestMs = 5000;
// A reader that takes nothing for this long is gone.
const silentMs = 10_000;

const plain = 'text/plain; charset=utf-8';

const answer = (request: IncomingMessage, response: ServerResponse, status: number, {type, text}: MetricsPage): void => {
	response.writeHead(status, {
		'Content-Type': type,
		'Content-Length': Buffer.byteLength(text),
		'Cache-Control': 'no-store',
		'X-Content-Type-Options': 'nosniff',
		...(status === 405 && {Allow: 'GET, HEAD'}),
		// What follows a refused request is not read.
		...(status >= 400 && {Connection: 'close'}),
	});
	response.end(request.method === 'HEAD' ? undefined : text);
};

const hasBody = ({headers}: IncomingMessage): boolean =>
	headers['transfer-encoding'] !== undefined || !/^0*$/.test(headers['content-length'] ?? '');

const respond =
	(page: (accept: string | undefined) => MetricsPage) =>
	(request: IncomingMessage, response: ServerResponse): void => {
		const say = (status: number, text: string): void => answer(request, response, status, {type: plain, text: `${text}\n`});
		const path = (request.url ?? '').replace(/\?.*$/s, '');
		if (request.method !== 'GET' && request.method !== 'HEAD') say(405, 'Only GET and HEAD are answered.');
		else if (hasBody(request)) say(413, 'A request has no body here.');
		else if (path === '/metrics') answer(request, response, 200, page(request.headers.accept));
		else if (path === '/') say(200, 'pgtriage: metrics are at /metrics.');
		else say(404, 'Metrics are at /metrics.');
	};

const closed = (server: Server): Promise<void> =>
	new Promise(resolve => {
		server.close(() => resolve());
		server.closeAllConnections();
	});

/**
 * Serves a page at /metrics, with bounded connections, request sizes and times; rejects with the error of Node if it cannot listen.
 * The page is made for each request, with its Accept header.
 */
export const serveMetrics = async (
	{host, port}: {readonly host: string; readonly port: number},
	page: (accept: string | undefined) => MetricsPage,
): Promise<MetricsServer> => {
	const options = {
		maxHeaderSize: mostHeaderBytes,
		headersTimeout: requestMs,
		requestTimeout: requestMs,
		keepAliveTimeout: requestMs,
		connectionsCheckingInterval: 1000,
	};
	const server = createServer(options, respond(page));
	server.maxConnections = mostConnections;
	server.setTimeout(silentMs);
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, host, () => {
			server.off('error', reject);
			resolve();
		});
	});
	server.on('error', () => {});
	return {port: (server.address() as AddressInfo).port, close: () => closed(server)};
};
