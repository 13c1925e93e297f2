import {type JournalEntry, journalEntry, type Note} from '../../core/sample/journal.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {failureOf, isServerError, serverName} from '../connect/failures.ts';
import type {ServerSession} from './session.ts';

/** A session that notes each statement in the journal once it is answered. */
export const noted = (
	session: ServerSession,
	place: ConnectionTarget,
	target: string,
	note: Note | undefined,
	kind: JournalEntry['kind'] = 'measure',
): ServerSession =>
	note === undefined
		? session
		: {
				...session,
				ask: async (sql, values) => {
					const begun = performance.now();
					const answer = await session.ask(sql, values);
					note(
						journalEntry({
							kind,
							connection: session.pid ?? null,
							statement: sql,
							target,
							outcome: answer.error === undefined ? 'done' : failureOf(answer.error, serverName(place)).message,
							sqlstate: isServerError(answer.error) ? answer.error.code : null,
							took_ms: performance.now() - begun,
						}),
					);
					return answer;
				},
			};
