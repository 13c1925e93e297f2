import {parseDestination} from '../history/destination.ts';
import {parseLock} from '../locks/lock-request.ts';
import {type FilterColumn, parseFilter} from '../pane/filter.ts';
import {groupingError, groupingNamed, groupings} from '../pane/grouping.ts';
import type {Pane} from '../pane/pane.ts';
import type {Row} from '../sample/sample.ts';
import type {Command} from '../state/message.ts';
import {parseRelationName} from '../values/relation-name.ts';
import {duration, parseDuration} from '../values/units.ts';

/** A parsed line: a command, or a sentence about its error. */
export type ParsedCommand = {readonly ok: true; readonly command: Command} | {readonly ok: false; readonly message: string};

type Verb = {
	readonly name: string;
	readonly does: string;
	/** Completions of the argument. */
	readonly words: (pane: Pane) => readonly string[];
	readonly parse: (rest: string, pane: Pane) => ParsedCommand;
};

const ok = (command: Command): ParsedCommand => ({ok: true, command});
const error = (message: string): ParsedCommand => ({ok: false, message});
const withoutArgument =
	(name: string, command: Command) =>
	(rest: string): ParsedCommand =>
		rest === '' ? ok(command) : error(`${name} takes no argument.`);

const minMs = 250;
const maxMs = 60_000;

const parseInterval = (rest: string): ParsedCommand => {
	const seconds = parseDuration(rest);
	return seconds === undefined || seconds * 1000 < minMs || seconds * 1000 > maxMs
		? error(`The interval is ${duration(minMs / 1000)} to ${duration(maxMs / 1000)}, for example: interval 2s.`)
		: ok({type: 'pace', intervalMs: Math.round(seconds * 1000)});
};

const parseSort = (rest: string, pane: Pane): ParsedCommand => {
	const [name = '', direction] = rest.split(/\s+/);
	const column = pane.columns.find(({id, aliases}) => id === name || aliases.includes(name));
	if (!column) return error(name === '' ? 'Sort by which column?' : `${pane.title} has no column ${name}.`);
	if (direction !== undefined && direction !== 'asc' && direction !== 'desc') return error('The order is asc or desc.');
	return ok({type: 'sort-by', column: column.id, descending: direction === undefined ? undefined : direction === 'desc'});
};

const parseFilterLine = (rest: string, pane: Pane): ParsedCommand => {
	const filter = parseFilter<Row>(rest, pane.columns as readonly FilterColumn<Row>[]);
	return filter.ok ? ok({type: 'filter', text: rest}) : error(filter.message);
};

const parseAt = (rest: string): ParsedCommand => {
	const to = parseDestination(rest);
	return to ? ok({type: 'at', to}) : error('Enter a time (14:03, 14:03:12), an offset (-5m, +30s) or a mark.');
};

const parseMark = (rest: string): ParsedCommand =>
	rest === '' || rest.length > 20 || !parseDestination(rest) || parseDestination(rest)?.kind !== 'bookmark'
		? error('A mark needs a name of at most 20 characters that is not a time.')
		: ok({type: 'bookmark', name: rest});

const parseHeld = (rest: string): ParsedCommand => {
	if (rest === '') return ok({type: 'held', scope: {kind: 'everything'}});
	if (/^\d+$/.test(rest)) return ok({type: 'held', scope: {kind: 'session', pid: Number(rest)}});
	const relation = parseRelationName(rest);
	return relation?.rest === ''
		? ok({type: 'held', scope: {kind: 'named', schema: relation.schema, name: relation.name}})
		: error('Enter a pid or a relation: held 4711, held public.orders.');
};

const parsePreflight = (rest: string): ParsedCommand => {
	if (rest === '') return ok({type: 'pane', pane: 'preflight'});
	const relation = parseRelationName(rest);
	if (!relation) return error('Enter a table and a lock: preflight public.orders alter table.');
	const lock = relation.rest === '' ? 'access exclusive' : relation.rest;
	const request = parseLock(lock);
	return request.ok
		? ok({type: 'preflight', scope: {relation: {schema: relation.schema, name: relation.name}, lock}})
		: error(`No lock mode or command ${lock}: did you mean ${request.nearest.join(', ')}?`);
};

const parseGroup = (rest: string): ParsedCommand => {
	const by = groupingNamed(rest);
	return by === undefined ? error(groupingError(rest)) : ok({type: 'group', by});
};

const none = (): readonly string[] => [];

const verbs: readonly Verb[] = [
	{
		name: 'sort',
		does: 'Sort by a column: sort COLUMN [asc|desc].',
		words: pane => pane.columns.map(({id}) => id),
		parse: parseSort,
	},
	{name: 'filter', does: 'Show only rows that match a filter.', words: none, parse: parseFilterLine},
	{
		name: 'at',
		does: 'Go to a moment: at 14:03, at -5m, at MARK.',
		words: () => ['-1m', '-5m', '-15m', '-1h'],
		parse: parseAt,
	},
	{name: 'mark', does: 'Mark the shown moment: mark NAME.', words: none, parse: parseMark},
	{name: 'interval', does: 'Set the refresh interval: interval 2s.', words: none, parse: parseInterval},
	{
		name: 'held',
		does: 'Locks of a session, on a table, or all: held [PID|TABLE].',
		words: none,
		parse: parseHeld,
	},
	{
		name: 'preflight',
		does: 'Would a lock be granted now: preflight TABLE [MODE|COMMAND].',
		words: none,
		parse: parsePreflight,
	},
	{
		name: 'group',
		does: 'Group the sessions: group application|user|client|database|state|wait|query|tag.NAME.',
		words: () => groupings,
		parse: parseGroup,
	},
	{
		name: 'compare',
		does: 'Compare the statements before and after a mark: compare MARK.',
		words: none,
		parse: rest => (rest === '' ? error('Name a mark: compare MARK.') : ok({type: 'compare', mark: rest})),
	},
	{name: 'help', does: 'Show all keys.', words: none, parse: withoutArgument('help', {type: 'help'})},
	{name: 'quit', does: 'Quit.', words: none, parse: withoutArgument('quit', {type: 'quit'})},
];

/** Commands with their meanings, for help and documentation. */
export const commandHelp: readonly (readonly [string, string])[] = [
	['PANE', 'Go to a pane; a unique prefix is enough.'],
	...verbs.map(({name, does}) => [name, does] as const),
];

/** Parses a line: the name or unique prefix of a pane or a command, then its argument. */
export const parseCommand = (line: string, panes: readonly Pane[], pane: Pane): ParsedCommand => {
	const [name = '', rest = ''] = split(line);
	const names = namesOf(panes);
	const exact = names.filter(word => word === name);
	const matches = exact.length > 0 ? exact : names.filter(word => word.startsWith(name));
	if (name === '') return error(`Enter a pane or a command: ${names.join(' ')}`);
	if (matches.length === 0) return error(`No pane or command named ${name}.`);
	if (matches.length > 1) return error(`${name} is ambiguous: ${matches.join(' or ')}.`);
	const verb = verbs.find(each => each.name === matches[0]);
	if (verb) return verb.parse(rest, pane);
	return rest === '' ? ok({type: 'pane', pane: matches[0] as string}) : error('A pane name takes no argument.');
};

const split = (line: string): readonly string[] => /^\s*(\S*)\s*(.*?)\s*$/su.exec(line)?.slice(1) ?? [];

/** Names of panes and commands, each once: some panes take an argument, which the command of their name parses. */
const namesOf = (panes: readonly Pane[]): readonly string[] => [
	...new Set([...panes.map(({id}) => id), ...verbs.map(verb => verb.name)]),
];

/** Completions of the last word of a line. */
export const completions = (line: string, panes: readonly Pane[], pane: Pane): readonly string[] => {
	const [name = '', rest = ''] = split(line);
	if (!/^\s*\S+\s/.test(line)) return namesOf(panes).filter(word => word.startsWith(name));
	const words = verbs.find(verb => verb.name === name)?.words(pane) ?? [];
	return words.filter(word => word.startsWith(rest));
};

/** The line with its last word completed to the common prefix of its completions; a unique one is followed by a space. */
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
