import type {SourceMessage} from './message.ts';

/** What can be asked of a running source. */
export type Feed = {
	/** Milliseconds between samples from now on. */
	readonly setInterval: (intervalMs: number) => void;
	/** Brings the next sample forward to now. */
	readonly refresh: () => void;
	/** Which panes are looked at, so that only what is seen is asked for. */
	readonly watch: (panes: readonly string[]) => void;
	readonly stop: () => Promise<void>;
};

/** Samples of a recording that one refresh reads. */
export const samplesPerRead = 16;

/** Where samples come from: a server, a recording or a script. It tells all it learns through `dispatch`, in order. */
export type Source = (dispatch: (action: SourceMessage) => void) => Feed;
