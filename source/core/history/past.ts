import type {Query} from '../sample/query.ts';
import type {Result, Row, Sample, Value} from '../sample/sample.ts';
import {msOf} from '../values/instant.ts';

/** The samples kept, oldest first, by ascending seq. The past of one of them is those before it. */
export type Past = {
	readonly length: number;
	readonly at: (index: number) => Sample | undefined;
	readonly slice: (from?: number, to?: number) => readonly Sample[];
};

/** Index of the last sample whose seq is at most `seq`; -1 if all are later. */
export const lastUntil = (past: Past, seq: number): number => {
	let [least, most] = [-1, past.length - 1];
	while (least < most) {
		const middle = (least + most + 1) >> 1;
		if ((past.at(middle) as Sample).seq <= seq) least = middle;
		else most = middle - 1;
	}
	return least;
};

/** An answer with rows. */
export type Answer<R extends Row = Row> = Omit<Extract<Result, {ok: true}>, 'rows'> & {readonly rows: readonly R[]};

/** The answer to a query in a sample; undefined if it failed or was not asked. */
export const answerOf = <R extends Row>(sample: Sample, {name}: Pick<Query<R>, 'name' | 'fields'>): Answer<R> | undefined => {
	const result = sample.results[name];
	return result?.ok ? (result as Answer<R>) : undefined;
};

type Asked<R extends Row> = Pick<Query<R>, 'name' | 'fields'>;

/** The distinct answers to a query in a sample and its past, newest first, each with the last sample that has it. */
function* readBefore<R extends Row>(
	sample: Sample,
	past: Past,
	query: Asked<R>,
): Generator<{readonly answer: Answer<R>; readonly of: Sample}> {
	let last = answerOf(sample, query);
	if (last) yield {answer: last, of: sample};
	for (let index = lastUntil(past, sample.seq - 1); index >= 0; index--) {
		const of = past.at(index) as Sample;
		const answer = answerOf(of, query);
		if (!answer || answer === last) continue;
		last = answer;
		yield {answer, of};
	}
}

/** The distinct answers to a query in a sample and its past, newest first; an answer shared by several samples comes once. */
export function* answersOf<R extends Row>(sample: Sample, past: Past, query: Asked<R>): Generator<Answer<R>> {
	for (const {answer} of readBefore(sample, past, query)) yield answer;
}

/** Start time of the server of a sample, by its facts; null if unknown. */
const startOf = ({results: {facts}}: Sample): Value => (facts?.ok ? (facts.rows[0]?.started ?? null) : null);

// Busy backends report their counters about once a second: a rate over less than three seconds is noise.
const leastWindowMs = 3000;
// A pane that was not watched has old answers, and a rate over them is an average of long ago.
const longestWindowMs = 15_000;

/**
 * The earlier answer from which rates are computed: the newest one that is at least three seconds older, else the oldest. Undefined
 * if there is none within 15 seconds or three times the query's cadence. Counters from before a restart of the server or from
 * before a failover are not a base.
 */
export const baseOf = <R extends Row>(
	sample: Sample,
	past: Past,
	query: Pick<Query<R>, 'name' | 'everyMs' | 'fields'>,
): Answer<R> | undefined => {
	const until = msOf(answerOf(sample, query)?.at ?? '');
	const started = startOf(sample);
	let base: Answer<R> | undefined;
	for (const {answer, of} of readBefore(sample, past, query)) {
		const then = startOf(of);
		if (started !== null && then !== null && then !== started) break;
		const olderMs = until - msOf(answer.at);
		if (olderMs > Math.max(longestWindowMs, 3 * query.everyMs)) break;
		if (olderMs > 0) base = answer;
		if (olderMs >= leastWindowMs) break;
	}
	return base;
};
