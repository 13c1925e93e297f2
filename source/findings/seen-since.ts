import {lastUntil, type Past} from '../core/history/past.ts';
import type {Query} from '../core/sample/query.ts';
import type {Result, Sample} from '../core/sample/sample.ts';
import {type Instant, secondsBetween} from '../core/values/instant.ts';

/**
 * Time of the oldest answer to a query since which something has held in every one. Answers that failed do not interrupt it: they
 * say nothing.
 */
const heldFrom = (sample: Sample, past: Past, {name}: Query, holds: (then: Sample) => boolean): Instant => {
	let from = sample.results[name]?.at ?? sample.at;
	let newer: Result | undefined = sample.results[name];
	for (let index = lastUntil(past, sample.seq - 1); index >= 0; index--) {
		const then = past.at(index) as Sample;
		const result = then.results[name];
		if (result === newer || !result?.ok) continue;
		if (!holds(then)) break;
		newer = result;
		from = result.at;
	}
	return from;
};

/** Seconds since which something has been seen to hold in every answer to a query; 0 if it is new. */
export const secondsSeen = (sample: Sample, past: Past, query: Query, holds: (then: Sample) => boolean): number =>
	secondsBetween(heldFrom(sample, past, query, holds), sample.results[query.name]?.at ?? sample.at) ?? 0;
