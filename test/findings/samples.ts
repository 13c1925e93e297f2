import type {Finding} from '../../source/core/pane/finding.ts';
import type {Query} from '../../source/core/sample/query.ts';
import type {Row, Sample, Value} from '../../source/core/sample/sample.ts';
import {laterBy} from '../../source/core/values/instant.ts';
import type {Rule} from '../../source/findings/rule.ts';
import {thresholds} from '../../source/findings/thresholds.ts';

const start = '2026-11-22T14:30:00.000000+00:00';

/** So many seconds after the first moment, or before it. */
export const instantAt = (seconds: number): string => laterBy(start, seconds * 1000);

const nothing = ({types, nullable}: {readonly types: readonly string[]; readonly nullable: boolean}): Value => {
	if (nullable) return null;
	if (types.includes('bool')) return false;
	if (types.includes('timestamptz')) return start;
	return types.includes('text') ? '' : 0;
};

/** What a query answered: each row as far as it matters, the rest of its fields with nothing in them. */
export type QueryAnswer = readonly [name: string, rows: readonly Row[], readAt: string | undefined];

/** Rows of a query, each as far as it matters. */
export const answer = <R extends Row>({name, fields}: Query<R>, ...rows: readonly Partial<R>[]): QueryAnswer => {
	const blank = Object.fromEntries(Object.entries(fields).map(([field, of]) => [field, nothing(of)]));
	return [name, rows.map((row): Row => ({...blank, ...row}) as Row), undefined];
};

/** The same, read at another moment than its sample. */
export const answerAt = (seconds: number, [name, rows]: QueryAnswer): QueryAnswer => [name, rows, instantAt(seconds)];

/** A sample so many seconds after the first moment. */
export const makeSample = (seconds: number, ...reads: readonly QueryAnswer[]): Sample => ({
	seq: seconds,
	at: instantAt(seconds),
	own: [],
	results: Object.fromEntries(
		reads.map(([name, rows, when]) => [name, {ok: true, at: when ?? instantAt(seconds), tookMs: 1, rows} as const]),
	),
});

/** What a rule finds in the last of some samples. */
export const findingsOf = (rule: Rule, ...samples: readonly Sample[]): readonly Finding[] => {
	const last = samples.at(-1);
	return last ? rule.find(last, samples, thresholds) : [];
};

/** Samples every so many seconds, made by the seconds since the first. */
export const samplesEvery = (
	seconds: number,
	until: number,
	make: (second: number) => readonly QueryAnswer[],
): readonly Sample[] =>
	Array.from({length: Math.floor(until / seconds) + 1}, (_, index) => makeSample(index * seconds, ...make(index * seconds)));
