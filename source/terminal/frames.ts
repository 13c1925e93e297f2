import type {Size} from '../core/state/key.ts';
import type {Line} from '../core/text/line.ts';
import {createGrid, type Grid, limitToAscii, paintLines} from './cells.ts';
import {diff} from './diff.ts';
import type {Listeners} from './listeners.ts';
import {synchronized, type TerminalOutput} from './modes.ts';
import {type CellOverlay, layOver} from './overlay.ts';
import type {ToneStyles} from './style.ts';

/** The frames of one terminal: the content to show next, and the cells that it shows now. */
export type Frames = {
	readonly output: TerminalOutput;
	readonly styles: ToneStyles;
	/** The bits of a style that the terminal shows. */
	readonly mask: number;
	/** True if the terminal shows only ASCII. */
	readonly ascii: boolean;
	/** False while the screen is given back: frames wait. */
	readonly isOpen: () => boolean;
	readonly onWriteError: (error: Error) => void;
	readonly faults: Listeners<unknown>;
	lines: readonly Line[];
	overlay: CellOverlay | undefined;
	/** A sequence to send with the next frame. */
	clipboard: string;
	/** Undefined if another program may have written on the terminal. */
	shown: Grid | undefined;
	spare: Grid;
	due: NodeJS.Immediate | undefined;
	/** Callbacks for the end of the next write. */
	callbacks: (() => void)[];
	isWriting: boolean;
	/** The content changed during the write under way. */
	isStale: boolean;
};

const clearScreen = '\x1b[m\x1b[r\x1b[H\x1b[2J';

const extent = (reported: number | undefined, otherwise: number, most: number): number =>
	reported === undefined || !(reported >= 1) ? otherwise : Math.min(Math.floor(reported), most);

/** The size of a terminal in cells: 80x24 if it reports none, at least 1x1, at most 1000x500. */
export const sizeOf = ({columns, rows}: TerminalOutput): Size => ({
	columns: extent(columns, 80, 1000),
	rows: extent(rows, 24, 500),
});

/** Frames of a terminal that shows unknown cells. */
export const createFrames = (
	options: Pick<Frames, 'output' | 'styles' | 'mask' | 'ascii' | 'isOpen' | 'onWriteError' | 'faults'>,
): Frames => ({
	...options,
	lines: [],
	overlay: undefined,
	clipboard: '',
	shown: undefined,
	spare: createGrid(1, 1),
	due: undefined,
	callbacks: [],
	isWriting: false,
	isStale: false,
});

/** Writes a frame before the next event is handled, or once the write under way has ended. */
export const scheduleFrame = (frames: Frames): void => {
	frames.due ??= setImmediate(() => flush(frames));
};

/** Clears the screen and paints every cell with the next frame. */
export const repaint = (frames: Frames): void => {
	frames.shown = undefined;
	scheduleFrame(frames);
};

const flush = (frames: Frames): void => {
	frames.due = undefined;
	if (!frames.isOpen()) return;
	// Frames are dropped, not queued: the newest one goes out when the terminal has taken the last.
	frames.isStale = frames.isWriting;
	if (frames.isWriting) return;
	try {
		const change = frames.clipboard + nextFrame(frames);
		frames.clipboard = '';
		const {callbacks} = frames;
		frames.callbacks = [];
		if (change !== '') send(frames, synchronized(change), callbacks);
		else for (const callback of callbacks) callback();
	} catch (error) {
		frames.shown = undefined;
		frames.spare = createGrid(1, 1);
		if (frames.faults.isEmpty()) throw error;
		frames.faults.emit(error);
	}
};

const nextFrame = (frames: Frames): string => {
	const {columns, rows} = sizeOf(frames.output);
	const fits = (grid: Grid | undefined): boolean => grid?.columns === columns && grid.rows === rows;
	if (!fits(frames.shown)) frames.shown = undefined;
	const next = fits(frames.spare) ? frames.spare : createGrid(columns, rows);
	paintLines(next, frames.lines, frames.styles);
	if (frames.overlay) layOver(next, frames.overlay, frames.mask);
	if (frames.ascii) limitToAscii(next);
	const before = frames.shown ?? createGrid(columns, rows);
	const change = (frames.shown ? '' : clearScreen) + diff(before, next);
	frames.shown = next;
	frames.spare = before;
	return change;
};

const send = (frames: Frames, text: string, callbacks: Frames['callbacks']): void => {
	frames.isWriting = true;
	frames.output.write(text, error => {
		frames.isWriting = false;
		if (error) {
			frames.onWriteError(error);
			return;
		}
		for (const callback of callbacks) callback();
		if (frames.isStale) scheduleFrame(frames);
	});
};
