import type {SourceAction} from './action.ts';

/** What can be asked of a running source. */
export type Feed = {
	/** Milliseconds between samples from now on. */
	readonly setInterval: (intervalMs: number) => void;
	/** Brings the next sample forward to now. */
	readonly refresh: () => void;
	/** Which pane is looked at, so that only what is seen is asked for. */
	readonly watch: (pane: string) => void;
	readonly stop: () => Promise<void>;
};

/** Where samples come from: a server or a recording. It tells all it learns through `dispatch`, in order. */
export type Source = (dispatch: (action: SourceAction) => void) => Feed;
