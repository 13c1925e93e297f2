import {createInterface} from 'node:readline/promises';
import {Writable} from 'node:stream';
import {UserError} from '../core/errors.ts';

/** Asks for a password on the terminal, without showing it; throws a UserError where the question is interrupted. */
export const askPassword = async (question: string): Promise<string> => {
	process.stderr.write(question);
	const silent = new Writable({write: (_chunk, _encoding, done) => done()});
	const prompt = createInterface({input: process.stdin, output: silent, terminal: true});
	try {
		return await prompt.question('');
	} catch {
		throw new UserError('No password was given.', {hint: 'Type it, or put it into ~/.pgpass or PGPASSWORD.', exitCode: 1});
	} finally {
		prompt.close();
		process.stderr.write('\n');
	}
};
