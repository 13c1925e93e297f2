import {commandWords} from '../core/text/command-words.ts';
import {UserError} from '../core/values/errors.ts';

/**
 * Splits a command into its words as a shell does, with quotes and backslashes, but expands nothing; throws a UserError for an empty
 * command or an open quote.
 */
export const wordsOf = (option: string, command: string): readonly string[] => {
	const words = commandWords(command);
	if (words !== undefined && words.length > 0) return words;
	throw new UserError(`--${option} needs a command${words === undefined ? ' with balanced quotes' : ''}.`, {
		hint: `No shell reads it: for one, use --${option} "sh -c '...'".`,
		exitCode: 2,
	});
};
