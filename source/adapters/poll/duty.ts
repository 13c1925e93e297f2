import type {Pace} from '../../core/state/state.ts';

/** Limits polling to a tenth of the server's time: takes the cost of each poll and returns the pause after it. */
export type Duty = {
	/** Adds the cost of a poll in milliseconds. */
	readonly spend: (costMs: number) => void;
	/** Milliseconds to pause so that polling stays within its share. */
	readonly restMs: () => number;
	/** The pace if it is slower than `intervalMs`, in steps of 500 ms; undefined otherwise. */
	readonly pace: (intervalMs: number) => Pace | undefined;
};

// A tenth of the time: nine parts of rest to one of work.
const restFactor = 9;
// The screen has to move, however expensive a poll is.
const mostRestMs = 10_000;
const stepMs = 500;

/** Creates a duty without polls. A single slow poll does not slow polling down; the second in a row does. */
export const createDuty = (): Duty => {
	let costs: readonly number[] = [];
	const costMs = (): number => costs.toSorted((a, b) => b - a)[1] ?? 0;
	const restMs = (): number => Math.min(restFactor * costMs(), mostRestMs);
	return {
		spend: cost => {
			costs = [...costs, cost].slice(-3);
		},
		restMs,
		pace: intervalMs => {
			const everyMs = Math.round((costMs() + restMs()) / stepMs) * stepMs;
			return everyMs > intervalMs ? {everyMs, costMs: Math.round(costMs())} : undefined;
		},
	};
};
