import type {Failure} from '../sample/sample.ts';
import {type Token, tokensOf} from '../sql/lexer.ts';

/**
 * The part of a text that has a plan. `query` is a statement that PREPARE takes, with the parameter types that the text declares;
 * `from` names the command that it is a part of. `refresh` names a materialized view, whose query is in the catalog. `lookup` is a
 * text whose query only pg_stat_statements knows: an EXECUTE, with the name in `parts`, or one of several statements.
 */
export type PlannedText =
	| {readonly kind: 'query'; readonly query: string; readonly from: string | null; readonly types: readonly string[]}
	| {readonly kind: 'refresh'; readonly name: readonly string[]}
	| {readonly kind: 'lookup'; readonly what: 'execute' | 'several'; readonly parts: readonly string[]}
	| {readonly kind: 'none'; readonly failure: Failure};

/** A token that is neither space nor comment; `depth` counts the brackets around it. */
type Piece = {readonly token: Token; readonly text: string; readonly word: string; readonly depth: number};

const queries = new Set(['select', 'with', 'values', 'table', 'insert', 'update', 'delete', 'merge']);
const main = new Set(['select', 'values', 'table', 'insert', 'update', 'delete', 'merge']);

const piecesOf = (sql: string): readonly Piece[] => {
	let depth = 0;
	return Array.from(tokensOf(sql)).flatMap((token): readonly Piece[] => {
		const {kind, from, to} = token;
		if (kind === 'space' || kind === 'comment') return [];
		const text = sql.slice(from, to);
		if (text === ')' || text === ']') depth--;
		const piece: Piece = {token, text, word: kind === 'word' ? text.toLowerCase() : '', depth};
		if (text === '(' || text === '[') depth++;
		return [piece];
	});
};

const slice = (sql: string, pieces: readonly Piece[]): string => {
	const [first] = pieces;
	const last = pieces.at(-1);
	return first && last ? sql.slice(first.token.from, last.token.to) : '';
};

/** Statements of a text, without the semicolons between them. */
export const statementsOf = (sql: string): readonly string[] => {
	const statements: Piece[][] = [[]];
	for (const piece of piecesOf(sql)) {
		if (piece.text === ';' && piece.depth <= 0) statements.push([]);
		else statements.at(-1)?.push(piece);
	}
	return statements.map(pieces => slice(sql, pieces)).filter(text => text !== '');
};

/** True if `normalised` is a text with parameters for its literals. Spelling of white space, comments and case do not count. */
export const isNormalised = (normalised: string, text: string): boolean => {
	const other = piecesOf(text);
	const pieces = piecesOf(normalised);
	return (
		pieces.length === other.length &&
		pieces.every(({token, text: own, word}, index) => {
			const piece = other[index];
			if (!piece) return false;
			if (token.kind === 'parameter' && /^(?:literal|dollar|number)$/.test(piece.token.kind)) return true;
			return word === '' ? own === piece.text : word === piece.word;
		})
	);
};

const none = (message: string, hint: string): PlannedText => ({kind: 'none', failure: {code: 'explain', message, hint}});

const isQuery = (piece: Piece | undefined): boolean => piece !== undefined && (piece.text === '(' || queries.has(piece.word));

/** A query without the WITH [NO] DATA behind it. */
const withoutData = (pieces: readonly Piece[]): readonly Piece[] => {
	const words = pieces.slice(-3).map(({word}) => word);
	if (words.join(' ') === 'with no data') return pieces.slice(0, -3);
	return words.slice(-2).join(' ') === 'with data' ? pieces.slice(0, -2) : pieces;
};

/** The query behind the first AS outside of brackets. */
const behindAs = (pieces: readonly Piece[]): readonly Piece[] => {
	const at = pieces.findIndex(({word, depth}) => word === 'as' && depth === 0);
	return at < 0 ? [] : withoutData(pieces.slice(at + 1));
};

/** Pieces of a list in brackets that begins at `from`, without the brackets; undefined if there is none. */
const inBrackets = (pieces: readonly Piece[], from: number): readonly Piece[] | undefined => {
	const open = pieces[from];
	if (open?.text !== '(') return undefined;
	const end = pieces.findIndex(({text, depth}, index) => index > from && text === ')' && depth === open.depth);
	return end < 0 ? undefined : pieces.slice(from + 1, end);
};

const typesOf = (sql: string, pieces: readonly Piece[]): readonly string[] => {
	const types: Piece[][] = [[]];
	const depth = pieces[0]?.depth ?? 0;
	for (const piece of pieces) {
		if (piece.text === ',' && piece.depth === depth) types.push([]);
		else types.at(-1)?.push(piece);
	}
	return types.map(type => slice(sql, type)).filter(type => type !== '');
};

/** SELECT … INTO table without its INTO; undefined if it has none. */
const withoutInto = (sql: string, pieces: readonly Piece[]): string | undefined => {
	const verb = pieces.findIndex(({word, depth}) => depth === 0 && main.has(word));
	if (pieces[verb]?.word !== 'select') return undefined;
	const from = pieces.findIndex(({word, depth}, index) => index > verb && depth === 0 && word === 'into');
	if (from < 0) return undefined;
	let at = from + 1;
	while (/^(?:local|global|temp|temporary|unlogged|table)$/.test(pieces[at]?.word ?? '')) at++;
	while (pieces[at + 1]?.text === '.') at += 2;
	return `${slice(sql, pieces.slice(0, from))} ${slice(sql, pieces.slice(at + 1))}`.trim();
};

// A literal with its type before it; pg_stat_statements puts a parameter in its place, where SQL allows none.
const literalTypes = new Set([
	'interval',
	'date',
	'time',
	'timetz',
	'timestamp',
	'timestamptz',
	'numeric',
	'bool',
	'uuid',
	'json',
	'jsonb',
	'inet',
]);

/** A query with `$1::interval` for `interval $1`. */
const withCasts = (sql: string): string => {
	const pieces = piecesOf(sql);
	let done = 0;
	let text = '';
	pieces.forEach(({word, token}, index) => {
		const next = pieces[index + 1];
		if (!literalTypes.has(word) || next?.token.kind !== 'parameter') return;
		text += `${sql.slice(done, token.from)}(${next.text}::pg_catalog.${word})`;
		done = next.token.to;
	});
	return text + sql.slice(done);
};

const queryOf = (sql: string, pieces: readonly Piece[], from: string | null, types: readonly string[] = []): PlannedText => {
	const text = withoutInto(sql, pieces);
	return {
		kind: 'query',
		query: withCasts(text ?? slice(sql, pieces)),
		from: from ?? (text === undefined ? null : 'SELECT INTO'),
		types,
	};
};

const nameOf = ({token, text}: Piece): string =>
	token.kind === 'name' ? text.slice(1, -1).replaceAll('""', '"') : text.replaceAll(/[A-Z]/g, letter => letter.toLowerCase());

const refreshOf = (pieces: readonly Piece[]): PlannedText => {
	const from = pieces[3]?.word === 'concurrently' ? 4 : 3;
	const parts = pieces.slice(from).filter((_, index, all) => index === 0 || all[index - 1]?.text === '.');
	const name = parts.filter(({text}) => text !== '.').map(nameOf);
	return name.length === 0 || name.length > 3
		? none('REFRESH names no materialized view.', 'Its text cannot be read.')
		: {kind: 'refresh', name: name.slice(-2)};
};

const explained = (sql: string, pieces: readonly Piece[]): PlannedText => {
	const listed = inBrackets(pieces, 1);
	let from = listed && !isQuery(listed[0]) ? listed.length + 3 : 1;
	while (/^(?:analyze|analyse|verbose)$/.test(pieces[from]?.word ?? '')) from++;
	const inner = slice(sql, pieces.slice(from));
	const part = partOf(inner);
	return part.kind === 'query' ? {...part, from: part.from ?? 'EXPLAIN'} : part;
};

const created = (sql: string, pieces: readonly Piece[]): PlannedText => {
	const what = pieces.slice(1, 5).find(({word}) => /^(?:table|materialized|index|view|function|procedure)$/.test(word))?.word;
	if (what === 'index') return none('CREATE INDEX has no plan.', 'The Progress pane shows its progress.');
	const query = what === 'table' || what === 'materialized' ? behindAs(pieces) : [];
	if (query[0]?.word === 'execute')
		return none(
			'Only its session knows the prepared statement behind AS EXECUTE.',
			'Find its PREPARE in Statements and press e there.',
		);
	if (!isQuery(query[0])) return none('This CREATE runs no query.', 'The Locks pane shows what it waits for.');
	return queryOf(sql, query, what === 'table' ? 'CREATE TABLE AS' : 'CREATE MATERIALIZED VIEW');
};

const copied = (sql: string, pieces: readonly Piece[]): PlannedText => {
	const query = inBrackets(pieces, 1);
	if (query && isQuery(query[0])) return queryOf(sql, query, 'COPY');
	return none('COPY of a table has no plan: it reads or writes all of it.', 'The Progress pane shows its progress.');
};

const progress = new Set(['vacuum', 'analyze', 'cluster', 'reindex', 'repack']);

/** Reason why a command has no plan, and what to do instead. */
const withoutPlan = (command: string): PlannedText => {
	const name = command.slice(0, 30).toUpperCase();
	switch (command) {
		case 'call':
		case 'do':
			return none(
				`${name} has no plan: it runs statements of its own.`,
				'With pg_stat_statements.track = all they are in Statements: press e there.',
			);
		case 'fetch':
		case 'move':
			return none(
				`${name} has no plan of its own: only its session knows the cursor.`,
				'Find its DECLARE in Statements and press e there.',
			);
		case 'begin':
		case 'commit':
		case 'rollback':
		case 'set':
		case 'lock':
		case 'truncate':
			return none(`${name} has no plan.`, 'The Locks pane shows what it waits for.');
		default:
			return none(
				`EXPLAIN takes SELECT, VALUES, INSERT, UPDATE, DELETE and MERGE, not ${name === '' ? 'this text' : name}.`,
				progress.has(command) ? 'The Progress pane shows its progress.' : 'It has no plan.',
			);
	}
};

/** The part of a single statement. */
const partOf = (sql: string): PlannedText => {
	const pieces = piecesOf(sql);
	const command = pieces.find(({text}) => text !== '(')?.word ?? '';
	if (queries.has(command)) return queryOf(sql, pieces, null);
	switch (command) {
		case 'copy':
			return copied(sql, pieces);
		case 'create':
			return created(sql, pieces);
		case 'declare': {
			const cursor = pieces.findIndex(({word}) => word === 'cursor');
			const at = pieces.findIndex(({word}, index) => index > cursor && word === 'for');
			return cursor < 0 || at < 0 ? withoutPlan(command) : queryOf(sql, pieces.slice(at + 1), 'DECLARE CURSOR');
		}
		case 'prepare': {
			const types = inBrackets(pieces, 2) ?? [];
			return queryOf(sql, behindAs(pieces), 'PREPARE', typesOf(sql, types));
		}
		case 'refresh':
			return refreshOf(pieces);
		case 'execute':
			return {kind: 'lookup', what: 'execute', parts: pieces[1] ? [nameOf(pieces[1])] : []};
		case 'explain':
			return explained(sql, pieces);
		default:
			return withoutPlan(command);
	}
};

/**
 * Finds the part of a text that has a plan. The text is only cut, never trusted: whatever is returned goes through the same guarded
 * function, in which the server decides what it is.
 */
export const plannedText = (sql: string): PlannedText => {
	const parts = statementsOf(sql);
	return parts.length > 1 ? {kind: 'lookup', what: 'several', parts} : partOf(parts[0] ?? '');
};

/** The only part of a text with several statements that has a plan; undefined if there are several or none. */
export const onlyPlanned = (parts: readonly string[]): PlannedText | undefined => {
	const planned = parts.map(partOf).filter(({kind}) => kind !== 'none');
	return planned.length === 1 ? planned[0] : undefined;
};

/** Query of a PREPARE with this name; undefined for any other text. */
export const preparedAs = (sql: string, name: string): PlannedText | undefined => {
	const [command, own] = piecesOf(sql);
	if (command?.word !== 'prepare' || !own || nameOf(own) !== name) return undefined;
	const part = partOf(sql);
	return part.kind === 'query' ? part : undefined;
};

/** Names that a query may look up: its words and quoted names. */
export const namesIn = (sql: string): readonly string[] => [
	...new Set(piecesOf(sql).flatMap(piece => (/^(?:word|name)$/.test(piece.token.kind) ? [nameOf(piece)] : []))),
];

/** Highest number of a parameter in a query; 0 if it has none. */
export const highestParameter = (sql: string): number =>
	Math.max(0, ...piecesOf(sql).flatMap(({token, text}) => (token.kind === 'parameter' ? [Number(text.slice(1))] : [])));

/** Parameters that an operator joins to a parameter before them: 3 in `$2 + $3`. */
export const parameterPairs = (sql: string): readonly number[] => {
	const pieces = piecesOf(sql);
	return pieces.flatMap(({token, text}, index) => {
		const isPair =
			token.kind === 'parameter' && pieces[index - 1]?.token.kind === 'other' && pieces[index - 2]?.token.kind === 'parameter';
		return isPair && pieces[index - 1]?.text !== ',' ? [Number(text.slice(1))] : [];
	});
};
