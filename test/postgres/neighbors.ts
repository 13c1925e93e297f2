import {appendFileSync} from 'node:fs';
import {type AddressInfo, connect as connectTo, createServer, type Socket} from 'node:net';
import {join} from 'node:path';
import type {Server} from '../../source/demo/server.ts';
import {connect, startStandby} from './servers.ts';

/** Loopback addresses at which nothing else on this machine listens, one for each host of a cluster. */
export const hostAddresses = [84, 85, 86, 87].map(
	first => `127.${first}.${1 + (process.pid % 250)}.${1 + (Math.trunc(process.pid / 250) % 250)}`,
) as [string, string, string, string];

/** Accepts clients, standbys too, from every loopback address. */
export const acceptNeighbors = async (server: Server): Promise<void> => {
	appendFileSync(join(server.directory, 'pg_hba.conf'), '\nhost all,replication all 127.0.0.0/8 trust\n');
	await using session = await connect(server);
	await session.query('select pg_reload_conf()');
};

/** A way to a server on which its clients come from another host: a port of 127.0.0.1 whose connections leave from an address. */
export type Road = {readonly host: '127.0.0.1'; readonly port: number; readonly close: () => Promise<void>};

/** Opens a way from one address to a server at another. */
export const openRoad = async (from: string, to: {readonly host: string; readonly port: number}): Promise<Road> => {
	const sockets = new Set<Socket>();
	const keep = (socket: Socket): Socket => {
		sockets.add(socket);
		return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
	};
	const listener = createServer(client => {
		const upstream = keep(connectTo({...to, localAddress: from}));
		keep(client).on('close', () => upstream.destroy());
		upstream.on('close', () => client.destroy());
		client.pipe(upstream).pipe(client);
	});
	await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve));
	return {
		host: '127.0.0.1',
		port: (listener.address() as AddressInfo).port,
		close: () =>
			new Promise(resolve => {
				for (const socket of sockets) socket.destroy();
				listener.close(() => resolve());
			}),
	};
};

/** A standby at an address of its own, from which it connects to its primary, and the way on which it does. */
export const startNeighbor = async (
	primary: {readonly server: Server; readonly address: string},
	address: string,
	name: string,
	settings: Readonly<Record<string, string>> = {},
): Promise<{readonly server: Server; readonly road: Road}> => {
	const road = await openRoad(address, {host: primary.address, port: primary.server.port});
	try {
		const way = {...primary.server, host: road.host, port: road.port};
		return {server: await startStandby(way, {listen_addresses: address, ...settings}, name), road};
	} catch (error) {
		await road.close();
		throw error;
	}
};
