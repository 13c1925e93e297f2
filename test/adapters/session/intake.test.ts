import {createServer, type Socket} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, expect, it} from 'vitest';
import {ConnectionError, serverName} from '../../../source/adapters/connect/failures.ts';
import {createIntake} from '../../../source/adapters/session/intake.ts';
import {logIn} from '../../../source/adapters/session/log-in.ts';
import {endsWithTest} from '../../lifetime.ts';
import {laneTo, ready, targetOf, until} from '../../postgres/lanes.ts';
import {columns, complete, message, readyForQuery, row} from './wire.ts';

const place = serverName({host: 'db1', port: 5432, user: 'ada', dbname: 'app'});

/** A message that announces more than it brings. */
const announcing = (code: string, length: number): Buffer => {
	const header = Buffer.alloc(5);
	header.write(code);
	header.writeUInt32BE(length, 1);
	return header;
};

const authenticated = message('R', Buffer.alloc(4));
const key = message('K', Buffer.from([0, 0, 0, 7, 0, 0, 0, 9]));
const loggedIn = Buffer.concat([authenticated, message('S', 'server_version\x0018.4\0'), key, readyForQuery]);
const done = Buffer.concat([complete, readyForQuery]);
// The fields of the first message of a session, and an answer to any other.
const greeted = Buffer.concat([columns('a', 'b', 'c', 'd', 'e'), row('', '7', 'f', 'off', '20260101'), done]);
const clock = Buffer.concat([columns('c'), row('2026-11-22 14:30:00+00'), complete]);

/** Writes the same bytes for as long as somebody reads them. */
const forever = async (socket: Socket, bytes: Buffer): Promise<void> => {
	const block = Buffer.concat(Array.from({length: Math.max(1, Math.floor(1_000_000 / bytes.length))}, () => bytes));
	while (!socket.destroyed) {
		if (socket.write(block)) await delay(0);
		else await new Promise(resolve => socket.once('drain', resolve).once('close', resolve));
	}
};

type Lie = 'at login' | 'in the greeting' | 'in an answer';

/** A server that is PostgreSQL up to its lie. */
const startLiar = async (when: Lie, lie: (socket: Socket) => unknown) => {
	const closed: Socket[] = [];
	const server = createServer(socket => {
		let messages = 0;
		socket.on('error', () => {}).on('close', () => closed.push(socket));
		socket.on('data', () => {
			const number = messages++;
			if (number === 0) return when === 'at login' ? lie(socket) : socket.write(loggedIn);
			if (number === 1) return when === 'in the greeting' ? lie(socket) : socket.write(greeted);
			return number === 2 ? socket.write(done) : lie(socket);
		});
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const sockets = new Set<Socket>();
	server.on('connection', socket => sockets.add(socket));
	endsWithTest(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('no port');
	return {target: targetOf({host: '127.0.0.1', port: address.port}, {sslmode: 'disable', connect_timeout: '60'}), closed};
};

/** The most memory that the process had while something ran, less what it had before. */
const growthDuring = async <T>(work: () => Promise<T>): Promise<{readonly result: T; readonly bytes: number}> => {
	const before = process.memoryUsage.rss();
	let most = before;
	const timer = setInterval(() => {
		most = Math.max(most, process.memoryUsage.rss());
	}, 5);
	const result = await work().finally(() => clearInterval(timer));
	return {result, bytes: most - before};
};

const limits = {purpose: 'polling', statementTimeoutMs: 5000, lockTimeoutMs: 200} as const;

const lies: readonly (readonly [string, (socket: Socket) => unknown])[] = [
	['endless rows', socket => forever(socket, row('x'.repeat(1000)))],
	['endless empty rows', socket => forever(socket, row())],
	['endless notices', socket => forever(socket, message('N', `SNOTICE\0M${'x'.repeat(1000)}\0\0`))],
	['endless parameters', socket => forever(socket, message('S', 'name\0value\0'))],
	[
		'one field of 2 GB',
		socket => {
			socket.write(announcing('D', 2_000_000_000));
			void forever(socket, Buffer.alloc(1_000_000));
		},
	],
	[
		'a huge length and silence',
		socket => {
			socket.write(announcing('R', 0xffff_fffe));
		},
	],
];

describe.each(lies)('%s', (_, lie) => {
	it.each<Lie>(['at login', 'in the greeting'])('%s end the login with a sentence, in little memory', async when => {
		const {target, closed} = await startLiar(when, lie);
		const entering = () => logIn(target, {limits, signal: new AbortController().signal, onLost: () => {}}).catch(String);
		const {result, bytes} = await growthDuring(entering);
		expect(result).toMatch(
			when === 'at login'
				? /127\.0\.0\.1:\d+ does not speak the PostgreSQL protocol\.$/
				: /The server (sent more than 64|announced a row or message of more than 16) MB\b.*, so its connection was closed\.$/,
		);
		await expect.poll(() => closed.length).toBe(1);
		expect(bytes).toBeLessThan(when === 'at login' ? 60e6 : 250e6);
	});

	it('as an answer end the session with a sentence, in little memory', async () => {
		const {target, closed} = await startLiar('in an answer', socket => {
			socket.write(clock);
			return lie(socket);
		});
		await using lane = laneTo(target);
		await ready(lane);
		const {result, bytes} = await growthDuring(() => lane.run({name: 'sessions', sql: 'select 1', deadlineMs: 30_000}));
		expect(result).toMatchObject({
			ok: false,
			error: {code: 'flood', message: expect.stringMatching(/^The server .* MB\b.*, so its connection was closed\.$/)},
		});
		await expect.poll(() => closed.length).toBeGreaterThan(0);
		await until(lane, ({generation}) => generation > 1);
		expect(bytes).toBeLessThan(250e6);
	});
});

describe('the intake', () => {
	const error = (chunks: Iterable<Buffer>): string => {
		const {take} = createIntake(place);
		try {
			for (const chunk of chunks) take(chunk);
		} catch (thrown) {
			if (thrown instanceof ConnectionError) return thrown.failure.code;
			throw thrown;
		}
		return 'taken';
	};
	const login = Buffer.concat([authenticated, readyForQuery]);
	const large = message('D', Buffer.alloc(15 * 1024 ** 2));

	it.each([1, 2, 3, 5, 7, 1000, 100_000])('takes messages in pieces of %i bytes', size => {
		const all = Buffer.concat([loggedIn, greeted, message('D', Buffer.alloc(20_000)), done, login]);
		const pieces = Array.from({length: Math.ceil(all.length / size)}, (_, at) => all.subarray(at * size, (at + 1) * size));
		expect(error(pieces)).toBe('taken');
	});

	it('takes 60 MB as one answer, any number of times', () => {
		const answer = [large, large, large, large, readyForQuery];
		expect(error([login, ...answer, ...answer, ...answer])).toBe('taken');
	});

	it('takes less if it expects plans', () => {
		const {take, expectPlans} = createIntake(place);
		for (const chunk of [login, large, readyForQuery]) take(chunk);
		expectPlans();
		for (const chunk of [large, readyForQuery, large]) take(chunk);
		expect(() => take(large)).toThrow('more than 16 MB as one answer');
	});

	it.each([
		['a long login', [message('N', Buffer.alloc(300_000))], 'protocol'],
		['HTTP', [Buffer.from('HTTP/1.1 400 Bad Request\r\n')], 'protocol'],
		['a length that is too short for itself', [announcing('R', 3)], 'protocol'],
		['a long message', [login, announcing('D', 17 * 1024 ** 2)], 'flood'],
		['a long answer', [login, large, large, large, large, large], 'flood'],
	])('refuses %s', (_, chunks, code) => {
		expect(error(chunks)).toBe(code);
	});
});
