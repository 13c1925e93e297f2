import {type ChildProcess, spawn} from 'node:child_process';

/** A command that is run once per finding, one after the other. */
export type FindingCommand = {
	/** Runs it with a text on its stdin, once those before have ended. */
	readonly run: (input: string) => void;
	/** Ends the one that runs after a moment; those that wait are not run. */
	readonly stop: () => Promise<void>;
};

const longestMs = 30_000;
const lastMs = 2000;
const killMs = 1000;
// A storm of findings must not become one of processes, nor of memory.
const mostWaiting = 32;
const mostOutput = 2000;

/** Ends a command and all that it started: it leads a process group of its own. */
const endGroup = ({pid}: ChildProcess, signal: NodeJS.Signals): void => {
	if (pid === undefined) return;
	try {
		process.kill(-pid, signal);
	} catch {
		// All of them have ended.
	}
};

type Running = {readonly child: ChildProcess; readonly ended: Promise<void>; readonly limit: (ms: number) => void};

/** Runs a command to its end; `report` gets a sentence if it fails. */
const runOnce = (words: readonly string[], input: string, report: (sentence: string) => void): Running => {
	const [file = '', ...args] = words;
	const child = spawn(file, args, {stdio: ['pipe', 'ignore', 'pipe'], detached: true});
	const {promise: ended, resolve} = Promise.withResolvers<void>();
	let said = '';
	let isLate = false;
	const timers: NodeJS.Timeout[] = [];
	const limit = (ms: number): void => {
		timers.push(
			setTimeout(() => {
				isLate = true;
				endGroup(child, 'SIGTERM');
				timers.push(setTimeout(() => endGroup(child, 'SIGKILL'), killMs));
			}, ms),
		);
	};
	const finish = (failure: string | undefined): void => {
		for (const timer of timers) clearTimeout(timer);
		// What it left in the background ends with it.
		endGroup(child, 'SIGKILL');
		child.stderr?.destroy();
		const [first = ''] = said.trim().split('\n');
		if (failure !== undefined) report(`${file} ${failure}${first === '' ? '.' : `: ${first}`}`);
		resolve();
	};
	limit(longestMs);
	child.once('error', error => finish(`cannot be run (${'code' in error ? String(error.code) : error.name})`));
	child.once('exit', (status, signal) =>
		finish(isLate ? 'took too long and was ended' : status === 0 ? undefined : `failed (${signal ?? `status ${status}`})`),
	);
	child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(0, mostOutput)));
	// It need not read its input.
	child.stdin?.on('error', () => {}).end(input);
	return {child, ended, limit};
};

/** Creates the runner of a command; the words are its file and its arguments, which no shell reads. */
export const createFindingCommand = (words: readonly string[], report: (sentence: string) => void): FindingCommand => {
	const waiting: string[] = [];
	let running: Running | undefined;
	let isStopped = false;
	const next = (): void => {
		const input = waiting.shift();
		running = input === undefined || isStopped ? undefined : runOnce(words, input, report);
		void running?.ended.then(next);
	};
	return {
		run: input => {
			if (isStopped) return;
			if (waiting.length >= mostWaiting) report(`More than ${mostWaiting} findings wait for ${words[0]}: one is left out.`);
			else waiting.push(input);
			if (!running) next();
		},
		stop: async () => {
			isStopped = true;
			waiting.length = 0;
			running?.limit(lastMs);
			await running?.ended;
		},
	};
};
