import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {createFindingCommand, type FindingCommand} from '../../source/adapters/finding-command.ts';
import {endsWithTest} from '../lifetime.ts';

const newFolder = (): string => {
	const folder = mkdtempSync(join(tmpdir(), 'pgtriage-finding-'));
	endsWithTest(async () => rmSync(folder, {recursive: true, force: true}));
	return folder;
};

type Started = FindingCommand & {readonly reports: readonly string[]};

const commandOf = (...words: readonly string[]): Started => {
	const reports: string[] = [];
	const command = createFindingCommand(words, sentence => reports.push(sentence));
	endsWithTest(command.stop);
	return {...command, reports};
};

const textIn = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

const isAlive = (pid: number): boolean => {
	try {
		process.kill(pid, 0);
		// A zombie that nobody reaps has ended too.
		return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
};

describe('a command for findings', () => {
	it('runs once per finding, one after the other, with it on stdin', async () => {
		const file = join(newFolder(), 'out');
		const {run, reports} = commandOf('sh', '-c', `cat >> '${file}'; echo ignored`);
		for (const name of ['one', 'two', 'three']) run(`${name}\n`);
		await expect.poll(() => textIn(file)).toBe('one\ntwo\nthree\n');
		expect(reports).toEqual([]);
	});

	it('gets its words as they are: no shell reads them', async () => {
		const file = join(newFolder(), 'out');
		const {run} = commandOf(process.execPath, '-e', `require('fs').writeFileSync('${file}', process.argv[1])`, '$HOME; `id`');
		run('');
		await expect.poll(() => textIn(file)).toBe('$HOME; `id`');
	});

	it.each([
		[['/nowhere/command'], '/nowhere/command cannot be run (ENOENT).'],
		[['sh', '-c', 'echo broken >&2; exit 4'], 'sh failed (status 4): broken'],
		[['sh', '-c', 'kill -9 $$'], 'sh failed (SIGKILL).'],
	])('that fails is reported: %j', async (words, report) => {
		const {run, reports} = commandOf(...words);
		run('a'.repeat(100_000));
		await expect.poll(() => reports).toEqual([report]);
	});

	it('may leave its input unread', async () => {
		const file = join(newFolder(), 'out');
		const {run, reports} = commandOf('sh', '-c', `exec <&-; echo done > '${file}'`);
		run('a'.repeat(1_000_000));
		await expect.poll(() => textIn(file)).toBe('done\n');
		expect(reports).toEqual([]);
	});

	it('leaves nothing behind: what it started ends with it', async () => {
		const file = join(newFolder(), 'pid');
		const {run} = commandOf('sh', '-c', `sleep 600 & echo $! > '${file}'`);
		run('');
		await expect.poll(() => textIn(file)).toMatch(/^\d+\n$/);
		await expect.poll(() => isAlive(Number(textIn(file)))).toBe(false);
	});

	it('that does not end is ended when pgtriage ends, with all that it started', async () => {
		const file = join(newFolder(), 'pids');
		const {run, stop, reports} = commandOf('sh', '-c', `trap '' TERM; sleep 600 & echo $$ $! > '${file}'; wait; sleep 600`);
		run('');
		await expect.poll(() => textIn(file)).toMatch(/\n$/);
		const from = performance.now();
		await stop();
		expect(performance.now() - from).toBeLessThan(6000);
		for (const pid of textIn(file).trim().split(' ')) await expect.poll(() => isAlive(Number(pid))).toBe(false);
		expect(reports).toEqual(['sh took too long and was ended.']);
	});

	it('does not queue more than some findings', async () => {
		const folder = newFolder();
		const gate = join(folder, 'gate');
		const {run, reports} = commandOf('sh', '-c', `while [ ! -e '${gate}' ]; do sleep 0.05; done`);
		for (let index = 0; index < 40; index++) run('');
		expect(reports).toHaveLength(7);
		expect(reports[0]).toBe('More than 32 findings wait for sh: one is left out.');
		writeFileSync(gate, '');
	});
});
