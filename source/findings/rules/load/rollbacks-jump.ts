import type {Answer} from '../../../core/history/past.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {msOf} from '../../../core/values/instant.ts';
import {average, percent} from '../../../core/values/units.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {sessions} from '../../../queries/activity/sessions.ts';
import {type DatabaseCounters, databases} from '../../../queries/server/databases.ts';
import {type CounterRates, counterRates, databaseAnswersOver, namedDatabases} from '../../counters.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {severityOf} from '../../thresholds.ts';

const windowMs = 330_000;
const nowMs = 30_000;
// Without this much of the time before, nothing counts as a jump.
const leastBaseSeconds = 60;
const leastNowSeconds = 10;
const factor = 3;
const leastRatio = 0.05;

/** Rollbacks that are far more frequent than minutes ago. */
export const rollbacksJump = defineRule({
	id: 'rollbacks-jump',
	help: 'A far larger share of transactions rolls back than in the minutes before: something has started to fail.',
	queries: [databases, sessions],
	overSeconds: leastBaseSeconds + leastNowSeconds,
	find: oncePerAnswers([databases], (sample, past, limits) => {
		const answers = databaseAnswersOver(sample, past, windowMs);
		const middle = middleOf(answers);
		return namedDatabases(sample).flatMap(({datid, datname}) => {
			const before = counterRates(answers[0], middle, datid);
			const now = counterRates(middle, answers.at(-1), datid);
			if (!before || !now || before.seconds < leastBaseSeconds || now.seconds < leastNowSeconds) return [];
			if (isDecodedSince(sample, datid)) return [];
			const pace = now.of('xact_rollback') / now.seconds;
			const steady = pace - largestStep(answers, datid) / now.seconds;
			const [ratio, usual] = [rollbackRatio(now), rollbackRatio(before)];
			const severity = severityOf(steady, limits.rollbacks_per_second);
			if (!severity || ratio < leastRatio || ratio < usual * factor) return [];
			return [
				{
					subject: datname,
					severity,
					weight: pace,
					summary: clean(`${datname} rolls back ${average(pace)} transactions/s, ${percent(ratio)} of all.`),
					evidence: `It was ${percent(usual)} in the minutes before.`,
					pid: null,
					leads: {pane: 'databases', identity: `database ${datid}`},
					action: 'The log of the server or of the application shows what fails.',
				},
			];
		});
	}),
});

const middleOf = (answers: readonly Answer<DatabaseCounters>[]): Answer<DatabaseCounters> | undefined => {
	const until = msOf(answers.at(-1)?.at ?? '');
	return answers.findLast(({at}) => until - msOf(at) >= nowMs);
};

/** Most rollbacks between two recent answers: a session may report the counts of hours at once when it ends. */
const largestStep = (answers: readonly Answer<DatabaseCounters>[], datid: number): number => {
	const until = msOf(answers.at(-1)?.at ?? '');
	const steps = answers.map((answer, index) =>
		until - msOf(answer.at) < nowMs ? (counterRates(answers[index - 1], answer, datid)?.of('xact_rollback') ?? 0) : 0,
	);
	return Math.max(0, ...steps);
};

// Logical decoding counts each transaction that it reads as a rollback: a decoder that just started is not a jump.
const isDecodedSince = (sample: Sample, datid: number): boolean =>
	rowsOf(sample, sessions).some(
		({backend_type, datid: of, backend_start}) =>
			backend_type === 'walsender' && of === datid && msOf(sample.at) - msOf(backend_start ?? sample.at) < windowMs,
	);

const rollbackRatio = (counted: CounterRates): number => {
	const all = counted.of('xact_commit') + counted.of('xact_rollback');
	return all === 0 ? 0 : counted.of('xact_rollback') / all;
};
