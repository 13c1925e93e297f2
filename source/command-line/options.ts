import {isRotated, parseRotation, type Rotation} from '../core/recording/rotation.ts';
import {UserError} from '../core/values/errors.ts';
import {parseDuration} from '../core/values/units.ts';
import {readArguments} from './arguments.ts';
import {nearestOf} from './nearest.ts';

/** The shells with a completion script. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A parsed command line. */
export type Invocation = {
	readonly command:
		| 'monitor'
		| 'demo'
		| 'record'
		| 'replay'
		| 'report'
		| 'preflight'
		| 'completion'
		| 'config'
		| 'man'
		| 'help'
		| 'version';
	readonly file: string | undefined;
	/** The table of a preflight, as it was written. */
	readonly table: string | undefined;
	/** The lock mode or command of a preflight, as it was written. */
	readonly lock: string | undefined;
	/** The shell of a completion script. */
	readonly shell: Shell | undefined;
	readonly connection: {
		readonly positional: string | undefined;
		readonly host: string | undefined;
		readonly port: string | undefined;
		readonly user: string | undefined;
		readonly dbname: string | undefined;
		readonly passwordPrompt: 'always' | 'never' | 'asked';
	};
	/** The connection string of a PgBouncer console. */
	readonly pgbouncer: string | undefined;
	readonly intervalMs: number;
	readonly panes: readonly string[];
	readonly filter: string;
	readonly sort: string | undefined;
	readonly readOnly: boolean;
	readonly audit: string | undefined;
	readonly record: string | undefined;
	readonly rotation: Rotation;
	readonly history: string | undefined;
	readonly once: boolean;
	readonly format: 'json' | 'ndjson' | 'csv' | 'text' | undefined;
	/** The format of a report. */
	readonly reportAs: 'md' | 'html' | 'json';
	readonly at: string | undefined;
	readonly from: string | undefined;
	readonly to: string | undefined;
	readonly withLiterals: boolean;
	readonly output: string | undefined;
	readonly color: boolean;
	readonly ascii: boolean;
	readonly mouse: boolean;
	readonly config: string | undefined;
	readonly theme: string;
	readonly scenario: string | undefined;
	readonly seed: number | undefined;
};

/** The first arguments that name a command instead of a database. */
const commands = ['demo', 'record', 'replay', 'report', 'preflight', 'config', 'completion', 'man'] as const;

/** The operands that name a database and, as in psql, a user if no option names one of them; and those that are too many. */
const serverOperands = (command: Invocation['command'], operands: readonly string[], isNamed: boolean) => {
	const before = command === 'monitor' ? 0 : ['demo', 'man', 'help', 'version'].includes(command) ? 1 : 2;
	const most = ['monitor', 'record', 'preflight'].includes(command) ? 2 : 0;
	const all = operands.slice(before);
	const server = all.slice(0, isNamed || all.slice(0, most).some(isConnectionString) ? Math.min(most, 1) : most);
	return {server, rest: all.slice(server.length)};
};

const isConnectionString = (operand: string): boolean => /=|:\/\//.test(operand);

/** Throws a UserError for a command that is misspelled: two words of which the second can only be what follows a command. */
const assertNotMisspelled = ([first = '', second]: readonly string[]): void => {
	if (second === undefined || !/[./]|^(?:check|bash|zsh|fish)$/.test(second)) return;
	const near = nearestOf(first, commands);
	if (near === undefined) return;
	throw new UserError(`There is no command ${JSON.stringify(first)}.`, {
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

/** Parses the arguments after the program's name; throws a UserError with exit code 2 for an invalid one. */
export const parseArguments = (argv: readonly string[]): Invocation => {
	const {operands, isOn, valuesOf} = readArguments(argv);
	// If an option is given twice, the last one wins, as in psql.
	const text = (name: string): string | undefined => valuesOf(name).at(-1);
	const [first, second] = operands;
	const command = isOn('help') ? 'help' : isOn('version') ? 'version' : (commands.find(name => name === first) ?? 'monitor');
	const takesFile = command === 'record' || command === 'replay' || command === 'report';
	if (takesFile && second === undefined)
		throw new UserError(`pgtriage ${command} needs a file.`, {hint: `pgtriage ${command} FILE`, exitCode: 2});
	if (command === 'preflight' && second === undefined)
		throw new UserError('pgtriage preflight needs a table.', {hint: 'pgtriage preflight TABLE --lock MODE', exitCode: 2});
	const {server, rest} = serverOperands(command, operands, text('dbname') !== undefined || text('username') !== undefined);
	if (rest.length > 0 && command !== 'help' && command !== 'version') throw unexpected(operands, rest);
	if (command === 'monitor') assertNotMisspelled(operands);
	const watches = command === 'monitor' || command === 'demo';
	const rotation = parseRotation(valuesOf('rotate'), text('keep'));
	const recordFile = recordOf(text('record'));
	if (recordFile !== undefined && (!watches || isOn('once') === true))
		throw new UserError('--record works only with the full-screen monitor.', {
			hint: 'To record without a screen: pgtriage record FILE',
			exitCode: 2,
		});
	if (isRotated(rotation) && command !== 'record' && recordFile === undefined)
		throw new UserError('--rotate needs a recording.', {
			hint: 'Use it with record FILE or --record FILE.',
			exitCode: 2,
		});
	if (text('at') !== undefined && command !== 'replay' && command !== 'help')
		throw new UserError('--at works only with replay.', {hint: 'pgtriage replay FILE --at 14:30', exitCode: 2});
	if (text('lock') !== undefined && command !== 'preflight' && command !== 'help')
		throw new UserError('--lock works only with preflight.', {hint: 'pgtriage preflight TABLE --lock MODE', exitCode: 2});
	return {
		command,
		file: takesFile ? second : undefined,
		table: command === 'preflight' ? second : undefined,
		lock: text('lock'),
		shell: command === 'completion' ? shellOf(second) : undefined,
		connection: {
			positional: server[0],
			host: text('host'),
			port: text('port'),
			user: text('username') ?? server[1],
			dbname: text('dbname'),
			passwordPrompt: isOn('never-ask') || isOn('password') === false ? 'never' : isOn('password') ? 'always' : 'asked',
		},
		pgbouncer: text('pgbouncer'),
		intervalMs: intervalOf(text('interval') ?? '1s'),
		panes: valuesOf('pane'),
		filter: filterOf(text),
		sort: text('sort'),
		readOnly: isOn('read-only') === true,
		audit: text('audit'),
		record: recordFile,
		rotation,
		history: text('history'),
		once: isOn('once') === true,
		format:
			command === 'report' ? undefined : formatOf(text('format'), command === 'preflight' ? preflightFormats : printFormats),
		reportAs: (command === 'report' && formatOf(text('format'), reportFormats)) || 'md',
		at: text('at'),
		from: text('from'),
		to: text('to'),
		withLiterals: isOn('with-literals') === true,
		output: text('output'),
		color: isOn('color') !== false,
		ascii: isOn('ascii') === true,
		mouse: isOn('mouse') === true,
		config: text('config'),
		theme: text('theme') ?? 'dark',
		scenario: text('scenario'),
		seed: text('seed') === undefined ? undefined : seedOf(text('seed') ?? ''),
	};
};

const recordOf = (file: string | undefined): string | undefined => {
	if (file !== '-') return file;
	throw new UserError('--record cannot write to stdout: the screen is there.', {hint: 'Give --record a file.', exitCode: 2});
};

const intervalOf = (text: string): number => {
	const seconds = parseDuration(text);
	if (seconds !== undefined && seconds >= 0.25 && seconds <= 60) return seconds * 1000;
	throw new UserError(`--interval ${text} is out of range.`, {hint: 'Use a duration from 250ms to 60s.', exitCode: 2});
};

const printFormats = ['json', 'ndjson', 'csv', 'text'] as const;
const reportFormats = ['md', 'html', 'json'] as const;
const preflightFormats = ['json', 'text'] as const;

/** The values of `--format`. */
export const formats = [...new Set([...printFormats, ...reportFormats])];

const formatOf = <F extends string>(text: string | undefined, supported: readonly F[]): F | undefined => {
	const format = supported.find(name => name === text);
	if (text === undefined || format) return format;
	throw new UserError(`Unknown format ${text}.`, {hint: `Formats: ${supported.join(', ')}.`, exitCode: 2});
};

const shellOf = (text: string | undefined): Shell => {
	const shell = shells.find(name => name === text);
	if (shell) return shell;
	throw new UserError(text === undefined ? 'pgtriage completion needs a shell.' : `There is no completion for ${text}.`, {
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
	const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
	const terms = (['database', 'user', 'application'] as const).flatMap(name => {
		const value = text(name);
		return value === undefined ? [] : [`${name}=${quoted(value)}`];
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
