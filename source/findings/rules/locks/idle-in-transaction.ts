import {clean} from '../../../core/text/clean.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {duration, shortCount} from '../../../core/values/units.ts';
import {type Session, sessions} from '../../../queries/sessions.ts';
import {blockingTrees} from '../../blocking-trees.ts';
import {defineRule} from '../../rule.ts';
import {clientsOf, sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {severityOf} from '../../thresholds.ts';
import {treeSeverity} from './root-blocker.ts';

// A pool that leaks leaves dozens: the oldest tell enough.
const mostFindings = 3;

/** Sessions that hold a transaction open and do nothing in it; those that block others are told of by another rule. */
export const idleInTransaction = defineRule({
	id: 'idle-in-transaction',
	help: 'A session that holds its transaction open and does nothing: its locks and its snapshot stay.',
	queries: [sessions],
	find: (sample, _, limits) => {
		// A waiter that is there for a moment does not make a blocker of it, which would be told of instead.
		const told = blockingTrees(sample).filter(tree => treeSeverity(tree, limits));
		const roots = new Set(told.map(({root}) => root.pid));
		const idle = clientsOf(sample)
			.filter(({state}) => state?.startsWith('idle in transaction') === true)
			.map(session => ({session, seconds: secondsBetween(session.state_change, sample.at)}))
			.filter(({session, seconds}) => !roots.has(session.pid) && severityOf(seconds, limits.idle_in_transaction_seconds))
			.sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
		const others = idle.length - mostFindings;
		return idle.slice(0, mostFindings).flatMap(({session, seconds}, place) => {
			const severity = severityOf(seconds, limits.idle_in_transaction_seconds);
			if (!severity) return [];
			const more = others > 0 && place === mostFindings - 1 ? `, as are ${others} more` : '';
			return [
				{
					subject: `${session.pid}@${session.backend_start}`,
					severity,
					weight: seconds ?? 0,
					summary: clean(`${sessionName(session, sample)} is ${session.state} for ${duration(seconds ?? 0)}${more}.`),
					evidence: evidenceOf(session),
					pid: session.pid,
					leads: sessionRef(session),
					action: sessionRemedy(session),
				},
			];
		});
	},
});

const evidenceOf = ({state, backend_xmin_age: age}: Session): string => {
	if (state === 'idle in transaction (aborted)') return 'A statement in it failed, and it was not rolled back since.';
	return age === null ? 'It holds no snapshot, but its locks.' : `Its snapshot is ${shortCount(age)} transactions old.`;
};
