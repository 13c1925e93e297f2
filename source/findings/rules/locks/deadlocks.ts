import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {duration} from '../../../core/values/units.ts';
import {databases} from '../../../queries/server/databases.ts';
import {counterRates, databaseAnswersOver, namedDatabases, secondsSinceRise} from '../../counters.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {severityOf} from '../../thresholds.ts';

const windowMs = 300_000;
// Transactions that deadlock are tried again at once: a minute without another deadlock is the end of it.
const ongoingSeconds = 60;

/** Deadlocks that the server resolved in the last minutes. */
export const deadlocks = defineRule({
	id: 'deadlocks',
	help: 'Deadlocks that the server resolved in the last five minutes, as far as observed; each cost a transaction.',
	queries: [databases],
	find: oncePerAnswers([databases], (sample, past, limits) => {
		const answers = databaseAnswersOver(sample, past, windowMs);
		return namedDatabases(sample).flatMap(({datid, datname}) => {
			const counted = counterRates(answers[0], answers.at(-1), datid);
			const count = counted?.of('deadlocks') ?? 0;
			const severity = severityOf(count, limits.deadlocks);
			if (!severity || !counted) return [];
			const ago = secondsSinceRise(answers, ({rows}) => rows.find(row => row.datid === datid)?.deadlocks ?? null) ?? 0;
			const ongoing = ago <= ongoingSeconds;
			const last = ongoing ? '' : `, the last one ${duration(ago)} ago`;
			return [
				{
					subject: datname,
					severity,
					ongoing,
					weight: count,
					summary: clean(`${plural(count, 'deadlock')} in ${datname} in the last ${duration(counted.seconds)}${last}.`),
					evidence: 'Each cost a transaction; the server log has the statements.',
					pid: null,
					leads: {pane: 'databases', identity: `database ${datid}`},
					action: 'Make all transactions take locks in the same order, for example by primary key.',
				},
			];
		});
	}),
});
