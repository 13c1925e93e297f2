import {clean} from '../../../core/text/clean.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {duration} from '../../../core/values/units.ts';
import {sessions} from '../../../queries/activity/sessions.ts';
import {defineRule} from '../../rule.ts';
import {clientsOf, sessionName} from '../../session.ts';
import {severityOf} from '../../thresholds.ts';
import {timeoutAdvice} from '../../timeouts.ts';

// Between two statements of a transaction every session is idle for a moment.
const leastSeconds = 2;

/** Many sessions of one application that are idle in open transactions, before any of them has been for long. */
export const idleCrowd = defineRule({
	id: 'idle-crowd',
	help: 'Many sessions of an application are idle in open transactions at once: it forgets to commit, or waits for something else while it holds locks.',
	queries: [sessions],
	find: (sample, _, limits) => {
		const idle = clientsOf(sample).filter(
			({state, state_change}) =>
				state?.startsWith('idle in transaction') === true && (secondsBetween(state_change, sample.at) ?? 0) >= leastSeconds,
		);
		const byOwner = Map.groupBy(idle, ({application_name, usename}) =>
			application_name
				? `app="${application_name.replaceAll('"', '""')}"`
				: `user="${(usename ?? '').replaceAll('"', '""')}" app=`,
		);
		return [...byOwner].flatMap(([filter, members]) => {
			const severity = severityOf(members.length, limits.idle_crowd_sessions);
			const [oldest] = members.toSorted((a, b) => ((a.state_change ?? '') < (b.state_change ?? '') ? -1 : 1));
			if (!severity || !oldest) return [];
			const {sentence, copies} = timeoutAdvice('idle_in_transaction_session_timeout', oldest, sample);
			return [
				{
					subject: filter,
					severity,
					sessions: members.length,
					weight: members.length,
					summary: clean(
						`${sessionName(oldest, sample)} and ${members.length - 1} more of that application are idle in open transactions.`,
					),
					evidence: `The oldest for ${duration(secondsBetween(oldest.state_change, sample.at) ?? 0)}; each keeps the locks and the snapshot that it has.`,
					pid: oldest.pid,
					leads: {pane: 'sessions', identity: null, filter: `${filter} state~^idle.in`},
					action: clean(
						sentence === ''
							? 'b lists them: * tags them all, K terminates them; idle_in_transaction_session_timeout for the role ends such sessions.'
							: `b lists them: * tags them all, K terminates them.${sentence}`,
					),
					copies,
				},
			];
		});
	},
});
