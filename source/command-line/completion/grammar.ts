import {applies} from '../applicable.ts';
import {type CommandName, commandNames, type Flag} from '../option-table.ts';

/** The completion after some words: one of `words`, or a file. `after` is empty for the first operand. */
export type Completion = {readonly after: string; readonly words: readonly string[]; readonly file: boolean};

/**
 * The command line as completion scripts describe it: options, the values of some of them, those that depend on the command, and the
 * operands. A line has the command of its first operand, `monitor` if that names none, and any command before its first operand.
 */
export type Grammar = {
	readonly options: readonly Flag[];
	readonly choices: Readonly<Record<string, readonly string[]>>;
	readonly narrowed: Readonly<Record<string, readonly Narrowed[]>>;
	readonly operands: readonly Completion[];
};

/** The values of an option with some commands. */
export type Narrowed = {readonly commands: readonly CommandName[]; readonly words: readonly string[]};

/** Groups of those that have the same key, in the order of their first ones. */
const grouped = <T>(all: readonly T[], keyOf: (one: T) => string): readonly (readonly T[])[] => [
	...Map.groupBy(all, keyOf).values(),
];

/** Options by the commands that they apply to; `undefined` for those of every command. */
export const optionsByCommands = (
	options: readonly Flag[],
): readonly {readonly commands: readonly CommandName[] | undefined; readonly options: readonly Flag[]}[] =>
	grouped(options, ({commands}) => commands?.join(' ') ?? '').map(group => ({commands: group[0]?.commands, options: group}));

/** The values of an option for each command that it applies to. */
export const narrowedBy = (flag: Flag, wordsWith: (command: CommandName) => readonly string[]): readonly Narrowed[] =>
	grouped(
		commandNames.filter(command => applies(flag, command)),
		command => wordsWith(command).join(' '),
	).map(commands => ({commands, words: wordsWith(commands[0] as CommandName)}));

/** The commands that a first operand can name. */
export const namedCommands: readonly CommandName[] = commandNames.filter(name => name !== 'monitor');

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
