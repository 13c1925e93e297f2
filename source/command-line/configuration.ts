import {homedir} from 'node:os';
import {join} from 'node:path';
import {type ConfigFile, readConfig} from '../adapters/config-file.ts';
import type {Allowed, Config, ConfiguredServers, FleetEntry} from '../core/config.ts';
import {UserError} from '../core/values/errors.ts';
import {type Limits, limitsWith, thresholds} from '../findings/thresholds.ts';
import {put, warn} from '../system/standard-streams.ts';
import {flags} from './option-table.ts';
import {parseArguments} from './options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const lasting = flags.filter(flag => flag.lasting);

const allowed: Allowed = {
	options: Object.fromEntries(lasting.map(({name, value}) => [name, value === undefined ? 'switch' : 'value'])),
	thresholds,
};

/** The path of the configuration: the one named, or the user's default; undefined for `none`. */
const fileOf = (path: string | undefined, {XDG_CONFIG_HOME, HOME}: Environment): string | undefined =>
	path === 'none' ? undefined : (path ?? join(XDG_CONFIG_HOME || join(HOME || homedir(), '.config'), 'pgtriage', 'config.json'));

const read = (file: string, path: string | undefined): ConfigFile => {
	const content = readConfig(file, allowed, path !== undefined);
	if (path === undefined || content.exists) return content;
	throw new UserError(`The configuration ${path} does not exist.`, {
		hint: 'Use an existing file, or --config none.',
		exitCode: 2,
	});
};

/**
 * A configuration applied: the arguments for its options that the command line leaves out, all thresholds, and settings of servers;
 * the password command of its options is apart, because it holds for output for scripts too.
 */
export type Configured = {
	readonly defaults: readonly string[];
	readonly limits: Limits;
	readonly servers: readonly ConfiguredServers[];
	readonly passwordCommand?: string;
	readonly fleet: readonly FleetEntry[];
};

/** Reads the configuration; throws a UserError for one with an error, as its thresholds would not be those its owner expects. */
export const configuration = (path: string | undefined, argv: readonly string[], environment: Environment): Configured => {
	const file = fileOf(path, environment);
	if (file === undefined) return {defaults: [], limits: thresholds, servers: [], fleet: []};
	const {config, problems} = read(file, path);
	const [problem] = problems;
	if (problem !== undefined)
		throw new UserError(`Error in the configuration ${file}: ${problem}`, {
			hint: 'pgtriage config check lists all errors; --config none ignores the file.',
			exitCode: 2,
		});
	const {[passwordOption]: passwordCommand, ...options} = config.options;
	return {
		defaults: argumentsOf(options, argv),
		limits: limitsWith(config.thresholds),
		servers: config.servers,
		fleet: config.fleet,
		...(typeof passwordCommand === 'string' && {passwordCommand}),
	};
};

const passwordOption = 'password-command';

const argumentsOf = (options: Config['options'], argv: readonly string[]): readonly string[] =>
	Object.entries(options)
		.filter(([name]) => !argv.some(argument => argument === `--${name}` || argument.startsWith(`--${name}=`)))
		.flatMap(([name, value]) => (typeof value === 'string' ? [`--${name}=${value}`] : value ? [`--${name}`] : []));

/** Errors in the values of options, which the command line would refuse too. */
const valueProblems = async (options: Config['options']): Promise<readonly string[]> => {
	const {registry} = await import('../panes/index.ts');
	return Object.entries(options).flatMap(([name, value]) => {
		if (typeof value !== 'string') return [];
		if (name === 'pane' && !registry.panes.some(({id}) => id === value))
			return [`Unknown pane ${JSON.stringify(value)}. Panes: ${registry.panes.map(({id}) => id).join(', ')}.`];
		try {
			parseArguments([`--${name}=${value}`]);
			return [];
		} catch (error) {
			if (error instanceof UserError) return [`${error.message} ${error.hint ?? ''}`.trim()];
			throw error;
		}
	});
};

/** `config check`: prints the errors of a configuration, or that it is valid; the exit status is 2 if there are errors. */
export const checkConfiguration = async (path: string | undefined, environment: Environment): Promise<number> => {
	const file = fileOf(path, environment);
	if (file === undefined) return put('No configuration is used.\n');
	const {problems: mistakes, exists, config} = read(file, path);
	const problems = [...mistakes, ...(await valueProblems(config.options))];
	if (!exists) return put(`The configuration ${file} does not exist: all defaults apply.\n`);
	if (problems.length > 0) {
		for (const problem of problems) warn(`${file}: ${problem}`);
		return 2;
	}
	const [options, levels, labels, members] = [config.options, config.thresholds, config.servers, config.fleet].map(
		part => Object.keys(part).length,
	);
	const fleet = members === 0 ? '' : `, a fleet of ${members}`;
	return put(`${file} is valid: ${options} options, ${levels} thresholds, ${labels} servers${fleet}.\n`);
};
