import type {ExplainSubject} from '../../core/explain/request.ts';
import {isGroupMember} from '../../core/locks/lock-group.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {databaseNamesOf, factsOf, sessionsByPid} from '../reading/answers.ts';
import {isTruncated, statementOf} from '../reading/statement.ts';
import type {StatementRow} from './rows.ts';

/** Explainable statement of a session, or the reason why there is none; for a worker of a statement, that of its leader. */
export const subjectOf = (pid: number, sample: Sample): ExplainSubject | string | undefined => {
	const byPid = sessionsByPid(sample);
	const selected = byPid.get(pid);
	const session = (selected && isGroupMember(selected) ? byPid.get(selected.leader_pid ?? pid) : selected) ?? selected;
	if (!session) return undefined;
	const {usename, datid, backend_type} = session;
	const database = datid === null ? undefined : databaseNamesOf(sample).get(datid);
	if (backend_type !== null && backend_type !== 'client backend')
		return `${session.pid} is the ${backend_type}: it has no statement to explain.`;
	if (usename === null || database === undefined) return `The role and database of ${session.pid} are unknown.`;
	return {
		pid: session.pid,
		database,
		role: usename,
		query: statementOf(session) ?? '',
		truncated: isTruncated(session, factsOf(sample)?.track_activity_query_size) ?? false,
		queryId: session.query_id,
	};
};

/** Explainable statement of pg_stat_statements, or the reason why it is not. */
export const statementSubject = ({entry, query, bytes, datname}: StatementRow): ExplainSubject | string => {
	const {queryid, usename} = entry;
	if (queryid === null || usename === null) return 'This role cannot see the statement: it lacks the privileges of pg_monitor.';
	const isWhole = query !== null && bytes !== null && new TextEncoder().encode(query).length >= bytes;
	return {pid: null, database: datname, role: usename, query: query ?? '', truncated: !isWhole, queryId: queryid};
};
