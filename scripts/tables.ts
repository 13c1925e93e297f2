import {existsSync, globSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {about} from '../source/about.ts';
import {foreignOptions} from '../source/command-line/foreign.ts';
import {manual} from '../source/command-line/manual/manual.ts';
import {environment, exitCodes, files, flags, usages} from '../source/command-line/option-table.ts';
import {bindingsOf, keyName} from '../source/core/keys/bindings.ts';
import {commandHelp} from '../source/core/keys/command-line.ts';
import {lockCommands} from '../source/core/locks/lock-commands.ts';
import {filterHelp} from '../source/core/pane/filter-help.ts';
import type {Pane} from '../source/core/pane/pane.ts';
import {bytes, duration} from '../source/core/values/units.ts';
import {rules as allRules} from '../source/findings/index.ts';
import {thresholds as allThresholds, type Threshold} from '../source/findings/thresholds.ts';
import {registry} from '../source/panes/index.ts';
import {sentencePage} from './sentences.ts';

// Writes the manual, the list of all sentences, the screen of README.md and the tables of docs/ from the program's own declarations
// and goldens. With --check it writes nothing, names each stale file and exits with 1.

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
		grouped(bindingsOf(registry.panes), ({keys, does, dangerous}) => [
			`${keys.length > 0 ? keys.map(key => code(keyName(key))).join(' ') : `in ${code('F9')}`}${dangerous ? ' !' : ''}`,
			does,
		]),
	);

const keysOf = ({id, keys}: Pane): string => (keys.length > 0 ? keys.map(keyName) : [`:${id}`]).map(code).join(' ');

const panes = (): string =>
	table(
		['Key', 'Name', 'Shows'],
		registry.panes.map(pane => [keysOf(pane), code(pane.id), pane.help]),
	);

const columnTable = (columns: Pane['columns']): string =>
	table(
		['Name in filters and JSON', 'On the screen', 'Meaning'],
		columns.map(({id, title, help, aliases}) => [
			code(id),
			title,
			[help, ...(aliases.length ? [`Also ${aliases.map(code).join(', ')}.`] : [])].join(' '),
		]),
	);

const columns = (): string =>
	registry.panes
		.map(pane =>
			[
				`## ${pane.title} (${keysOf(pane)})`,
				pane.help,
				...(pane.sections.length > 0
					? pane.sections.map(section => `### Section ${code(section.id)}\n\n${columnTable(section.columns)}`)
					: [columnTable(pane.columns)]),
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

const pairs =
	(heads: readonly [string, string], all: readonly (readonly [string, string])[], shown = code) =>
	(): string =>
		table(
			heads,
			all.map(([name, meaning]) => [shown(name), meaning]),
		);

const filters = pairs(['Term', 'Meaning'], filterHelp);
const commands = pairs(['Typed', 'Does'], commandHelp);
const calls = pairs(['Call', 'What it does'], usages);
const exits = pairs(['Code', 'Meaning'], exitCodes, String);
const surroundings = pairs(['Variable or file', 'Meaning'], [...environment, ...files]);

const foreign = (): string =>
	table(
		['Option', 'Program', 'Instead'],
		foreignOptions.map(({written, program, instead, example}) => [
			written.map(code).join(' '),
			program,
			instead.replace('{value}', example ?? ''),
		]),
	);

const lockModes = (): string =>
	table(
		['Command', 'On the table', 'Also', 'Documented under'],
		lockCommands.map(({name, mode, relatives, waits, note, source}) => [
			code(name),
			mode,
			[
				...Object.entries(relatives ?? {}).map(([part, other]) => `${part}: ${other}`),
				...(waits
					? [`then waits for holders that conflict with ${waits.lockers}${waits.snapshots ? ', and for old snapshots' : ''}`]
					: []),
				...(note === undefined ? [] : [note]),
			].join('; '),
			source,
		]),
	);

const rules = (): string =>
	table(
		['', 'Rule', 'Finds'],
		allRules.map(({id, help}, index) => [String(index + 1), code(id), help]),
	);

/** A level as in the configuration, followed by its form on the screen if that differs. */
const levelOf = (level: number | null | undefined, unit: Threshold['unit']): string => {
	if (level === undefined) return '';
	if (level === null) return 'never';
	const written = code(String(level));
	if (unit === 'seconds' && level >= 60) return `${written} (${duration(level)})`;
	return unit === 'bytes' || unit === 'bytes per second' ? `${written} (${bytes(level)})` : written;
};

const thresholds = (): string =>
	table(
		['Figure', 'Unit', 'Notice', 'Warning', 'Critical', 'Why'],
		Object.entries<Threshold>(allThresholds).map(([name, {unit, notice, warning, critical, below, why}]) => [
			code(name),
			below ? `${unit}, counting down` : unit,
			...[notice, warning, critical].map(level => levelOf(level, unit)),
			why,
		]),
	);

const lasting = (): string =>
	table(
		['Option', 'Value', 'Meaning'],
		flags.flatMap(flag => (flag.lasting ? [[code(flag.name), flag.value ? code(flag.value) : code('true'), flag.help]] : [])),
	);

const root = join(import.meta.dirname, '..');

/** A golden screen as a block of text; each of its gaps is one blank line. */
const screen = (): string => {
	const golden = readFileSync(join(root, 'test/screens/golden/all-incidents-locks/120x40.golden'), 'utf8');
	const [characters = ''] = golden.split('\n\n');
	const lines = characters.split('\n').map(line => line.replace(/\s*\|$/, ''));
	return ['```text', ...lines.filter((line, index) => line !== '' || lines[index - 1] !== ''), '```'].join('\n');
};

const tables: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
	'README.md': {screen},
	'docs/configuration.md': {lasting, surroundings},
	'docs/filters.md': {filters},
	'docs/from-pg-activity.md': {foreign},
	'docs/keys.md': {keys, commands},
	'docs/locks.md': {commands: lockModes},
	'docs/options.md': {usages: calls, options, exits},
	'docs/panes.md': {panes, columns},
	'docs/triage.md': {rules, thresholds},
};

const withTables = (name: string, of: Readonly<Record<string, () => string>>): string =>
	Object.entries(of).reduce(
		(text, [mark, make]) => {
			const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
			const [from, to] = [text.indexOf(begin), text.indexOf(end)];
			if (from < 0 || to < from) throw new Error(`${name} lacks the markers of the table ${mark}: ${begin} and ${end}.`);
			return `${text.slice(0, from + begin.length)}\n\n${make()}\n\n${text.slice(to)}`;
		},
		readFileSync(join(root, name), 'utf8'),
	);

const sources = globSync('source/**/*.{ts,tsx}', {cwd: root}).map(path => ({path, text: readFileSync(join(root, path), 'utf8')}));

const written: readonly (readonly [string, string])[] = [
	...Object.entries(tables).map(([name, of]) => [name, withTables(name, of)] as const),
	['man/pgtriage.1', manual(about.version)],
	['docs/sentences.txt', sentencePage(sources)],
];

for (const [name, text] of written) {
	const file = join(root, name);
	if (!process.argv.includes('--check')) {
		mkdirSync(dirname(file), {recursive: true});
		writeFileSync(file, text);
	} else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
		process.stderr.write(`${name} is stale: run "npm run docs" and commit the result.\n`);
		process.exitCode = 1;
	}
}
