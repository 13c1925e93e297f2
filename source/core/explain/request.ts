import type {Failure} from '../sample/sample.ts';
import {bareWords, tokensOf} from '../sql/lexer.ts';

/** A statement of somebody else's that can be explained. */
export type ExplainSubject = {
	/** The session that it was seen in; null where it is that of many. */
	readonly pid: number | null;
	readonly database: string;
	/** The role that runs it, with whose rights it is planned. */
	readonly role: string;
	readonly query: string;
	/** Only the beginning of the text is known. */
	readonly truncated: boolean;
	/** Its query id, by which pg_stat_statements may know the whole text. */
	readonly queryId: string | null;
};

/** What is asked: to plan a statement and, with `analyze`, to execute it. */
export type ExplainRequest = ExplainSubject & {
	/** It is executed too, and rolled back. */
	readonly analyze: boolean;
	/** The risks that somebody said yes to. */
	readonly accepted: readonly string[];
};

/** What a plan is of: the text that was planned, whether it came from pg_stat_statements, and with whose rights and names. */
export type Explained = {
	readonly query: string;
	readonly normalised: boolean;
	readonly role: string;
	/** `role` is the query's own role and nothing more; `login` is ours. */
	readonly rights: 'role' | 'login';
	/** The search_path under which names were looked up. */
	readonly path: string;
	readonly analyzed: boolean;
	readonly tookMs: number;
};

/** What became of a request: EXPLAIN's JSON; risks that have to be accepted first; or why there is no plan. */
export type ExplainOutcome =
	| {readonly outcome: 'planned'; readonly json: string; readonly of: Explained}
	| {readonly outcome: 'risky'; readonly risks: readonly string[]}
	| {readonly outcome: 'refused'; readonly failure: Failure};

const beginnings = new Set(['select', 'with', 'values', 'table', 'insert', 'update', 'delete', 'merge']);
const reads = new Set(['select', 'with', 'values', 'table']);
const maintenance = new Set(['vacuum', 'analyze', 'cluster', 'reindex', 'copy', 'repack']);
const writes = new Set(['into', 'insert', 'update', 'delete', 'merge']);

/** Whether a secret in the text was masked, so that it is not what runs; comments may have asterisks of their own. */
export const isMasked = (query: string): boolean =>
	query.includes('***') &&
	Array.from(tokensOf(query), ({kind, from, to}) => (kind === 'comment' ? ' ' : query.slice(from, to)))
		.join('')
		.includes('***');

const refusal = (message: string, hint: string): Failure => ({code: 'explain', message, hint});

/** Why a text cannot be explained at all, by its look; the server has the last word. Undefined where it may be tried. */
export const refusalOfText = (query: string, analyze: boolean): Failure | undefined => {
	if (query.trim() === '') return refusal('There is no statement to explain.', 'A session shows one once it has run it.');
	if (query === '<insufficient privilege>')
		return refusal('This role may not see the statement.', 'GRANT pg_monitor to it shows all statements.');
	if (query.includes('\ufffd'))
		return refusal(
			'The statement has characters that could not be read.',
			'It was sent in another encoding than that of its database.',
		);
	const words = bareWords(query);
	const first = words[0] ?? '';
	if (!beginnings.has(first))
		return refusal(
			`EXPLAIN takes SELECT, VALUES, INSERT, UPDATE, DELETE and MERGE; this is ${first === '' ? 'none of them' : first.slice(0, 30).toUpperCase()}.`,
			first === 'fetch' || first === 'execute'
				? 'What the cursor or the prepared statement stands for is only known to its session.'
				: maintenance.has(first)
					? 'The pane Progress shows how far it is.'
					: 'It has no plan.',
		);
	if (!analyze) return undefined;
	const locks = words.some((word, index) => word === 'for' && /^(?:no|key|share)$/.test(words[index + 1] ?? ''));
	if (!reads.has(first) || locks || words.some(word => writes.has(word)))
		return refusal(
			'EXPLAIN ANALYZE executes the statement, and this one writes or locks rows.',
			'e shows its plan without executing it.',
		);
	if (Array.from(tokensOf(query)).some(({kind}) => kind === 'parameter'))
		return refusal(
			'EXPLAIN ANALYZE executes the statement, and the values of its parameters are not known.',
			'e shows its plan for any values.',
		);
	return undefined;
};
