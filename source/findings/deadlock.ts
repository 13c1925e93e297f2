import {lockForest} from '../core/lock-forest.ts';
import {clean} from '../core/text.ts';
import {graphOf} from '../panes/reading.ts';
import {locks} from '../queries/locks.ts';
import {sessions} from '../queries/sessions.ts';
import {defineRule} from './rule.ts';
import {severityOf} from './thresholds.ts';
import {lockSession, many, placeOf, remedyOf, sessionName} from './who.ts';

/** Sessions that wait for each other in a circle, longer than the server needs to see it. */
export const deadlock = defineRule({
	id: 'deadlock',
	help: 'Sessions that wait for each other: the server ends one of them once deadlock_timeout is over.',
	queries: [locks, sessions],
	find: (sample, _, limits) =>
		lockForest(graphOf(sample), sample.at)
			.filter(row => row.cycle && row.depth === 0)
			.flatMap(row => {
				const severity = severityOf(row.waiters_wait_seconds, limits.deadlock_seconds);
				const session = lockSession(row.pid, sample);
				if (!severity || !session) return [];
				return [
					{
						subject: `${row.pid}@${session.backend_start}`,
						severity,
						weight: row.blocks_total,
						summary: clean(`${sessionName(session, sample)} and others wait for each other in a circle.`),
						evidence: clean(
							`${many(row.blocks_total, 'session waits', 'sessions wait')} in or behind it, on ${row.target ?? '?'}.`,
						),
						pid: row.pid,
						leads: placeOf(session),
						action: remedyOf(session),
					},
				];
			}),
});
