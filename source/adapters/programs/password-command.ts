import type {Failure} from '../../core/sample/sample.ts';
import {clean} from '../../core/text/clean.ts';
import {fullStop} from '../../core/text/sentence.ts';
import {ConnectionError} from '../connect/failures.ts';
import type {PasswordFound} from '../connect/pgpass.ts';
import {filledWith} from './placeholders.ts';
import {firstLine, type ProgramEnding, startProgram} from './program.ts';

const longestMs = 10_000;
// The server takes no longer password.
const mostCharacters = 65_000;
const mostQuoted = 300;
// The lanes log in at the same time, each with its own connection: one token is enough for all of them.
const sharedMs = 1000;

/** Output of a command up to the end of its first line; the rest is not kept. */
type Output = {line: string; isWhole: boolean; isTooLong: boolean};

/** Failure of a password command; nothing that it wrote to stdout is in it. */
const failureOf = (name: string, {failure, complaint}: ProgramEnding, {line, isTooLong}: Output): Failure | undefined => {
	const password = line.trim();
	const said = firstLine(password === '' ? complaint : complaint.replaceAll(password, '(password)'));
	const reason = isTooLong
		? `printed more than ${mostCharacters} characters without a line break`
		: (failure ?? (line === '' ? 'printed no password' : undefined));
	if (reason === undefined) return undefined;
	return {
		code: 'password_command',
		message: fullStop(clean(`The password command ${name} ${reason}${said === '' ? '' : `: ${said.slice(0, mostQuoted)}`}`)),
		hint: 'Run it in a shell: it has to print the password on its first line within 10 s and exit with 0.',
	};
};

/** Runs a password command once; rejects with a ConnectionError if it fails or prints nothing. */
const runCommand = async (words: readonly string[]): Promise<PasswordFound> => {
	const output: Output = {line: '', isWhole: false, isTooLong: false};
	const program = startProgram(words, {
		onOutput: text => {
			if (output.isWhole || output.isTooLong) return;
			const end = text.indexOf('\n');
			output.line += end < 0 ? text : text.slice(0, end);
			output.isWhole = end >= 0;
			if (output.line.length <= mostCharacters) return;
			output.isTooLong = true;
			output.line = '';
			program.end();
		},
	});
	program.limit(longestMs);
	const ending = await program.ended;
	output.line = output.line.replace(/\r$/, '');
	const failure = failureOf(words[0] ?? '', ending, output);
	if (failure) throw new ConnectionError(failure);
	return {password: output.line};
};

/**
 * Lookup of a password by a command, which runs for each login; `{name}` in its words is replaced by `values`. Logins that need it while it runs, or within a second of its start,
 * share one run. Rejects with a ConnectionError.
 */
export const createPasswordCommand = (
	words: readonly string[],
	values: Readonly<Record<string, string>> = {},
): (() => Promise<PasswordFound>) => {
	let shared: Promise<PasswordFound> | undefined;
	const run = (): Promise<PasswordFound> => {
		const begun = performance.now();
		const found = runCommand(filledWith(words, values));
		const forget = (): void => {
			if (shared === found) shared = undefined;
		};
		// A failure is not shared once it is known: the next login may find the command repaired.
		found.then(() => setTimeout(forget, Math.max(0, begun + sharedMs - performance.now())).unref(), forget);
		return found;
	};
	return () => {
		shared ??= run();
		return shared;
	};
};
