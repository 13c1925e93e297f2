import {EventEmitter} from 'node:events';
import {Writable} from 'node:stream';
import type {Key} from '../core/key.ts';
import {type Placement, parseFrame} from './overlay.ts';
import type {Terminal} from './terminal.ts';

/** A terminal as Ink believes in it: pass both streams to `render`, with `debug: true`, and the keys to `feed`. */
export type InkStreams = {
	readonly stdout: NodeJS.WritableStream;
	readonly stdin: NodeJS.ReadableStream;
	/** Gives Ink one key; false when nothing in the tree takes input or when Ink knows no such key. */
	readonly feed: (key: Key) => boolean;
	/** Takes the overlay away and lets the terminal go: to be called after `unmount`, which leaves the last frame standing. */
	readonly close: () => void;
};

const sequences: Readonly<Record<string, string>> = {
	up: '\x1b[A',
	down: '\x1b[B',
	right: '\x1b[C',
	left: '\x1b[D',
	home: '\x1b[H',
	end: '\x1b[F',
	pgup: '\x1b[5~',
	pgdn: '\x1b[6~',
	insert: '\x1b[2~',
	delete: '\x1b[3~',
	backspace: '\x7f',
	enter: '\r',
	tab: '\t',
	'shift-tab': '\x1b[Z',
	// The kitty form: after a bare ESC Ink waits 20 ms for the rest of a sequence.
	esc: '\x1b[27u',
};

const bytesFor = (key: Key): string => {
	if (key.name === 'paste') return `\x1b[200~${key.text.replaceAll('\x1b', '')}\x1b[201~`;
	if (key.text !== '') return key.text;
	const known = sequences[key.name];
	if (known !== undefined) return known;
	const control = /^ctrl-([a-z])$/.exec(key.name)?.[1];
	if (control !== undefined) return String.fromCharCode(control.charCodeAt(0) & 0x1f);
	const meta = /^alt-(.)$/u.exec(key.name)?.[1];
	return meta === undefined ? '' : `\x1b${meta}`;
};

// As much of a terminal's stdin as Ink 8 uses, delivering within `feed` instead of in a later turn.
const createStdin = () => {
	const events = new EventEmitter();
	events.setMaxListeners(0);
	const waiting: string[] = [];
	const same = () => stdin;
	const stdin = Object.assign(events, {
		isTTY: true,
		readable: true,
		read: (): string | null => waiting.shift() ?? null,
		setRawMode: same,
		setEncoding: same,
		ref: same,
		unref: same,
		resume: same,
		pause: same,
	});
	return {
		stdin: stdin as unknown as NodeJS.ReadableStream,
		push: (text: string): boolean => {
			if (text === '' || events.listenerCount('readable') === 0) return false;
			waiting.push(text);
			events.emit('readable');
			return true;
		},
	};
};

/** Streams that lay what Ink renders over the terminal's base layer, where `placement` says at every frame. */
export const createInkStreams = (
	terminal: Pick<Terminal, 'size' | 'cover' | 'onResize'>,
	placement: () => Placement = () => 'center',
): InkStreams => {
	const {stdin, push} = createStdin();
	let closed = false;

	const show = (frame: string): void => {
		if (closed) return;
		const cells = parseFrame(frame);
		terminal.cover(cells && {cells, placement: placement()});
	};

	const stdout = new Writable({
		decodeStrings: false,
		write: (chunk: unknown, _encoding, done) => {
			show(String(chunk));
			done();
		},
	});
	Object.defineProperties(stdout, {
		columns: {get: () => terminal.size().columns},
		rows: {get: () => terminal.size().rows},
	});
	const write = stdout.write.bind(stdout) as (chunk: unknown, done?: (error?: Error | null) => void) => boolean;
	// Ink waits for its output with an empty write and a callback; that is no empty frame.
	stdout.write = ((chunk: unknown, done?: unknown): boolean => {
		if (chunk !== '' || typeof done !== 'function') return write(chunk);
		queueMicrotask(() => done());
		return true;
	}) as typeof stdout.write;
	const removeResize = terminal.onResize(() => {
		stdout.emit('resize');
	});

	return {
		stdout,
		stdin,
		feed: key => push(bytesFor(key)),
		close: () => {
			if (closed) return;
			terminal.cover();
			closed = true;
			removeResize();
		},
	};
};
