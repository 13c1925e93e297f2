import {bindingsOf, keyName} from '../../core/keys/bindings.ts';
import {commandHelp} from '../../core/keys/command-line.ts';
import {filterHelp} from '../../core/pane/filter-help.ts';
import type {Pane} from '../../core/pane/pane.ts';
import {registry} from '../../panes/index.ts';
import {environment, exitCodes, type Flag, files, flags, usages} from '../option-table.ts';
import {bold, entry, italic, plain} from './roff.ts';

type Lines = readonly string[];
type Pairs = readonly (readonly [string, string])[];

const section = (title: string, ...lines: readonly Lines[]): Lines => [`.SH ${title}`, ...lines.flat()];

const described = (pairs: Pairs): Lines => pairs.flatMap(([name, meaning]) => entry(bold(name), meaning));

/** Entries of each group under its own heading, in the order of the table. */
const grouped = <T extends {readonly group: string}>(all: readonly T[], entryOf: (one: T) => Lines): Lines =>
	[...new Set(all.map(({group}) => group))].flatMap(group => [
		`.SS ${plain(group)}`,
		...all.filter(one => one.group === group).flatMap(entryOf),
	]);

const optionEntry = ({name, short, value, help}: Flag): Lines => {
	const names = [...(short === undefined ? [] : [`-${short}`]), `--${name}`].map(bold).join(', ');
	return entry(value === undefined ? names : `${names} ${italic(value)}`, help);
};

const wordsOf = (text: string, isTyped: RegExp): string =>
	text.replace(/[^ |[\]]+/g, word => (isTyped.test(word) ? bold(word) : italic(word)));

/** A synopsis line: commands and option names in bold, placeholders in italics. */
const synopsis = (call: string): string =>
	call
		.split(/(\[[^\]]*\])/)
		.map(part => (part.startsWith('[') ? `[${wordsOf(part.slice(1, -1), /^--/)}]` : wordsOf(part, /^[a-z]+$/)))
		.join('');

const keysOf = ({keys}: {readonly keys: readonly string[]}): string =>
	keys.length > 0 ? keys.map(key => bold(keyName(key))).join(', ') : `in ${bold('F9')}`;

const paneKeys = ({id, keys}: Pane): string => (keys.length > 0 ? keysOf({keys}) : bold(`:${id}`));

const examples: Pairs = [
	['pgtriage -h db1.example.com -U dba shop', 'Watch a server.'],
	['pgtriage shop --once --pane locks --format json', 'Print who blocks whom.'],
	['pgtriage shop --once --filter \'state="idle in transaction" xact>5m\'', 'Print transactions left open.'],
	['pgtriage shop --record incident.ndjson', 'Record while watching.'],
	['pgtriage replay incident.ndjson', 'Replay the recording.'],
];

const about = [
	`pgtriage is a full-screen terminal monitor for PostgreSQL 13 to 19, for the person on call. Every second it shows who is connected,
who blocks whom and the root blocker, as well as bloat, replication, statements, indexes and what holds back the xmin horizon. It
cancels, terminates, vacuums and reindexes, each after a confirmation that names the target.`,
	'It connects like psql. Monitoring writes nothing: its connections are read-only.',
];

/** Manual page pgtriage(1) in man(7); without a date, so that it changes only with its content. */
export const manual = (version: string): string =>
	[
		`.TH PGTRIAGE 1 "" "pgtriage ${version}" "User Commands"`,
		...section('NAME', [`pgtriage \\- ${plain('find what is wrong with a PostgreSQL server, and act on it')}`]),
		...section('SYNOPSIS', ['.nf', ...usages.map(([call]) => synopsis(call)), '.fi']),
		...section(
			'DESCRIPTION',
			about.flatMap((text, index) => [...(index > 0 ? ['.PP'] : []), plain(text)]),
		),
		...section(
			'COMMANDS',
			usages.flatMap(([call, what]) => entry(synopsis(call), what)),
		),
		...section('OPTIONS', grouped(flags, optionEntry)),
		...section(
			'PANES',
			registry.panes.flatMap(pane => entry(`${paneKeys(pane)} ${plain(pane.id)}`, pane.help)),
		),
		...section(
			'KEYS',
			grouped(bindingsOf(registry.panes), binding => entry(keysOf(binding), binding.does)),
		),
		...section('COMMAND LINE', [plain('Type these after ":".')], described(commandHelp)),
		...section('FILTERS', [plain('For the key / and the option --filter.')], described(filterHelp)),
		...section('EXIT STATUS', described(exitCodes)),
		...section('ENVIRONMENT', described(environment)),
		...section('FILES', described(files)),
		...section('EXAMPLES', described(examples)),
		...section('SEE ALSO', [`${bold('psql')}(1), ${bold('pg_basebackup')}(1)`]),
		'',
	].join('\n');
