import {about, requestToReport} from './about.ts';
import {applicable} from './command-line/applicable.ts';
import {commandOf, type Invocation, parseArguments} from './command-line/options.ts';
import {cleanLines} from './core/text/clean.ts';
import {joinSentences} from './core/text/sentence.ts';
import {UserError} from './core/values/errors.ts';
import {abandonThreads} from './system/leaving.ts';
import {writeTemporaryFile} from './system/own-file.ts';
import {put, speakAscii, warn} from './system/standard-streams.ts';
import {abilitiesOf} from './terminal/abilities.ts';

const {version} = about;

const complain = (message: string, hint: string | undefined): void => {
	warn(`pgtriage: ${joinSentences(message, hint)}`);
};

/** Reports a bug: the details go to a file (0600), one sentence to the user; returns the exit status. */
const report = (fault: unknown): number => {
	// The error may quote text of a server; the file is read on a terminal.
	const details = cleanLines(String(fault instanceof Error ? fault.stack : fault));
	const text = `${[`pgtriage ${version}, Node ${process.version}`, ...details].join('\n')}\n`;
	const file = writeTemporaryFile('crash.txt', text);
	if (file === undefined) for (const line of details) warn(line);
	complain('This is a bug in pgtriage.', requestToReport(file, about.bugs?.url));
	return 70;
};

/** Limits what is printed for people to the characters that the terminal has. */
const limitSpeech = (invocation: Invocation): void => {
	if (abilitiesOf(process.env, invocation).ascii) speakAscii();
};

const main = async (): Promise<number> => {
	const argv = process.argv.slice(2);
	const invocation = parseArguments(argv);
	limitSpeech(invocation);
	if (invocation.command === 'help') return put((await import('./command-line/help.ts')).helpText(invocation.topic));
	if (invocation.command === 'version') return put(`pgtriage ${version}\n`);
	if (invocation.shell !== undefined) {
		const {completionScript} = await import('./command-line/completion/script.ts');
		return put(completionScript(invocation.shell));
	}
	if (invocation.command === 'man') return put((await import('./command-line/manual/manual.ts')).manual(version));
	// Help and version do without the part that talks to servers, which is most of the program.
	const {checkConfiguration, configuration} = await import('./command-line/configuration.ts');
	if (invocation.command === 'config') return checkConfiguration(invocation.config, process.env);
	const configured = configuration(invocation.config, argv, process.env);
	const {runCommand} = await import('./run/commands.ts');
	const {command} = invocation;
	// Output for scripts depends only on their arguments.
	const isForScripts = invocation.once || command === 'preflight' || command === 'check';
	const defaults = isForScripts ? [] : applicable(configured.defaults, command);
	const complete = defaults.length === 0 ? invocation : withDefaults(defaults, argv);
	limitSpeech(complete);
	return runCommand(complete, configured, report);
};

/** The command line with the defaults of the configuration, which is to blame for an error that the command line does not have. */
const withDefaults = (defaults: readonly string[], argv: readonly string[]): Invocation => {
	try {
		return parseArguments([...defaults, ...argv]);
	} catch (error) {
		if (!(error instanceof UserError)) throw error;
		throw new UserError(`Error in the configuration: ${error.message}`, {
			hint: `${error.hint ?? ''} pgtriage config check lists all errors.`.trim(),
			exitCode: 2,
		});
	}
};

/** Reports an error of a command on stderr and returns the exit status. */
const statusOf = (error: unknown): number => {
	if (!(error instanceof UserError)) return report(error);
	complain(error.message, error.hint);
	return error.exitCode;
};

/** Reports an error of `main`; a check prints it for the monitoring system. */
const failed = async (error: unknown): Promise<number> => {
	const argv = process.argv.slice(2);
	if (!(error instanceof UserError) || commandOf(argv) !== 'check') return statusOf(error);
	const {printUnknown} = await import('./run/check.ts');
	return printUnknown(error, / --format[= ]json( |$)/.test(` ${argv.join(' ')}`));
};

let isLeaving = false;

const leave = async (status: number): Promise<never> => {
	isLeaving = true;
	await abandonThreads(status);
	process.exit(status);
};

// A running monitor listens too: it restores the terminal before anything is printed.
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
	process.on(event, (error: unknown) => {
		if (!isLeaving && process.listenerCount(event) === 1) void leave(statusOf(error));
	});

main().catch(failed).then(leave);
