import {PassThrough, Writable} from 'node:stream';
import {type Placement, parseFrame} from './overlay.ts';
import type {Terminal} from './terminal.ts';

/** A terminal as Ink believes in it: pass both streams to `render`, with `debug: true`. */
export type InkStreams = {
	readonly stdout: NodeJS.WritableStream;
	/** Nothing ever comes here: what a key does is decided before Ink draws it. */
	readonly stdin: NodeJS.ReadableStream;
	/** Takes the overlay away and lets the terminal go: to be called after `unmount`, which leaves the last frame standing. */
	readonly close: () => void;
};

/** Streams that lay what Ink renders over the terminal's base layer, where `placement` says at every frame. */
export const createInkStreams = (
	terminal: Pick<Terminal, 'size' | 'cover' | 'onResize'>,
	placement: () => Placement = () => 'center',
): InkStreams => {
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
		stdin: new PassThrough(),
		close: () => {
			if (closed) return;
			terminal.cover();
			closed = true;
			removeResize();
		},
	};
};
