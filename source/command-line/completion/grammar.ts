import type {Flag} from '../option-table.ts';

/** What may stand behind the words `after`: one of `words`, or a file. The first place of the command line is after nothing. */
export type Completion = {readonly after: string; readonly words: readonly string[]; readonly file: boolean};

/** What a shell is told: options, what the values of some are one of, and the places of commands. */
export type Grammar = {
	readonly options: readonly Flag[];
	readonly choices: Readonly<Record<string, readonly string[]>>;
	readonly places: readonly Completion[];
};

/** The places in the ways to call the program, as in `pgtriage completion bash|zsh|fish` and `pgtriage replay FILE [--once]`. */
export const completionsOf = (calls: readonly string[]): readonly Completion[] => {
	const places = new Map<string, Completion>();
	const add = (after: string, words: readonly string[], file: boolean): void => {
		const known = places.get(after);
		places.set(after, {
			after,
			words: [...new Set([...(known?.words ?? []), ...words])],
			file: file || known?.file === true,
		});
	};
	for (const call of calls) {
		let after = '';
		for (const word of call.split(' ').slice(1)) {
			const isFile = /^\[?FILE\]?$/.test(word);
			if (!isFile && !/^[a-z][a-z|-]*$/.test(word)) break;
			add(after, isFile ? [] : word.split('|'), isFile);
			if (isFile) break;
			after = `${after} ${word}`.trim();
		}
	}
	return [...places.values()];
};

/** Whether the value of an option is the name of a file. */
export const takesFile = ({value}: Flag): boolean => value === 'FILE';

/** A text between single quotes, as bash and zsh read it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The names of an option as they are typed, the short one first. */
export const typed = ({name, short}: Flag): readonly string[] => [...(short === undefined ? [] : [`-${short}`]), `--${name}`];
