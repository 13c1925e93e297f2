import {isNormalised, onlyPlanned, type PlannedText, plannedText, preparedAs} from '../../core/explain/planned-text.ts';
import {type ExplainRequest, isMasked} from '../../core/explain/request.ts';
import {schemasOf} from '../../core/explain/search-path.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {ConnectionError} from '../connect/failures.ts';
import {materializedViewsText} from './names-sql.ts';
import type {ExplainSession} from './session.ts';
import {preparesText, statementsView, statementText} from './sql.ts';

/** A query to plan and its origin in sentences; `refresh` still has to be looked up in its database. */
export type FoundText = {
	readonly text: Exclude<PlannedText, {readonly kind: 'lookup' | 'none'}>;
	/** True if it is from pg_stat_statements, with parameters for values. */
	readonly normalised: boolean;
	readonly notes: readonly string[];
};

const refused = (message: string, hint: string): ConnectionError => new ConnectionError({code: 'explain', message, hint});

/** A text of pg_stat_statements; `installed` tells a missing extension from a missing entry. */
type Entry = {readonly installed: boolean; readonly text: string | undefined; readonly byName: boolean};

const entryOf = async (session: ExplainSession, {queryId, role, database}: ExplainRequest, name?: string): Promise<Entry> => {
	const view = (await session.ask(statementsView()))[0]?.[0];
	if (!view) return {installed: false, text: undefined, byName: false};
	const [row] = queryId === null ? [] : await session.ask(statementText(view), [queryId, role, database]);
	if (row?.[0] || name === undefined) return {installed: true, text: row?.[0] ?? undefined, byName: false};
	// Without a query id the PREPARE of that name, if the role has only one.
	const rows = await session.ask(preparesText(view), [role, database]);
	const texts = rows.flatMap(([text]) => (text && preparedAs(text, name) ? [text] : []));
	return {installed: true, text: texts.length === 1 ? texts[0] : undefined, byName: true};
};

/**
 * Finds the part of a text that has a plan. A text that was cut, has a masked secret, names a prepared statement or has several
 * statements is looked up in pg_stat_statements by its query id; `inHome` opens the database that has the extension.
 */
export const findText = async (
	request: ExplainRequest,
	inHome: (use: (session: ExplainSession) => Promise<Entry>) => Promise<Entry>,
): Promise<FoundText> => {
	const entry = (name?: string): Promise<Entry> => inHome(session => entryOf(session, request, name));
	const cut = request.truncated || isMasked(request.query);
	if (cut) {
		const {text, installed} = await entry();
		if (text) return whole(plannedText(text), true, []);
		throw new ConnectionError(unreadable(request.truncated, installed && request.queryId !== null));
	}
	const part = plannedText(request.query);
	if (part.kind !== 'lookup') return whole(part, false, []);
	const {parts, what} = part;
	const {text, installed, byName} = await entry(what === 'execute' ? parts[0] : undefined);
	if (text) {
		const running = [...new Set(parts.filter(each => isNormalised(text, each)))];
		const [only] = running;
		const note =
			what === 'execute'
				? `Query of the EXECUTE by its ${byName ? 'name' : 'query id'}.`
				: `Running one of ${parts.length} statements by its query id.`;
		return running.length === 1 && only !== undefined
			? whole(plannedText(only), false, [note])
			: whole(plannedText(text), true, [note]);
	}
	const only = what === 'several' ? onlyPlanned(parts) : undefined;
	if (only && only.kind !== 'lookup') return whole(only, false, [`The only one of ${parts.length} statements that has a plan.`]);
	throw new ConnectionError(unknownPart(what, request.queryId, installed));
};

const whole = (part: PlannedText, normalised: boolean, notes: readonly string[]): FoundText => {
	if (part.kind === 'none') throw new ConnectionError(part.failure);
	if (part.kind === 'lookup') throw refused('pg_stat_statements has no query for this statement.', 'EXPLAIN it in psql.');
	const inner = part.kind === 'query' && part.from !== null ? [`Query of the ${part.from}.`] : [];
	return {text: part, normalised, notes: [...notes, ...inner]};
};

const later = 'pg_stat_statements does not have it yet: try again when the statement has finished.';

const unreadable = (truncated: boolean, mayCome: boolean): Failure =>
	truncated
		? {
				code: 'explain',
				message: 'The statement text is truncated.',
				hint: mayCome ? later : 'Raise track_activity_query_size or install pg_stat_statements, which keeps full texts.',
			}
		: {
				code: 'explain',
				message: 'The statement contains a masked secret and cannot be planned from this text.',
				hint: mayCome ? later : 'Install pg_stat_statements: it has the text with parameters instead of values.',
			};

const unknownPart = (what: 'execute' | 'several', queryId: string | null, installed: boolean): Failure => {
	const hint =
		queryId === null
			? 'The session reports no query id (it needs PostgreSQL 14 and compute_query_id): find the query in Statements and press e there.'
			: installed
				? later
				: 'Install pg_stat_statements, which keeps the text by its query id.';
	return what === 'execute'
		? {code: 'explain', message: 'Only its session knows the query of a prepared statement.', hint}
		: {code: 'explain', message: 'The text has several statements; which one runs is unknown.', hint};
};

/** The definition of a materialized view and its owner, whose rights REFRESH uses. */
export const definitionOf = async (
	session: ExplainSession,
	name: readonly string[],
	{role, path}: {readonly role: string; readonly path: string},
): Promise<{readonly query: string; readonly owner: string; readonly note: string}> => {
	const relation = name.at(-1) ?? '';
	const schema = name.length > 1 ? (name[0] ?? '') : '';
	const found = (await session.ask(materializedViewsText(), [relation, schema, role])).map(
		([namespace, owner, definition, full]) => ({namespace, owner: owner ?? '', query: definition ?? '', full: full ?? ''}),
	);
	const inPath = schemasOf(path, role).flatMap(each => found.filter(({namespace}) => namespace === each));
	const [view] = inPath.length > 0 ? inPath : found;
	if (!view)
		throw refused(
			`Materialized view ${name.join('.')} was not found.`,
			`It may have been dropped, or ${role} may not use its schema.`,
		);
	if (inPath.length === 0 && found.length > 1)
		throw refused(
			`Several schemas have a materialized view ${relation}: ${found.map(({full}) => full).join(', ')}.`,
			'Only its session knows the search_path: EXPLAIN its query in psql.',
		);
	return {
		query: view.query.trim().replace(/;$/, ''),
		owner: view.owner,
		note: `Query of REFRESH MATERIALIZED VIEW ${view.full}, with the privileges of its owner ${view.owner}.`,
	};
};
