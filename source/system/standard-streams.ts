import {inAscii} from '../core/text/ascii.ts';
import {clean, neutral} from '../core/text/clean.ts';
import {UserError} from '../core/values/errors.ts';

// The status that a shell reports after SIGPIPE, which Node ignores.
const brokenPipe = 128 + 13;

/**
 * Writes all of a text, without characters that a terminal would obey, and returns the exit status: 0, or that of a broken pipe if
 * the reader went away, as `| head` does. Throws a UserError if the text cannot be written.
 */
export const put = async (text: string, output: NodeJS.WritableStream = process.stdout): Promise<number> => {
	const error = await new Promise<Error | null | undefined>(resolve => {
		output.once('error', resolve);
		output.write(neutral(text), resolve);
	});
	if (!error) return 0;
	const code = 'code' in error ? String(error.code) : 'unknown';
	if (code === 'EPIPE') return brokenPipe;
	throw new UserError(`The output cannot be written (${code}).`, {hint: 'Free disk space or write it elsewhere.', exitCode: 1});
};

// What is printed for people; data goes through `put` and is UTF-8 whatever the locale.
let shown: (text: string) => string = clean;

/** Limits everything printed on stderr to ASCII, for a terminal or a locale that has nothing else. */
export const speakAscii = (): void => {
	shown = inAscii;
};

let isGuarded = false;

/** Writes to stderr. If its reader went away, as `2>&1 | head` does, what is printed for people is lost and nothing else. */
const tell = (text: string): void => {
	if (!isGuarded) process.stderr.on('error', () => {});
	isGuarded = true;
	process.stderr.write(text);
};

/** Prints one cleaned line on stderr. */
export const warn = (text: string): void => tell(`${shown(text)}\n`);

/** Prints the cleaned question of a prompt on stderr. */
export const printQuestion = (question: string): void => {
	tell(shown(question));
};

const clearLine = '\r\x1b[K';

/** One line of progress on stderr, shown in place of the one before. */
export type ProgressLine = {
	/** False if stderr is not a terminal. */
	readonly isVisible: boolean;
	/** Shows a cleaned text. */
	readonly show: (text: string) => void;
	readonly clear: () => void;
};

/** Creates a line of progress. */
export const createProgressLine = (output: NodeJS.WriteStream = process.stderr): ProgressLine => {
	let isShown = false;
	return {
		isVisible: output.isTTY,
		show: text => {
			isShown = true;
			output.write(`${clearLine}${shown(text)}`);
		},
		clear: () => {
			if (isShown) output.write(clearLine);
		},
	};
};
