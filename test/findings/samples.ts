import type {Finding} from '../../source/core/pane/finding.ts';
import type {Query} from '../../source/core/sample/query.ts';
import type {Row, Sample, Value} from '../../source/core/sample/sample.ts';
import {laterBy} from '../../source/core/values/instant.ts';
import type {Rule} from '../../source/findings/rule.ts';
import {thresholds} from '../../source/findings/thresholds.ts';

const start = '2026-11-22T14:30:00.000000+00:00';

/** Timestamp of a number of seconds after the start, or before it if negative. */
export const instantAt = (seconds: number): string => laterBy(start, seconds * 1000);

const blankValue = ({types, nullable}: {readonly types: readonly string[]; readonly nullable: boolean}): Value => {
	if (nullable) return null;
	if (types.includes('bool')) return false;
	if (types.includes('timestamptz')) return start;
	return types.includes('text') ? '' : 0;
};

/** Answer to a query: its rows, and the time it was read if that is not the time of the sample. */
export type QueryAnswer = readonly [name: string, rows: readonly Row[], readAt: string | undefined];

/** Answer with these rows; fields that are left out are null, or blank if they cannot be null. */
export const answer = <R extends Row>({name, fields}: Query<R>, ...rows: readonly Partial<R>[]): QueryAnswer => {
	const blank = Object.fromEntries(Object.entries(fields).map(([field, of]) => [field, blankValue(of)]));
	return [name, rows.map((row): Row => ({...blank, ...row}) as Row), undefined];
};

/** The same answer, read at another time than its sample. */
export const answerAt = (seconds: number, [name, rows]: QueryAnswer): QueryAnswer => [name, rows, instantAt(seconds)];

/** Sample of a number of seconds after the start. */
export const makeSample = (seconds: number, ...answers: readonly QueryAnswer[]): Sample => ({
	seq: seconds,
	at: instantAt(seconds),
	own: [],
	results: Object.fromEntries(
		answers.map(([name, rows, when]) => [name, {ok: true, at: when ?? instantAt(seconds), tookMs: 1, rows} as const]),
	),
});

/** Findings of a rule in the last of some samples. */
export const findingsOf = (rule: Rule, ...samples: readonly Sample[]): readonly Finding[] => {
	const last = samples.at(-1);
	return last ? rule.find(last, samples, thresholds) : [];
};

/** Samples at a fixed interval in seconds, each made from the seconds since the first. */
export const samplesEvery = (
	seconds: number,
	until: number,
	make: (second: number) => readonly QueryAnswer[],
): readonly Sample[] =>
	Array.from({length: Math.floor(until / seconds) + 1}, (_, index) => makeSample(index * seconds, ...make(index * seconds)));
