import {UserError} from '../core/values/errors.ts';

const word = /(?:[^\s'"\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+/g;
const part = /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"/g;

/**
 * Splits a command into its words as a shell does, with quotes and backslashes, but expands nothing; throws a UserError for an empty
 * command or an open quote.
 */
export const wordsOf = (option: string, command: string): readonly string[] => {
	const rest = command.replace(word, '');
	const words = (command.match(word) ?? []).map(text =>
		text.replace(
			part,
			(_, character?: string, single?: string, double?: string) =>
				character ?? single ?? (double ?? '').replace(/\\([\\"])/g, '$1'),
		),
	);
	if (words.length > 0 && words[0] !== '' && /^\s*$/.test(rest)) return words;
	throw new UserError(`--${option} needs a command${words.length > 0 ? ' with balanced quotes' : ''}.`, {
		hint: `No shell reads it: for one, use --${option} "sh -c '...'".`,
		exitCode: 2,
	});
};
