import {UserError} from '../core/values/errors.ts';
import {type CommandName, type Flag, flags, usages} from './option-table.ts';

const called = (command: CommandName): string => (command === 'monitor' ? 'the monitor' : command);

const listed = (words: readonly string[]): string =>
	words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

/** The call of a command, as in the help. */
export const callOf = (command: CommandName): string => {
	const call = usages.find(([text]) => text.startsWith(`pgtriage ${command === 'monitor' ? '[' : command}`));
	return call?.[0] ?? 'pgtriage';
};

/** True if an option applies to a command. */
export const applies = ({commands}: Flag, command: CommandName): boolean => commands?.includes(command) ?? true;

/** Throws a UserError for an option that does not apply to the command. */
export const assertApplicable = (given: readonly Flag[], command: CommandName): void => {
	const wrong = given.find(flag => !applies(flag, command));
	if (!wrong) return;
	const {name, commands = []} = wrong;
	throw new UserError(`--${name} works only with ${listed(commands.map(called))}.`, {
		hint: `pgtriage ${command === 'monitor' ? '' : `${command} `}--help lists what applies.`,
		exitCode: 2,
	});
};

/** Arguments of a configuration that apply to a command; each is one argument, with its value after `=`. */
export const applicable = (args: readonly string[], command: CommandName): readonly string[] =>
	args.filter(argument => {
		const name = argument.replace(/^--/, '').replace(/=.*$/s, '');
		const flag = flags.find(each => each.name === name);
		return flag === undefined || applies(flag, command);
	});
