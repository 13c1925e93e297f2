import meow, {type AnyFlag} from 'meow';
import {nearestWord} from '../core/text/nearest.ts';
import {UserError} from '../core/values/errors.ts';
import {insteadOf} from './foreign.ts';
import {type Flag, flags} from './option-table.ts';

/** One command line, read by the table of options. */
export type Arguments = {
	/** Arguments that are neither an option nor its value, in order. */
	readonly operands: readonly string[];
	/** True if the option is set, false if it is negated, undefined if neither; the last one wins. */
	readonly isOn: (name: string) => boolean | undefined;
	/** All values of an option, in order; throws a UserError if one is missing or empty. */
	readonly valuesOf: (name: string) => readonly string[];
	/** The options that are set, in the order of the table. */
	readonly given: readonly Flag[];
};

/** Reads a command line with meow; throws a UserError with exit code 2 for an option that does not exist. */
export const readArguments = (argv: readonly string[]): Arguments => {
	const end = argv.indexOf('--');
	const args = (end === -1 ? argv : argv.slice(0, end)).flatMap(spelledOut);
	if (args.some(argument => argument.startsWith('--password=')))
		throw new UserError('A password on the command line is visible to every user.', {
			hint: 'Use -W, PGPASSWORD or ~/.pgpass.',
			exitCode: 2,
		});
	for (const [place, argument] of args.entries())
		if (isOption(argument, args[place - 1])) assertUnderstood(argument, args[place + 1]);
	const named = args.map(argument => optionIn(argument)?.flag);
	const {input, flags: read} = meow({
		importMeta: import.meta,
		argv: args.map(unmistakable),
		// meow names the process after this package.
		pkg: {name: 'pgtriage'},
		// Those that are not on the line cost time, and would have no value.
		flags: specOf(named.filter(flag => flag !== undefined)),
		description: false,
		autoHelp: false,
		autoVersion: false,
		booleanDefault: undefined,
		// Unknown options are refused above; this setting makes meow accept `-` and `-1h` as values.
		allowUnknownFlags: false,
	});
	const values = read as Readonly<Record<string, boolean | readonly string[] | undefined>>;
	const valuesOf = (name: string): readonly string[] => {
		const value = values[keyOf(name)];
		const texts = Array.isArray(value) ? value : [];
		// meow drops an option that lacks its value.
		const times = named.filter(flag => flag?.name === name).length;
		if (texts.length < times || texts.includes(''))
			throw new UserError(`--${name} needs a value.`, {hint: 'See pgtriage --help.', exitCode: 2});
		return texts;
	};
	return {
		operands: [...input, ...(end === -1 ? [] : argv.slice(end + 1))],
		isOn: name => {
			const value = values[keyOf(name)];
			return typeof value === 'boolean' ? value : undefined;
		},
		valuesOf,
		given: flags.filter(flag => named.includes(flag)),
	};
};

const positive = (name: string): string => name.replace(/^no-/, '');

/** The key of an option in meow, which reads `--no-color` as `color` negated. */
const keyOf = (name: string): string => positive(name).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** Options as meow describes them. */
const specOf = (used: readonly Flag[]): Readonly<Record<string, AnyFlag>> =>
	Object.fromEntries(
		used.map(({name, short, value}): [string, AnyFlag] => [
			keyOf(name),
			{...(value === undefined ? {type: 'boolean'} : {type: 'string', isMultiple: true}), ...(short && {shortFlag: short})},
		]),
	);

/** An argument as getopt reads it: letters after one `-` are separate options, up to one whose value is the rest. */
const spelledOut = (argument: string): readonly string[] => {
	const letters = [...(/^-([^-].*)$/s.exec(argument)?.[1] ?? '')];
	const out: string[] = [];
	for (const [place, letter] of letters.entries()) {
		const flag = flags.find(({short}) => short === letter);
		if (!flag) return [argument];
		const rest = letters.slice(place + 1).join('');
		if (flag.value !== undefined) return [...out, ...(rest === '' ? [`-${letter}`] : [`--${flag.name}=${rest}`])];
		out.push(`-${letter}`);
	}
	return out.length > 0 ? out : [argument];
};

type Option = {
	/** Without its value: `--host`, `-h`. */
	readonly written: string;
	/** Undefined if the table does not have it. */
	readonly flag: Flag | undefined;
	/** The value after `=`. */
	readonly value: string | undefined;
};

/** The option that an argument names; of several letters the first one that does not exist. */
const optionIn = (argument: string): Option | undefined => {
	const [, name, value] = /^--(.[^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
	if (name !== undefined) return {written: `--${name}`, flag: flags.find(flag => names(flag).includes(name)), value};
	const options = [...argument].slice(1).map(letter => ({
		written: `-${letter}`,
		flag: flags.find(({short}) => short === letter),
		value: undefined,
	}));
	return argument.startsWith('-') ? (options.find(({flag}) => !flag) ?? options[0]) : undefined;
};

const names = ({name, value}: Flag): readonly string[] =>
	value === undefined ? [positive(name), `no-${positive(name)}`] : [name];

/** True for an option, false for a value such as `-1` after one that takes it. */
const isOption = (argument: string, before: string | undefined): boolean => {
	const option = before === undefined ? undefined : optionIn(before);
	const isValue = option?.flag?.value !== undefined && option.value === undefined;
	return /^-\D/.test(argument) || (/^-\d/.test(argument) && !isValue);
};

/** Throws a UserError for an option that does not exist, or that has a value but takes none; `next` may be its value. */
const assertUnderstood = (argument: string, next: string | undefined): void => {
	const {written = argument, flag, value} = optionIn(argument) ?? {};
	if (flag && value !== undefined && flag.value === undefined)
		throw new UserError(`${written} takes no value.`, {hint: 'See pgtriage --help.', exitCode: 2});
	if (flag) return;
	const instead = insteadOf(written, value ?? next);
	const near = written.startsWith('--') ? nearestWord(written.slice(2), flags.flatMap(names)) : undefined;
	throw new UserError(`Unknown option ${written}.`, {
		hint: instead ?? (near ? `Did you mean --${near}?` : 'See pgtriage --help.'),
		exitCode: 2,
	});
};

/** An argument that meow cannot misread: it takes `true` or `false` after a switch as its value, and quotes off a value after `=`. */
const unmistakable = (argument: string): string => {
	const {written, flag, value} = optionIn(argument) ?? {};
	if (!flag || written?.startsWith('--no-')) return argument;
	if (flag.value === undefined) return `--${positive(flag.name)}=true`;
	return value === undefined ? argument : `${written}="${value}"`;
};
