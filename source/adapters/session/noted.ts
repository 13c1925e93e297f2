import {type JournalEntry, journalEntry, type Note} from '../../core/sample/journal.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {failureOf, isServerError, serverName} from '../connect/failures.ts';
import type {ServerSession} from './session.ts';

/** A session each of whose statements is noted when it was answered, as what somebody asked for once. */
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
