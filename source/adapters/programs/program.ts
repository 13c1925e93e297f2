import type {ChildProcess} from 'node:child_process';
import {accessSync, constants, statSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {builtins} from '../../system/builtins.ts';

/** Text for its stdin, which is otherwise empty, and a listener for its stdout, which is otherwise discarded. */
export type ProgramOptions = {readonly input?: string; readonly onOutput?: (text: string) => void};

/** How a program ended: `failure` is a predicate such as `failed (status 1)`, undefined after status 0. */
export type ProgramEnding = {readonly failure: string | undefined; readonly complaint: string};

/** A program that runs; it ends with us, whatever ends us, with all that it started. */
export type Program = {
	readonly ended: Promise<ProgramEnding>;
	/** Beginning and end of its stderr so far; not cleaned. */
	readonly complaint: () => string;
	/** Ends it after so many milliseconds, if it does not end before; the failure then says that it took too long. */
	readonly limit: (ms: number) => void;
	/** Ends it now: SIGTERM, then SIGKILL after a second. */
	readonly end: () => void;
};

const killMs = 1000;
// A process that left the group may keep the pipes open.
const drainMs = 500;
const mostComplaint = 2000;

// The program replaces the shell. What stays of the shell waits beside it, in the same process group, for the end of the pipe that
// only pgtriage has open at its other side: the kernel closes it after kill -9 too. Neither can be stopped by keys of the terminal,
// and neither can read from it: they are a session of their own.
const script = `
(trap '' TERM; read -r line <&3; kill -TERM 0; sleep 1; kill -KILL 0) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-
`;

/** The file of a program as a shell finds it, or the code of the error. */
const fileOf = (name: string): {readonly file: string} | {readonly code: string} => {
	const candidates = name.includes('/')
		? [name]
		: (process.env.PATH ?? '').split(delimiter).map(folder => join(folder || '.', name));
	let code = 'ENOENT';
	for (const file of candidates)
		try {
			accessSync(file, constants.X_OK);
			if (statSync(file).isFile()) return {file: file.includes('/') ? file : `./${file}`};
			code = 'EACCES';
		} catch (error) {
			const failed = error instanceof Error && 'code' in error ? String(error.code) : code;
			if (failed !== 'ENOENT' && failed !== 'ENOTDIR') code = failed;
		}
	return {code};
};

/** Ends a program and all that it started: it leads a process group of its own. */
const endGroup = ({pid}: ChildProcess, signal: NodeJS.Signals): void => {
	if (pid === undefined) return;
	try {
		process.kill(-pid, signal);
	} catch {
		// All of them have ended.
	}
};

const missing = (code: string): Program => ({
	ended: Promise.resolve({failure: `cannot be run (${code})`, complaint: ''}),
	complaint: () => '',
	limit: () => {},
	end: () => {},
});

/** Starts a program by its words: its file and its arguments, which no shell reads. Never throws. */
export const startProgram = ([name = '', ...args]: readonly string[], {input, onOutput}: ProgramOptions = {}): Program => {
	const found = fileOf(name);
	if ('code' in found) return missing(found.code);
	const child = builtins.childProcess().spawn('/bin/sh', ['-c', script, 'sh', found.file, ...args], {
		stdio: [input === undefined ? 'ignore' : 'pipe', onOutput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
		detached: true,
	});
	const {promise: ended, resolve} = Promise.withResolvers<ProgramEnding>();
	const timers: NodeJS.Timeout[] = [];
	let complaint = '';
	let isLate = false;
	const end = (): void => {
		endGroup(child, 'SIGTERM');
		timers.push(setTimeout(() => endGroup(child, 'SIGKILL'), killMs).unref());
	};
	const finish = (failure: string | undefined): void => {
		for (const timer of timers) clearTimeout(timer);
		for (const stream of child.stdio) stream?.destroy();
		resolve({failure, complaint});
	};
	const failureOf = (status: number | null, signal: NodeJS.Signals | null): string | undefined => {
		if (isLate) return 'took too long and was ended';
		return status === 0 ? undefined : `failed (${signal ?? `status ${status}`})`;
	};
	child.once('error', error => finish(`cannot be run (${'code' in error ? String(error.code) : error.name})`));
	child.once('exit', (status, signal) => {
		// What it left in the background ends with it.
		endGroup(child, 'SIGKILL');
		timers.push(setTimeout(() => finish(failureOf(status, signal)), drainMs));
	});
	child.once('close', (status, signal) => finish(failureOf(status, signal)));
	child.stdio[3]?.on('error', () => {});
	child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint = shortened(complaint + text)));
	if (onOutput) child.stdout?.setEncoding('utf8').on('data', onOutput);
	// It need not read its input.
	child.stdin?.on('error', () => {}).end(input);
	return {
		ended,
		complaint: () => complaint,
		limit: ms => {
			timers.push(
				setTimeout(() => {
					isLate = true;
					end();
				}, ms),
			);
		},
		end,
	};
};

/** Keeps the beginning and the end of a text. */
const shortened = (text: string): string =>
	text.length <= 2 * mostComplaint ? text : `${text.slice(0, mostComplaint)}\n${text.slice(-mostComplaint)}`;

/** First line of what a program wrote to stderr. */
export const firstLine = (complaint: string): string => complaint.trim().split('\n')[0]?.trim() ?? '';
