import {createInterface} from 'node:readline/promises';
import {Writable} from 'node:stream';
import {clean} from '../../core/text/clean.ts';
import {UserError} from '../../core/values/errors.ts';

const signals = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;

/** Asks for a password on the terminal, without showing it; throws a UserError where the question is interrupted. */
export const askPassword = async (question: string): Promise<string> => {
	const silent = new Writable({write: (_chunk, _encoding, done) => done()});
	const prompt = createInterface({input: process.stdin, output: silent, terminal: true});
	const closed = new Promise<undefined>(resolve => prompt.once('close', () => resolve(undefined)));
	// The terminal does not echo now, and whoever is ended must leave it as it was.
	const end = (signal: NodeJS.Signals): void => {
		prompt.close();
		for (const each of signals) process.off(each, end);
		process.kill(process.pid, signal);
	};
	for (const each of signals) process.on(each, end);
	// Only now, when the terminal echoes nothing any more: the answer may be there before the question.
	process.stderr.write(clean(question));
	try {
		const answer = await Promise.race([prompt.question('').catch(() => undefined), closed]);
		if (answer !== undefined) return answer;
		throw new UserError('No password was given.', {hint: 'Type it, or put it into ~/.pgpass or PGPASSWORD.', exitCode: 1});
	} finally {
		for (const each of signals) process.off(each, end);
		prompt.close();
		process.stderr.write('\n');
	}
};
