import {type Answer, answerOf, type Past} from '../core/history/past.ts';
import {answersOver} from '../core/history/rates.ts';
import type {Row, Sample} from '../core/sample/sample.ts';
import {msOf} from '../core/values/instant.ts';
import {factsOf} from '../panes/reading/answers.ts';
import {type DatabaseCounters, databases} from '../queries/server/databases.ts';

/** Increments of the counters of a database over some seconds. */
export type CounterRates = {readonly seconds: number; readonly of: (counter: Counter) => number};

type Counter = 'xact_commit' | 'xact_rollback' | 'deadlocks' | 'temp_bytes';

/** Answers about the databases within the window, the oldest first, none from before the server started. */
export const databaseAnswersOver = (sample: Sample, past: Past, windowMs: number): readonly Answer<DatabaseCounters>[] => {
	const started = factsOf(sample)?.started;
	const answers = answersOver<DatabaseCounters>(sample, past, databases, windowMs);
	return started == null ? answers : answers.filter(({at}) => msOf(at) >= msOf(started));
};

/** Increments of a database between two answers; undefined if its counters were reset in between, or an answer lacks it. */
export const counterRates = (
	from: Answer<DatabaseCounters> | undefined,
	to: Answer<DatabaseCounters> | undefined,
	datid: number,
): CounterRates | undefined => {
	const then = from?.rows.find(row => row.datid === datid);
	const now = to?.rows.find(row => row.datid === datid);
	if (!from || !to || !then || !now || then.stats_reset !== now.stats_reset) return undefined;
	const of = (counter: Counter): number => now[counter] - then[counter];
	const seconds = (msOf(to.at) - msOf(from.at)) / 1000;
	const isWhole = (['xact_commit', 'xact_rollback', 'deadlocks', 'temp_bytes'] as const).every(counter => of(counter) >= 0);
	return isWhole && seconds > 0 ? {seconds, of} : undefined;
};

/** Seconds from the last answer in which a counter had risen to the newest answer; null if it never rose. */
export const secondsSinceRise = <R extends Row>(
	answers: readonly Answer<R>[],
	counterOf: (answer: Answer<R>) => number | null,
): number | null => {
	const risen = answers.findLast((answer, index) => {
		const before = answers[index - 1];
		const [then, now] = [before ? counterOf(before) : null, counterOf(answer)];
		return then !== null && now !== null && now > then;
	});
	return risen === undefined ? null : (msOf(answers.at(-1)?.at ?? '') - msOf(risen.at)) / 1000;
};

/** Databases of a sample that have a name; the counters of shared objects have none. */
export const namedDatabases = (sample: Sample): readonly {readonly datid: number; readonly datname: string}[] =>
	(answerOf<DatabaseCounters>(sample, databases)?.rows ?? []).flatMap(({datid, datname}) =>
		datname === null ? [] : [{datid, datname}],
	);
