import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {ConnectionError} from '../../../source/adapters/connect/failures.ts';
import {createPasswordCommand} from '../../../source/adapters/programs/password-command.ts';
import type {Failure} from '../../../source/core/sample/sample.ts';
import {endsWithTest} from '../../lifetime.ts';
import {textIn} from './alive.ts';

const shell = (script: string) => createPasswordCommand(['sh', '-c', script]);

const failureOf = async (words: readonly string[]): Promise<Failure> => {
	try {
		await createPasswordCommand(words)();
	} catch (error) {
		if (error instanceof ConnectionError) return error.failure;
		throw error;
	}
	return expect.fail('The command did not fail.');
};

const newFile = (): string => {
	const folder = mkdtempSync(join(tmpdir(), 'pgtriage-token-'));
	endsWithTest(() => rmSync(folder, {recursive: true, force: true}));
	return join(folder, 'runs');
};

describe('a password command', () => {
	it.each([
		['a line', "printf 'secret\\n'", 'secret'],
		['a line of Windows', "printf 'secret\\r\\n'", 'secret'],
		['no line break', "printf 'secret'", 'secret'],
		['blanks that belong to it', "printf ' a b \\nmore\\n'", ' a b '],
		['letters in pieces', "printf 'p\\303'; sleep 0.2; printf '\\244ss\\n'", 'päss'],
		['10 MB after it', 'echo secret; yes | head -c 10000000', 'secret'],
		['a complaint', 'echo secret; echo careful >&2', 'secret'],
	])('prints the password on its first line: %s', async (_, script, password) => {
		expect(await shell(script)()).toEqual({password});
	});

	it.each([
		[
			['sh', '-c', 'echo "no credentials" >&2; echo again >&2; exit 3'],
			'The password command sh failed (status 3): no credentials.',
		],
		[['sh', '-c', 'exit 1'], 'The password command sh failed (status 1).'],
		[
			['sh', '-c', 'printf "\\033]52;c;aGk=\\007 no\\n" >&2; exit 1'],
			'The password command sh failed (status 1): ^[]52;c;aGk=^G no.',
		],
		[['sh', '-c', ':'], 'The password command sh printed no password.'],
		[['sh', '-c', 'echo; echo late'], 'The password command sh printed no password.'],
		[['sh', '-c', 'kill -9 $$'], 'The password command sh failed (SIGKILL).'],
		[
			['sh', '-c', 'yes | tr -d "\\n" | head -c 10000000'],
			'The password command sh printed more than 65000 characters without a line break.',
		],
		[['no-such-program', 'secret'], 'The password command no-such-program cannot be run (ENOENT).'],
	])('that fails is told in one sentence: %j', async (words, message) => {
		expect(await failureOf(words)).toEqual({
			code: 'password_command',
			message,
			hint: 'Run it in a shell: it has to print the password on its first line within 10 s and exit with 0.',
		});
	});

	it('that hangs is ended after 10 s', async () => {
		const begun = performance.now();
		expect(await failureOf(['sh', '-c', 'echo secret; sleep 600'])).toMatchObject({
			message: 'The password command sh took too long and was ended.',
		});
		expect(performance.now() - begun).toBeGreaterThan(9900);
	});

	it('that fails does not show the password, even if it complains about it', async () => {
		expect((await failureOf(['sh', '-c', 'echo secret; echo "secret is refused" >&2; exit 1'])).message).toBe(
			'The password command sh failed (status 1): (password) is refused.',
		);
	});

	it('runs once for logins at the same time, and again for a later one', async () => {
		const file = newFile();
		const lookup = shell(`echo run >> '${file}'; sleep 0.3; wc -l < '${file}' | tr -d ' '`);
		expect(await Promise.all([lookup(), lookup(), lookup()])).toEqual([{password: '1'}, {password: '1'}, {password: '1'}]);
		expect(await lookup()).toEqual({password: '1'});
		await expect.poll(lookup).toEqual({password: '2'});
		expect(textIn(file)).toBe('run\nrun\n');
	});

	it('that failed runs again at once', async () => {
		const file = newFile();
		const lookup = shell(`[ -e '${file}' ] && exec echo secret; touch '${file}'; exit 1`);
		await expect(lookup()).rejects.toThrow('failed (status 1)');
		expect(await lookup()).toEqual({password: 'secret'});
	});

	it('gets the server and the role in its words, as they are', async () => {
		const words = ['sh', '-c', 'echo "$1"', 'sh', '{user}@{host}:{server_port} {"a": {b}}'];
		const lookup = createPasswordCommand(words, {user: '$(id)', host: 'db1', server_port: '5433'});
		expect(await lookup()).toEqual({password: '$(id)@db1:5433 {"a": {b}}'});
	});
});
