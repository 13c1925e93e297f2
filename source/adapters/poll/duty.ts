import type {Pace} from '../../core/state/state.ts';

/** How much of the server's time polling may take: told what each poll cost, it says how long to rest. */
export type Duty = {
	readonly spent: (costMs: number) => void;
	/** Milliseconds without a poll that keep it within its part of the time. */
	readonly restMs: () => number;
	/** The pace where that makes it slower than `intervalMs`, in steps that a person reads; undefined where it does not. */
	readonly pace: (intervalMs: number) => Pace | undefined;
};

// A tenth of the time: nine parts of rest for each of work.
const restFactor = 9;
// Whatever a poll costs, whoever is on call has to see something.
const mostRestMs = 10_000;
const stepMs = 500;

/** A duty that has seen nothing yet. A single slow poll is an accident and slows nothing down, the second in a row does. */
export const createDuty = (): Duty => {
	let costs: readonly number[] = [];
	const costMs = (): number => costs.toSorted((a, b) => b - a)[1] ?? 0;
	const restMs = (): number => Math.min(restFactor * costMs(), mostRestMs);
	return {
		spent: cost => {
			costs = [...costs, cost].slice(-3);
		},
		restMs,
		pace: intervalMs => {
			const everyMs = Math.round((costMs() + restMs()) / stepMs) * stepMs;
			return everyMs > intervalMs ? {everyMs, costMs: Math.round(costMs())} : undefined;
		},
	};
};
