import {spawn} from 'node:child_process';
import {closeSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import type {Binaries} from './binaries.ts';
import {enterPremises, type Installation, type Premises, runProgram} from './premises.ts';

/** Shutdown mode of a server: waits for its sessions, ends them, or skips the checkpoint. */
export type StopMode = 'smart' | 'fast' | 'immediate';

/** A PostgreSQL of the demo on a Unix socket in a temporary folder; every role can log in without a password. */
export type Server = {
	/** Data directory. */
	readonly directory: string;
	readonly socketDirectory: string;
	/** Host for clients: the same as `socketDirectory`. */
	readonly host: string;
	readonly port: number;
	readonly superuser: 'postgres';
	/** Major version, such as 18. */
	readonly version: number;
	readonly settings: Readonly<Record<string, string>>;
	/** Log of the server so far, from a byte on. */
	log(from?: number): string;
	/** Bytes of its log so far. */
	logSize(): number;
	/** Process ID of the postmaster; undefined while stopped. */
	pid(): number | undefined;
	stop(mode?: StopMode): Promise<void>;
	/** Starts again, after a fast stop if it is running. */
	restart(): Promise<void>;
	/** Stops without a checkpoint, so that the next start recovers. */
	crash(): Promise<void>;
	/** Stops and deletes its files; the last server of the process leaves nothing. */
	remove(): Promise<void>;
};

/**
 * Options of a server. `standbyOf` is the connection string of the primary that a standby streams from. `alone` promises that no
 * second server of this version follows, which saves the copy of the template.
 */
export type ServerOptions = {
	readonly binaries: Binaries;
	readonly settings?: Readonly<Record<string, string>>;
	readonly standbyOf?: string;
	readonly alone?: boolean;
};

type Postmaster = {readonly pid: number; readonly ended: () => boolean};

const port = 5432;
const startLimitMs = 30_000;
const stopLimitMs = 30_000;
const signals = {smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT'} as const;

// A throwaway cluster needs no durability. Memory-mapped shared memory is deleted with the folder.
const ownSettings: Readonly<Record<string, string>> = {
	fsync: 'off',
	listen_addresses: '',
	dynamic_shared_memory_type: 'mmap',
	logging_collector: 'off',
	log_destination: 'stderr',
};

const textOf = (path: string): string => {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
};

const sizeOf = (path: string): number => statSync(path, {throwIfNoEntry: false})?.size ?? 0;

/** Text of a file from a byte on. */
const textFrom = (path: string, from: number): string => {
	const bytes = Buffer.alloc(Math.max(0, sizeOf(path) - from));
	if (bytes.length === 0) return '';
	const file = openSync(path, 'r');
	const read = readSync(file, bytes, 0, bytes.length, from);
	closeSync(file);
	return bytes.toString('utf8', 0, read);
};

const launch = async (
	premises: Premises,
	installation: Installation,
	paths: {readonly directory: string; readonly log: string},
	settings: Readonly<Record<string, string>>,
): Promise<Postmaster> => {
	const {binaries, environment} = installation;
	const {directory, log} = paths;
	const output = openSync(log, 'a');
	const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
	const child = spawn(join(binaries.bin, 'postgres'), ['-D', directory, ...args], {
		...premises.owner,
		cwd: '/',
		env: environment,
		detached: true,
		stdio: ['ignore', output, output],
	});
	closeSync(output);
	const {pid} = child;
	let failure: string | undefined;
	let over = false;
	child.once('error', error => {
		failure = error.message;
		over = true;
	});
	if (pid !== undefined) premises.watchdog.watch(pid);
	child.once('exit', () => {
		over = true;
		if (pid !== undefined) premises.watchdog.forget(pid);
	});
	child.unref();
	const deadline = performance.now() + startLimitMs;
	// Line 1 is the pid of the postmaster and line 8 its status; a file left by a crash has another pid.
	for (;;) {
		const lines = textOf(join(directory, 'postmaster.pid')).split('\n');
		if (pid !== undefined && lines[0] === String(pid) && /^(ready|standby)/.test(lines[7] ?? '')) break;
		if (over || performance.now() > deadline) {
			if (!over) child.kill('SIGQUIT');
			throw new Error(`PostgreSQL ${binaries.version} did not start: ${failure ?? textOf(log).trim().slice(-800)}`);
		}
		await delay(5);
	}
	return {pid: pid ?? 0, ended: () => over};
};

const end = async (postmaster: Postmaster, mode: StopMode): Promise<void> => {
	const {pid, ended} = postmaster;
	if (ended()) return;
	// A postmaster frozen by a test would not read the signal.
	process.kill(pid, 'SIGCONT');
	process.kill(pid, signals[mode]);
	const deadline = performance.now() + stopLimitMs;
	while (!ended()) {
		if (performance.now() > deadline) throw new Error(`The server with pid ${pid} did not stop (${mode}).`);
		await delay(5);
	}
};

/** Starts a server from a copied template, in about 60 ms after the first of its version; resolves when it accepts connections. */
export const startServer = async ({binaries, settings = {}, standbyOf, alone = false}: ServerOptions): Promise<Server> => {
	const premises = enterPremises();
	try {
		const installation = await premises.install(binaries);
		const socketDirectory = premises.newFolder();
		const directory = join(socketDirectory, 'data');
		if (alone && binaries.cluster === undefined) {
			premises.uninstall(binaries);
			renameSync(installation.template, directory);
		} else {
			await runProgram(premises, 'cp', ['-a', installation.template, directory], installation.environment);
		}
		if (standbyOf !== undefined)
			await runProgram(premises, 'touch', [join(directory, 'standby.signal')], installation.environment);
		const all = {
			...ownSettings,
			unix_socket_directories: socketDirectory,
			port: String(port),
			...(standbyOf === undefined ? {} : {primary_conninfo: standbyOf}),
			...settings,
		};
		const paths = {directory, log: join(socketDirectory, 'log')};
		let postmaster: Postmaster | undefined = await launch(premises, installation, paths, all);
		const stop = async (mode: StopMode = 'fast') => {
			const running = postmaster;
			postmaster = undefined;
			if (running) await end(running, mode);
		};
		return {
			directory,
			socketDirectory,
			host: socketDirectory,
			port,
			superuser: 'postgres',
			version: binaries.version,
			settings: all,
			log: (from = 0) => textFrom(paths.log, from),
			logSize: () => sizeOf(paths.log),
			pid: () => (postmaster && !postmaster.ended() ? postmaster.pid : undefined),
			stop,
			restart: async () => {
				await stop('fast');
				postmaster = await launch(premises, installation, paths, all);
			},
			crash: async () => stop('immediate'),
			remove: async () => {
				await stop('immediate');
				rmSync(socketDirectory, {recursive: true, force: true});
				await premises.leave();
			},
		};
	} catch (error) {
		await premises.leave();
		throw error;
	}
};
