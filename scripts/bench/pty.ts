import {setTimeout as sleep} from 'node:timers/promises';
import {type IPty, spawn} from '@lydell/node-pty';
import {createReplica} from './replica.ts';

/** Output of a program in one read, with its time in milliseconds of `performance.now()`. */
export type Chunk = {readonly at: number; readonly bytes: Buffer};

/** Response to a key in milliseconds from the write; undefined without output, or without a change of the screen. */
export type KeyAnswer = {
	readonly firstChangeMs: number | undefined;
	readonly lastByteMs: number | undefined;
	readonly bytes: number;
};

/** A measured full-screen program on its own terminal. */
export type Program = {
	readonly pid: number;
	/** Start time in milliseconds of `performance.now()`. */
	readonly begunAt: number;
	readonly chunks: readonly Chunk[];
	readonly text: () => Promise<string>;
	/** True if the screen matches within the limit. */
	readonly until: (pattern: RegExp, limitMs: number) => Promise<boolean>;
	readonly press: (key: string) => void;
	/** Presses a key and waits for the end of its redraw. */
	readonly answer: (key: string, limitMs?: number) => Promise<KeyAnswer>;
	/** Ends it with SIGTERM, or with SIGKILL if that takes too long. */
	readonly end: () => Promise<void>;
};

const sequences: Readonly<Record<string, string>> = {
	up: '\x1b[A',
	down: '\x1b[B',
	esc: '\x1b',
	enter: '\r',
	f1: '\x1bOP',
	f2: '\x1bOQ',
	f3: '\x1bOR',
};

const quietMs = 80;
const answerLimitMs = 5000;
const endLimitMs = 3000;

/** Environment of a measured program, without the PostgreSQL and terminal settings of the machine. */
const environment = (own: Readonly<Record<string, string>>): Record<string, string> => ({
	PATH: process.env.PATH ?? '/usr/bin:/bin',
	LANG: 'C.UTF-8',
	TERM: 'xterm-256color',
	...own,
});

/** Starts a program on a terminal. Its output is only stored while it runs, and parsed when the screen is read. */
export const startProgram = (
	command: readonly string[],
	{columns, rows, env = {}}: {readonly columns: number; readonly rows: number; readonly env?: Readonly<Record<string, string>>},
): Program => {
	const [file = '', ...args] = command;
	const chunks: Chunk[] = [];
	const replica = createReplica(columns, rows);
	const surroundings = environment(env);
	const begunAt = performance.now();
	const pty: IPty = spawn(file, args, {
		cols: columns,
		rows,
		name: surroundings.TERM ?? '',
		env: surroundings,
		encoding: null,
	});
	let ended = false;
	const exited = new Promise<void>(resolve => {
		pty.onExit(() => {
			ended = true;
			resolve();
		});
	});
	pty.onData(bytes => {
		chunks.push({at: performance.now(), bytes: bytes as unknown as Buffer});
	});

	let read = 0;
	const catchUp = async (): Promise<void> => {
		const fresh = chunks.slice(read);
		read += fresh.length;
		if (fresh.length > 0) await replica.feed(Buffer.concat(fresh.map(({bytes}) => bytes)));
	};
	const text = async (): Promise<string> => {
		await catchUp();
		return replica.text();
	};
	const press = (key: string): void => pty.write(sequences[key] ?? key);

	const until = async (pattern: RegExp, limitMs: number): Promise<boolean> => {
		const limit = performance.now() + limitMs;
		while (!pattern.test(await text())) {
			if (ended || performance.now() > limit) return false;
			await sleep(25);
		}
		return true;
	};

	const answer = async (key: string, limitMs = answerLimitMs): Promise<KeyAnswer> => {
		await catchUp();
		const before = replica.cells();
		const at = performance.now();
		press(key);
		const limit = at + limitMs;
		for (;;) {
			const last = chunks.at(read < chunks.length ? -1 : chunks.length);
			const now = performance.now();
			if (ended || now > limit || (last && now - last.at > quietMs)) break;
			await sleep(5);
		}
		const own = chunks.slice(read);
		let firstChangeMs: number | undefined;
		for (const chunk of own) {
			read++;
			await replica.feed(chunk.bytes);
			if (firstChangeMs === undefined && replica.cells() !== before) firstChangeMs = chunk.at - at;
		}
		const last = own.at(-1);
		return {
			firstChangeMs,
			lastByteMs: last && last.at - at,
			bytes: own.reduce((sum, {bytes}) => sum + bytes.length, 0),
		};
	};

	const end = async (): Promise<void> => {
		if (ended) return;
		pty.kill('SIGTERM');
		await Promise.race([exited, sleep(endLimitMs)]);
		if (!ended) pty.kill('SIGKILL');
		await exited;
	};

	return {pid: pty.pid, begunAt, chunks, text, until, press, answer, end};
};
