import {closing, type Token, tokensOf} from './lexer.ts';

const letter = /[a-z]/i;
const list = /^\s*,\s*$/;

/** Marks the end of a result if what follows may be part of a literal. */
const uncertain = '…';

/** True if the literal ends at the same quote with standard_conforming_strings on and off, which the text does not say. */
const isCertain = (sql: string, {first}: Token): boolean => closing(sql, first, "'", true) === closing(sql, first, "'", false);

/**
 * A statement with each string, number, bit and dollar-quoted literal replaced by `?`, and lists of them by `?, …`; comments, names
 * and parameters stay. No piece of a literal is left: if the text alone does not say where one ends, the result ends there with `…`.
 */
export const redacted = (sql: string): string => {
	const {put, mark, text, cut} = createOutput();
	// End of a number and of the letters attached to it, which are its own from version 15 or 16 on and a name before.
	let numberEnd = -1;
	for (const token of tokensOf(sql)) {
		const part = sql.slice(token.from, token.to);
		const isAttached = token.from === numberEnd;
		switch (token.kind) {
			case 'literal': {
				mark();
				const isEscape = /^e/i.test(part) && !isAttached;
				if (!isEscape && !isCertain(sql, token)) return cut();
				break;
			}
			case 'dollar':
				mark();
				break;
			case 'number':
				mark();
				numberEnd = token.to;
				if (letter.test(part) && sql[token.to] === '$') return cut();
				break;
			case 'word':
				// A `$` behind a number opens a literal or belongs to a name, by the version; a space that was pasted is part of a name.
				if (/\s/.test(part) || (isAttached && part.includes('$'))) return cut();
				if (!isAttached) put(part);
				break;
			case 'other':
				if (sql.startsWith('***', token.from)) return cut();
				put(part);
				break;
			case 'comment':
			case 'name':
			case 'parameter':
			case 'space':
				put(part);
				break;
			default:
				token.kind satisfies never;
		}
	}
	return text();
};

type Output = {
	/** Appends text that is not a literal. */
	readonly put: (text: string) => void;
	/** Appends a literal. */
	readonly mark: () => void;
	readonly text: () => string;
	readonly cut: () => string;
};

const createOutput = (): Output => {
	let out = '';
	// Text since the last literal, as long as it may be the comma of a list.
	let since: string | undefined;
	let isList = false;
	return {
		put: text => {
			if (since === undefined) out += text;
			else if (list.test(since + text) || /^\s*$/.test(since + text)) since += text;
			else {
				out += since + text;
				[since, isList] = [undefined, false];
			}
		},
		mark: () => {
			const follows = since !== undefined && list.test(since);
			if (!follows) {
				out += `${since ?? ''}?`;
				isList = false;
			} else if (!isList) {
				out += ', …';
				isList = true;
			}
			since = '';
		},
		text: () => out + (since ?? ''),
		cut: () => `${out}${since ?? ''}${uncertain}`,
	};
};
