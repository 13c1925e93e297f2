import type {Query} from '../sample/query.ts';
import type {Row, Sample} from '../sample/sample.ts';
import {type Instant, msOf} from '../values/instant.ts';
import {type Answer, answersOf, type Past} from './past.ts';

/** A counter at one time of the server's clock. */
export type Reading = {readonly at: Instant; readonly value: number | null};

/**
 * Rate of a counter per second between two readings; null if unknown: no time passed, a reading is missing, or the counter fell
 * because it was reset.
 */
export const perSecond = (from: Reading, to: Reading): number | null => {
	const seconds = (msOf(to.at) - msOf(from.at)) / 1000;
	if (from.value === null || to.value === null || !(seconds > 0) || to.value < from.value) return null;
	return (to.value - from.value) / seconds;
};

const apartMs = 5000;

/**
 * Answers to a query over the last `windowMs` of a sample's past, about one every five seconds, oldest first. The oldest of all is
 * among them, so that a difference does not depend on which answers are five seconds apart.
 */
export const answersOver = <R extends Row>(
	sample: Sample,
	past: Past,
	query: Pick<Query<R>, 'name' | 'fields'>,
	windowMs: number,
): readonly Answer<R>[] => {
	const answers: Answer<R>[] = [];
	let oldest: Answer<R> | undefined;
	let [until, last] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
	for (const answer of answersOf(sample, past, query)) {
		const at = msOf(answer.at);
		if (answers.length === 0) until = at;
		else if (until - at > windowMs) break;
		oldest = answer;
		if (last - at < apartMs) continue;
		last = at;
		answers.push(answer);
	}
	if (oldest && oldest !== answers.at(-1)) answers.push(oldest);
	return answers.reverse();
};

/**
 * Growth per second, by least squares over readings, oldest first; null until they span `leastSeconds`. After a fall to less than
 * half, by a reset or a drop, only later readings count.
 */
export const trend = (readings: readonly Reading[], leastSeconds: number): number | null => {
	const values = readings.filter((reading): reading is Reading & {value: number} => reading.value !== null);
	const fall = values.findLastIndex(({value}, index) => index > 0 && value < (values[index - 1]?.value ?? 0) / 2);
	const steady = values.slice(Math.max(0, fall));
	const from = msOf(steady[0]?.at ?? '');
	const points = steady.map(({at, value}) => ({x: (msOf(at) - from) / 1000, y: value}));
	if ((points.at(-1)?.x ?? 0) < leastSeconds) return null;
	const meanX = points.reduce((sum, {x}) => sum + x, 0) / points.length;
	const meanY = points.reduce((sum, {y}) => sum + y, 0) / points.length;
	const spread = points.reduce((sum, {x}) => sum + (x - meanX) ** 2, 0);
	return spread === 0 ? null : points.reduce((sum, {x, y}) => sum + (x - meanX) * (y - meanY), 0) / spread;
};

/** Seconds until the growth per second has used up what is left; null if it does not grow or either is unknown. */
export const secondsUntil = (left: number | null, perSecond: number | null): number | null =>
	left === null || perSecond === null || perSecond <= 0 ? null : Math.max(0, left) / perSecond;
