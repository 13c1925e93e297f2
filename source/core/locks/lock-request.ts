import {nearestOf} from '../text/nearest.ts';
import {type LockCommand, lockCommands, lockTableIn, type ModeName, modeOfName} from './lock-commands.ts';

/** A parsed mode or command, or the names that are most like it. */
export type LockRequest =
	| {readonly ok: true; readonly command: LockCommand}
	| {readonly ok: false; readonly nearest: readonly string[]};

const modeNames = Object.keys(modeOfName) as readonly ModeName[];

/** Words of LOCK TABLE around a mode, which may be written as pg_locks writes it: AccessExclusiveLock. */
const asMode = (text: string): ModeName | undefined => {
	const words = text
		.replace(/([a-z])([A-Z])/g, '$1 $2')
		.toUpperCase()
		.replace(/[\s_-]+/g, ' ')
		.replace(/^LOCK (TABLE )?(IN )?/, '')
		.replace(/^IN /, '')
		.replace(/ (MODE|LOCK)$/, '')
		.trim();
	return words === '' ? 'ACCESS EXCLUSIVE' : modeNames.find(name => name === words);
};

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\d]+/gu) ?? [];

/** Other ways to write a command: without the words that all ALTER TABLE commands begin with. */
const spellingsOf = ({name}: LockCommand): readonly (readonly string[])[] => {
	const words = name.split(' ');
	return name.startsWith('alter table ') ? [words, words.slice(2)] : [words];
};

/** True if all words of a command are in a text in this order, beginning with the first. */
const isIn = (command: readonly string[], text: readonly string[]): boolean => {
	if (command[0] !== text[0]) return false;
	let place = 0;
	for (const word of text) if (word === command[place]) place++;
	return place === command.length;
};

/**
 * Parses a lock mode as in LOCK TABLE or in pg_locks, or the name of a command. Further words of a statement are skipped, so that
 * `alter table add column note text` is an ALTER TABLE; the command with the most words wins.
 */
export const parseLock = (text: string): LockRequest => {
	const mode = asMode(text);
	if (mode) return {ok: true, command: lockTableIn(mode)};
	const words = wordsOf(text);
	const matches = lockCommands.flatMap(command =>
		spellingsOf(command)
			.filter(spelling => isIn(spelling, words))
			.map(spelling => ({command, length: spelling.length})),
	);
	const [best] = matches.toSorted((a, b) => b.length - a.length);
	return best ? {ok: true, command: best.command} : {ok: false, nearest: nearestTo(words.join(' '))};
};

/** Every name that can be asked for: the modes, then the commands. */
export const lockNames: readonly string[] = [...modeNames.map(name => name.toLowerCase()), ...lockCommands.map(({name}) => name)];

const suggested = 3;

const nearestTo = (text: string): readonly string[] => nearestOf(text, lockNames, suggested);
