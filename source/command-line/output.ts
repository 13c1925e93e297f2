import {UserError} from '../core/values/errors.ts';

// What a shell reports of a program that SIGPIPE ends: Node ignores that signal.
const brokenPipe = 128 + 13;

/**
 * Writes text to the end and gives the exit status: 0, or that of a broken pipe when its reader went away, as `| head` does.
 * Throws a UserError where it cannot be written.
 */
export const put = async (text: string, output: NodeJS.WritableStream = process.stdout): Promise<number> => {
	const error = await new Promise<Error | null | undefined>(resolve => {
		output.once('error', resolve);
		output.write(text, resolve);
	});
	if (!error) return 0;
	const code = 'code' in error ? String(error.code) : 'unknown';
	if (code === 'EPIPE') return brokenPipe;
	throw new UserError(`The output cannot be written (${code}).`, {hint: 'Free space or write it elsewhere.', exitCode: 1});
};
