import {PassThrough, Writable} from 'node:stream';
import {type Placement, parseFrame} from './overlay.ts';
import type {Terminal} from './terminal.ts';

/** A terminal for Ink: pass both streams to `render`, with `debug: true`. */
export type InkStreams = {
	readonly stdout: NodeJS.WritableStream;
	/** Always silent: keys are handled by the core, not by Ink. */
	readonly stdin: NodeJS.ReadableStream;
	/** Removes the overlay and stops listening to the terminal; call it after `unmount`, which leaves the last frame on screen. */
	readonly close: () => void;
};

/** Streams that lay Ink's frames over the terminal's base layer; `placement` is asked for every frame. */
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
	// An empty write with a callback is Ink waiting for its output, not an empty frame.
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
