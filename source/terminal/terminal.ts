import type {Key, Size} from '../core/state/key.ts';
import type {Line} from '../core/text/line.ts';
import {createGrid, type Grid, paintLines} from './cells.ts';
import {diff} from './diff.ts';
import {createKeyParser, quietMs} from './keys.ts';
import {createListeners} from './listeners.ts';
import {
	giveScreenBack,
	setRawMode,
	setWaiting,
	synchronized,
	type TerminalInput,
	type TerminalOutput,
	takeScreen,
	writeNow,
} from './modes.ts';
import {type CellOverlay, layOver} from './overlay.ts';
import {attributes, packTheme, type Theme} from './style.ts';

/** What a terminal needs; `now` is a monotonic clock in milliseconds, `stop` stops the process (by SIGTSTP unless given). */
export type TerminalOptions = {
	readonly input: TerminalInput;
	readonly output: TerminalOutput;
	readonly theme: Theme;
	readonly colour: boolean;
	readonly now: () => number;
	readonly stop?: () => void;
};

/** The owner of the screen: of its modes, its cells and its keys. Every `on...` returns what removes the listener. */
export type Terminal = {
	/** The screen's size in cells: 80x24 where the terminal does not tell, at least 1x1, at most 1000x500. */
	readonly size: () => Size;
	/** Shows these lines as the base layer with the next frame. */
	readonly paint: (lines: readonly Line[]) => void;
	/** Lays cells over the base layer from the next frame on, or nothing. */
	readonly cover: (overlay?: CellOverlay) => void;
	/** Calls back once all that was painted and covered until now has been written: a terminal that stalls holds it up. */
	readonly whenShown: (shown: () => void) => void;
	/** Clears the screen and paints every cell again, whatever another program wrote there. */
	readonly redraw: () => void;
	/** Gives the screen back and stops the process; when it goes on, the screen is taken again and `onResume` is told. */
	readonly suspend: () => void;
	/** Puts text into the user's clipboard by OSC 52; false, and nothing is sent, when it is longer than terminals accept. */
	readonly copy: (text: string) => boolean;
	/** Gives the screen back for good, at once, any number of times. */
	readonly close: () => void;
	/** The keys of every read. */
	readonly onKeys: (listener: (keys: readonly Key[]) => void) => () => void;
	/** The new size, after every change. */
	readonly onResize: (listener: (size: Size) => void) => () => void;
	/** The process went on after it was stopped: what the user was asked before is stale. */
	readonly onResume: (listener: () => void) => () => void;
	/** The terminal went away (closed window, lost connection): nobody sees or types anything any more. Told once. */
	readonly onGone: (listener: (error: Error | undefined) => void) => () => void;
	/** A frame could not be painted: a mistake of ours. Without a listener it is thrown, from no caller's stack. */
	readonly onFault: (listener: (error: unknown) => void) => () => void;
};

const everyBit = 0xffff;
// Terminals cut or drop longer clipboard texts: xterm and tmux at about 100 kB of base64.
const longestCopy = 74_000;
// A host without job control ignores the stop: then the screen is taken again after this time.
const stopMs = 50;
const clearScreen = '\x1b[m\x1b[r\x1b[H\x1b[2J';

const extent = (told: number | undefined, otherwise: number, most: number): number =>
	told === undefined || !(told >= 1) ? otherwise : Math.min(Math.floor(told), most);

/** Takes the screen and the keyboard. */
export const openTerminal = (options: TerminalOptions): Terminal => {
	const {input, output, now} = options;
	const stop = options.stop ?? (() => process.kill(process.pid, 'SIGTSTP'));
	const styles = packTheme(options.theme, options.colour);
	const mask = options.colour ? everyBit : attributes;
	const keyListeners = createListeners<readonly Key[]>();
	const resizeListeners = createListeners<Size>();
	const resumeListeners = createListeners<void>();
	const goneListeners = createListeners<Error | undefined>();
	const faultListeners = createListeners<unknown>();
	const parser = createKeyParser();

	let state: 'open' | 'suspended' | 'gone' | 'closed' = 'open';
	let lines: readonly Line[] = [];
	let overlay: CellOverlay | undefined;
	let clipboard = '';
	// What the terminal shows; undefined when another program may have written on it.
	let shown: Grid | undefined;
	let spare = createGrid(1, 1);
	let due: NodeJS.Immediate | undefined;
	let awaited: (() => void)[] = [];
	let stale = false;
	let writing = false;
	let quiet: NodeJS.Timeout | undefined;
	let stopped: NodeJS.Timeout | undefined;
	let notStopped: NodeJS.Immediate | undefined;

	const size = (): Size => ({columns: extent(output.columns, 80, 1000), rows: extent(output.rows, 24, 500)});

	const go = (error?: Error): void => {
		if (state === 'gone' || state === 'closed') return;
		state = 'gone';
		goneListeners.tell(error);
	};

	const send = (text: string, shown: readonly (() => void)[]): void => {
		writing = true;
		output.write(text, error => {
			writing = false;
			if (error) go(error);
			else {
				for (const tell of shown) tell();
				if (stale) schedule();
			}
		});
	};

	const frame = (): string => {
		const {columns, rows} = size();
		if (shown?.columns !== columns || shown.rows !== rows) shown = undefined;
		const next = spare.columns === columns && spare.rows === rows ? spare : createGrid(columns, rows);
		paintLines(next, lines, styles);
		if (overlay) layOver(next, overlay, mask);
		const before = shown ?? createGrid(columns, rows);
		const change = (shown ? '' : clearScreen) + diff(before, next);
		shown = next;
		spare = before;
		return change;
	};

	const flush = (): void => {
		due = undefined;
		if (state !== 'open') return;
		// Frames are dropped, not queued: the newest one goes out when the terminal has taken the last.
		stale = writing;
		if (writing) return;
		try {
			const change = clipboard + frame();
			clipboard = '';
			const shown = awaited;
			awaited = [];
			if (change !== '') send(synchronized(change), shown);
			else for (const tell of shown) tell();
		} catch (error) {
			shown = undefined;
			spare = createGrid(1, 1);
			if (faultListeners.none()) throw error;
			faultListeners.tell(error);
		}
	};

	const schedule = (): void => {
		due ??= setImmediate(flush);
	};

	const redraw = (): void => {
		shown = undefined;
		schedule();
	};

	const tellKeys = (keys: readonly Key[]): void => {
		if (keys.length > 0 && state === 'open') keyListeners.tell(keys);
		clearTimeout(quiet);
		// A timer may fire a moment early by the clock that keys are stamped with.
		if (parser.pending() && state === 'open') quiet = setTimeout(() => tellKeys(parser.flush(now())), quietMs + 2);
	};

	const take = (): void => {
		// Off first: a shell may have left raw mode behind our back, and Node does not set again what it believes is set.
		if (!setRawMode(input, false) || !setRawMode(input, true)) setImmediate(go);
		output.write(takeScreen);
		redraw();
	};

	const giveBack = (): void => {
		writeNow(output, giveScreenBack);
		// What still waits in the stream is written after this, so it gets a screen given back after it as well.
		if (writing && output.writable) output.write(giveScreenBack);
		setRawMode(input, false);
	};

	const resume = (): void => {
		clearTimeout(stopped);
		if (notStopped) clearImmediate(notStopped);
		if (state !== 'open' && state !== 'suspended') return;
		state = 'open';
		(output as {readonly _refreshSize?: () => void})._refreshSize?.();
		take();
		resumeListeners.tell();
	};

	const read = (bytes: Buffer | string): void => tellKeys(parser.feed(Buffer.from(bytes), now()));
	const resized = (): void => {
		redraw();
		resizeListeners.tell(size());
	};
	const ended = (): void => go();

	// These two stay for good: an error after closing must not end the process either.
	input.on('error', go);
	output.on('error', go);
	input.on('data', read).on('end', ended).on('close', ended);
	// Whoever asked for a password before us left it paused.
	input.resume();
	output.on('close', ended).on('resize', resized);
	process.on('SIGCONT', resume);
	// A window that became small and large again before we looked lost its text, and Node tells of no other size.
	process.on('SIGWINCH', redraw);
	setWaiting(output, 'background');
	take();

	return {
		size,
		paint: wanted => {
			lines = wanted;
			schedule();
		},
		cover: wanted => {
			overlay = wanted;
			schedule();
		},
		whenShown: shown => {
			awaited.push(shown);
			schedule();
		},
		redraw,
		suspend: () => {
			if (state !== 'open') return;
			state = 'suspended';
			giveBack();
			// Timers run before signals: one turn later a SIGCONT that has come is known.
			stopped = setTimeout(() => {
				notStopped = setImmediate(resume);
			}, stopMs);
			stop();
		},
		copy: text => {
			if (Buffer.byteLength(text) > longestCopy) return false;
			clipboard = `\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`;
			schedule();
			return true;
		},
		close: () => {
			if (state === 'closed') return;
			const hasScreen = state !== 'suspended';
			state = 'closed';
			clearTimeout(quiet);
			clearTimeout(stopped);
			if (notStopped) clearImmediate(notStopped);
			if (due) clearImmediate(due);
			process.off('SIGCONT', resume);
			process.off('SIGWINCH', redraw);
			input.off('data', read).off('end', ended).off('close', ended);
			output.off('close', ended).off('resize', resized);
			if (hasScreen) giveBack();
			setWaiting(output, 'foreground');
			input.pause();
		},
		onKeys: keyListeners.add,
		onResize: resizeListeners.add,
		onResume: resumeListeners.add,
		onGone: goneListeners.add,
		onFault: faultListeners.add,
	};
};
