import type {Sample} from '../../../core/sample/sample.ts';
import {namedSqlstate} from '../../../core/serverlog/conditions.ts';
import {clean} from '../../../core/text/clean.ts';
import {fullStop, joinSentences} from '../../../core/text/sentence.ts';
import {average, duration, percent} from '../../../core/values/units.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {sessions} from '../../../queries/activity/sessions.ts';
import {logErrors} from '../../../queries/beside/server-log.ts';
import {databases} from '../../../queries/server/databases.ts';
import {counterRates, databaseAnswersOver, namedDatabases} from '../../counters.ts';
import {unreadReason} from '../../logged-deadlocks.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {severityOf} from '../../thresholds.ts';
import {rollbacksJump} from './rollbacks-jump.ts';

const windowMs = 30_000;
// A session may report the counts of a long time at once: a shorter span would show that as a rate.
const leastSeconds = 5;

/** The most frequent error of a database in the log, with its condition name and its newest message; empty if it is not known. */
const errorOf = (sample: Sample, datname: string): string => {
	const rows = rowsOf(sample, logErrors).filter(row => row.datname === datname || row.datname === null);
	const [most] = rows;
	if (!most) return unreadReason(sample, logErrors.name);
	const all = rows.reduce((sum, {count}) => sum + count, 0);
	const name = most.sqlstate === null ? '' : `${namedSqlstate(most.sqlstate)}: `;
	return `Most frequent error, ${most.count} of ${all} in the log: ${name}${fullStop(oneMessage(most.message))}`;
};

const mostMessage = 200;

const oneMessage = (message: string): string =>
	message.length > mostMessage ? `${message.slice(0, mostMessage).toWellFormed()}…` : message;

/** A large part of all transactions that roll back, however long it has been so. */
export const rollbacksHigh = defineRule({
	id: 'rollbacks-high',
	help: 'A large share of all transactions rolls back, also if that was so before pgtriage connected: an application whose statements fail.',
	queries: [databases, sessions],
	overSeconds: leastSeconds,
	find: oncePerAnswers([databases, logErrors], (sample, past, limits) => {
		const answers = databaseAnswersOver(sample, past, windowMs);
		// A jump says more: what was usual before.
		const jumped = new Set(rollbacksJump.find(sample, past, limits).map(({subject}) => subject));
		return namedDatabases(sample).flatMap(({datid, datname}) => {
			const counted = counterRates(answers[0], answers.at(-1), datid);
			if (!counted || counted.seconds < leastSeconds) return [];
			const [commits, rollbacks] = [counted.of('xact_commit'), counted.of('xact_rollback')];
			const ratio = commits + rollbacks === 0 ? 0 : rollbacks / (commits + rollbacks);
			const pace = rollbacks / counted.seconds;
			const severity = severityOf(ratio, limits.rollback_ratio);
			// Logical decoding counts each transaction that it reads as a rollback.
			const isDecoded = rowsOf(sample, sessions).some(
				({backend_type, datid: of}) => backend_type === 'walsender' && of === datid,
			);
			if (!severity || !severityOf(pace, limits.rollbacks_per_second) || isDecoded || jumped.has(datname)) return [];
			const error = errorOf(sample, datname);
			const pools = error.startsWith('Most') ? '' : 'Some pools end every read with a rollback; then it is harmless.';
			return [
				{
					subject: datname,
					severity,
					weight: pace,
					summary: clean(`${datname} rolls back ${average(pace)} transactions/s, ${percent(ratio)} of all.`),
					evidence: clean(joinSentences(`Measured over ${duration(counted.seconds)}.`, pools, error)),
					pid: null,
					leads: {pane: 'databases', identity: `database ${datid}`},
					action: 'The log of the server or of the application shows what fails.',
				},
			];
		});
	}),
});
