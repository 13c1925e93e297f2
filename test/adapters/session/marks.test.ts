import {type AddressInfo, createServer, type Socket} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {resolveConnection} from '../../../source/adapters/connect/connection.ts';
import {failureOf, serverName} from '../../../source/adapters/connect/failures.ts';
import {logIn} from '../../../source/adapters/session/log-in.ts';
import type {Failure} from '../../../source/core/sample/sample.ts';
import {endsWithTest} from '../../lifetime.ts';

/** One step of a server: what it answers to the next bytes of a client; undefined closes the connection. */
type Step = (bytes: Buffer) => Buffer | readonly Buffer[] | undefined;

/** The failure of a login at a server that goes through these steps. */
const failureAt = async (steps: readonly Step[], parameters = 'sslmode=disable password=secret'): Promise<Failure> => {
	const sockets: Socket[] = [];
	const server = createServer(socket => {
		sockets.push(socket);
		const left = [...steps];
		socket.setNoDelay(true).on('error', () => {});
		socket.on('data', async bytes => {
			const answer = left.shift()?.(bytes);
			if (answer === undefined) socket.destroy();
			for (const part of answer === undefined ? [] : [answer].flat()) {
				socket.write(part);
				// Each part arrives by itself.
				await delay(50);
			}
		});
	});
	endsWithTest(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const {port} = server.address() as AddressInfo;
	const target = resolveConnection({dbname: `host=127.0.0.1 port=${port} user=me ${parameters}`}, {HOME: '/nowhere'});
	const limits = {purpose: 'polling', statementTimeoutMs: 1000, lockTimeoutMs: 100} as const;
	return logIn(target, {limits, signal: new AbortController().signal, onLost: () => {}}).then(
		() => expect.fail('It was let in.'),
		(error: unknown) => failureOf(error, serverName(target)),
	);
};

/** An authentication request by its number in the protocol. */
const request = (code: number, more = Buffer.alloc(0)): Buffer => {
	const head = Buffer.alloc(9);
	head.write('R');
	head.writeInt32BE(8 + more.length, 1);
	head.writeInt32BE(code, 5);
	return Buffer.concat([head, more]);
};

const mechanisms = (...names: readonly string[]): Buffer => request(10, Buffer.from(`${names.join('\0')}\0\0`));

const nonceIn = (bytes: Buffer): string => /r=([^,]+)/.exec(bytes.toString('latin1'))?.[1] ?? '';

const continued = (nonce: string): Buffer => request(11, Buffer.from(`r=${nonce},s=${btoa('salt')},i=4096`));

test('a server that answers N to the request for TLS does not offer it', async () => {
	expect(await failureAt([() => Buffer.from('N')], 'sslmode=require')).toMatchObject({code: 'no_tls'});
});

test('a server that closes the connection without a word is lost', async () => {
	expect(await failureAt([() => undefined])).toMatchObject({code: 'connection_lost'});
	expect(await failureAt([() => request(0), () => undefined])).toMatchObject({code: 'login_timeout'});
}, 30_000);

test.each([
	[7, 'GSSAPI'],
	[9, 'SSPI'],
	[2, 'Kerberos V5'],
])('the request %i for authentication is named %s', async (code, name) => {
	const expected = {code: 'authentication', message: `The server asks for authentication by ${name}, which is not supported.`};
	expect(await failureAt([() => request(code)])).toMatchObject(expected);
	expect(await failureAt([() => [request(code).subarray(0, 4), request(code).subarray(4)]])).toMatchObject(expected);
});

test('a mechanism that is not SCRAM is named', async () => {
	expect(await failureAt([() => mechanisms('OAUTHBEARER')])).toMatchObject({
		code: 'authentication',
		message: 'The server asks for authentication by OAUTHBEARER, which is not supported.',
	});
});

test('a server that answers with the nonce of another exchange is not agreed with', async () => {
	expect(await failureAt([() => mechanisms('SCRAM-SHA-256'), () => continued('other')])).toMatchObject({
		code: 'authentication',
		message: 'The server and pgtriage could not agree on a password method.',
	});
});

test('a server that does not know the password is found out', async () => {
	const steps: readonly Step[] = [
		() => mechanisms('SCRAM-SHA-256'),
		bytes => continued(`${nonceIn(bytes)}more`),
		() => request(12, Buffer.from(`v=${btoa('x'.repeat(32))}`)),
	];
	expect(await failureAt(steps)).toMatchObject({
		code: 'authentication',
		message: 'The server did not prove that it knows the password.',
	});
});

test.each([
	['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
	['an unknown request for authentication', request(99)],
])('%s is not the PostgreSQL protocol', async (_, bytes) => {
	expect(await failureAt([() => bytes])).toMatchObject({code: 'protocol'});
});
