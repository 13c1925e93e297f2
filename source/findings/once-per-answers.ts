import type {Past} from '../core/history/past.ts';
import type {Query} from '../core/sample/query.ts';
import type {Result, Sample} from '../core/sample/sample.ts';
import {msOf} from '../core/values/instant.ts';
import type {Limits} from './thresholds.ts';

const leastOldMs = 300_000;

/** Answer to a query; undefined if it failed or is outdated, as answers become when no pane on screen needs them. */
const fresh = (sample: Sample, {name, everyMs}: Query): Result | undefined => {
	const result = sample.results[name];
	return result?.ok && msOf(sample.at) - msOf(result.at) <= Math.max(leastOldMs, 5 * everyMs) ? result : undefined;
};

/**
 * Memoizes findings by the answers they are derived from: a sample that brings no new answer costs nothing, and ages are as of the
 * answers. Finds nothing while the first answer is missing or outdated.
 */
export const oncePerAnswers = <T>(
	queries: readonly Query[],
	find: (sample: Sample, past: Past, limits: Limits) => readonly T[],
): ((sample: Sample, past: Past, limits: Limits) => readonly T[]) => {
	let last:
		| {readonly results: readonly (Result | undefined)[]; readonly limits: Limits; readonly findings: readonly T[]}
		| undefined;
	return (sample, past, limits) => {
		const results = queries.map(query => fresh(sample, query));
		if (!results[0]) return [];
		if (last?.limits !== limits || !results.every((result, index) => result === last?.results[index]))
			last = {results, limits, findings: find(sample, past, limits)};
		return last.findings;
	};
};
