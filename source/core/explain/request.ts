import type {Failure} from '../sample/sample.ts';
import {hiddenText} from '../sql/hidden-text.ts';
import {bareWords, tokensOf} from '../sql/lexer.ts';
import {plannedText} from './planned-text.ts';

/** Another session's statement that can be explained. */
export type ExplainSubject = {
	/** Session that runs it; null for a statement of many sessions. */
	readonly pid: number | null;
	readonly database: string;
	/** Role that runs it, whose privileges it is planned with. */
	readonly role: string;
	readonly query: string;
	/** True if only the beginning of the text is known. */
	readonly truncated: boolean;
	/** Query id, by which pg_stat_statements may have the whole text. */
	readonly queryId: string | null;
};

/** A request to plan a statement and, with `analyze`, to execute it. */
export type ExplainRequest = ExplainSubject & {
	/** Executes the statement and rolls back. */
	readonly analyze: boolean;
	/** Risks that the user has accepted. */
	readonly accepted: readonly string[];
	/** EXPLAIN as the question showed it, with the options of the server's version; absent before the question. */
	readonly sql?: string;
};

/**
 * Properties of a plan: the text that was planned, whether it came from pg_stat_statements, and whose privileges and names applied.
 */
export type Explained = {
	readonly query: string;
	readonly normalised: boolean;
	readonly role: string;
	/** `role` is the query's own role and nothing more; `login` is our login. */
	readonly rights: 'role' | 'login';
	/** search_path for name lookup. */
	readonly path: string;
	readonly analyzed: boolean;
	readonly tookMs: number;
	/** Origin of the query and assumptions about it, in sentences. */
	readonly notes: readonly string[];
};

/** Result of a request: EXPLAIN's JSON; risks to accept first; or the reason why there is no plan. */
export type ExplainOutcome =
	| {readonly outcome: 'planned'; readonly json: string; readonly of: Explained}
	| {readonly outcome: 'risky'; readonly risks: readonly string[]; readonly sql: string}
	| {readonly outcome: 'refused'; readonly failure: Failure};

const beginnings = new Set(['select', 'with', 'values', 'table', 'insert', 'update', 'delete', 'merge']);
const reads = new Set(['select', 'with', 'values', 'table']);
const writes = new Set(['into', 'insert', 'update', 'delete', 'merge']);

/** True if a secret in the text is masked, so that it is not the text that runs; comments may contain asterisks. */
export const isMasked = (query: string): boolean =>
	query.includes('***') &&
	Array.from(tokensOf(query), ({kind, from, to}) => (kind === 'comment' ? ' ' : query.slice(from, to)))
		.join('')
		.includes('***');

const refusal = (message: string, hint: string): Failure => ({code: 'explain', message, hint});

/** Reason why a text obviously cannot be explained; undefined if the server has to decide. */
export const refusalOfText = (query: string, analyze: boolean): Failure | undefined => {
	if (query.trim() === '') return refusal('No statement to explain.', 'A session has one once it has run a statement.');
	if (query === hiddenText) return refusal('This role may not see the statement.', 'It lacks the privileges of pg_monitor.');
	if (query.includes('\ufffd'))
		return refusal('The statement has unreadable characters.', 'It was sent in an encoding other than that of its database.');
	const words = bareWords(query);
	const first = words[0] ?? '';
	if (!beginnings.has(first)) {
		const part = plannedText(query);
		if (part.kind === 'none') return part.failure;
		return refusal(
			`EXPLAIN takes SELECT, VALUES, INSERT, UPDATE, DELETE and MERGE, not ${first.slice(0, 30).toUpperCase()}.`,
			'EXPLAIN its query in psql.',
		);
	}
	if (!analyze) return undefined;
	const locks = words.some((word, index) => word === 'for' && /^(?:no|key|share)$/.test(words[index + 1] ?? ''));
	if (!reads.has(first) || locks || words.some(word => writes.has(word)))
		return refusal(
			'EXPLAIN ANALYZE executes the statement, which writes or locks rows.',
			'Press e for a plan without execution.',
		);
	if (Array.from(tokensOf(query)).some(({kind}) => kind === 'parameter'))
		return refusal(
			'EXPLAIN ANALYZE executes the statement, whose parameter values are unknown.',
			'Press e for its generic plan.',
		);
	return undefined;
};
