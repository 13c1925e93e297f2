import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {duration} from '../../../core/values/units.ts';
import {databases} from '../../../queries/server/databases.ts';
import {counterRates, databaseAnswersOver, namedDatabases} from '../../counters.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';

import {severityOf} from '../../thresholds.ts';

const windowMs = 300_000;

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
			return [
				{
					subject: datname,
					severity,
					weight: count,
					summary: clean(`${plural(count, 'deadlock')} in ${datname} in the last ${duration(counted.seconds)}.`),
					evidence: 'Each cost a transaction; the server log has the statements.',
					pid: null,
					leads: {pane: 'databases', identity: `database ${datid}`},
					action: 'Make all transactions take locks in the same order, for example by primary key.',
				},
			];
		});
	}),
});
