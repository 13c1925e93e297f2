import {tokensOf} from './lexer.ts';

/**
 * A statement on one line, for logs that take a line for each line of it: white space outside literals, names and comments becomes
 * one space, and a line comment becomes white space. What the server reads stays the same: the line break between the parts of a
 * literal in several parts is kept, because it joins them.
 */
export const oneLine = (sql: string): string => {
	const pieces: string[] = [];
	for (const {kind, from, to, continues} of tokensOf(sql)) {
		const text = sql.slice(from, to);
		const isSpace = kind === 'space' || text.startsWith('--');
		if (isSpace && pieces.length > 0 && pieces.at(-1) !== ' ') pieces.push(' ');
		if (isSpace) continue;
		if (continues) pieces.splice(-1, 1, '\n');
		pieces.push(text);
	}
	if (pieces.at(-1) === ' ') pieces.pop();
	return pieces.join('');
};
