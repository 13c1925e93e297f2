import {createInterface} from 'node:readline/promises';
import {Writable} from 'node:stream';

/** Asks for a password on the terminal, without showing it; an interrupted question rejects. */
export const askPassword = async (question: string): Promise<string> => {
	process.stderr.write(question);
	const silent = new Writable({write: (_chunk, _encoding, done) => done()});
	const prompt = createInterface({input: process.stdin, output: silent, terminal: true});
	try {
		return await prompt.question('');
	} finally {
		prompt.close();
		process.stderr.write('\n');
	}
};
