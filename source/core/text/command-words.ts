const word = /(?:[^\s'"\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+/g;
const part = /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"/g;

/**
 * Words of a command as a shell splits it, with quotes and backslashes; nothing is expanded. Undefined if a quote is open; empty if
 * there is no program.
 */
export const commandWords = (command: string): readonly string[] | undefined => {
	const rest = command.replace(word, '');
	const words = (command.match(word) ?? []).map(text =>
		text.replace(
			part,
			(_, character?: string, single?: string, double?: string) =>
				character ?? single ?? (double ?? '').replace(/\\([\\"])/g, '$1'),
		),
	);
	if (!/^\s*$/.test(rest)) return undefined;
	return words[0] === '' ? [] : words;
};
