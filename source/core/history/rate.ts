import {type Instant, msOf} from '../values/instant.ts';

/** A counter as it was read at one moment of the server's clock. */
export type Reading = {readonly at: Instant; readonly value: number | null};

/**
 * How fast a counter rises a second between two readings; null where it is unknown: no time passed, a reading is missing, or
 * the counter fell because it was reset.
 */
export const perSecond = (from: Reading, to: Reading): number | null => {
	const seconds = (msOf(to.at) - msOf(from.at)) / 1000;
	if (from.value === null || to.value === null || !(seconds > 0) || to.value < from.value) return null;
	return (to.value - from.value) / seconds;
};
