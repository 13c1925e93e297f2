import type {Key, Size} from '../core/state/key.ts';
import {inAscii} from '../core/text/ascii.ts';
import {clean, pasteable, toWidth, widthOf} from '../core/text/clean.ts';
import type {Line} from '../core/text/line.ts';
import {createFrames, type Frames, repaint, scheduleFrame, sizeOf} from './frames.ts';
import {createKeyParser, type KeyParser, quietMs} from './keys.ts';
import {createListeners, type Listeners} from './listeners.ts';
import type {Look} from './look.ts';
import {
	giveMouseBack,
	giveScreenBack,
	giveTitleBack,
	keepTitle,
	setRawMode,
	setWaiting,
	type TerminalInput,
	type TerminalOutput,
	takeMouse,
	takeScreen,
	titled,
	writeNow,
} from './modes.ts';
import type {CellOverlay} from './overlay.ts';
import {attributes} from './style.ts';

/** A terminal to open: `now` is a monotonic clock in milliseconds, `stop` stops the process, by default with SIGTSTP. */
export type TerminalOptions = {
	readonly input: TerminalInput;
	readonly output: TerminalOutput;
	readonly look: Look;
	/** True if clicks and the wheel are keys; otherwise the mouse stays with the terminal. */
	readonly mouse?: boolean;
	readonly now: () => number;
	readonly stop?: () => void;
};

/** The owner of the screen: its modes, cells and keys. Every `on...` returns the function that removes the listener. */
export type Terminal = {
	/** The size in cells: 80x24 if the terminal reports none, at least 1x1, at most 1000x500. */
	readonly size: () => Size;
	/** Shows lines as the base layer from the next frame on. */
	readonly paint: (lines: readonly Line[]) => void;
	/** Lays cells over the base layer from the next frame on, or removes them. */
	readonly cover: (overlay?: CellOverlay) => void;
	/** Calls back once everything painted and covered so far has been written; a stalled terminal delays it. */
	readonly whenShown: (callback: () => void) => void;
	/** Clears the screen and paints every cell again, over anything that another program wrote. */
	readonly redraw: () => void;
	/** Gives the screen back and stops the process; once continued, takes the screen again and emits `onResume`. */
	readonly suspend: () => void;
	/** Copies text to the clipboard by OSC 52, without what a paste must not contain; false, without sending anything, if it is longer than terminals accept. */
	readonly copy: (text: string) => boolean;
	/** Sets the title of the window, without what a terminal obeys, and rings the bell if asked; closing gives the title back. */
	readonly announce: (title: string, rings: boolean) => void;
	/** Gives the screen back for good, at once; further calls do nothing. With `keeps` it stays taken, for the next terminal. */
	readonly close: (keeps?: boolean) => void;
	/** Emits the keys of every read. */
	readonly onKeys: (listener: (keys: readonly Key[]) => void) => () => void;
	/** Emits the new size after every change. */
	readonly onResize: (listener: (size: Size) => void) => () => void;
	/** Emitted when a stopped process continues: an open question is stale. */
	readonly onResume: (listener: () => void) => () => void;
	/** Emitted once when the terminal goes away (closed window, lost connection). */
	readonly onGone: (listener: (error: Error | undefined) => void) => () => void;
	/** Emitted when a frame cannot be painted, which is a bug. Without a listener the error is thrown outside any caller's stack. */
	readonly onFault: (listener: (error: unknown) => void) => () => void;
};

const everyBit = 0xffff;
// Terminals cut or drop longer clipboard texts: xterm and tmux at about 100 kB of base64.
const longestCopy = 74_000;
// A host without job control ignores the stop: the screen is taken again after this time.
const stopMs = 50;

/** The state of one open terminal. */
type Screen = {
	readonly input: TerminalInput;
	readonly output: TerminalOutput;
	readonly now: () => number;
	readonly hasMouse: boolean;
	readonly frames: Frames;
	readonly parser: KeyParser;
	readonly keys: Listeners<readonly Key[]>;
	readonly sizes: Listeners<Size>;
	readonly resumes: Listeners<void>;
	readonly gone: Listeners<Error | undefined>;
	/** The sequence of the title that was set; empty before the first. */
	title: string;
	state: 'open' | 'suspended' | 'gone' | 'closed';
	/** Completes a key that may be the beginning of a sequence. */
	quiet: NodeJS.Timeout | undefined;
	/** Finds that the process was not stopped. */
	stopped: NodeJS.Timeout | undefined;
	notStopped: NodeJS.Immediate | undefined;
};

const createScreen = ({input, output, now, look, mouse = false}: TerminalOptions): Screen => {
	const screen: Screen = {
		input,
		output,
		now,
		hasMouse: mouse,
		frames: createFrames({
			output,
			styles: look.styles,
			mask: look.colors === 'none' ? attributes : everyBit,
			ascii: look.ascii,
			isOpen: () => screen.state === 'open',
			onWriteError: error => disappear(screen, error),
			faults: createListeners(),
		}),
		parser: createKeyParser(mouse),
		keys: createListeners(),
		sizes: createListeners(),
		resumes: createListeners(),
		gone: createListeners(),
		title: '',
		state: 'open',
		quiet: undefined,
		stopped: undefined,
		notStopped: undefined,
	};
	return screen;
};

const longestTitle = 120;

/** A title that a terminal shows and does not obey. */
const titleOf = (text: string, ascii: boolean): string => {
	const safe = ascii ? inAscii(text) : clean(text);
	return widthOf(safe) > longestTitle ? toWidth(safe, longestTitle, 'left', ascii ? '~' : undefined) : safe;
};

/** Takes the screen and the keyboard. */
export const openTerminal = (options: TerminalOptions): Terminal => {
	const screen = createScreen(options);
	const {output, frames} = screen;
	const stop = options.stop ?? (() => process.kill(process.pid, 'SIGTSTP'));
	const detach = attach(screen);
	setWaiting(output, 'background');
	take(screen);
	return {
		size: () => sizeOf(output),
		paint: lines => {
			frames.lines = lines;
			scheduleFrame(frames);
		},
		cover: overlay => {
			frames.overlay = overlay;
			scheduleFrame(frames);
		},
		whenShown: callback => {
			frames.callbacks.push(callback);
			scheduleFrame(frames);
		},
		redraw: () => repaint(frames),
		suspend: () => {
			if (screen.state === 'open') suspend(screen, stop);
		},
		copy: text => {
			const safe = pasteable(text);
			if (Buffer.byteLength(safe) > longestCopy) return false;
			frames.clipboard = `\x1b]52;c;${Buffer.from(safe).toString('base64')}\x07`;
			scheduleFrame(frames);
			return true;
		},
		announce: (title, rings) => {
			const first = screen.title === '' ? keepTitle : '';
			screen.title = titled(titleOf(title, options.look.ascii));
			frames.clipboard += `${first}${screen.title}${rings ? '\x07' : ''}`;
			scheduleFrame(frames);
		},
		close: (keeps = false) => {
			if (screen.state !== 'closed') close(screen, detach, keeps);
		},
		onKeys: screen.keys.add,
		onResize: screen.sizes.add,
		onResume: screen.resumes.add,
		onGone: screen.gone.add,
		onFault: frames.faults.add,
	};
};

/** Listens to the streams and signals of a terminal; returns the function that stops listening. */
const attach = (screen: Screen): (() => void) => {
	const {input, output, parser, frames, now} = screen;
	const onError = (error: Error): void => disappear(screen, error);
	const onEnd = (): void => disappear(screen);
	const onData = (bytes: Buffer | string): void => emitKeys(screen, parser.feed(Buffer.from(bytes), now()));
	const onContinue = (): void => resume(screen);
	const onRepaint = (): void => repaint(frames);
	const onResize = (): void => {
		repaint(frames);
		screen.sizes.emit(sizeOf(output));
	};
	// These two are never removed: an error after closing must not end the process either.
	input.on('error', onError);
	output.on('error', onError);
	input.on('data', onData).on('end', onEnd).on('close', onEnd);
	// The password prompt leaves it paused.
	input.resume();
	output.on('close', onEnd).on('resize', onResize);
	process.on('SIGCONT', onContinue);
	// A window shrunk and enlarged within one turn has lost its text, and Node reports no resize for it.
	process.on('SIGWINCH', onRepaint);
	return () => {
		process.off('SIGCONT', onContinue);
		process.off('SIGWINCH', onRepaint);
		input.off('data', onData).off('end', onEnd).off('close', onEnd);
		output.off('close', onEnd).off('resize', onResize);
	};
};

const disappear = (screen: Screen, error?: Error): void => {
	if (screen.state === 'gone' || screen.state === 'closed') return;
	screen.state = 'gone';
	screen.gone.emit(error);
};

const emitKeys = (screen: Screen, keys: readonly Key[]): void => {
	const {parser, now} = screen;
	if (keys.length > 0 && screen.state === 'open') screen.keys.emit(keys);
	clearTimeout(screen.quiet);
	if (!parser.pending() || screen.state !== 'open') return;
	// A timer may fire a moment early by the clock that keys are stamped with.
	screen.quiet = setTimeout(() => emitKeys(screen, parser.flush(now())), quietMs + 2);
};

const take = (screen: Screen): void => {
	const {input, output, frames, hasMouse, title} = screen;
	// Off first: a shell may have left raw mode unnoticed, and Node does not set a mode that it believes is set.
	if (!setRawMode(input, false) || !setRawMode(input, true)) setImmediate(() => disappear(screen));
	output.write((hasMouse ? takeScreen + takeMouse : takeScreen) + (title === '' ? '' : keepTitle + title));
	repaint(frames);
};

const giveBack = ({input, output, frames, hasMouse, title}: Screen): void => {
	const all = (title === '' ? '' : giveTitleBack) + (hasMouse ? giveMouseBack : '') + giveScreenBack;
	writeNow(output, all);
	// Output still in the stream is written after this, so the screen is given back again behind it.
	if (frames.isWriting && output.writable) output.write(all);
	setRawMode(input, false);
};

const suspend = (screen: Screen, stop: () => void): void => {
	screen.state = 'suspended';
	giveBack(screen);
	// Timers run before signals: one turn later, a SIGCONT that has arrived has been handled.
	screen.stopped = setTimeout(() => {
		screen.notStopped = setImmediate(() => resume(screen));
	}, stopMs);
	stop();
};

const stopWaiting = ({stopped, notStopped}: Screen): void => {
	clearTimeout(stopped);
	if (notStopped) clearImmediate(notStopped);
};

const resume = (screen: Screen): void => {
	stopWaiting(screen);
	if (screen.state !== 'open' && screen.state !== 'suspended') return;
	screen.state = 'open';
	(screen.output as {readonly _refreshSize?: () => void})._refreshSize?.();
	take(screen);
	screen.resumes.emit();
};

const close = (screen: Screen, detach: () => void, keeps: boolean): void => {
	const {input, output, frames} = screen;
	const hasScreen = screen.state !== 'suspended';
	screen.state = 'closed';
	clearTimeout(screen.quiet);
	stopWaiting(screen);
	if (frames.due) clearImmediate(frames.due);
	detach();
	if (keeps) return;
	if (hasScreen) giveBack(screen);
	setWaiting(output, 'foreground');
	input.pause();
};
