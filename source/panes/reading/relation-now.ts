import type {RelationNow, RelationRef} from '../../core/actions/maintenance.ts';
import type {Target} from '../../core/actions/target.ts';
import {answerOf} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {clean} from '../../core/text/clean.ts';
import type {Instant} from '../../core/values/instant.ts';
import {relationName} from '../../core/values/quote.ts';
import {progress} from '../../queries/activity/progress.ts';
import {sessions} from '../../queries/activity/sessions.ts';
import {indexes} from '../../queries/storage/indexes.ts';
import {tables} from '../../queries/storage/tables.ts';
import {factsOf, sessionsByPid} from './answers.ts';
import {statementOf} from './statement.ts';

/** Name of a relation in the answer about its kind: null if it is not in it, undefined if there is none since a moment. */
const nameNow = ({kind, oid}: RelationRef, sample: Sample, since: Instant): string | null | undefined => {
	if (kind === 'index') {
		const answer = answerOf(sample, indexes);
		if (!answer || answer.at <= since) return undefined;
		const row = answer.rows.find(({indexrelid}) => indexrelid === oid);
		return row ? clean(relationName(row.schemaname, row.indexrelname)) : null;
	}
	const answer = answerOf(sample, tables);
	if (!answer || answer.at <= since) return undefined;
	const row = answer.rows.find(({relid}) => relid === oid);
	return row ? clean(relationName(row.schemaname, row.relname)) : null;
};

/** A relation as it is in a sample: its name if it was read since a moment, and the commands that run on it. */
export const relationNow = (relation: RelationRef, sample: Sample, since: Instant): RelationNow | 'unread' => {
	const isOurs = factsOf(sample)?.database === relation.database;
	const name = isOurs ? nameNow(relation, sample, since) : undefined;
	const running = answerOf(sample, progress);
	const isProgressNew = isOurs && running !== undefined && running.at > since;
	if (name === undefined && !isProgressNew) return 'unread';
	const commands = isProgressNew
		? running.rows
				.filter(({relid, pid}) => relid === relation.oid && !sample.own.includes(pid))
				.map(({pid, command}) => ({pid, command}))
		: [];
	return {isGone: name === null, name: name ?? undefined, commands};
};

/** Statement and state of a session as in a sample; undefined after it ended, `unread` if the sample has no sessions. */
export const statementNow = (pid: number, sample: Sample): Pick<Target, 'query' | 'state'> | 'unread' | undefined => {
	if (!sample.results[sessions.name]?.ok) return 'unread';
	const session = sessionsByPid(sample).get(pid);
	return session && {query: statementOf(session) ?? '', state: session.state};
};
