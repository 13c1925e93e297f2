import {answerOf, lastUntil, type Past} from '../../../core/history/past.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {duration} from '../../../core/values/units.ts';
import {type Session, sessions} from '../../../queries/activity/sessions.ts';
import {type Sender, senders} from '../../../queries/replication/replication.ts';
import {defineRule} from '../../rule.ts';
import {clientsOf} from '../../session.ts';
import {severityOf} from '../../thresholds.ts';

/** Commits that wait for a synchronous standby. */
export const syncStalled = defineRule({
	id: 'sync-stalled',
	help: 'Commits waiting for a synchronous standby to confirm them.',
	queries: [sessions, senders],
	find: (sample, past, limits) => {
		const waiting = clientsOf(sample).filter(isWaiting);
		if (waiting.length === 0) return [];
		const seconds = longestWait(waiting, sample, past);
		const severity = severityOf(seconds, limits.sync_wait_seconds);
		if (!severity) return [];
		return [
			{
				subject: 'sync',
				severity,
				sessions: waiting.length,
				weight: waiting.length,
				summary: clean(
					`${plural(waiting.length, 'commit waits', 'commits wait')} for a synchronous standby, the longest for ${duration(seconds)}${blameOf(sample)}.`,
				),
				evidence: 'They are committed on this server; canceling the wait reports success without the standby.',
				pid: null,
				leads: {pane: 'replication', identity: null},
				action: 'Bring the standby back, or change synchronous_standby_names and reload.',
			},
		];
	},
});

const isWaiting = ({wait_event}: Session): boolean => wait_event === 'SyncRep';

// Long enough to see that a commit is stuck; a longer wait began about when its statement did.
const windowSeconds = 60;

/**
 * Longest wait of the commits in seconds: at most the age of the statement, which the commit only ends, and at most the time since
 * a sample without that wait. A commit seen in one sample only counts as 0.
 */
const longestWait = (waiting: readonly Session[], sample: Sample, past: Past): number => {
	const open = new Map(waiting.map(session => [commitOf(session), secondsBetween(session.query_start, sample.at) ?? 0]));
	let [longest, isFirst] = [0, true];
	for (let index = lastUntil(past, sample.seq - 1); index >= 0 && open.size > 0; index--) {
		const then = past.at(index) as Sample;
		const ago = secondsBetween(then.at, sample.at) ?? 0;
		if (ago > windowSeconds && !isFirst) break;
		const answer = answerOf<Session>(then, sessions);
		if (!answer) continue;
		const before = new Set(answer.rows.filter(isWaiting).map(commitOf));
		for (const [commit, seconds] of open) {
			if (before.has(commit)) continue;
			open.delete(commit);
			if (!isFirst) longest = Math.max(longest, Math.min(seconds, ago));
		}
		isFirst = false;
	}
	return isFirst ? 0 : Math.max(longest, ...open.values());
};

// A procedure may commit many times in one statement: each commit has its own transaction.
const commitOf = ({pid, backend_start, query_start, backend_xid}: Session): string =>
	`${pid} ${backend_start} ${query_start} ${backend_xid}`;

const blameOf = (sample: Sample): string => {
	const answer = answerOf<Sender>(sample, senders);
	if (!answer) return '';
	const names = answer.rows
		.filter(({sync_state}) => sync_state === 'sync' || sync_state === 'quorum')
		.map(({application_name, pid}) => application_name || `walsender ${pid}`);
	if (names.length === 0) return ': no synchronous standby is connected';
	return `: ${names.join(', ')} ${names.length === 1 ? 'does' : 'do'} not confirm`;
};
