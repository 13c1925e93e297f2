import {closing, isSecretName, mayHoldSecrets, type Range} from './secret-names.ts';
import {connectionSecrets, loose} from './secret-words.ts';

// Text of the server names a setting, is a connection string or a message; a statement begins with one of these.
const statement =
	/^\s*(?:--|\/\*|\(|(?:select|insert|update|delete|merge|with|values|table|alter|create|drop|grant|revoke|set|reset|show|explain|analyze|vacuum|copy|do|call|execute|prepare|declare|begin|start|commit|end|rollback|savepoint|release|lock|truncate|comment|security|import|if|perform|return)\b)/i;
const pairs = /^\s*[a-z_]\w*\s*=/i;
const address = /^\s*[a-z][a-z0-9+.-]{0,30}:\/\//i;

const token =
	/--[^\n]*|\/\*|(?:[enbx]|u&)?'|"|\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d[\w.]*|\s+|\S/giy;
const operator = /^[=<>!:~(]$/;
const gap = /\s*/y;

// Literals in literals: a statement in a function body in a statement.
const deepest = 4;

/** A text as a literal holds it, and where in the literal each of its characters stands. */
type Content = {readonly text: string; readonly at: (index: number) => number};

const controls: Readonly<Record<string, string>> = {n: '\n', t: '\t', r: '\r', f: '\f', b: '\b'};

const contentOf = (raw: string, escapes: boolean): Content => {
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

/** Where the block comment that opens before `from` ends; comments nest. */
export const commentEnd = (text: string, from: number): number => {
	const edge = /\/\*|\*\//g;
	edge.lastIndex = from;
	let open = 1;
	for (let found = edge.exec(text); found; found = edge.exec(text)) {
		open += found[0] === '/*' ? 1 : -1;
		if (open === 0) return edge.lastIndex;
	}
	return text.length;
};

/**
 * The ranges of a text that hold secrets beside a name that says so. Whether `\'` ends a literal depends on a setting of the
 * session, which the text does not tell: both readings count.
 */
export const secretsIn = (text: string): readonly Range[] => {
	const scan = (inner: string, escapes: boolean, depth: number, isBody: boolean): readonly Range[] => {
		if (!mayHoldSecrets(inner)) return [];
		if (pairs.test(inner)) return [...(connectionSecrets(inner) ?? []), ...loose(inner)];
		return depth < deepest && (isBody || statement.test(inner)) ? inStatement(inner, escapes, depth) : loose(inner);
	};

	const inStatement = (sql: string, escapes: boolean, depth: number): readonly Range[] => {
		const ranges: Range[] = [];
		let armed: 'secret' | 'connection' | undefined;
		const within = (from: number, to: number, content: Content, isBody = false): void => {
			if (armed === 'secret' || (armed === 'connection' && !address.test(content.text) && !connectionSecrets(content.text)))
				ranges.push([from, to]);
			else
				for (const [first, last] of scan(content.text, escapes, depth + 1, isBody))
					ranges.push([from + content.at(first), from + content.at(last)]);
		};
		const plain = (from: number, to: number): Content => ({text: sql.slice(from, to), at: index => index});
		const literal = (from: number, isEscaped: boolean): number => {
			const to = closing(sql, from, "'", isEscaped);
			within(from, to, contentOf(sql.slice(from, to), isEscaped));
			// Literals on lines of their own are one literal.
			gap.lastIndex = to + 1;
			const [space = ''] = gap.exec(sql) ?? [];
			const next = to + 1 + space.length;
			if (armed === undefined || !space.includes('\n') || sql[next] !== "'") return to + 1;
			return literal(next + 1, isEscaped);
		};
		for (let place = 0; place < sql.length; ) {
			token.lastIndex = place;
			const part = token.exec(sql)?.[0] ?? '';
			const from = place + part.length;
			place = from;
			if (part.startsWith('--')) comment(place - part.length, from);
			else if (part === '/*') {
				place = commentEnd(sql, from);
				comment(from, place);
			} else if (part.endsWith("'")) {
				place = literal(from, escapes || /^e/i.test(part));
				armed = undefined;
			} else if (part === '"') {
				const to = closing(sql, from, '"', false);
				armed = isSecretName(sql.slice(from, to)) ? 'secret' : undefined;
				if (to === sql.length) comment(from, to);
				place = to + 1;
			} else if (part.length > 1 && part.startsWith('$')) {
				const end = sql.indexOf(part, from);
				const to = end < 0 ? sql.length : end;
				within(from, to, plain(from, to), true);
				armed = undefined;
				place = to + part.length;
			} else if (/^\s/.test(part) || (armed === 'secret' && (operator.test(part) || /^to$/i.test(part)))) continue;
			else armed = armedBy(part);
		}
		return ranges;

		function comment(from: number, to: number): void {
			const inner = sql.slice(from, to);
			if (mayHoldSecrets(inner)) for (const [first, last] of loose(inner)) ranges.push([from + first, from + last]);
		}
	};

	const ranges = scan(text, false, 0, false);
	return text.includes("\\'") ? [...ranges, ...scan(text, true, 0, false)] : ranges;
};

// The first argument of pgcrypto's crypt is the password itself.
const armedBy = (word: string): 'secret' | 'connection' | undefined => {
	if (isSecretName(word) || /^crypt$/i.test(word)) return 'secret';
	return /^connection$/i.test(word) ? 'connection' : undefined;
};
