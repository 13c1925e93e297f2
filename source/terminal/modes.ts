import {writeSync} from 'node:fs';

/** The stream of keys: process.stdin or a stand-in. */
export type TerminalInput = NodeJS.ReadableStream & {readonly setRawMode?: (on: boolean) => unknown};

/** The stream of frames: process.stdout or a stand-in. */
export type TerminalOutput = NodeJS.WritableStream & {readonly columns?: number; readonly rows?: number; readonly fd?: number};

/** Takes the screen: alternate screen, default style, hidden cursor, no autowrap, bracketed paste. */
export const takeScreen = '\x1b[?1049h\x1b[m\x1b[?25l\x1b[?7l\x1b[?2004h';

/** Gives the screen back, even in the middle of a frame: synchronized output and the scroll region end before the modes. */
export const giveScreenBack = '\x1b[?2026l\x1b[m\x1b[r\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h';

/** Asks the terminal for clicks and the wheel, in the form that has no limit of columns (SGR). */
export const takeMouse = '\x1b[?1000h\x1b[?1006h';

/** Gives the mouse back to the terminal. */
export const giveMouseBack = '\x1b[?1006l\x1b[?1000l';

/** Keeps the title of the window, for terminals with a stack of titles (XTWINOPS). */
export const keepTitle = '\x1b[22;2t';

/** Gives the window its title back; a terminal without a stack of titles shows its own. */
export const giveTitleBack = '\x1b]2;\x07\x1b[23;2t';

/** Sets the title of the window to a cleaned text. */
export const titled = (text: string): string => `\x1b]2;${text}\x07`;

/** Wraps a frame so that terminals with synchronized output (DECSET 2026) never show half of it. */
export const synchronized = (frame: string): string => `\x1b[?2026h${frame}\x1b[?2026l`;

type Handle = {readonly fd?: number; readonly setBlocking?: (on: boolean) => void};

const tty = (output: TerminalOutput): Handle | undefined => (output as {readonly _handle?: Handle | null})._handle ?? undefined;

/**
 * Makes writes to a terminal asynchronous, or synchronous again. Node writes to terminals synchronously: one that stops reading
 * would stop the program, keys and signals included.
 */
export const setWaiting = (output: TerminalOutput, where: 'background' | 'foreground'): void => {
	tty(output)?.setBlocking?.(where === 'foreground');
};

const patienceMs = 200;
const pauseMs = 5;
const never = new Int32Array(new SharedArrayBuffer(4));

const codeOf = (error: unknown): string => String((error as {readonly code?: unknown}).code);

const writeAll = (fd: number, bytes: Uint8Array): void => {
	let at = 0;
	for (let waited = 0; at < bytes.length && waited <= patienceMs; ) {
		try {
			at += writeSync(fd, bytes, at);
		} catch (error) {
			// Any other code means that the reader is gone, so there is no one to report it to.
			if (codeOf(error) !== 'EAGAIN') return;
			Atomics.wait(never, 0, 0, pauseMs);
			waited += pauseMs;
		}
	}
};

/**
 * Writes synchronously, as an exit handler must, ahead of output still in the stream. Gives up on a terminal that is gone or
 * accepts nothing for 0.2 seconds; never throws.
 */
export const writeNow = (output: TerminalOutput, text: string): void => {
	const fd = tty(output)?.fd ?? output.fd;
	if (fd !== undefined && fd >= 0) {
		writeAll(fd, Buffer.from(text));
		return;
	}
	if (output.writable) output.write(text);
};

/** Switches raw mode; false if the terminal is gone. */
export const setRawMode = (input: TerminalInput, on: boolean): boolean => {
	try {
		input.setRawMode?.(on);
		return true;
	} catch {
		return false;
	}
};
