import {type Token, tokensOf} from './lexer.ts';
import {isSecretName, mayHoldSecrets, type Range} from './secret-names.ts';
import {connectionSecrets, loose} from './secret-words.ts';

// Other text of the server names a setting, or is a connection string or a message; a statement begins with one of these.
const statement =
	/^\s*(?:--|\/\*|\(|(?:select|insert|update|delete|merge|with|values|table|alter|create|drop|grant|revoke|set|reset|show|explain|analyze|vacuum|copy|do|call|execute|prepare|declare|begin|start|commit|end|rollback|savepoint|release|lock|truncate|comment|security|import|if|perform|return)\b)/i;
const pairs = /^\s*[a-z_]\w*\s*=/i;
const address = /^\s*[a-z][a-z0-9+.-]{0,30}:\/\//i;

// Part of a name to PostgreSQL, a space to the person who pastes it.
const pasted = /[^\S\t\n\v\f\r ]/g;

const operator = /^[=<>!:~(]$/;

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

/** Meaning of the next literal: a secret, or a connection string that may contain one. */
type Armed = 'secret' | 'connection' | undefined;

const inStatement = (sql: string, escapes: boolean, depth: number): readonly Range[] => {
	const ranges: Range[] = [];
	const add = (more: readonly Range[], at: (index: number) => number): void => {
		for (const [from, to] of more) ranges.push([at(from), at(to)]);
	};
	let armed: Armed;
	// Meaning of the literal before, which its continuation shares.
	let shared: Armed;
	for (const token of tokensOf(sql, escapes)) {
		const {kind, from, first, last} = token;
		switch (kind) {
			case 'comment':
				add(loosely(sql.slice(from, last)), index => from + index);
				break;
			case 'literal':
			case 'dollar': {
				if (!token.continues) shared = armed;
				const content = contentOf(sql.slice(first, last), token);
				if (isSecret(content.text, shared)) ranges.push([first, last]);
				else add(scan(content.text, escapes, depth + 1, kind === 'dollar'), index => first + content.at(index));
				armed = undefined;
				break;
			}
			case 'name':
				armed = isSecretName(sql.slice(first, last)) ? 'secret' : undefined;
				if (last === sql.length) add(loosely(sql.slice(first)), index => first + index);
				break;
			case 'space':
				break;
			case 'word': {
				const word = sql.slice(first, last);
				if (armed !== 'secret' || !/^to$/i.test(word)) armed = armedBy(word);
				break;
			}
			case 'other':
				if (armed !== 'secret' || !operator.test(sql.charAt(first))) armed = undefined;
				break;
			case 'number':
			case 'parameter':
				armed = undefined;
				break;
			default:
				kind satisfies never;
		}
	}
	return ranges;
};

const loosely = (text: string): readonly Range[] => (mayHoldSecrets(text) ? loose(text) : []);

const isSecret = (content: string, armed: Armed): boolean =>
	armed === 'secret' || (armed === 'connection' && !address.test(content) && connectionSecrets(content) === undefined);

const armedBy = (word: string): Armed => {
	// The first argument of pgcrypto's crypt is the password itself.
	if (isSecretName(word) || /^crypt$/i.test(word)) return 'secret';
	return /^connection$/i.test(word) ? 'connection' : undefined;
};
