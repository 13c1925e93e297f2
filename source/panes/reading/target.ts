import type {Target} from '../../core/actions/target.ts';
import type {Sample} from '../../core/sample/sample.ts';
import type {Session} from '../../queries/sessions.ts';
import {databaseNamesOf, locksKnown, nodeOf, sessionsByPid, superusersOf, waitersBehind} from './answers.ts';
import {statementOf} from './statement.ts';

/** Target of an action on a session, as it is in the sample; for a parallel worker, its leader. */
export const signalTarget = (pid: number, sample: Sample): Target | undefined => {
	const byPid = sessionsByPid(sample);
	const selected = byPid.get(pid);
	const session = (selected?.backend_type === 'parallel worker' ? byPid.get(selected.leader_pid ?? pid) : selected) ?? selected;
	if (!session) return undefined;
	return {
		...session,
		query: statementOf(session),
		superuser: isSuperuser(session, sample),
		datname: session.datid === null ? null : (databaseNamesOf(sample).get(session.datid) ?? null),
		blocks: locksKnown(sample) ? (nodeOf(sample, session)?.behind.count ?? 0) : null,
		waiters: nodeOf(sample, session) ? waitersBehind(sample, session.pid) : [],
		own: sample.own.includes(session.pid),
	};
};

const isSuperuser = ({usesysid, backend_type}: Session, sample: Sample): boolean | null =>
	usesysid !== null && backend_type !== 'autovacuum worker' && (superusersOf(sample)?.has(usesysid) ?? null);
