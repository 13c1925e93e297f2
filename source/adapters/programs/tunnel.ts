import {type AddressInfo, connect, createServer} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import type {Failure} from '../../core/sample/sample.ts';
import {clean} from '../../core/text/clean.ts';
import {fullStop} from '../../core/text/sentence.ts';
import {loopback, type ServerAddress, type Tunnel} from '../connect/endpoints.ts';
import {ConnectionError} from '../connect/failures.ts';
import {filledWith} from './placeholders.ts';
import {type Program, startProgram} from './program.ts';

/** A tunnel that a program keeps open; it is started when a login needs it. */
export type RunningTunnel = Tunnel & {
	/** Ends the program; resolves when it has ended. */
	readonly stop: () => Promise<void>;
};

const stepMs = 50;
const probeMs = 1000;
const mostStarts = 3;
const mostLines = 3;
const mostQuoted = 400;

/** A port of 127.0.0.1 that nothing listens at. */
const freePort = (): Promise<number> =>
	new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(0, loopback, () => {
			const {port} = server.address() as AddressInfo;
			server.close(() => resolve(port));
		});
	});

const isTaken = (port: number): Promise<boolean> =>
	new Promise(resolve => {
		const server = createServer();
		server.once('error', () => resolve(true));
		server.listen(port, loopback, () => server.close(() => resolve(false)));
	});

/** True if a port takes a connection, which is closed at once: the server sees one that says nothing. */
const isOpen = (port: number): Promise<boolean> =>
	new Promise(resolve => {
		const socket = connect({host: loopback, port});
		const finish = (open: boolean): void => {
			socket.destroy();
			resolve(open);
		};
		socket.setTimeout(probeMs, () => finish(false));
		socket.once('error', () => finish(false)).once('connect', () => finish(true));
	});

/** What a tunnel wrote to stderr last: its reason follows what it reported before. */
const lastLines = (complaint: string): string => {
	const lines = complaint.split('\n').map(text => text.trim());
	const text = lines
		.filter(line => line !== '')
		.slice(-mostLines)
		.join('; ');
	return text.slice(0, mostQuoted);
};

const failureOf = (name: string, what: string, complaint: string, hint: string): Failure => {
	const said = lastLines(complaint);
	return {code: 'tunnel', message: fullStop(clean(`The tunnel ${name} ${what}${said === '' ? '' : `: ${said}`}`)), hint};
};

type Running = {readonly port: number; readonly program: Program; failure: string | undefined};

/** Starts the program with a free port. */
const startAt = async (words: readonly string[], {host, hostaddr, port: serverPort}: ServerAddress): Promise<Running> => {
	const port = await freePort();
	const values = {port: String(port), host: hostaddr ?? host, server_port: String(serverPort)};
	const running: Running = {port, program: startProgram(filledWith(words, values)), failure: undefined};
	void running.program.ended.then(({failure}) => {
		running.failure = failure ?? 'ended (status 0)';
	});
	return running;
};

/** Waits until the port of a program takes connections; false if the program ends first, or after the limit. */
const opened = async (running: Running, longestMs: number): Promise<boolean> => {
	const until = performance.now() + longestMs;
	while (running.failure === undefined && performance.now() < until) {
		const open = await isOpen(running.port);
		// A program that finds its port taken by another one ends at once.
		await delay(stepMs);
		if (open && running.failure === undefined) return true;
	}
	return false;
};

const checkIt = 'Run it in a shell with a port in place of {port}: it has to stay in the foreground.';

/**
 * Creates a tunnel to a server from the words of its command, in which `{port}`, `{host}` and `{server_port}` are replaced. Nothing
 * runs before the first login. The port has to open within `longestMs`. The end of the program is the failure of the next login, and the one after it starts the program again.
 */
export const createTunnel = (words: readonly string[], address: ServerAddress, longestMs: number): RunningTunnel => {
	const name = words[0] ?? '';
	let newest: Running | undefined;
	let isUp = false;
	let opening: Promise<number> | undefined;
	const open = async (): Promise<number> => {
		for (let starts = 1; ; starts++) {
			const running = await startAt(words, address);
			newest = running;
			isUp = await opened(running, longestMs);
			if (isUp) return running.port;
			if (running.failure !== undefined && starts < mostStarts && (await isTaken(running.port))) continue;
			running.program.end();
			const what = running.failure ?? `did not open port ${running.port} within ${longestMs / 1000} s`;
			throw new ConnectionError(failureOf(name, what, running.program.complaint(), checkIt));
		}
	};
	return {
		port: async () => {
			if (isUp && newest) {
				const {failure, port, program} = newest;
				if (failure === undefined) return port;
				isUp = false;
				throw new ConnectionError(failureOf(name, failure, program.complaint(), 'It is started again.'));
			}
			opening ??= open().finally(() => {
				opening = undefined;
			});
			return opening;
		},
		stop: async () => {
			newest?.program.end();
			await newest?.program.ended;
		},
	};
};
