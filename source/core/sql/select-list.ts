import {type Token, tokensOf} from './lexer.ts';

/** A piece of a statement, by its first character and its exclusive end. */
export type Piece = {readonly from: number; readonly to: number};

const opens = new Set(['(', '[']);
const closes = new Set([')', ']']);

/** Words outside all brackets, and commas there, in order. */
function* outermost(sql: string): Generator<Token & {readonly text: string}> {
	let depth = 0;
	for (const token of tokensOf(sql)) {
		const text = sql.slice(token.from, token.to);
		if (token.kind === 'other' && opens.has(text)) depth++;
		else if (token.kind === 'other' && closes.has(text)) depth--;
		else if (depth === 0 && (token.kind === 'word' || text === ',')) yield {...token, text: text.toLowerCase()};
	}
}

/**
 * Items of each outermost SELECT list of a query, one list for each part of a UNION. Those of common table expressions and of
 * subqueries are not outermost.
 */
export const selectLists = (sql: string): readonly (readonly Piece[])[] => {
	const lists: Piece[][] = [];
	let list: Piece[] | undefined;
	let from = 0;
	let before = '';
	const end = (to: number): void => {
		list?.push({from, to});
	};
	for (const {text, from: at, to} of outermost(sql)) {
		if (text === 'select') {
			list = [];
			lists.push(list);
			from = to;
		} else if (text === ',') {
			end(at);
			from = to;
		} else if (text === 'union' || text === 'where' || text === 'order' || (text === 'from' && before !== 'distinct')) {
			end(at);
			list = undefined;
		}
		before = text;
	}
	end(sql.length);
	return lists;
};
