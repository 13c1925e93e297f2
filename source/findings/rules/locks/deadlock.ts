import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {locks} from '../../../queries/locks.ts';
import {sessions} from '../../../queries/sessions.ts';
import {blockingTrees} from '../../blocking-trees.ts';
import {defineRule} from '../../rule.ts';
import {lockSession, sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {severityOf} from '../../thresholds.ts';

/** Sessions that wait for each other in a circle, longer than the server needs to see it. */
export const deadlock = defineRule({
	id: 'deadlock',
	help: 'Sessions that wait for each other: the server ends one of them once deadlock_timeout is over.',
	queries: [locks, sessions],
	find: (sample, _, limits) =>
		blockingTrees(sample).flatMap(({root, waiters}) => {
			const severity = root.cycle && severityOf(root.waiters_wait_seconds, limits.deadlock_seconds);
			const session = lockSession(root.pid, sample);
			if (!severity || !session) return [];
			const others = waiters.filter(({cycle}) => cycle);
			const behind = waiters.length - others.length;
			const queued = behind === 0 ? '' : `; ${plural(behind, 'session waits', 'sessions wait')} behind`;
			const where = root.target === null ? '' : ` It waits for ${root.target}.`;
			return [
				{
					subject: `${root.pid}@${session.backend_start}`,
					severity,
					weight: root.blocks_total,
					summary: clean(
						`${sessionName(session, sample)} and ${plural(others.length, 'other')} wait for each other in a circle.`,
					),
					evidence: clean(`In it are ${[root, ...others].map(({pid}) => pid).join(', ')}${queued}.${where}`),
					pid: root.pid,
					leads: sessionRef(session),
					action: sessionRemedy(session),
				},
			];
		}),
});
