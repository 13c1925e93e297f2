import type {State} from '../core/state/state.ts';

/** How the writing of an incident bundle ended, in a sentence; not ok if something failed. */
export type Written = {readonly text: string; readonly ok: boolean};

/** Writes the incident bundle of a state, unless aborted, and reports its progress, 0 to 1. */
export type WriteBundle = (state: State, progress: (part: number) => void, signal: AbortSignal) => Promise<Written>;

/** The incident bundle that is being written, if any. */
export type Bundling = {
	readonly begin: (
		state: State,
		on: {
			readonly part: (part: number) => void;
			readonly end: (written: Written) => void;
			readonly fault: (error: unknown) => void;
		},
	) => void;
	/** Stops it; resolves once nothing is left of it. */
	readonly stop: () => Promise<void>;
};

/** Creates the writing of bundles, one at a time. */
export const createBundling = (write: WriteBundle | undefined): Bundling => {
	let current: {readonly written: Promise<void>; readonly abort: AbortController} | undefined;
	return {
		begin: (state, {part, end, fault}) => {
			const abort = new AbortController();
			const written = write?.(state, part, abort.signal).then(end, fault);
			current = written && {written, abort};
		},
		stop: async () => {
			current?.abort.abort();
			await current?.written;
		},
	};
};
