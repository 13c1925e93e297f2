import {connect, type Socket} from 'node:net';
import {builtins} from '../../system/builtins.ts';
import type {Encryption} from './tls.ts';

/** Backend that a CancelRequest is for, and the way to its server. */
export type CancelRoute = {
	readonly address: {readonly path: string} | {readonly host: string; readonly port: number};
	readonly encryption: Encryption;
	readonly pid: number;
	readonly secret: number;
};

const message = (...words: readonly number[]): Buffer => {
	const bytes = Buffer.alloc(4 + words.length * 4);
	bytes.writeInt32BE(bytes.length);
	for (const [index, word] of words.entries()) bytes.writeInt32BE(word, 4 + index * 4);
	return bytes;
};

const cancelCode = 80_877_102;
const tlsCode = 80_877_103;

/**
 * Sends a CancelRequest on a socket of its own. Resolves once the server has closed it, which happens after the signal was sent,
 * so that the next statement cannot be hit; at the latest after `limitMs`. Never rejects.
 */
export const sendCancel = async (route: CancelRoute, limitMs: number): Promise<void> =>
	new Promise(resolve => {
		const socket = connect(route.address);
		const sockets: Socket[] = [socket];
		const finish = (): void => {
			clearTimeout(timer);
			for (const one of sockets) one.destroy();
			resolve();
		};
		const timer = setTimeout(finish, limitMs);
		// Written but never half-closed: PgBouncer drops a cancel whose sender half-closes.
		const ask = (to: Socket): void => {
			to.write(message(cancelCode, route.pid, route.secret));
			to.resume();
		};
		const {encryption} = route;
		socket.on('error', finish).on('close', finish);
		socket.once('connect', () => {
			if (encryption === undefined) {
				ask(socket);
				return;
			}
			socket.once('data', answer => {
				if (answer.toString('latin1') !== 'S') {
					finish();
					return;
				}
				const secure = builtins.tls().connect({...encryption, socket});
				sockets.push(secure);
				secure.on('error', finish).on('close', finish);
				secure.once('secureConnect', () => ask(secure));
			});
			socket.write(message(tlsCode));
		});
	});
