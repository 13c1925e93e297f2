import type {Scopes} from '../sample/scope.ts';
import type {SourceMessage} from './message.ts';

/** Controls of a running source. */
export type Feed = {
	/** Sets the milliseconds between samples. */
	readonly setInterval: (intervalMs: number) => void;
	/** Takes the next sample now. */
	readonly refresh: () => void;
	/** Limits queries to those of these panes. */
	readonly watch: (panes: readonly string[]) => void;
	/** Sets what the queries about locks are about. */
	readonly aim: (scopes: Scopes) => void;
	readonly stop: () => Promise<void>;
};

/** Number of samples of a recording that one refresh reads. */
export const samplesPerRead = 16;

/** Source of samples: a server, a recording or a script. Dispatches its messages in order. */
export type Source = (dispatch: (message: SourceMessage) => void) => Feed;
