import type {Session} from '../../queries/sessions.ts';

/** Whether of a session's long statement only the beginning was read; a recording may be from before such were read apart. */
export const isHead = ({query_head}: Pick<Session, 'query_head'>): boolean => typeof query_head === 'string';

/** The statement of a session, of a long one its beginning; null where it has none. */
export const statementOf = ({query, query_head}: Pick<Session, 'query' | 'query_head'>): string | null =>
	query ?? query_head ?? null;

/**
 * Whether only the beginning of a session's statement is known; `size` is track_activity_query_size. The server cuts at a character
 * boundary, so that a cut text is up to three bytes shorter than the limit less its end mark.
 */
export const isTruncated = (session: Session, size: number | undefined): boolean | null => {
	const {query, query_bytes} = session;
	if (isHead(session)) return true;
	if (query === null || query_bytes === null || size === undefined) return null;
	return query_bytes >= size - 4;
};
