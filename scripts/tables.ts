import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {bindingsOf, keyName} from '../source/core/bindings.ts';
import {commandHelp} from '../source/core/command-line.ts';
import {filterHelp} from '../source/core/help.ts';
import type {Pane} from '../source/core/pane.ts';
import {flags} from '../source/options.ts';
import {registry} from '../source/panes/index.ts';

// Writes the tables of README.md that the program's own declarations hold; with --check it only says whether they are stale.

type Rows = readonly (readonly string[])[];

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const code = (text: string): string => {
	const fence = text.includes('`') ? '``' : '`';
	return `${fence}${text}${fence}`;
};

const table = (heads: readonly string[], rows: Rows): string =>
	[heads, heads.map(() => '---'), ...rows].map(cells => `| ${cells.map(cell).join(' | ')} |`).join('\n');

const grouped = <T extends {readonly group: string}>(all: readonly T[], rowsOf: (of: T) => readonly string[]): Rows =>
	[...new Set(all.map(({group}) => group))].flatMap(group =>
		all.filter(one => one.group === group).map((one, index) => [index === 0 ? `**${group}**` : '', ...rowsOf(one)]),
	);

const keys = (): string =>
	table(
		['', 'Key', 'Does'],
		grouped(bindingsOf(registry.panes), ({keys, does}) => [keys.map(key => code(keyName(key))).join(' '), does]),
	);

const columnRows = (pane: Pane): Rows =>
	pane.columns.map(({id, title, help, aliases}) => [
		code(id),
		title,
		[help, ...(aliases.length ? [`Also ${aliases.map(code).join(', ')}.`] : [])].join(' '),
	]);

const panes = (): string =>
	registry.panes
		.map(pane =>
			[
				`### ${pane.title} (${(pane.keys.length > 0 ? pane.keys.map(keyName) : [`:${pane.id}`]).map(code).join(', ')})`,
				pane.help,
				table(['Name in filters and JSON', 'On the screen', 'Meaning'], columnRows(pane)),
			].join('\n\n'),
		)
		.join('\n\n');

const options = (): string =>
	table(
		['', 'Option', 'Meaning'],
		grouped(flags, ({name, short, value, help}) => [
			[...(short ? [`-${short}`] : []), `--${name}${value ? ` ${value}` : ''}`].map(code).join(' '),
			help,
		]),
	);

const filters = (): string =>
	table(
		['Term', 'Meaning'],
		filterHelp.map(([example, meaning]) => [code(example), meaning]),
	);

const commands = (): string =>
	table(
		['Typed', 'Does'],
		commandHelp.map(([name, meaning]) => [code(name), meaning]),
	);

const tables: Readonly<Record<string, () => string>> = {keys, commands, panes, options, filters};

const file = join(import.meta.dirname, '..', 'README.md');
const before = readFileSync(file, 'utf8');
const after = Object.entries(tables).reduce((text, [name, make]) => {
	const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
	const [from, to] = [text.indexOf(begin), text.indexOf(end)];
	if (from < 0 || to < from) throw new Error(`README.md has no place for the table of ${name}: ${begin} and ${end}.`);
	return `${text.slice(0, from + begin.length)}\n\n${make()}\n\n${text.slice(to)}`;
}, before);

if (!process.argv.includes('--check')) writeFileSync(file, after);
else if (after !== before) {
	process.stderr.write('The tables in README.md are stale: run "npm run docs" and commit what it changes.\n');
	process.exitCode = 1;
}
