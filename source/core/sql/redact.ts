import {commentEnd} from './secret-literals.ts';
import {closing} from './secret-names.ts';

// As PostgreSQL's scan.l reads it: a line ends with \r too, every character beyond ASCII may stand in a name.
const token =
	/--[^\n\r]*|\/\*|[ebnx]'|u&'|'|"|\$\d+|\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*|(?:\.\d|\d)(?:e[+-]\d|[\w.\u0080-\uffff])*|\s+|\*\*\*|[\s\S]/iy;
const number = /^\.?\d/;
const letter = /[a-z_\u0080-\uffff]/i;
const list = /^\s*,\s*$/;

/** What follows cannot be told from a literal for certain. */
const uncertain = '…';

/** Where the literal that begins at `from` ends; undefined where that hangs on standard_conforming_strings, which the text does not tell. */
const literalEnd = (sql: string, from: number, escapes: boolean): number | undefined => {
	const end = closing(sql, from, "'", true);
	return escapes || end === closing(sql, from, "'", false) ? end + 1 : undefined;
};

/**
 * A statement of which every string, number, bit and dollar-quoted literal is `?`, and several in a row `?, …`; comments, names and
 * parameters stay. It holds no piece of a literal: where the text alone does not tell where one ends, it ends there with `…`.
 */
export const redacted = (sql: string): string => {
	let out = '';
	// What was written since a literal, while that may still be a comma.
	let since: string | undefined;
	let isRow = false;
	const put = (text: string): void => {
		if (since === undefined) out += text;
		else if (list.test(since + text) || /^\s*$/.test(since + text)) since += text;
		else {
			out += since + text;
			[since, isRow] = [undefined, false];
		}
	};
	const mark = (): void => {
		const follows = since !== undefined && list.test(since);
		if (!follows) {
			out += `${since ?? ''}?`;
			isRow = false;
		} else if (!isRow) {
			out += ', …';
			isRow = true;
		}
		since = '';
	};
	const cut = (): string => `${out}${since ?? ''}${uncertain}`;

	for (let place = 0; place < sql.length; ) {
		token.lastIndex = place;
		const part = token.exec(sql)?.[0] ?? '';
		const from = place;
		place += part.length;
		if (part === '/*') {
			place = commentEnd(sql, place);
			put(sql.slice(from, place));
		} else if (part.startsWith('--')) put(part);
		else if (part === '"') {
			place = closing(sql, place, '"', false) + 1;
			put(sql.slice(from, place));
		} else if (part.endsWith("'")) {
			const end = literalEnd(sql, place, /^e/i.test(part));
			mark();
			if (end === undefined) return cut();
			place = end;
		} else if (part.length > 1 && part.startsWith('$') && part.endsWith('$')) {
			const end = sql.indexOf(part, place);
			mark();
			place = end < 0 ? sql.length : end + part.length;
		} else if (number.test(part)) {
			mark();
			// Which part of it is a name, to which `$` belongs, hangs on the version.
			if (sql[place] === '$' && letter.test(part)) return cut();
		} else if (part === '***') return cut();
		else put(part);
	}
	return out + (since ?? '');
};
