import {randomBytes} from 'node:crypto';
import {type AddressInfo, connect, createServer, type Socket} from 'node:net';
import {TLSSocket} from 'node:tls';
import {endsWithTest} from '../lifetime.ts';

/**
 * What a proxy does: `pass` everything on; `freeze` lets nothing through and closes nothing; `refuse` resets every connection;
 * `garbage` replaces, and `cut` breaks off in the middle of, whatever the server says next.
 */
export type ProxyMode = 'pass' | 'freeze' | 'refuse' | 'garbage' | 'cut';

/** How fast a proxy passes on: `delayMs` each way, and, towards the client, so many bytes a second. */
export type Link = {readonly delayMs?: number; readonly bytesPerSecond?: number};

/** A TCP proxy before a server, which ends with the test that starts it; `accepted` counts the connections made to it, `tries` has the monotonic time of each. */
export type Proxy = AsyncDisposable & {
	readonly host: '127.0.0.1';
	readonly port: number;
	set(mode: ProxyMode, link?: Link): void;
	/** Fails over: the connections break, and the next ones reach another server at the same port. */
	failOver(path: string): void;
	accepted(): number;
	tries(): readonly number[];
	close(): Promise<void>;
};

const tlsRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Starts a proxy to a unix socket; with a certificate it offers TLS itself, without one it leaves the offer to the server. */
export const startProxy = async (path: string, certificate?: {readonly key: string; readonly cert: string}): Promise<Proxy> => {
	let upstreamPath = path;
	let mode: ProxyMode = 'pass';
	let link: Link = {};
	const tries: number[] = [];
	// All connections share the one line to the client.
	let lineFreeAt = 0;
	const sockets = new Set<Socket>();
	const clients = new Set<Socket>();
	const keep = (socket: Socket): Socket => {
		sockets.add(socket);
		return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
	};
	const relay = (client: Socket, first: Buffer): void => {
		const upstream = keep(connect(upstreamPath));
		const send = (to: Socket, bytes: Buffer): void => {
			if (mode === 'freeze') return;
			const {delayMs = 0, bytesPerSecond} = link;
			const thin = bytesPerSecond !== undefined && to === client;
			const size = thin ? Math.max(1, bytesPerSecond / 20) : bytes.length;
			for (let from = 0; from < bytes.length; from += size) {
				const piece = bytes.subarray(from, from + size);
				const now = performance.now();
				if (thin) lineFreeAt = Math.max(now, lineFreeAt) + (1000 * piece.length) / bytesPerSecond;
				const inMs = delayMs + (thin ? lineFreeAt - now : 0);
				if (inMs > 0) setTimeout(() => mode === 'freeze' || to.write(piece), inMs);
				else to.write(piece);
			}
		};
		upstream.write(first);
		client.on('data', bytes => send(upstream, bytes));
		upstream.on('data', bytes => {
			if (mode === 'garbage') client.write(Buffer.concat([Buffer.from('T\0\0\0\x40\x7f\xff', 'latin1'), randomBytes(200)]));
			else if (mode === 'cut') client.write(bytes.subarray(0, bytes.length >> 1), () => client.destroy());
			else send(client, bytes);
		});
		// Frozen networks do not tell that the other side went away.
		upstream.on('close', () => mode === 'freeze' || client.destroy());
		client.on('close', () => mode === 'freeze' || upstream.destroy());
	};
	const server = createServer(client => {
		tries.push(performance.now());
		clients.add(keep(client).once('close', () => clients.delete(client)));
		if (mode === 'refuse') {
			client.resetAndDestroy();
			return;
		}
		client.once('data', first => {
			if (mode === 'freeze') return;
			if (certificate === undefined || !first.equals(tlsRequest)) {
				relay(client, first);
				return;
			}
			client.write('S');
			const secure = new TLSSocket(client, {isServer: true, ...certificate});
			keep(secure).once('data', bytes => relay(secure, bytes));
		});
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	let closed: Promise<void> | undefined;
	const close = (): Promise<void> => {
		closed ??= new Promise(resolve => {
			mode = 'pass';
			for (const socket of sockets) socket.destroy();
			server.close(() => resolve());
		});
		return closed;
	};
	endsWithTest(close);
	return {
		host: '127.0.0.1',
		port: (server.address() as AddressInfo).port,
		set: (next, given = {}) => {
			mode = next;
			link = given;
			lineFreeAt = 0;
			if (next === 'refuse') for (const client of clients) client.resetAndDestroy();
		},
		failOver: next => {
			upstreamPath = next;
			for (const client of clients) client.resetAndDestroy();
		},
		accepted: () => tries.length,
		tries: () => tries,
		close,
		[Symbol.asyncDispose]: close,
	};
};
