import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type IPty, spawn} from '@lydell/node-pty';
import {endsWithTest, longestWaitMs} from '../lifetime.ts';
import {emulator, feed, rowsOf} from '../terminal/emulator.ts';
import {cli, environment, folder} from './program.ts';

/** One cell as it looks: its character, and what tells it from plain text. */
export type Cell = {readonly text: string; readonly inverse: boolean; readonly bold: boolean; readonly coloured: boolean};

/** A program on a terminal. Keys are those that `sequences` names, or characters. */
export type Screen = {
	/** The program's process id, from when it runs. */
	readonly pid: () => number;
	/** The rows of the screen, right ends trimmed, and all of them as one text. */
	readonly rows: () => readonly string[];
	readonly text: () => string;
	readonly cell: (row: number, column: number) => Cell;
	/** One write a key, as fast as they can be written. */
	readonly press: (...keys: readonly string[]) => void;
	/** All of it in one write. */
	readonly type: (text: string) => void;
	/** A click on a cell, as a terminal reports it in SGR mode. */
	readonly click: (row: number, column: number) => void;
	readonly paste: (text: string) => void;
	/** Waits for content: the text of the screen, or what it must match or satisfy; rejects with the screen if that never comes. */
	readonly until: (wanted: Wanted) => Promise<string>;
	readonly resize: (columns: number, rows: number) => void;
	/** The window alone becomes small and large again and loses its text, faster than the program could ask for its size. */
	readonly shrink: () => void;
	/** The terminal takes nothing any more, or again. */
	readonly stall: (on: boolean) => void;
	readonly signal: (name: NodeJS.Signals) => void;
	/** Closes the terminal under the program, as a dropped connection does. */
	readonly drop: () => void;
	/** The exit status. */
	readonly exited: Promise<number>;
	/** Every byte the program has written so far. */
	readonly written: () => Buffer;
	/** What of the terminal the program left as no shell wants it back: empty when all of it is; to be asked once it has ended. */
	readonly unrestored: () => readonly string[];
};

export type Wanted = string | RegExp | ((text: string) => boolean);

const sequences: Readonly<Record<string, string>> = {
	up: '\x1b[A',
	down: '\x1b[B',
	right: '\x1b[C',
	left: '\x1b[D',
	home: '\x1b[H',
	end: '\x1b[F',
	pgup: '\x1b[5~',
	pgdn: '\x1b[6~',
	enter: '\r',
	tab: '\t',
	'shift-tab': '\x1b[Z',
	backspace: '\x7f',
	delete: '\x1b[3~',
	esc: '\x1b',
	space: ' ',
	f1: '\x1bOP',
	f2: '\x1bOQ',
	f3: '\x1bOR',
	f5: '\x1b[15~',
	f6: '\x1b[17~',
	f9: '\x1b[20~',
	f10: '\x1b[21~',
	f12: '\x1b[24~',
	'ctrl-c': '\x03',
	'ctrl-d': '\x04',
	'ctrl-l': '\x0c',
	'ctrl-r': '\x12',
	'ctrl-u': '\x15',
	'ctrl-z': '\x1a',
};

/** What is done at once takes less, in milliseconds, on a busy machine too; what waits for a server takes longer. */
export const atOnceMs = 4000;

let started = 0;

// The shell outlives the program and asks what became of the terminal's settings, which end with the session that has it.
const shell = '"$@"; status=$?; stty -a >"$SETTINGS"; exit $status';

type Options = {
	readonly columns?: number;
	readonly rows?: number;
	readonly env?: Readonly<Record<string, string>>;
	/** What runs on the terminal, where it is not the built program under a shell that waits for it. */
	readonly program?: readonly [string, ...string[]];
	/** Where the program's standard error goes, if not to the terminal. */
	readonly stderr?: string;
};

const satisfies = (wanted: Wanted, text: string): boolean => {
	if (typeof wanted === 'string') return text.includes(wanted);
	return wanted instanceof RegExp ? wanted.test(text) : wanted(text);
};

/** Starts the built program on a terminal of its own; it is killed when the test that started it ends. */
export const start = (args: readonly string[], options: Options = {}): Screen => {
	const {columns = 160, rows = 30, env = {}} = options;
	const settings = join(folder, `settings-${started++}`);
	const script = options.stderr === undefined ? shell : shell.replace('"$@"', `"$@" 2>'${options.stderr}'`);
	const [file, ...given] = options.program ?? ['bash', '-c', script, 'bash', process.execPath, cli, ...args];
	const pty: IPty = spawn(file, given, {
		cols: columns,
		rows,
		name: env.TERM ?? 'xterm-256color',
		env: environment({SETTINGS: settings, ...env}),
		encoding: null,
	});
	const terminal = emulator(columns, rows, true);
	const written: Buffer[] = [];
	const waiting = new Set<() => void>();
	// What the last line said until now: sentences there go by.
	const said: string[] = [];
	pty.onData(bytes => {
		const read = bytes as unknown as Buffer;
		written.push(read);
		terminal.write(read, () => {
			const last = rowsOf(terminal).at(-1) ?? '';
			if (last !== '' && last !== said.at(-1)) said.push(last);
			for (const look of waiting) look();
		});
	});
	let ended = false;
	const exited = new Promise<number>(resolve => {
		pty.onExit(({exitCode, signal}) => {
			ended = true;
			void feed(terminal, '').then(() => {
				for (const look of waiting) look();
				resolve(signal ? 128 + signal : exitCode);
			});
		});
	});
	endsWithTest(() => {
		if (ended) return;
		try {
			process.kill(-pty.pid, 'SIGKILL');
		} catch {
			// It ended by itself in this moment.
		}
		return exited;
	});

	const pid = (): number => {
		if (options.program !== undefined) return pty.pid;
		const child = Number(readFileSync(`/proc/${pty.pid}/task/${pty.pid}/children`, 'utf8').trim().split(' ')[0]);
		if (!(child > 0)) throw new Error('The program does not run.');
		return child;
	};

	const allRows = (): readonly string[] => rowsOf(terminal);
	const text = (): string => allRows().join('\n');

	const until = (wanted: Wanted): Promise<string> =>
		new Promise((resolve, reject) => {
			const stop = (): void => {
				clearTimeout(timer);
				waiting.delete(look);
			};
			const look = (): void => {
				// Half a frame has been read: a terminal that knows this mode shows none of it yet.
				if (terminal.modes.synchronizedOutputMode && !ended) return;
				const now = text();
				if (!satisfies(wanted, now)) return;
				stop();
				resolve(now);
			};
			const timer = setTimeout(() => {
				stop();
				reject(
					new Error(
						`${String(wanted)} was not on the screen:\n${text()}\nThe last line was before: ${said.slice(-6, -1).join('\n')}`,
					),
				);
			}, longestWaitMs);
			waiting.add(look);
			look();
		});

	const unrestored = (): readonly string[] => {
		const {bracketedPasteMode, wraparoundMode, mouseTrackingMode} = terminal.modes;
		const all = Buffer.concat(written).toString('latin1');
		const flags = readFileSync(settings, 'utf8').split(/[\s;]+/);
		return [
			...(terminal.buffer.active.type === 'normal' ? [] : ['alternate screen']),
			...(bracketedPasteMode ? ['bracketed paste'] : []),
			...(wraparoundMode ? [] : ['autowrap']),
			...(mouseTrackingMode === 'none' ? [] : ['mouse']),
			...(all.lastIndexOf('\x1b[?25l') > all.lastIndexOf('\x1b[?25h') ? ['cursor'] : []),
			...(all.lastIndexOf('\x1b[?2026h') > all.lastIndexOf('\x1b[?2026l') ? ['synchronized output'] : []),
			...['icanon', 'echo', 'isig', 'icrnl', 'opost'].filter(name => !flags.includes(name)),
		];
	};

	return {
		pid,
		rows: allRows,
		text,
		cell: (row, column) => {
			const cell = terminal.buffer.active.getLine(terminal.buffer.active.viewportY + row)?.getCell(column);
			if (cell === undefined) throw new Error(`There is no cell ${row},${column}.`);
			return {
				text: cell.getChars() || ' ',
				inverse: cell.isInverse() !== 0,
				bold: cell.isBold() !== 0,
				coloured: !cell.isFgDefault() || !cell.isBgDefault(),
			};
		},
		press: (...keys) => {
			for (const key of keys) pty.write(sequences[key] ?? key);
		},
		type: typed => pty.write(typed),
		click: (row, column) => pty.write(`\x1b[<0;${column + 1};${row + 1}M\x1b[<0;${column + 1};${row + 1}m`),
		paste: pasted => pty.write(`\x1b[200~${pasted}\x1b[201~`),
		until,
		resize: (width, height) => {
			pty.resize(width, height);
			terminal.resize(width, height);
		},
		shrink: () => {
			const {cols, rows: height} = terminal;
			terminal.resize(1, 1);
			terminal.resize(cols, height);
		},
		stall: on => (on ? pty.pause() : pty.resume()),
		signal: name => {
			process.kill(pid(), name);
		},
		drop: () => (pty as unknown as {readonly _socket: {destroy: () => void}})._socket.destroy(),
		exited,
		written: () => Buffer.concat(written),
		unrestored,
	};
};
