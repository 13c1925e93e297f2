import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {locks} from '../../../queries/activity/locks.ts';
import {sessions} from '../../../queries/activity/sessions.ts';
import {blockingTrees} from '../../blocking-trees.ts';
import {defineRule} from '../../rule.ts';
import {lockSession, sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {severityOf} from '../../thresholds.ts';

/** Deadlock that lasts longer than the server takes to detect it. */
export const deadlock = defineRule({
	id: 'deadlock',
	help: 'Sessions that block each other; the server aborts one of them after deadlock_timeout.',
	queries: [locks, sessions],
	find: (sample, _, limits) =>
		blockingTrees(sample).flatMap(({root, waiters}) => {
			const severity = root.cycle && severityOf(root.waiters_wait_seconds, limits.deadlock_seconds);
			const session = lockSession(root.pid, sample);
			if (!severity || !session) return [];
			const others = waiters.filter(({cycle}) => cycle);
			const behind = waiters.length - others.length;
			const queued = behind === 0 ? '' : `; ${plural(behind, 'session waits', 'sessions wait')} behind them`;
			const where = root.target === null ? '' : ` ${root.pid} waits for ${root.target}.`;
			return [
				{
					subject: `${root.pid}@${session.backend_start}`,
					severity,
					sessions: waiters.length + 1,
					weight: root.blocks_total,
					summary: clean(`${sessionName(session, sample)} is deadlocked with ${plural(others.length, 'other session')}.`),
					evidence: clean(`Deadlocked: ${[root, ...others].map(({pid}) => pid).join(', ')}${queued}.${where}`),
					pid: root.pid,
					leads: sessionRef(session),
					action: sessionRemedy(session),
				},
			];
		}),
});
