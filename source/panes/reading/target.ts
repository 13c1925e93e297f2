import type {ConnectedSession, KnownTarget, Target} from '../../core/actions/target.ts';
import {answerOf} from '../../core/history/past.ts';
import {isGroupMember} from '../../core/locks/lock-group.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Instant, msOf} from '../../core/values/instant.ts';
import {progress} from '../../queries/activity/progress.ts';
import {type Session, sessions} from '../../queries/activity/sessions.ts';
import {databaseNamesOf, locksKnown, nodeOf, rowsOf, sessionsByPid, superusersOf} from './answers.ts';
import {statementOf} from './statement.ts';

/** Target of an action on a session, as it is in the sample; for a parallel worker or the decoding worker of a REPACK, its leader. */
export const signalTarget = (pid: number, sample: Sample): Target | undefined => {
	const byPid = sessionsByPid(sample);
	const selected = byPid.get(pid);
	const session = (selected && isGroupMember(selected) ? byPid.get(selected.leader_pid ?? pid) : selected) ?? selected;
	if (!session) return undefined;
	const node = nodeOf(sample, session);
	return {
		...session,
		query: statementOf(session),
		superuser: isSuperuser(session, sample),
		datname: session.datid === null ? null : (databaseNamesOf(sample).get(session.datid) ?? null),
		blocks: locksKnown(sample) ? (node?.behind.count ?? 0) : null,
		waiters: () => node?.waiters() ?? [],
		own: sample.own.includes(session.pid),
		vacuum: vacuumOf(session, sample),
	};
};

/** A target as it is in a sample: undefined after it ended, `unread` if the sample has no sessions. */
export const targetNow = ({pid, backend_start}: KnownTarget, sample: Sample): Target | 'unread' | undefined => {
	if (!sample.results[sessions.name]?.ok) return 'unread';
	const target = signalTarget(pid, sample);
	return target?.backend_start === backend_start ? target : undefined;
};

/** Client sessions that connected after a moment, other than our own. */
export const connectedSince = (sample: Sample, since: Instant): readonly ConnectedSession[] =>
	rowsOf(sample, sessions)
		.filter(
			({backend_type, backend_start, pid}) =>
				backend_type === 'client backend' && backend_start !== null && backend_start > since && !sample.own.includes(pid),
		)
		.map(session => ({
			...session,
			datname: session.datid === null ? null : (databaseNamesOf(sample).get(session.datid) ?? null),
		}));

/** VACUUM of a session, if its progress was read since its statement began. */
const vacuumOf = ({pid, query_start}: Session, sample: Sample): Target['vacuum'] => {
	const answer = answerOf(sample, progress);
	if (!answer || query_start === null || msOf(answer.at) < msOf(query_start)) return undefined;
	const row = answer.rows.find(each => each.pid === pid && each.command === 'VACUUM');
	return row && {mode: row.mode ?? null, started_by: row.started_by ?? null};
};

const isSuperuser = ({usesysid, backend_type}: Session, sample: Sample): boolean | null =>
	usesysid !== null && backend_type !== 'autovacuum worker' && (superusersOf(sample)?.has(usesysid) ?? null);
