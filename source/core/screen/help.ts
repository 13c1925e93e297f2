import {type Binding, groups} from '../keys/binding.ts';
import {keyName} from '../keys/bindings.ts';
import {commandHelp} from '../keys/command-line.ts';
import {filterHelp} from '../pane/filter-help.ts';
import type {Pane} from '../pane/pane.ts';
import {fitLine, type Line, line, span, wrap} from '../text/line.ts';

/** A part of the help: names and their meanings. */
type HelpSection = {
	readonly title: string;
	readonly indent: number;
	readonly entries: readonly (readonly [name: string, meaning: string])[];
};

/** Mark of a key that touches the server. */
export const serverMark = '!';

const keyIndent = 14;
const nameIndent = 26;

/**
 * The help page: the keys of the pane first, then all others by group, the filter language, the command line, and every column of
 * the pane. With a search, only the entries that contain it.
 */
export const helpLines = (bindings: readonly Binding[], pane: Pane, width: number, search = ''): readonly Line[] => {
	const sections = helpSections(bindings, pane)
		.map(section => ({...section, entries: section.entries.filter(entry => matches(entry, search))}))
		.filter(({entries}) => entries.length > 0);
	const found = sections.flatMap(({title, indent, entries}, index) => [
		...(index === 0 ? [] : [[]]),
		line(title, 'strong'),
		...entries.flatMap(([name, meaning]) => entryLines(name, meaning, indent, width)),
	]);
	const lines = found.length > 0 ? found : [line(`No key, filter, command or column matches ${search}.`, 'dim')];
	return lines.map(part => fitLine(part, width));
};

const matches = ([name, meaning]: readonly [string, string], search: string): boolean =>
	`${name} ${meaning}`.toLowerCase().includes(search.trim().toLowerCase());

const helpSections = (bindings: readonly Binding[], pane: Pane): readonly HelpSection[] => {
	const belongs = ({panes}: Binding): boolean => panes?.includes(pane.id) ?? false;
	const keysOf = (title: string, all: readonly Binding[]): HelpSection => ({
		title,
		indent: keyIndent,
		entries: all.map(binding => [keyNames(binding), binding.does]),
	});
	const own = keysOf(pane.title, bindings.filter(belongs));
	return [
		{...own, entries: [...own.entries, [serverMark, 'Marks what touches the server; it asks first']]},
		...groups.map(group =>
			keysOf(
				group,
				bindings.filter(binding => binding.group === group && !belongs(binding)),
			),
		),
		{title: 'Filter', indent: nameIndent, entries: filterHelp},
		{title: 'Command line', indent: nameIndent, entries: commandHelp},
		{title: `Columns of ${pane.title}`, indent: nameIndent, entries: pane.columns.map(({id, help}) => [id, help])},
	];
};

/** The keys of a binding, with the mark of those that touch the server; without a key it is in the menu of F9. */
const keyNames = ({keys, dangerous}: Binding): string => {
	const names = keys.length === 0 ? 'F9' : keys.map(keyName).join(' ');
	return dangerous ? `${names} ${serverMark}` : names;
};

const entryLines = (name: string, meaning: string, indent: number, width: number): readonly Line[] =>
	wrap(meaning, Math.max(10, width - indent - 3)).map((text, index) => [
		span(`  ${index === 0 ? name.padEnd(indent) : ' '.repeat(indent)} `, index === 0 ? 'key' : 'calm'),
		span(text),
	]);
