import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {duration, shortCount} from '../../../core/values/units.ts';
import {ageOfXid} from '../../../panes/reading/xids.ts';
import {type Session, sessions} from '../../../queries/activity/sessions.ts';
import {pulse} from '../../../queries/server/server.ts';
import {blockingTrees} from '../../blocking-trees.ts';
import {defineRule} from '../../rule.ts';
import {clientsOf, sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {severityOf} from '../../thresholds.ts';
import {timeoutAdvice} from '../../timeouts.ts';
import {treeSeverity} from './root-blocker.ts';

// A leaking pool leaves dozens; the oldest are enough.
const mostFindings = 3;

/** Sessions idle in an open transaction; root-blocker reports those that block others. */
export const idleInTransaction = defineRule({
	id: 'idle-in-transaction',
	help: 'A session idle in an open transaction: it keeps its locks and its snapshot.',
	queries: [sessions, pulse],
	find: (sample, _, limits) => {
		// A brief waiter does not make it a reported blocker.
		const reported = blockingTrees(sample).filter(tree => treeSeverity(tree, limits));
		const roots = new Set(reported.map(({root}) => root.pid));
		const idle = clientsOf(sample)
			.filter(({state}) => state?.startsWith('idle in transaction') === true)
			.map(session => ({session, seconds: secondsBetween(session.state_change, sample.at)}))
			.filter(({session, seconds}) => !roots.has(session.pid) && severityOf(seconds, limits.idle_in_transaction_seconds))
			.sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
		const others = idle.length - mostFindings;
		return idle.slice(0, mostFindings).flatMap(({session, seconds}, place) => {
			const severity = severityOf(seconds, limits.idle_in_transaction_seconds);
			if (!severity) return [];
			const {sentence, copies} = timeoutAdvice('idle_in_transaction_session_timeout', session, sample);
			const more = others > 0 && place === mostFindings - 1 ? `; so have ${others} more` : '';
			return [
				{
					subject: `${session.pid}@${session.backend_start}`,
					severity,
					weight: seconds ?? 0,
					summary: clean(`${sessionName(session, sample)} has been ${session.state} for ${duration(seconds ?? 0)}${more}.`),
					evidence: evidenceOf(session, sample),
					pid: session.pid,
					leads: sessionRef(session),
					action: clean(`${sessionRemedy(session)}${sentence}`),
					copies,
				},
			];
		});
	},
});

const evidenceOf = ({state, backend_xmin: xmin}: Session, sample: Sample): string => {
	if (state === 'idle in transaction (aborted)') return 'A statement failed and the transaction was not rolled back.';
	if (xmin === null) return 'It holds no snapshot, but keeps its locks.';
	const age = ageOfXid(xmin, sample);
	return age === null ? 'It holds a snapshot.' : `Its snapshot is ${shortCount(age)} transactions old.`;
};
