import {homedir} from 'node:os';
import {join} from 'node:path';
import {type ConfigFile, readConfig} from '../adapters/config-file.ts';
import type {Allowed, Config} from '../core/config.ts';
import {clean} from '../core/text/clean.ts';
import {UserError} from '../core/values/errors.ts';
import {type Limits, limitsWith, thresholds} from '../findings/thresholds.ts';
import {flags} from './option-table.ts';
import {put} from './output.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const lasting = flags.filter(flag => flag.lasting);

const allowed: Allowed = {
	options: Object.fromEntries(lasting.map(({name, value}) => [name, value === undefined ? 'switch' : 'value'])),
	thresholds,
};

/** The file that holds the configuration: the one that is named, or the place for a user's own; undefined for `none`. */
const fileOf = (named: string | undefined, {XDG_CONFIG_HOME, HOME}: Environment): string | undefined =>
	named === 'none'
		? undefined
		: (named ?? join(XDG_CONFIG_HOME || join(HOME || homedir(), '.config'), 'pgtriage', 'config.json'));

const read = (file: string, named: string | undefined): ConfigFile => {
	const found = readConfig(file, allowed);
	if (named === undefined || found.exists) return found;
	throw new UserError(`There is no configuration ${named}.`, {hint: 'Name a file that is there, or none.', exitCode: 2});
};

/** What a configuration gives to the program: options, as arguments, that were not given others, and the levels of all figures. */
export type Configured = {readonly standing: readonly string[]; readonly limits: Limits};

/** The configuration that stands; throws a UserError for one with a mistake, which would have other levels than its owner thinks. */
export const configuration = (named: string | undefined, given: readonly string[], environment: Environment): Configured => {
	const file = fileOf(named, environment);
	if (file === undefined) return {standing: [], limits: thresholds};
	const {config, problems} = read(file, named);
	const [problem] = problems;
	if (problem !== undefined)
		throw new UserError(`The configuration ${file} has a mistake: ${problem}`, {
			hint: 'pgtriage config check lists them all; --config none does without it.',
			exitCode: 2,
		});
	return {standing: argumentsOf(config, given), limits: limitsWith(config.thresholds)};
};

const argumentsOf = ({options}: Config, given: readonly string[]): readonly string[] =>
	Object.entries(options)
		.filter(([name]) => !given.some(argument => argument === `--${name}` || argument.startsWith(`--${name}=`)))
		.flatMap(([name, value]) => (typeof value === 'string' ? [`--${name}=${value}`] : value ? [`--${name}`] : []));

/** `config check`: says what is wrong with a configuration, or that nothing is; the exit status is 2 where something is. */
export const checkConfiguration = async (named: string | undefined, environment: Environment): Promise<number> => {
	const file = fileOf(named, environment);
	if (file === undefined) return put('No configuration is read.\n');
	const {problems, exists, config} = read(file, named);
	const shown = clean(file);
	if (!exists) return put(`There is no configuration ${shown}: everything stands as it is.\n`);
	if (problems.length > 0) {
		process.stderr.write(`${problems.map(problem => `${shown}: ${problem}`).join('\n')}\n`);
		return 2;
	}
	const [options, levels] = [config.options, config.thresholds].map(part => Object.keys(part).length);
	return put(`${shown} is right: ${options} options, ${levels} thresholds.\n`);
};
