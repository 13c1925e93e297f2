import {clean} from '../text/clean.ts';

/** The first words of a statement, to recognize it by: without comments, on one line, at most `most` characters. */
export const statementHeadOf = (statement: string, most = 40): string => {
	const words = clean(statement.replace(/\/\*[\s\S]*?\*\/|--[^\n]*/g, ' '))
		.replace(/ +/g, ' ')
		.trim();
	return words.length <= most
		? words
		: `${words
				.slice(0, most - 1)
				.toWellFormed()
				.trimEnd()}…`;
};
