import {parseDestination} from '../history/destination.ts';
import {type FilterColumn, parseFilter} from '../pane/filter.ts';
import type {Pane} from '../pane/pane.ts';
import type {Row} from '../sample/sample.ts';
import type {Command} from '../state/message.ts';
import {duration, parseDuration} from '../values/units.ts';

/** What a line says: a command, or one sentence on what is not understood. */
export type ParsedCommand = {readonly ok: true; readonly command: Command} | {readonly ok: false; readonly message: string};

type Verb = {
	readonly name: string;
	readonly does: string;
	/** The words that may follow, of which a beginning is enough to be completed. */
	readonly words: (pane: Pane) => readonly string[];
	readonly parse: (rest: string, pane: Pane) => ParsedCommand;
};

const said = (command: Command): ParsedCommand => ({ok: true, command});
const not = (message: string): ParsedCommand => ({ok: false, message});
const alone =
	(name: string, command: Command) =>
	(rest: string): ParsedCommand =>
		rest === '' ? said(command) : not(`${name} stands alone.`);

const shortestMs = 250;
const longestMs = 60_000;

const paced = (rest: string): ParsedCommand => {
	const seconds = parseDuration(rest);
	return seconds === undefined || seconds * 1000 < shortestMs || seconds * 1000 > longestMs
		? not(`The interval is ${duration(shortestMs / 1000)} to ${duration(longestMs / 1000)}, as in: interval 2s.`)
		: said({type: 'pace', intervalMs: Math.round(seconds * 1000)});
};

const ordered = (rest: string, pane: Pane): ParsedCommand => {
	const [name = '', direction] = rest.split(/\s+/);
	const column = pane.columns.find(({id, aliases}) => id === name || aliases.includes(name));
	if (!column) return not(name === '' ? 'Sort by which column?' : `${pane.title} has no column ${name}.`);
	if (direction !== undefined && direction !== 'asc' && direction !== 'desc') return not('The order is asc or desc.');
	return said({type: 'sort-by', column: column.id, descending: direction === undefined ? undefined : direction === 'desc'});
};

const filtered = (rest: string, pane: Pane): ParsedCommand => {
	const parsed = parseFilter<Row>(rest, pane.columns as readonly FilterColumn<Row>[]);
	return parsed.ok ? said({type: 'filter', text: rest}) : not(parsed.message);
};

const moved = (rest: string): ParsedCommand => {
	const to = parseDestination(rest);
	return to ? said({type: 'at', to}) : not('Name a moment: 14:03, 14:03:12, -5m, +30s, or what a mark is called.');
};

const marked = (rest: string): ParsedCommand =>
	rest === '' || rest.length > 20 || !parseDestination(rest) || parseDestination(rest)?.kind !== 'bookmark'
		? not('Name the mark in at most 20 characters that are no time.')
		: said({type: 'bookmark', name: rest});

const none = (): readonly string[] => [];

const verbs: readonly Verb[] = [
	{
		name: 'sort',
		does: 'Sort by a column: sort COLUMN [asc|desc].',
		words: pane => pane.columns.map(({id}) => id),
		parse: ordered,
	},
	{name: 'filter', does: 'Keep the rows that a filter matches.', words: none, parse: filtered},
	{
		name: 'at',
		does: 'Go to a moment: at 14:03, at -5m, at what a mark is called.',
		words: () => ['-1m', '-5m', '-15m', '-1h'],
		parse: moved,
	},
	{name: 'mark', does: 'Mark the moment that is shown with a name: mark NAME.', words: none, parse: marked},
	{name: 'interval', does: 'Refresh that often: interval 2s.', words: none, parse: paced},
	{name: 'help', does: 'Show every key.', words: none, parse: alone('help', {type: 'help'})},
	{name: 'quit', does: 'Quit.', words: none, parse: alone('quit', {type: 'quit'})},
];

/** The command line's words by name and meaning, as help and README show them; a pane's name goes to it. */
export const commandHelp: readonly (readonly [string, string])[] = [
	['PANE', 'Go to the pane of that name; the beginning of the name is enough.'],
	...verbs.map(({name, does}) => [name, does] as const),
];

/** Reads a line: the name of a pane or of a command, of which the beginning is enough where only one begins so. */
export const parseCommand = (line: string, panes: readonly Pane[], pane: Pane): ParsedCommand => {
	const [name = '', rest = ''] = split(line);
	const named = [...panes.map(({id}) => id), ...verbs.map(verb => verb.name)];
	const exact = named.filter(word => word === name);
	const found = exact.length > 0 ? exact : named.filter(word => word.startsWith(name));
	if (name === '') return not(`Name a pane or a command: ${named.join(' ')}`);
	if (found.length === 0) return not(`There is no pane and no command ${name}.`);
	if (found.length > 1) return not(`${name} may be ${found.join(' or ')}.`);
	const verb = verbs.find(each => each.name === found[0]);
	if (verb) return verb.parse(rest, pane);
	return rest === '' ? said({type: 'pane', pane: found[0] as string}) : not('Nothing follows the name of a pane.');
};

const split = (line: string): readonly string[] => /^\s*(\S*)\s*(.*?)\s*$/su.exec(line)?.slice(1) ?? [];

/** The words that the last one of a line may become. */
export const completions = (line: string, panes: readonly Pane[], pane: Pane): readonly string[] => {
	const [name = '', rest = ''] = split(line);
	if (!/^\s*\S+\s/.test(line))
		return [...panes.map(({id}) => id), ...verbs.map(verb => verb.name)].filter(word => word.startsWith(name));
	const words = verbs.find(verb => verb.name === name)?.words(pane) ?? [];
	return words.filter(word => word.startsWith(rest));
};

/** The line with its last word completed as far as all that it may become agree; whole words are followed by a space. */
export const completeLine = (line: string, words: readonly string[]): string => {
	const [first] = words;
	if (first === undefined) return line;
	const shared = words.reduce((common, word) => {
		let length = 0;
		while (length < common.length && common[length] === word[length]) length++;
		return common.slice(0, length);
	}, first);
	return `${line.replace(/\S*$/, '')}${shared}${words.length === 1 ? ' ' : ''}`;
};
