import {clean, graphemes, widthOf} from '../text/clean.ts';
import {type Line, type Span, span, type Tone} from '../text/line.ts';
import {type Token, tokensOf} from './lexer.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Words before which a new line begins, outside of parentheses. */
const clauses = words(
	'select from where group having window order limit offset fetch union except intersect values set returning join left right full inner cross natural using with',
);
/** Words that continue the clause of the word before them: LEFT JOIN, UNION SELECT, UPDATE SET. */
const continued: Readonly<Record<string, ReadonlySet<string>>> = {
	join: words('left right full inner cross outer natural'),
	left: words('natural'),
	right: words('natural'),
	full: words('natural'),
	inner: words('natural'),
	select: words('all union except intersect as explain'),
	from: words('delete distinct'),
	set: words('update alter'),
	using: words('delete'),
	with: words('explain'),
	values: words('default'),
};
const emphasized = words(
	'select from where group by having window order limit offset fetch union except intersect all values set returning join left right full inner outer cross natural using with recursive on insert into update delete merge when matched then do conflict nothing create alter drop table index view materialized truncate vacuum analyze explain refresh reindex cluster lock copy begin commit rollback declare cursor for call execute and or not in exists as distinct case else end is null between like ilike',
);

const toneOf = (token: Token, text: string): Tone => {
	if (token.kind === 'comment') return 'dim';
	return token.kind === 'word' && emphasized.has(text.toLowerCase()) ? 'strong' : 'calm';
};

/** A piece of a line; with an `indent` it begins one. */
type Piece = {readonly text: string; readonly tone: Tone; readonly indent?: number};

const blank: Piece = {text: ' ', tone: 'calm'};

/** Width of the blanks at the start of a line. */
const indentOf = (line: string): number => (/^[ \t]*/.exec(line)?.[0] ?? '').replaceAll('\t', '  ').length;

/** True if a keyword outside of parentheses begins a clause after the word before it. */
const beginsClause = (word: string, before: string): boolean =>
	clauses.has(word) && before !== '' && !(continued[word]?.has(before) ?? false);

/** Pieces of a statement on its own lines, or, without `lines`, on a line for each clause. */
const piecesOf = (sql: string, lines: boolean): readonly Piece[] => {
	const pieces: Piece[] = [];
	let [depth, before, indent] = [0, '', undefined as number | undefined];
	for (const token of tokensOf(sql)) {
		const text = sql.slice(token.from, token.to);
		if (token.kind === 'space') {
			const last = text.split('\n').at(-1) ?? '';
			if (lines && text.includes('\n')) indent = indentOf(last);
			else if (indent === undefined) pieces.push(blank);
			continue;
		}
		if (text === '(') depth++;
		else if (text === ')') depth--;
		const word = token.kind === 'word' ? text.toLowerCase() : '';
		if (!lines && depth === 0 && beginsClause(word, before)) indent = 0;
		for (const [index, part] of text.split('\n').entries()) {
			const begins = index > 0 ? 0 : indent;
			pieces.push({text: part, tone: toneOf(token, text), ...(begins !== undefined && {indent: begins})});
		}
		indent = token.kind === 'comment' && text.startsWith('--') ? 0 : undefined;
		if (token.kind !== 'comment') before = word === '' ? text : word;
		if (text === ';') before = '';
	}
	return pieces;
};

const hanging = 4;

/** Lines of at most `width` cells; what does not fit goes on, indented. */
const wrapped = (pieces: readonly Piece[], width: number): readonly Line[] => {
	const lines: Span[][] = [];
	let line: Span[] = [];
	let used = 0;
	let isEmpty = true;
	const begin = (margin: number): void => {
		if (!isEmpty) lines.push(line.at(-1)?.text === ' ' ? line.slice(0, -1) : line);
		line = margin > 0 ? [span(' '.repeat(margin))] : [];
		[used, isEmpty] = [margin, true];
	};
	const room = Math.max(hanging + 2, width);
	for (const {text, tone, indent} of pieces) {
		if (indent !== undefined) begin(Math.min(indent, width >> 1));
		const shown = clean(text);
		if (!isEmpty && used + widthOf(shown) > room) begin(hanging);
		if (shown === ' ' && isEmpty) continue;
		for (const part of cut(shown, room - used, room - hanging)) {
			if (!isEmpty && used + widthOf(part) > room) begin(hanging);
			line.push(span(part, tone));
			used += widthOf(part);
			isEmpty = false;
		}
	}
	begin(0);
	return lines;
};

/** A text that is too wide for the rest of a line, in parts: one for that rest, and then of the width of a line. */
const cut = (text: string, first: number, next: number): readonly string[] => {
	if (widthOf(text) <= first) return [text];
	const parts: string[] = [];
	let [part, used, most] = ['', 0, first];
	for (const grapheme of graphemes(text)) {
		const wide = widthOf(grapheme);
		if (used + wide > most && part !== '') {
			parts.push(part);
			[part, used, most] = ['', 0, next];
		}
		part += grapheme;
		used += wide;
	}
	return [...parts, part];
};

/**
 * A statement for reading: its own lines if it has several, else a line for each clause; keywords stand out and comments recede.
 * Nothing but white space differs from the statement.
 */
export const formattedStatement = (sql: string, width: number): readonly Line[] => {
	const own = sql.split('\n').filter(line => line.trim() !== '');
	if (own.length < 2) return wrapped(piecesOf(sql.trim(), false), width);
	const least = Math.min(...own.map(indentOf));
	return wrapped(
		piecesOf(sql.trim(), true).map(({indent, ...piece}) => ({
			...piece,
			...(indent !== undefined && {indent: Math.max(0, indent - least)}),
		})),
		width,
	);
};
