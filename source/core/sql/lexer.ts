/**
 * A piece of a statement. `literal` is quoted by `'`, `dollar` by `$$` or `$tag$`, `name` by `"`; `parameter` is `$1`, `other` is one
 * character of an operator or of punctuation.
 */
export type Token = {
	readonly kind: 'comment' | 'literal' | 'dollar' | 'name' | 'word' | 'number' | 'parameter' | 'space' | 'other';
	/** First character of the piece, its prefix and quotes included. */
	readonly from: number;
	/** End of the piece, exclusive; the end of the text if the piece is not closed. */
	readonly to: number;
	/** Start and exclusive end of what the quotes enclose; the whole piece if it has no quotes. */
	readonly first: number;
	readonly last: number;
	/** True if a backslash escapes the next character of this literal. */
	readonly escapes: boolean;
	/** True if the literal continues the one before it: `'a'`, a line break, `'b'` is the literal `ab`. */
	readonly continues: boolean;
};

// The rules of PostgreSQL's scan.l: a line ends at \r too, every character beyond ASCII may be in a name. A number ends before its
// first letter, as up to version 14: `1for` is two tokens there, and an error later.
const start =
	/--[^\n\r]*|\/\*|(?:[enbx]|u&)?'|(?:u&)?"|\$\d+|\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*|(?:\.\d|\d)[\d._]*(?:e[+-]?\d[\d._]*)?|[ \t\n\r\f\v]+|[\s\S]/iy;

const quote = "'".charCodeAt(0);
const nameQuote = '"'.charCodeAt(0);
const dollar = '$'.charCodeAt(0);
const hyphen = '-'.charCodeAt(0);
const slash = '/'.charCodeAt(0);
const underscore = '_'.charCodeAt(0);

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

const isLetter = (code: number): boolean =>
	(code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === underscore || code >= 0x80;

/** Kind of the token that begins with this match of `start`; by codes, because a text may have a token for each character. */
const kindOf = (text: string): Token['kind'] => {
	const first = text.charCodeAt(0);
	const last = text.charCodeAt(text.length - 1);
	if (text.length > 1 && (first === hyphen || first === slash)) return 'comment';
	if (last === quote) return 'literal';
	if (last === nameQuote) return 'name';
	if (isLetter(first)) return 'word';
	if (isSpace(first)) return 'space';
	if (first === dollar && text.length > 1) return last === dollar ? 'dollar' : 'parameter';
	return isDigit(first) || text.length > 1 ? 'number' : 'other';
};

/**
 * The tokens of a statement, without gaps. A plain literal ends as standard_conforming_strings = on reads it, with `escapes` as off
 * does; the text of a statement does not say which.
 */
export function* tokensOf(sql: string, escapes = false): Generator<Token> {
	// The literal before, while only space and line comments follow it, and whether a line has ended since.
	let before: Token | undefined;
	let broke = false;
	for (let place = 0; place < sql.length; ) {
		start.lastIndex = place;
		const text = start.exec(sql)?.[0] ?? '';
		const token = tokenAt(sql, place, text, escapes, broke ? before : undefined);
		yield token;
		place = token.to;
		if (token.kind === 'literal') [before, broke] = [token, false];
		else if (token.kind === 'space') broke ||= before !== undefined && /[\n\r]/.test(text);
		else if (token.kind !== 'comment' || text === '/*') before = undefined;
	}
}

const tokenAt = (sql: string, from: number, text: string, escapes: boolean, before: Token | undefined): Token => {
	const kind = kindOf(text);
	const first = from + text.length;
	switch (kind) {
		case 'comment': {
			const to = text === '/*' ? commentEnd(sql, first) : first;
			return {kind, from, to, first: from, last: to, escapes: false, continues: false};
		}
		case 'literal': {
			const continues = before !== undefined && text === "'";
			const isEscaped = escapes || /^e/i.test(text) || (continues && before.escapes);
			const last = closing(sql, first, "'", isEscaped);
			return {kind, from, to: Math.min(last + 1, sql.length), first, last, escapes: isEscaped, continues};
		}
		case 'name': {
			const last = closing(sql, first, '"', false);
			return {kind, from, to: Math.min(last + 1, sql.length), first, last, escapes: false, continues: false};
		}
		case 'dollar': {
			const end = sql.indexOf(text, first);
			const last = end < 0 ? sql.length : end;
			return {kind, from, to: Math.min(last + text.length, sql.length), first, last, escapes: false, continues: false};
		}
		case 'word':
		case 'number':
		case 'parameter':
		case 'space':
		case 'other':
			return {kind, from, to: first, first: from, last: first, escapes: false, continues: false};
	}
};

/** End of the block comment that opens before `from`; comments nest. */
const commentEnd = (text: string, from: number): number => {
	const edge = /\/\*|\*\//g;
	edge.lastIndex = from;
	let open = 1;
	for (let match = edge.exec(text); match; match = edge.exec(text)) {
		open += match[0] === '/*' ? 1 : -1;
		if (open === 0) return edge.lastIndex;
	}
	return text.length;
};

/**
 * Position of the quote that closes a literal whose content begins at `from`, or the end of a text that was cut. A doubled quote
 * and, with `escapes`, a quote after a backslash belong to the content.
 */
export const closing = (text: string, from: number, quote: string, escapes: boolean): number => {
	let place = from;
	for (;;) {
		const end = text.indexOf(quote, place);
		if (end < 0) return text.length;
		let slashes = 0;
		if (escapes) while (end - slashes > place && text[end - slashes - 1] === '\\') slashes++;
		if (slashes % 2 === 1) place = end + 1;
		else if (text[end + 1] === quote) place = end + 2;
		else return end;
	}
};

/** Words outside literals, comments and quoted names, in lower case. */
export const bareWords = (sql: string): readonly string[] =>
	Array.from(tokensOf(sql), ({kind, from, to}) => (kind === 'word' ? [sql.slice(from, to).toLowerCase()] : [])).flat();
