import {closing} from './lexer.ts';
import {isSecretName, type Range, secretEnding} from './secret-names.ts';

const space = /\s*/y;
const parameter = /[^\s=]+/y;

const behind = (pattern: RegExp, text: string, from: number): number => {
	pattern.lastIndex = from;
	return pattern.test(text) ? pattern.lastIndex : from;
};

/**
 * Values of the secret parameters of a connection string, parsed as libpq does; undefined if it cannot be parsed. A quoted value
 * that was cut goes to the end.
 */
export const connectionSecrets = (text: string): readonly Range[] | undefined => {
	const ranges: Range[] = [];
	for (let place = behind(space, text, 0); place < text.length; place = behind(space, text, place)) {
		const end = behind(parameter, text, place);
		const isSecret = isSecretName(text.slice(place, end));
		const equals = behind(space, text, end);
		if (end === place || text[equals] !== '=') return undefined;
		const value = behind(space, text, equals + 1);
		const isQuoted = text[value] === "'";
		const from = isQuoted ? value + 1 : value;
		const to = valueEnd(text, from, isQuoted ? /'/ : /\s/);
		if (isSecret) ranges.push([from, to]);
		place = isQuoted ? to + 1 : to;
	}
	return ranges;
};

// A loop and not a pattern: a repeated alternation needs memory for each character.
const valueEnd = (text: string, from: number, end: RegExp): number => {
	let place = from;
	while (place < text.length && !end.test(text.charAt(place))) place += text[place] === '\\' ? 2 : 1;
	return Math.min(place, text.length);
};

const named = new RegExp(`${secretEnding}(?![a-z0-9_])`, 'gi');
const nameEnd = /\\{0,3}["']?/y;
const between = /\s*(=>|:=|[=:])?\s*\[?\s*/y;
const opening = /(?:[en]|u&)?(?:(\\{0,3}["'])|(\$\w{0,63}\$))/iy;
const bare = /[^\s'"]+/y;
const argument = /[^\s'"&#]+/y;
const element = /[^<]+/y;
// A colon, but not that of a cast, and a value that is not quoted or nested.
const colon = /\s{0,3}:\s{0,3}(?=[^\s:='"{[(<])/y;
// A parameter, a placeholder or a keyword in place of a value.
const placeholder = /^(?:\$\d+|\$\{?\w+\}?|\?|:\w+|%.{0,2}|null|default|true|false)[,;)]*$/i;

/**
 * Secrets in text of no known syntax, such as a message that quotes a statement, a command line, JSON or a setting: quoted text
 * after a name and `=`, `:` or a space, text after `name=` and `name:`, and the content of an XML element.
 */
export const loose = (text: string): readonly Range[] => {
	const ranges: Range[] = [];
	named.lastIndex = 0;
	for (let match = named.exec(text); match; match = named.exec(text)) {
		const end = named.lastIndex;
		const range = quotedBehind(text, end) ?? bareBehind(text, match.index, end);
		if (range === undefined) continue;
		ranges.push(range);
		named.lastIndex = Math.max(end, range[1]);
	}
	return ranges;
};

const quotedBehind = (text: string, end: number): Range | undefined => {
	const afterName = behind(nameEnd, text, end);
	for (const start of new Set([afterName, end])) {
		between.lastIndex = start;
		const [gap = '', sign] = between.exec(text) ?? [];
		// Without a sign between them, the closing quote of a name does not open a value.
		if (sign === undefined && (start !== end || gap === '')) continue;
		opening.lastIndex = start + gap.length;
		const [whole = '', quote, tag] = opening.exec(text) ?? [];
		const from = start + gap.length + whole.length;
		if (tag !== undefined) return [from, until(text, tag, from)];
		if (quote === undefined) continue;
		if (quote.length > 1) return [from, until(text, quote, from)];
		if (text[from] !== quote) return [from, closing(text, from, quote, true)];
		// Doubled: a literal in a literal, or an empty one.
		const doubled = text.indexOf(quote + quote, from + 1);
		return doubled < 0 ? undefined : [from + 1, doubled];
	}
	return undefined;
};

const until = (text: string, mark: string, from: number): number => {
	const end = text.indexOf(mark, from);
	return end < 0 ? text.length : end;
};

// Key (name, token)=(bob, x) already exists.
const keyValue = /[^()]{0,200}\)=\(/y;

const bareBehind = (text: string, start: number, end: number): Range | undefined => {
	const values = text[end] === ')' || text[end] === ',' ? behind(keyValue, text, end) : end;
	if (values !== end) return [values, until(text, ') ', values)];
	const before = text[start - 1] ?? '';
	const isElement = text[end] === '>' && (before === '<' || before === '_' || before === ':');
	const from = text[end] === '=' || isElement ? end + 1 : behind(colon, text, end);
	if (from === end) return undefined;
	let first = start;
	while (first > 0 && /\w/.test(text[first - 1] ?? '')) first--;
	const isArgument = /[?&]/.test(text[first - 1] ?? '');
	const to = behind(isArgument ? argument : isElement ? element : bare, text, from);
	return to === from || placeholder.test(text.slice(from, to)) ? undefined : [from, to];
};
