import {setTimeout as sleep} from 'node:timers/promises';
import {type IPty, spawn} from '@lydell/node-pty';
import {createReplica} from './replica.ts';

/** What came from a program in one read, and when, in milliseconds of `performance.now()`. */
export type Chunk = {readonly at: number; readonly bytes: Buffer};

/** How a key was answered, in milliseconds from the write; undefined where nothing came, or nothing that changes the screen. */
export type KeyAnswer = {
	readonly firstChangeMs: number | undefined;
	readonly lastByteMs: number | undefined;
	readonly bytes: number;
};

/** A full-screen program on a terminal of its own that is measured. */
export type Program = {
	readonly pid: number;
	/** When it was started. */
	readonly begunAt: number;
	readonly chunks: readonly Chunk[];
	readonly text: () => Promise<string>;
	/** Whether the screen matches within a limit. */
	readonly until: (wanted: RegExp, limitMs: number) => Promise<boolean>;
	readonly press: (key: string) => void;
	/** Presses a key and waits until its redraw is over. */
	readonly answer: (key: string, limitMs?: number) => Promise<KeyAnswer>;
	/** Ends it: by SIGTERM, and by SIGKILL where that takes long. */
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

/** The environment of a measured program: nothing of the machine's own PostgreSQL or terminal. */
const environment = (own: Readonly<Record<string, string>>): Record<string, string> => ({
	PATH: process.env.PATH ?? '/usr/bin:/bin',
	LANG: 'C.UTF-8',
	TERM: 'xterm-256color',
	...own,
});

/** Starts a program on a terminal. What it writes is only kept while it runs, and read when somebody looks. */
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

	const until = async (wanted: RegExp, limitMs: number): Promise<boolean> => {
		const limit = performance.now() + limitMs;
		while (!wanted.test(await text())) {
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
