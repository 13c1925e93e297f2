import type {Flag} from '../option-table.ts';

/** The completion after some words: one of `words`, or a file. `after` is empty for the first operand. */
export type Completion = {readonly after: string; readonly words: readonly string[]; readonly file: boolean};

/** The command line as completion scripts describe it: options, the values of some of them, and the operands. */
export type Grammar = {
	readonly options: readonly Flag[];
	readonly choices: Readonly<Record<string, readonly string[]>>;
	readonly operands: readonly Completion[];
};

/** The operands in the usages, such as `pgtriage completion bash|zsh|fish` and `pgtriage replay FILE [--once]`. */
export const completionsOf = (calls: readonly string[]): readonly Completion[] => {
	const places = new Map<string, Completion>();
	const add = (after: string, words: readonly string[], file: boolean): void => {
		const earlier = places.get(after);
		places.set(after, {
			after,
			words: [...new Set([...(earlier?.words ?? []), ...words])],
			file: file || earlier?.file === true,
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

/** True if the value of an option is a file name. */
export const takesFile = ({value}: Flag): boolean => value === 'FILE';

/** A text in single quotes, for bash and zsh. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The spellings of an option, the short one first. */
export const spellings = ({name, short}: Flag): readonly string[] => [...(short === undefined ? [] : [`-${short}`]), `--${name}`];
