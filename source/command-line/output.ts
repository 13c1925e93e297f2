import {UserError} from '../core/values/errors.ts';

// The status that a shell reports after SIGPIPE, which Node ignores.
const brokenPipe = 128 + 13;

/**
 * Writes all of a text and returns the exit status: 0, or that of a broken pipe if the reader went away, as `| head` does.
 * Throws a UserError if the text cannot be written.
 */
export const put = async (text: string, output: NodeJS.WritableStream = process.stdout): Promise<number> => {
	const error = await new Promise<Error | null | undefined>(resolve => {
		output.once('error', resolve);
		output.write(text, resolve);
	});
	if (!error) return 0;
	const code = 'code' in error ? String(error.code) : 'unknown';
	if (code === 'EPIPE') return brokenPipe;
	throw new UserError(`The output cannot be written (${code}).`, {hint: 'Free disk space or write it elsewhere.', exitCode: 1});
};
