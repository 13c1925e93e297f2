import {type Token, tokensOf} from './lexer.ts';
import {mayHoldSecrets, type Range} from './secret-names.ts';
import {createSecretPlaces, type SecretPlaces} from './secret-places.ts';
import {connectionSecrets, loose} from './secret-words.ts';

// Other text of the server names a setting, or is a connection string or a message; a statement begins with one of these.
const statement =
	/^\s*(?:--|\/\*|\(|(?:select|insert|update|delete|merge|with|values|table|alter|create|drop|grant|revoke|set|reset|show|explain|analyze|vacuum|copy|do|call|execute|prepare|declare|begin|start|commit|end|rollback|savepoint|release|lock|truncate|comment|security|import|if|perform|return)\b)/i;
const pairs = /^\s*[a-z_]\w*\s*=/i;
const address = /^\s*[a-z][a-z0-9+.-]{0,30}:\/\//i;

// Part of a name to PostgreSQL, a space to the person who pastes it.
const pasted = /[^\S\t\n\v\f\r ]/g;

// Depth of literals in literals: a statement in a function body in a statement.
const deepest = 4;

/** The content of a literal, and the offset in the literal of each of its characters. */
type Content = {readonly text: string; readonly at: (index: number) => number};

const controls: Readonly<Record<string, string>> = {n: '\n', t: '\t', r: '\r', f: '\f', b: '\b'};

const contentOf = (raw: string, {kind, escapes}: Token): Content => {
	if (kind === 'dollar') return {text: raw, at: index => index};
	if (!raw.includes("''") && !(escapes && raw.includes('\\'))) return {text: raw, at: index => index};
	const places: number[] = [];
	let text = '';
	for (let index = 0; index < raw.length; index++) {
		places.push(index);
		const pair = (escapes && raw[index] === '\\') || (raw[index] === "'" && raw[index + 1] === "'");
		const character = raw[pair ? ++index : index] ?? '';
		text += pair ? (controls[character] ?? character) : character;
	}
	places.push(raw.length);
	return {text, at: index => places[index] ?? raw.length};
};

/**
 * Ranges of a text that hold secrets next to a name that says so. The text does not tell whether `\'` ends a literal
 * (standard_conforming_strings): both readings count.
 */
export const secretsIn = (text: string): readonly Range[] => {
	const sql = text.replace(pasted, ' ');
	const ranges = scan(sql, false, 0, false);
	return sql.includes("\\'") ? [...ranges, ...scan(sql, true, 0, false)] : ranges;
};

const scan = (text: string, escapes: boolean, depth: number, isBody: boolean): readonly Range[] => {
	if (!mayHoldSecrets(text)) return [];
	if (pairs.test(text)) return [...(connectionSecrets(text) ?? []), ...loose(text)];
	return depth < deepest && (isBody || statement.test(text)) ? inStatement(text, escapes, depth) : loose(text);
};

/** A literal, with the ones that continue it. */
type Run = {readonly tokens: Token[]; readonly isConnection: boolean};

const inStatement = (sql: string, escapes: boolean, depth: number): readonly Range[] => {
	const ranges: Range[] = [];
	const places = createSecretPlaces(sql);
	const add = (more: readonly Range[], from: number): void => {
		for (const [start, end] of more) ranges.push([from + start, from + end]);
	};
	let isConnection = false;
	let run: Run | undefined;
	const endRun = (): void => {
		if (run) ranges.push(...inRun(sql, run, places, depth, escapes));
		run = undefined;
	};
	for (const token of tokensOf(sql, escapes)) {
		const {kind, from, first, last} = token;
		if (kind === 'comment') add(loosely(sql.slice(from, last).replace(/\*\/$/, '')), from);
		if (kind === 'comment' || kind === 'space') {
			if (!run) places.take(token);
			continue;
		}
		if (kind === 'literal' && token.continues && run) {
			run.tokens.push(token);
			continue;
		}
		endRun();
		if (kind === 'literal' || kind === 'dollar') run = {tokens: [token], isConnection};
		else places.take(token);
		isConnection = kind === 'word' && /^connection$/i.test(sql.slice(first, last));
		if (kind === 'name' && last === sql.length) add(loosely(sql.slice(first)), first);
	}
	endRun();
	return [...ranges, ...places.found()];
};

/** Secrets in a literal, whose parts are read as one text. */
const inRun = (
	sql: string,
	{tokens, isConnection}: Run,
	places: SecretPlaces,
	depth: number,
	escapes: boolean,
): readonly Range[] => {
	const [head] = tokens as [Token, ...Token[]];
	const contents = tokens.map(token => ({token, ...contentOf(sql.slice(token.first, token.last), token)}));
	const content = contents.map(({text}) => text).join('');
	const isOpaque = isConnection && !address.test(content) && connectionSecrets(content) === undefined;
	if (places.take(head, content) || isOpaque) return tokens.map(({first, last}) => [first, last] as const);
	const within = scan(content, escapes, depth + 1, head.kind === 'dollar');
	let start = 0;
	return contents.flatMap(({token, text, at}) => {
		const begin = start;
		start += text.length;
		return within
			.filter(([from, to]) => to > begin && from < start)
			.map(([from, to]): Range => {
				const end = Math.min(to - begin, text.length);
				return [token.first + at(Math.max(0, from - begin)), token.first + at(end)];
			});
	});
};

const loosely = (text: string): readonly Range[] => (mayHoldSecrets(text) ? loose(text) : []);
