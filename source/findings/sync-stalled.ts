import {clean} from '../core/text.ts';
import {duration, secondsBetween} from '../core/units.ts';
import {rowsOf} from '../panes/reading.ts';
import {senders} from '../queries/replication.ts';
import {sessions} from '../queries/sessions.ts';
import {defineRule} from './rule.ts';
import {severityOf} from './thresholds.ts';
import {clientsOf, many} from './who.ts';

/** Commits that wait for a synchronous standby. */
export const syncStalled = defineRule({
	id: 'sync-stalled',
	help: 'Commits that wait for a synchronous standby to confirm them.',
	queries: [sessions, senders],
	find: (sample, _, limits) => {
		const waiting = clientsOf(sample)
			.filter(({wait_event}) => wait_event === 'SyncRep')
			.map(session => ({session, seconds: secondsBetween(session.query_start, sample.at) ?? 0}))
			.sort((a, b) => b.seconds - a.seconds);
		const [longest] = waiting;
		const severity = longest && severityOf(longest.seconds, limits.sync_wait_seconds);
		if (!severity) return [];
		const synchronous = rowsOf(sample, senders).filter(({sync_state}) => sync_state === 'sync' || sync_state === 'quorum');
		const whom =
			synchronous.length === 0
				? 'no synchronous standby is connected'
				: `${synchronous.map(({application_name}) => application_name ?? '?').join(', ')} does not confirm`;
		return [
			{
				subject: 'sync',
				severity,
				weight: waiting.length,
				summary: clean(
					`${many(waiting.length, 'commit waits', 'commits wait')} for a synchronous standby, the longest for ${duration(longest.seconds)}: ${whom}.`,
				),
				evidence: 'Their transactions are committed here; cancelling the wait would report success without the standby.',
				pid: null,
				leads: {pane: 'replication', identity: null},
				action: 'Bring the standby back, or change synchronous_standby_names and reload.',
			},
		];
	},
});
