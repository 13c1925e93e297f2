import {closing} from './secret-names.ts';

const token =
	/--[^\n]*|\/\*|(?:[enbx]|u&)?'|"|\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*|[\s\S]/giy;
const edge = /\/\*|\*\//g;

/** Where the block comment that opens before `from` ends; comments nest. */
const commentEnd = (text: string, from: number): number => {
	edge.lastIndex = from;
	let open = 1;
	for (let found = edge.exec(text); found; found = edge.exec(text)) {
		open += found[0] === '/*' ? 1 : -1;
		if (open === 0) return edge.lastIndex;
	}
	return text.length;
};

/** A statement's text in its parts: comments, literals and quoted names as one piece each, words and all else. */
type Piece = {readonly kind: 'comment' | 'literal' | 'name' | 'word' | 'other'; readonly text: string};

/** The pieces of a statement, as a server with standard_conforming_strings reads them; what is not closed goes to the end. */
export const piecesOf = (sql: string): readonly Piece[] => {
	const pieces: Piece[] = [];
	for (let place = 0; place < sql.length; ) {
		token.lastIndex = place;
		const part = token.exec(sql)?.[0] ?? '';
		const from = place + part.length;
		const add = (kind: Piece['kind'], to: number): void => {
			pieces.push({kind, text: sql.slice(place, to)});
			place = Math.min(to, sql.length);
		};
		if (part.startsWith('--')) add('comment', from);
		else if (part === '/*') add('comment', commentEnd(sql, from));
		else if (part.endsWith("'")) add('literal', closing(sql, from, "'", /^e/i.test(part)) + 1);
		else if (part === '"') add('name', closing(sql, from, '"', false) + 1);
		else if (part.length > 1 && part.startsWith('$')) {
			const end = sql.indexOf(part, from);
			add('literal', end < 0 ? sql.length : end + part.length);
		} else add(/^[a-z_\u0080-\uffff]/i.test(part) ? 'word' : 'other', from);
	}
	return pieces;
};

/** The words of a statement outside literals, comments and quoted names, in lower case. */
export const bareWords = (sql: string): readonly string[] =>
	piecesOf(sql).flatMap(({kind, text}) => (kind === 'word' ? [text.toLowerCase()] : []));
