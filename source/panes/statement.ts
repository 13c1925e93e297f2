import type {Session} from '../queries/sessions.ts';

/** Whether of a session's long statement only the beginning was read; a recording may be from before such were read apart. */
export const isHead = ({query_head}: Pick<Session, 'query_head'>): boolean => typeof query_head === 'string';

/** The statement of a session, of a long one its beginning; null where it has none. */
export const statementOf = ({query, query_head}: Pick<Session, 'query' | 'query_head'>): string | null =>
	query ?? query_head ?? null;
