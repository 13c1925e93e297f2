import {createInterface} from 'node:readline/promises';
import {Writable} from 'node:stream';
import {UserError} from '../../core/values/errors.ts';
import {printQuestion, warn} from '../../system/standard-streams.ts';

const signals = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;

/** Asks for a password on the terminal without echo; throws a UserError if the user interrupts. */
export const askPassword = async (question: string): Promise<string> => {
	const silent = new Writable({write: (_chunk, _encoding, done) => done()});
	const prompt = createInterface({input: process.stdin, output: silent, terminal: true});
	const closed = new Promise<undefined>(resolve => prompt.once('close', () => resolve(undefined)));
	// Echo is off here: it must be restored if the process is ended.
	const end = (signal: NodeJS.Signals): void => {
		prompt.close();
		for (const each of signals) process.off(each, end);
		process.kill(process.pid, signal);
	};
	for (const each of signals) process.on(each, end);
	// The prompt is printed after echo is off: the answer may already be typed.
	printQuestion(question);
	try {
		const answer = await Promise.race([prompt.question('').catch(() => undefined), closed]);
		if (answer !== undefined) return answer;
		throw new UserError('No password was given.', {hint: 'Type it, or set it in ~/.pgpass or PGPASSWORD.', exitCode: 1});
	} finally {
		for (const each of signals) process.off(each, end);
		prompt.close();
		warn('');
	}
};
