import {mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import packageJson from '../package.json' with {type: 'json'};
import {helpText, parseArguments} from './command-line/options.ts';
import {put} from './command-line/output.ts';
import {clean, cleanLines} from './core/text/clean.ts';
import {UserError} from './core/values/errors.ts';

const {version} = packageJson;

const complain = (message: string, hint: string | undefined): void => {
	process.stderr.write(`pgtriage: ${clean([message, hint].filter(Boolean).join(' '))}\n`);
};

/** A mistake of ours: what is known of it goes to a file that only its owner can read, one sentence to the user. */
const report = (fault: unknown): number => {
	const file = join(mkdtempSync(join(tmpdir(), 'pgtriage-')), 'crash.txt');
	// What went wrong may quote a server; the file is read on a terminal.
	const known = cleanLines(String(fault instanceof Error ? fault.stack : fault));
	writeFileSync(file, `${[`pgtriage ${version}, Node ${process.version}`, ...known].join('\n')}\n`, {mode: 0o600});
	complain('This is a bug in pgtriage.', `What is known of it is in ${file}; please report it.`);
	return 70;
};

const main = async (): Promise<number> => {
	const given = process.argv.slice(2);
	const invocation = parseArguments(given);
	if (invocation.command === 'help') return put(helpText());
	if (invocation.command === 'version') return put(`pgtriage ${version}\n`);
	if (invocation.shell !== undefined) {
		const {completionScript} = await import('./command-line/completion/script.ts');
		return put(completionScript(invocation.shell));
	}
	// What talks to servers is most of the program: help and version do without.
	const {checkConfiguration, configuration} = await import('./command-line/configuration.ts');
	if (invocation.command === 'config') return checkConfiguration(invocation.config, process.env);
	const {standing, limits} = configuration(invocation.config, given, process.env);
	const {runCommand: run} = await import('./run/commands.ts');
	// What is printed is for scripts: it hangs on nothing but their arguments.
	const wanted = invocation.once ? invocation : parseArguments([...standing, ...given]);
	return run(wanted, limits, report);
};

/** The exit status for what a command threw, told on stderr. */
const statusOf = (error: unknown): number => {
	if (!(error instanceof UserError)) return report(error);
	complain(error.message, error.hint);
	return error.exitCode;
};

// The monitor listens too while it runs, and has a terminal to give back before anything is told.
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
	process.on(event, (error: unknown) => {
		if (process.listenerCount(event) === 1) process.exit(statusOf(error));
	});

main()
	.catch(statusOf)
	.then(status => process.exit(status));
