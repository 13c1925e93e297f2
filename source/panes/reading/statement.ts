import type {Session} from '../../queries/activity/sessions.ts';

/** True if only the beginning of a long statement was read; older recordings have no `query_head`. */
export const isHead = ({query_head}: Pick<Session, 'query_head'>): boolean => typeof query_head === 'string';

/** Statement of a session, or the beginning of a long one; null if it has none. */
export const statementOf = ({query, query_head}: Pick<Session, 'query' | 'query_head'>): string | null =>
	query ?? query_head ?? null;

/**
 * True if only the beginning of a session's statement is known; `size` is track_activity_query_size. The server cuts at a
 * character boundary: a cut text can be three bytes shorter than the limit minus its terminator.
 */
export const isTruncated = (session: Session, size: number | null | undefined): boolean | null => {
	const {query, query_bytes} = session;
	if (isHead(session)) return true;
	if (query === null || query_bytes === null || size == null) return null;
	return query_bytes >= size - 4;
};
