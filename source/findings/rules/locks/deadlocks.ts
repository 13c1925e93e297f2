import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {duration} from '../../../core/values/units.ts';
import {databases} from '../../../queries/databases.ts';
import {counterRates, databaseAnswersOver, namedDatabases} from '../../counters.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';

import {severityOf} from '../../thresholds.ts';

const windowMs = 300_000;

/** Deadlocks that the server broke in the last minutes. */
export const deadlocks = defineRule({
	id: 'deadlocks',
	help: 'Deadlocks that the server broke in the last five minutes, as far as we looked: each cost a transaction.',
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
					summary: clean(`${plural(count, 'deadlock')} in ${datname} within ${duration(counted.seconds)}.`),
					evidence: 'The server ended a transaction of each. Its log has the statements that met.',
					pid: null,
					leads: {pane: 'databases', identity: `database ${datid}`},
					action: 'Let all transactions lock in the same order: by primary key, say.',
				},
			];
		});
	}),
});
