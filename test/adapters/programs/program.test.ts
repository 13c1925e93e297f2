import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {startProgram} from '../../../source/adapters/programs/program.ts';
import {endsWithTest} from '../../lifetime.ts';
import {isAlive, textIn} from './alive.ts';

const newFile = (name: string): string => {
	const folder = mkdtempSync(join(tmpdir(), 'pgtriage-program-'));
	endsWithTest(() => rmSync(folder, {recursive: true, force: true}));
	return join(folder, name);
};

const module = new URL('../../../source/adapters/programs/program.ts', import.meta.url).href;

/** Starts a program from a process of its own, which is killed once it runs. */
const startAndBeKilled = async (words: readonly string[], pids: string): Promise<void> => {
	const text = `const {startProgram} = await import('${module}'); startProgram(${JSON.stringify(words)}); setInterval(() => {}, 1000);`;
	const parent = spawn(process.execPath, ['--input-type=module', '-e', text], {stdio: 'ignore'});
	await expect.poll(() => textIn(pids)).toMatch(/\n$/);
	parent.kill('SIGKILL');
	await once(parent, 'exit');
};

describe('a program', () => {
	it.each([
		['a simple one', `echo $$ > "$0"; exec sleep 600`],
		['a shell with children', `sleep 600 & sleep 600 & echo $$ $! > "$0"; wait`],
		['one that ignores signals', `trap '' TERM HUP INT; sleep 600 & echo $$ $! > "$0"; wait; sleep 600`],
	])('ends after kill -9 of pgtriage: %s', async (_, script) => {
		const file = newFile('pids');
		await startAndBeKilled(['sh', '-c', script, file], file);
		const pids = textIn(file).trim().split(' ').map(Number);
		for (const pid of pids) await expect.poll(() => isAlive(pid)).toBe(false);
	});

	it('is ended with its group', async () => {
		const file = newFile('pids');
		const program = startProgram(['sh', '-c', `sleep 600 & echo $$ $! > '${file}'; wait`]);
		await expect.poll(() => textIn(file)).toMatch(/\n$/);
		program.end();
		expect(await program.ended).toMatchObject({failure: 'failed (SIGTERM)'});
		for (const pid of textIn(file).trim().split(' ')) await expect.poll(() => isAlive(Number(pid))).toBe(false);
	});

	it('has no terminal, no input and no descriptor of ours', async () => {
		let output = '';
		const program = startProgram(
			['sh', '-c', 'cat; (: </dev/tty) 2>/dev/null && echo terminal; (: <&3) 2>/dev/null && echo lifeline; echo end'],
			{onOutput: text => (output += text)},
		);
		expect(await program.ended).toEqual({failure: undefined, complaint: expect.any(String)});
		expect(output).toBe('end\n');
	});

	it.each([
		[['no-such-program'], 'cannot be run (ENOENT)'],
		[['/etc/passwd'], 'cannot be run (EACCES)'],
		[['/etc'], 'cannot be run (EACCES)'],
		[['sh', '-c', 'exit 3'], 'failed (status 3)'],
	])('that fails says why: %j', async (words, failure) => {
		expect(await startProgram(words).ended).toMatchObject({failure});
	});

	it('that complains without end keeps the beginning and the end of it', async () => {
		const {complaint} = await startProgram(['sh', '-c', 'echo first >&2; yes 0123456789 | head -c 1000000 >&2; echo last >&2'])
			.ended;
		expect(complaint).toMatch(/^first\n[\s\S]*last\n$/);
		expect(complaint.length).toBeLessThan(5000);
	});
});
