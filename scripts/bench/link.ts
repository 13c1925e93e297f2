import {connect, createServer, type Socket} from 'node:net';
import type {BenchServer} from './server.ts';

/** A slow link to a server: a port of this host through which all connections share the rate. */
export type Link = {
	readonly host: string;
	readonly port: number;
	/** Bytes that went through so far, from and to the server. */
	readonly carried: () => {readonly down: number; readonly up: number};
	readonly leave: () => Promise<void>;
};

/** A link by its round trip, the bytes a second from the server, and the part of the packets that are lost. */
export type LinkKind = {readonly roundTripMs: number; readonly bytesPerSecond: number; readonly lost: number};

// Data of one packet on Ethernet.
const packetBytes = 1448;
// A lost packet comes again after the time that TCP waits for its acknowledgment, and all behind it wait for it.
const repeatMs = (roundTripMs: number): number => roundTripMs + 200;
// What is under way at most, as with a window of this size.
const windowBytes = 64_000;

/** Opens a link to a server. */
export const openLink = async (ground: Pick<BenchServer, 'host' | 'port'>, kind: LinkKind): Promise<Link> => {
	const {roundTripMs, bytesPerSecond, lost} = kind;
	const msOf = (bytes: number): number => (bytes / bytesPerSecond) * 1000;
	const carried = {down: 0, up: 0};
	/** When the link has sent what it was given so far. */
	let free = 0;
	const carry = (from: Socket, to: Socket, way: 'down' | 'up'): void => {
		let arrival = 0;
		const underWay: {readonly part: Buffer; readonly arrival: number}[] = [];
		// One timer for all, because timers of the same moment may fire in any order.
		const deliver = (): void => {
			for (let next = underWay[0]; next && next.arrival <= performance.now(); next = underWay[0]) {
				underWay.shift();
				if (!to.destroyed) to.write(next.part);
			}
			if (underWay[0]) setTimeout(deliver, Math.max(0, underWay[0].arrival - performance.now()));
			else if (from.destroyed) to.destroy();
		};
		const send = (part: Buffer): void => {
			const now = performance.now();
			carried[way] += part.length;
			if (way === 'down') free = Math.max(free, now) + msOf(part.length);
			const sent = way === 'down' ? free : now;
			const again = Math.random() < lost ? repeatMs(roundTripMs) : 0;
			arrival = Math.max(arrival, sent + roundTripMs / 2 + again);
			underWay.push({part, arrival});
			if (underWay.length === 1) setTimeout(deliver, Math.max(0, arrival - now));
		};
		from.on('data', data => {
			for (let at = 0; at < data.length; at += packetBytes) send(data.subarray(at, at + packetBytes));
			if (way === 'up' || free - performance.now() <= msOf(windowBytes)) return;
			from.pause();
			setTimeout(() => from.resume(), msOf(windowBytes) / 2);
		});
		from.on('error', () => {});
		// What was sent before the end arrives before it.
		from.on('close', () => {
			if (underWay.length === 0) setTimeout(() => to.destroy(), roundTripMs / 2);
		});
	};
	const socket = `${ground.host}/.s.PGSQL.${ground.port}`;
	const server = createServer(client => {
		const behind = ground.host.startsWith('/') ? connect(socket) : connect(ground.port, ground.host);
		carry(client, behind, 'up');
		carry(behind, client, 'down');
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	return {
		host: '127.0.0.1',
		port: typeof address === 'object' ? (address?.port ?? 0) : 0,
		carried: () => ({...carried}),
		leave: () => new Promise(resolve => server.close(() => resolve())),
	};
};
