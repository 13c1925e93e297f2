import {type ThemeName, themeNames} from '../core/config.ts';
import {literalValue} from '../core/pane/filter-value.ts';
import {type Severity, severities} from '../core/pane/finding.ts';
import {groupingError, groupingNamed} from '../core/pane/grouping.ts';
import {parseRotation, type Rotation} from '../core/recording/rotation.ts';
import {nearestWord} from '../core/text/nearest.ts';
import {UserError} from '../core/values/errors.ts';
import {parseBytes, parseDuration} from '../core/values/units.ts';
import {assertApplicable} from './applicable.ts';
import {readArguments} from './arguments.ts';
import {type CommandName, commandNames, type Flag} from './option-table.ts';

/** The shells with a completion script. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A parsed command line. */
export type Invocation = {
	readonly command: CommandName | 'help' | 'version';
	/** The command that help is asked for; undefined for the program as a whole. */
	readonly topic: CommandName | undefined;
	readonly file: string | undefined;
	/** The table of a preflight, as it was written. */
	readonly table: string | undefined;
	/** The lock mode or command of a preflight, as it was written. */
	readonly lock: string | undefined;
	/** The shell of a completion script. */
	readonly shell: Shell | undefined;
	/** The rules of a check; all of them if empty. */
	readonly rules: readonly string[];
	/** The least severity that a check does not pass. */
	readonly failOn: Severity;
	/** The longest time of a check. */
	readonly timeoutMs: number;
	readonly connection: {
		readonly positional: string | undefined;
		readonly host: string | undefined;
		readonly port: string | undefined;
		readonly user: string | undefined;
		readonly dbname: string | undefined;
		readonly passwordPrompt: 'always' | 'never' | 'asked';
	};
	/** The command that prints the password, as it was written. */
	readonly passwordCommand: string | undefined;
	/** The command of a tunnel, as it was written. */
	readonly tunnel: string | undefined;
	/** The connection strings of a fleet; those of the configuration if empty. */
	readonly fleet: readonly string[];
	/** The standbys of the servers of a fleet are watched too. */
	readonly standbys: boolean;
	/** The connection strings of PgBouncer consoles. */
	readonly pgbouncer: readonly string[];
	/** The REST API of a Patroni member. */
	readonly patroni: string | undefined;
	readonly intervalMs: number;
	readonly panes: readonly string[];
	readonly filter: string;
	readonly sort: string | undefined;
	/** What the sessions are grouped by. */
	readonly group: string | undefined;
	readonly readOnly: boolean;
	readonly audit: string | undefined;
	readonly record: string | undefined;
	readonly rotation: Rotation;
	readonly history: string | undefined;
	readonly once: boolean;
	readonly format: 'json' | 'ndjson' | 'csv' | 'text' | 'openmetrics' | undefined;
	/** The address of metrics, as it was written. */
	readonly listen: string | undefined;
	/** The format of a report. */
	readonly reportAs: 'md' | 'html' | 'json';
	readonly at: string | undefined;
	readonly from: string | undefined;
	readonly to: string | undefined;
	/** Times around which a report compares statements. */
	readonly marks: readonly string[];
	readonly withLiterals: boolean;
	readonly output: string | undefined;
	readonly color: boolean;
	readonly ascii: boolean;
	readonly mouse: boolean;
	readonly notify: boolean;
	/** The command to run for new findings, as it was written. */
	readonly onFinding: string | undefined;
	readonly config: string | undefined;
	readonly theme: ThemeName;
	readonly scenario: string | undefined;
	readonly seed: number | undefined;
};

/** The commands that are named by the first argument. */
const namedCommands = commandNames.filter(name => name !== 'monitor');

/** The command of a line; `monitor` without one. */
const commandNamed = (operands: readonly string[]): CommandName => namedCommands.find(name => name === operands[0]) ?? 'monitor';

/** The command of a line that may have errors. */
export const commandOf = (argv: readonly string[]): CommandName => {
	try {
		return commandNamed(readArguments(argv).operands);
	} catch {
		return commandNamed(argv);
	}
};

/** Operands of each command before the connection, its name included. */
const operandsBefore: Readonly<Record<CommandName, number>> = {
	monitor: 0,
	demo: 1,
	record: 2,
	replay: 2,
	report: 2,
	check: 1,
	preflight: 2,
	export: 1,
	fleet: 1,
	config: 2,
	completion: 2,
	man: 1,
};

const connecting: readonly CommandName[] = ['monitor', 'record', 'check', 'preflight', 'export'];

/** The operands that name a database and, as in psql, a user if no option names one of them; and those that are too many. */
const serverOperands = (command: CommandName, operands: readonly string[], isNamed: boolean) => {
	const most = connecting.includes(command) ? 2 : 0;
	const all = command === 'fleet' ? [] : operands.slice(operandsBefore[command]);
	const server = all.slice(0, isNamed || all.slice(0, most).some(isConnectionString) ? Math.min(most, 1) : most);
	return {server, rest: all.slice(server.length)};
};

const isConnectionString = (operand: string): boolean => /=|:\/\//.test(operand);

/** Throws a UserError for a command that is misspelled: two words of which the second can only be what follows a command. */
const assertNotMisspelled = ([first = '', second]: readonly string[]): void => {
	if (second === undefined || !/[./]|^(?:check|bash|zsh|fish)$/.test(second)) return;
	const near = nearestWord(first, namedCommands);
	if (near === undefined) return;
	throw new UserError(`Unknown command ${JSON.stringify(first)}.`, {
		hint: `Did you mean ${near}? To connect as another user: -d and -U.`,
		exitCode: 2,
	});
};

/** Error for arguments too many; they are not shown if they may be parts of a connection string with a password. */
const unexpected = (operands: readonly string[], rest: readonly string[]): UserError =>
	operands.some(isConnectionString)
		? new UserError('There are arguments after the connection string.', {
				hint: 'Quote it as a whole: pgtriage "host=db1 dbname=app".',
				exitCode: 2,
			})
		: new UserError(`Unexpected argument: ${JSON.stringify(rest[0])}.`, {hint: 'See pgtriage --help.', exitCode: 2});

const filed: readonly CommandName[] = ['record', 'replay', 'report'];

/** Throws a UserError for operands that are missing or too many; `rest` are those that are too many. */
const assertOperands = (command: CommandName, operands: readonly string[], rest: readonly string[]): void => {
	if (filed.includes(command) && operands[1] === undefined)
		throw new UserError(`${command} needs a file.`, {hint: `Usage: pgtriage ${command} FILE`, exitCode: 2});
	if (command === 'preflight' && operands[1] === undefined)
		throw new UserError('preflight needs a table.', {hint: 'Usage: pgtriage preflight TABLE --lock MODE', exitCode: 2});
	if (command === 'config' && operands[1] !== 'check')
		throw new UserError('The only config command is check.', {hint: 'Usage: pgtriage config check', exitCode: 2});
	if (rest.length > 0) throw unexpected(operands, rest);
	if (command === 'monitor') assertNotMisspelled(operands);
};

/** Throws a UserError for an option that chooses rows: metrics are of the whole server. */
const assertWhole = (given: readonly Flag[]): void => {
	const choice = given.find(({name}) => rowChoices.has(name));
	if (!choice) return;
	throw new UserError(`--${choice.name} does not apply to openmetrics.`, {hint: `Leave out --${choice.name}.`, exitCode: 2});
};

const rowChoices = new Set(['pane', 'filter', 'sort', 'min-duration', 'database', 'user', 'application']);

const showsScreen: readonly CommandName[] = ['monitor', 'demo', 'replay', 'fleet'];

const isSwitch = (name: string): boolean => name === 'once' || name === 'password';

/** Throws a UserError for an option that needs another one, or excludes it. */
const assertTogether = (command: CommandName, has: (name: string) => boolean): void => {
	if (has('password') && has('password-command'))
		throw new UserError('-W asks for the password that --password-command prints.', {
			hint: 'Leave out one of them.',
			exitCode: 2,
		});
	if (has('record') && has('once'))
		throw new UserError('--record works only with the full-screen monitor.', {
			hint: 'To record without a screen: pgtriage record FILE',
			exitCode: 2,
		});
	if ((has('rotate') || has('keep')) && command !== 'record' && !has('record'))
		throw new UserError(`--${has('rotate') ? 'rotate' : 'keep'} needs a recording.`, {
			hint: 'Use it with record FILE or --record FILE.',
			exitCode: 2,
		});
	if (has('format') && showsScreen.includes(command) && !has('once'))
		throw new UserError('--format needs --once.', {hint: 'pgtriage --once --format json', exitCode: 2});
};

/** Parses the arguments after the program's name; throws a UserError with exit code 2 for an invalid one. */
export const parseArguments = (argv: readonly string[]): Invocation => {
	const {operands, isOn, valuesOf, given} = readArguments(argv);
	// If an option is given twice, the last one wins, as in psql.
	const text = (name: string): string | undefined => valuesOf(name).at(-1);
	const named = commandNamed(operands);
	const command = isOn('help') ? 'help' : isOn('version') ? 'version' : named;
	const {server, rest} = serverOperands(named, operands, text('dbname') !== undefined || text('username') !== undefined);
	for (const {name, value} of given) if (value !== undefined) valuesOf(name);
	if (text('format') === 'openmetrics') assertWhole(given);
	if (command === named) {
		assertOperands(named, operands, rest);
		assertApplicable(given, named);
		assertTogether(named, name => (isSwitch(name) ? isOn(name) === true : text(name) !== undefined));
	}
	return {
		command,
		topic: named === 'monitor' ? undefined : named,
		file: filed.includes(named) ? operands[1] : undefined,
		table: command === 'preflight' ? operands[1] : undefined,
		lock: text('lock'),
		rules: valuesOf('rule'),
		failOn: levelOf(text('fail-on') ?? 'warning'),
		timeoutMs: timeoutOf(text('timeout') ?? '10s'),
		shell: command === 'completion' ? shellOf(operands[1]) : undefined,
		connection: {
			positional: server[0],
			host: text('host'),
			port: text('port'),
			user: text('username') ?? server[1],
			dbname: text('dbname'),
			passwordPrompt: isOn('never-ask') || isOn('password') === false ? 'never' : isOn('password') ? 'always' : 'asked',
		},
		passwordCommand: text('password-command'),
		tunnel: text('tunnel'),
		fleet: named === 'fleet' ? operands.slice(operandsBefore.fleet) : [],
		standbys: isOn('standbys') === true,
		pgbouncer: valuesOf('pgbouncer'),
		patroni: text('patroni'),
		intervalMs: intervalOf(text('interval') ?? (named === 'export' ? '5s' : '1s')),
		panes: valuesOf('pane'),
		filter: filterOf(text),
		sort: text('sort'),
		group: groupOf(text('group')),
		readOnly: isOn('read-only') === true,
		audit: text('audit'),
		record: recordOf(text('record')),
		rotation: parseRotation(valuesOf('rotate'), text('keep')),
		history: historyOf(text('history')),
		once: isOn('once') === true,
		format: command === 'report' ? undefined : formatOf(text('format'), formatsOf(command)),
		listen: text('listen'),
		reportAs: (command === 'report' && formatOf(text('format'), reportFormats)) || 'md',
		at: text('at'),
		from: text('from'),
		to: text('to'),
		marks: valuesOf('mark'),
		withLiterals: isOn('with-literals') === true,
		output: text('output'),
		color: isOn('color') !== false,
		ascii: isOn('ascii') === true,
		mouse: isOn('mouse') === true,
		notify: isOn('notify') === true,
		onFinding: text('on-finding'),
		config: text('config'),
		theme: themeOf(text('theme') ?? 'dark'),
		scenario: text('scenario'),
		seed: text('seed') === undefined ? undefined : seedOf(text('seed') ?? ''),
	};
};

/** The grouping of --group; throws a UserError for one that does not exist. */
const groupOf = (text: string | undefined): string | undefined => {
	if (text === undefined) return undefined;
	const grouping = groupingNamed(text);
	if (grouping !== undefined) return grouping;
	throw new UserError(groupingError(text), {exitCode: 2});
};

const recordOf = (file: string | undefined): string | undefined => {
	if (file !== '-') return file;
	throw new UserError('--record cannot write to stdout: the screen is there.', {hint: 'Give --record a file.', exitCode: 2});
};

const leastHistoryBytes = 1024 ** 2;

const historyOf = (text: string | undefined): string | undefined => {
	if (text === undefined || (parseBytes(text) ?? 0) >= leastHistoryBytes) return text;
	throw new UserError(`--history ${text} is not a valid size.`, {hint: 'Use 64MB or 1GB; the minimum is 1MB.', exitCode: 2});
};

const themeOf = (text: string): ThemeName => {
	const theme = themeNames.find(name => name === text);
	if (theme) return theme;
	throw new UserError(`Unknown theme ${JSON.stringify(text)}.`, {hint: `Themes: ${themeNames.join(', ')}.`, exitCode: 2});
};

const intervalOf = (text: string): number => {
	const seconds = parseDuration(text);
	if (seconds !== undefined && seconds >= 0.25 && seconds <= 60) return seconds * 1000;
	throw new UserError(`--interval ${text} is out of range.`, {hint: 'Use a duration from 250ms to 60s.', exitCode: 2});
};

const levelOf = (text: string): Severity => {
	const level = severities.find(name => name === text);
	if (level) return level;
	throw new UserError(`--fail-on ${text} is not a level.`, {hint: `Levels: ${severities.join(', ')}.`, exitCode: 2});
};

const timeoutOf = (text: string): number => {
	const seconds = parseDuration(text);
	if (seconds !== undefined && seconds >= 1 && seconds <= 60) return seconds * 1000;
	throw new UserError(`--timeout ${text} is out of range.`, {hint: 'Use a duration from 1s to 60s.', exitCode: 2});
};

const printFormats = ['json', 'ndjson', 'csv', 'text', 'openmetrics'] as const;
const reportFormats = ['md', 'html', 'json'] as const;
const verdictFormats = ['json', 'text'] as const;
const tableFormats = ['json', 'ndjson', 'csv', 'text'] as const;

const formatsOf = (command: Invocation['command']): readonly (typeof printFormats)[number][] => {
	if (command === 'fleet') return tableFormats;
	return command === 'preflight' || command === 'check' ? verdictFormats : printFormats;
};

/** The values of `--format` with a command. */
export const formatNames = (command: CommandName): readonly string[] =>
	command === 'report' ? reportFormats : formatsOf(command);

const formatOf = <F extends string>(text: string | undefined, supported: readonly F[]): F | undefined => {
	const format = supported.find(name => name === text);
	if (text === undefined || format) return format;
	throw new UserError(`Unknown format ${text}.`, {hint: `Formats: ${supported.join(', ')}.`, exitCode: 2});
};

const shellOf = (text: string | undefined): Shell => {
	const shell = shells.find(name => name === text);
	if (shell) return shell;
	throw new UserError(text === undefined ? 'completion needs a shell.' : `There is no completion for ${text}.`, {
		hint: `Shells: ${shells.join(', ')}.`,
		exitCode: 2,
	});
};

const seedOf = (text: string): number => {
	if (/^\d{1,9}$/.test(text)) return Number(text);
	throw new UserError(`--seed ${text} is not a valid seed.`, {hint: 'Use a whole number.', exitCode: 2});
};

/** The filter of --filter and its shorthands together. */
const filterOf = (text: (name: string) => string | undefined): string => {
	const terms = (['database', 'user', 'application'] as const).flatMap(name => {
		const value = text(name);
		return value === undefined ? [] : [`${name}=${literalValue(value)}`];
	});
	const least = text('min-duration');
	if (least !== undefined && parseDuration(least) === undefined)
		throw new UserError(`--min-duration ${least} is not a duration.`, {hint: 'Use 500ms, 10s or 5m.', exitCode: 2});
	assertOwnFilter(text('filter') ?? '');
	return [text('filter') ?? '', ...terms, ...(least === undefined ? [] : [`age>=${least}`])]
		.filter(term => term !== '')
		.join(' ');
};

/** Throws a UserError for a filter in the form of pg_activity, a field and a regular expression. */
const assertOwnFilter = (filter: string): void => {
	const [, field = '', pattern = ''] =
		/^(dbname|datname|database|db|app|application|application_name|user|usename|client|state|query|wait|pid):([^\s"]+)$/i.exec(
			filter,
		) ?? [];
	if (field === '') return;
	const column = /^(?:dbname|datname|db)$/i.test(field) ? 'database' : field;
	throw new UserError(`--filter ${filter} is not a filter of pgtriage.`, {
		hint: `Use --filter '${column}~${pattern}'.`,
		exitCode: 2,
	});
};
