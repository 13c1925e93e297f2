import {parseArgs} from 'node:util';
import {filterHelp} from '../core/pane/filter-help.ts';
import {isRotated, type Rotation, rotationWanted} from '../core/recording/rotation.ts';
import {UserError} from '../core/values/errors.ts';
import {parseDuration} from '../core/values/units.ts';
import {flags, usages} from './option-table.ts';

/** The text of `--help`. */
export const helpText = (): string => {
	const groups = [...new Set(flags.map(({group}) => group))];
	const names = new Map(
		flags.map(flag => [flag, `${flag.short ? `-${flag.short}, ` : '    '}--${flag.name}${flag.value ? ` ${flag.value}` : ''}`]),
	);
	const width = Math.max(...[...names.values()].map(({length}) => length));
	const lines = groups.flatMap(group => [
		'',
		group,
		...flags.filter(flag => flag.group === group).map(flag => `  ${names.get(flag)?.padEnd(width)}  ${flag.help}`),
	]);
	const calls = Math.max(...usages.map(([call]) => call.length));
	return [
		'A terminal monitor for PostgreSQL 13 to 18, for the person on call.',
		'',
		...usages.map(([call, what]) => `  ${call.padEnd(calls)}  ${what}`),
		...lines,
		'',
		'Filters',
		...filterHelp.map(([example, meaning]) => `  ${example.padEnd(width)}  ${meaning}`),
		'',
	].join('\n');
};

/** The shells that can be told how to complete. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The command line, understood. */
export type Invocation = {
	readonly command: 'monitor' | 'demo' | 'record' | 'replay' | 'report' | 'completion' | 'config' | 'help' | 'version';
	readonly file: string | undefined;
	/** What completion is printed for. */
	readonly shell: Shell | undefined;
	readonly connection: {
		readonly positional: string | undefined;
		readonly host: string | undefined;
		readonly port: string | undefined;
		readonly user: string | undefined;
		readonly dbname: string | undefined;
		readonly passwordPrompt: 'always' | 'never' | 'asked';
	};
	/** A connection string. */
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
	/** What a report is written as. */
	readonly reportAs: 'md' | 'json';
	readonly at: string | undefined;
	readonly from: string | undefined;
	readonly to: string | undefined;
	readonly withLiterals: boolean;
	readonly output: string | undefined;
	readonly color: boolean;
	readonly ascii: boolean;
	readonly config: string | undefined;
	readonly theme: string;
	readonly scenario: string | undefined;
	readonly seed: number | undefined;
};

/** What is no database, because it names something to do. */
const commands = ['demo', 'record', 'replay', 'report', 'config', 'completion'] as const;

// --no-X is X turned off.
const known = (name: string): string => name.replace(/^no-/, '');

/** Reads the arguments behind the program's name; throws a UserError with exit code 2 for what is not understood. */
export const parseArguments = (argv: readonly string[]): Invocation => {
	const end = argv.indexOf('--');
	const options = (end === -1 ? argv : argv.slice(0, end)).flatMap(apart);
	const operands = end === -1 ? [] : argv.slice(end);
	for (const argument of options)
		if (/^--password=/.test(argument))
			throw new UserError('A password on the command line is seen by every user.', {
				hint: 'Use -W, PGPASSWORD or ~/.pgpass.',
				exitCode: 2,
			});
	const {values, positionals, tokens} = parseArgs({
		args: [...options.map(withoutNext), ...operands],
		options: spec,
		strict: false,
		allowNegative: true,
		tokens: true,
	});
	for (const token of tokens) if (token.kind === 'option') assertUnderstood(token.rawName, token.inlineValue === true);
	const texts = (name: string): readonly string[] => {
		const given = tokens.flatMap(token => (token.kind === 'option' && token.name === name ? [token.value ?? ''] : []));
		if (given.includes('')) throw new UserError(`--${name} needs a value.`, {hint: 'See pgtriage --help.', exitCode: 2});
		return given;
	};
	// Of an option given twice the last one counts, as in psql.
	const text = (name: string): string | undefined => texts(name).at(-1);
	const [first, second, third] = positionals;
	const command = values.help ? 'help' : values.version ? 'version' : (commands.find(name => name === first) ?? 'monitor');
	const takesFile = command === 'record' || command === 'replay' || command === 'report';
	if (takesFile && second === undefined)
		throw new UserError(`pgtriage ${command} needs a file.`, {hint: `pgtriage ${command} FILE`, exitCode: 2});
	const taken = command === 'record' ? 3 : takesFile || command === 'completion' || command === 'config' ? 2 : 1;
	if (command === 'config' && second !== 'check')
		throw new UserError('pgtriage config can only be checked.', {hint: 'pgtriage config check', exitCode: 2});
	const rest = positionals.slice(taken);
	if (rest.length > 0 && command !== 'help' && command !== 'version')
		throw new UserError(`There is one argument too many: ${JSON.stringify(rest[0])}.`, {
			hint: 'See pgtriage --help.',
			exitCode: 2,
		});
	const watches = command === 'monitor' || command === 'demo';
	const rotation = rotationWanted(texts('rotate'), text('keep'));
	const recordFile = recordOf(text('record'));
	if (recordFile !== undefined && (!watches || values.once === true))
		throw new UserError('--record is for watching on the screen.', {
			hint: 'pgtriage record FILE records without it.',
			exitCode: 2,
		});
	if (isRotated(rotation) && command !== 'record' && recordFile === undefined)
		throw new UserError('--rotate is nothing without a recording.', {
			hint: 'Write it with record FILE or --record FILE.',
			exitCode: 2,
		});
	if (text('at') !== undefined && command !== 'replay' && command !== 'help')
		throw new UserError('--at is a moment of a recording.', {hint: 'pgtriage replay FILE --at 14:30', exitCode: 2});
	return {
		command,
		file: takesFile ? second : undefined,
		shell: command === 'completion' ? shellOf(second) : undefined,
		connection: {
			positional: command === 'monitor' ? first : command === 'record' ? third : undefined,
			host: text('host'),
			port: text('port'),
			user: text('username'),
			dbname: text('dbname'),
			passwordPrompt: values['never-ask'] || values.password === false ? 'never' : values.password ? 'always' : 'asked',
		},
		pgbouncer: text('pgbouncer'),
		intervalMs: intervalOf(text('interval') ?? '1s'),
		panes: texts('pane'),
		filter: filterOf(text),
		sort: text('sort'),
		readOnly: values['read-only'] === true,
		audit: text('audit'),
		record: recordFile,
		rotation,
		history: text('history'),
		once: values.once === true,
		format: command === 'report' ? undefined : formatOf(text('format'), printFormats),
		reportAs: (command === 'report' && formatOf(text('format'), reportFormats)) || 'md',
		at: text('at'),
		from: text('from'),
		to: text('to'),
		withLiterals: values['with-literals'] === true,
		output: text('output'),
		color: values.color !== false,
		ascii: values.ascii === true,
		config: text('config'),
		theme: text('theme') ?? 'dark',
		scenario: text('scenario'),
		seed: text('seed') === undefined ? undefined : seedOf(text('seed') ?? ''),
	};
};

/** An argument as getopt reads it: letters after one `-` are options of their own, up to one whose value is the rest. */
const apart = (argument: string): readonly string[] => {
	const letters = /^-([^-].*)$/s.exec(argument)?.[1] ?? '';
	const out: string[] = [];
	for (const [place, letter] of [...letters].entries()) {
		const flag = flags.find(({short}) => short === letter);
		if (!flag) return [argument];
		const rest = [...letters].slice(place + 1).join('');
		if (flag.value !== undefined) return [...out, ...(rest === '' ? [`-${letter}`] : [`--${flag.name}=${rest}`])];
		out.push(`-${letter}`);
	}
	return out.length > 0 ? out : [argument];
};

const spec = Object.fromEntries(
	flags.map(({name, short, value}) => [
		known(name),
		value === undefined
			? {type: 'boolean' as const, ...(short && {short})}
			: {type: 'string' as const, multiple: true, ...(short && {short})},
	]),
);

/** An option with its value given as none where what stands behind it is an option too, and no number. */
const withoutNext = (option: string, place: number, all: readonly string[]): string => {
	const takes = flags.some(({name, short, value}) => value !== undefined && (option === `--${name}` || option === `-${short}`));
	return takes && /^-\D/.test(all[place + 1] ?? '') ? `${longOf(option)}=` : option;
};

const longOf = (option: string): string => {
	const flag = flags.find(({short}) => option === `-${short}`);
	return flag ? `--${flag.name}` : option;
};

/** Throws a UserError for an option that does not exist, or that is given a value and takes none. */
const assertUnderstood = (option: string, hasValue: boolean): void => {
	const name = longOf(option).replace(/^--?/, '');
	const flag = flags.find(each => [each.name, known(each.name)].includes(known(name)));
	if (flag && hasValue && flag.value === undefined)
		throw new UserError(`${option} takes no value.`, {hint: 'See pgtriage --help.', exitCode: 2});
	if (flag && (flag.value === undefined || name === flag.name)) return;
	const near = flags.find(each => each.name.startsWith(name.slice(0, 3)));
	throw new UserError(`There is no option ${option}.`, {
		hint: near ? `Did you mean --${near.name}?` : 'See pgtriage --help.',
		exitCode: 2,
	});
};

const recordOf = (file: string | undefined): string | undefined => {
	if (file !== '-') return file;
	throw new UserError('The screen is on stdout, and a recording cannot be.', {hint: 'Name a file with --record.', exitCode: 2});
};

const intervalOf = (text: string): number => {
	const seconds = parseDuration(text);
	if (seconds !== undefined && seconds >= 0.25 && seconds <= 60) return seconds * 1000;
	throw new UserError(`--interval ${text} is out of range.`, {hint: 'It is a duration from 250ms to 60s.', exitCode: 2});
};

const printFormats = ['json', 'ndjson', 'csv', 'text'] as const;
const reportFormats = ['md', 'json'] as const;

/** What `--format` takes. */
export const formats = [...new Set([...printFormats, ...reportFormats])];

const formatOf = <F extends string>(text: string | undefined, known: readonly F[]): F | undefined => {
	const format = known.find(name => name === text);
	if (text === undefined || format) return format;
	throw new UserError(`--format ${text} is not known.`, {hint: `It is one of ${known.join(', ')}.`, exitCode: 2});
};

const shellOf = (text: string | undefined): Shell => {
	const shell = shells.find(name => name === text);
	if (shell) return shell;
	throw new UserError(text === undefined ? 'pgtriage completion needs a shell.' : `There is no completion for ${text}.`, {
		hint: `It is one of ${shells.join(', ')}.`,
		exitCode: 2,
	});
};

const seedOf = (text: string): number => {
	if (/^\d{1,9}$/.test(text)) return Number(text);
	throw new UserError(`--seed ${text} is no seed.`, {hint: 'It is a whole number.', exitCode: 2});
};

/** The filter that the shorthands and --filter ask for together. */
const filterOf = (text: (name: string) => string | undefined): string => {
	const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
	const terms = (['database', 'user', 'application'] as const).flatMap(name => {
		const value = text(name);
		return value === undefined ? [] : [`${name}=${quoted(value)}`];
	});
	const least = text('min-duration');
	if (least !== undefined && parseDuration(least) === undefined)
		throw new UserError(`--min-duration ${least} is no duration.`, {hint: 'Write 500ms, 10s or 5m.', exitCode: 2});
	return [text('filter') ?? '', ...terms, ...(least === undefined ? [] : [`age>=${least}`])]
		.filter(term => term !== '')
		.join(' ');
};
