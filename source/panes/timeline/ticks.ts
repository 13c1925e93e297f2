import type {Past} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {msOf} from '../../core/values/instant.ts';
import type {ChartSpan} from './buckets.ts';

// Rules need up to 2 ms for a sample whose answers are all new, and a key waits for them. More would also push the newest sample
// out of their cache.
const mostAtOnce = 2;

/**
 * Finds the moments at which the worst finding changed to another one, from one sample of each cell. Each call judges a few samples
 * more, the newest first, and keeps what it found.
 */
export const createTicks = (alarm: (sample: Sample, past: Past) => string | undefined) => {
	const known = new WeakMap<Sample, {readonly name: string | undefined}>();
	return (past: Past, {fromMs, cellMs}: ChartSpan): readonly number[] => {
		let left = mostAtOnce;
		const ticks: number[] = [];
		let later: {readonly at: number; readonly name: string} | undefined;
		let cell = Number.POSITIVE_INFINITY;
		for (let index = past.length - 1; index >= 0; index--) {
			const sample = past.at(index) as Sample;
			const at = msOf(sample.at);
			if (at < fromMs) break;
			const place = Math.floor((at - fromMs) / cellMs);
			if (place >= cell) continue;
			cell = place;
			const judged = known.get(sample) ?? (left-- > 0 ? {name: alarm(sample, past)} : undefined);
			if (!judged) break;
			known.set(sample, judged);
			if (later && later.name !== judged.name) ticks.push(later.at);
			later = judged.name === undefined ? undefined : {at, name: judged.name};
		}
		return ticks;
	};
};
