import type {Past} from '../core/history/past.ts';
import type {Query} from '../core/sample/query.ts';
import type {Result, Sample} from '../core/sample/sample.ts';
import {msOf} from '../core/values/instant.ts';
import type {Limits} from './thresholds.ts';

const leastOldMs = 300_000;

/** The answer to a query unless it failed or is of long ago, as it is where nobody looks at what it shows any more. */
const fresh = (sample: Sample, {name, everyMs}: Query): Result | undefined => {
	const result = sample.results[name];
	return result?.ok && msOf(sample.at) - msOf(result.at) <= Math.max(leastOldMs, 5 * everyMs) ? result : undefined;
};

/**
 * What is found in these answers, worked out again only when one of them is another, so that a tick in which they stand costs
 * nothing; ages in it are as of the answers. Nothing is found while the first of them is missing or of long ago.
 */
export const oncePerAnswers = <T>(
	queries: readonly Query[],
	find: (sample: Sample, past: Past, limits: Limits) => readonly T[],
): ((sample: Sample, past: Past, limits: Limits) => readonly T[]) => {
	let last:
		| {readonly results: readonly (Result | undefined)[]; readonly limits: Limits; readonly found: readonly T[]}
		| undefined;
	return (sample, past, limits) => {
		const results = queries.map(query => fresh(sample, query));
		if (!results[0]) return [];
		if (last?.limits !== limits || !results.every((result, index) => result === last?.results[index]))
			last = {results, limits, found: find(sample, past, limits)};
		return last.found;
	};
};
