import type {Past} from '../../core/history/past.ts';
import type {Alarms} from '../../core/pane/finding.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {msOf} from '../../core/values/instant.ts';
import type {ChartSpan} from './buckets.ts';

/** Names of the worst findings of samples, of those that were judged; undefined for a sample without one. */
export type Judged = ReadonlyMap<Sample, string | undefined>;

// Rules need up to 2 ms for a sample whose answers are all new, and a key waits for them. More would also push the newest sample
// out of their cache.
const mostAtOnce = 2;

/** One sample of each cell of a chart, the newest first. */
function* cellsOf(past: Past, {fromMs, cellMs}: ChartSpan): Generator<Sample> {
	let cell = Number.POSITIVE_INFINITY;
	for (let index = past.length - 1; index >= 0; index--) {
		const sample = past.at(index) as Sample;
		const at = msOf(sample.at);
		if (at < fromMs) return;
		const place = Math.floor((at - fromMs) / cellMs);
		if (place >= cell) continue;
		cell = place;
		yield sample;
	}
}

/**
 * Judges a few more samples of a chart, the newest first, and takes all whose worst finding is known; forgets those outside of the
 * chart. The same map if nothing changed.
 */
export const judgeMore = (judged: Judged, past: Past, span: ChartSpan, alarms: Alarms): Judged => {
	const next = new Map<Sample, string | undefined>();
	let left = mostAtOnce;
	let isLonger = false;
	for (const sample of cellsOf(past, span)) {
		if (judged.has(sample)) {
			next.set(sample, judged.get(sample));
			continue;
		}
		if (!alarms.isKnown(sample) && left-- === 0) break;
		next.set(sample, alarms.of(sample, past));
		isLonger = true;
	}
	return isLonger || next.size < judged.size ? next : judged;
};

/** The moments at which the worst finding changed to another one, newest first, as far back as samples were judged. */
export const ticksOf = (judged: Judged, past: Past, span: ChartSpan): readonly number[] => {
	const ticks: number[] = [];
	let later: {readonly at: number; readonly name: string} | undefined;
	for (const sample of cellsOf(past, span)) {
		if (!judged.has(sample)) break;
		const at = msOf(sample.at);
		const name = judged.get(sample);
		if (later && later.name !== name) ticks.push(later.at);
		later = name === undefined ? undefined : {at, name};
	}
	return ticks;
};
