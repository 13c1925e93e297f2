import {execFileSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {folder, run} from './program.ts';
import {atOnceMs, start} from './screen.ts';

const pipe = (name: string): string => {
	const path = join(folder, name);
	execFileSync('mkfifo', [path]);
	return path;
};

describe('a file that hangs', () => {
	it('does not keep q from leaving at once, with the exit status of an ordinary end', async () => {
		const screen = start(['replay', pipe('silent.ndjson')]);
		await screen.until(/REPLAY|Sessions/);
		const begun = performance.now();
		screen.press('q');
		expect(await screen.exited).toBe(0);
		expect(performance.now() - begun).toBeLessThan(atOnceMs);
		expect(screen.unrestored()).toEqual([]);
	});

	it('is refused with one sentence as a configuration', async () => {
		const path = pipe('config.json');
		expect(await run(['config', 'check', '--config', path])).toEqual({
			status: 2,
			stdout: '',
			stderr: `pgtriage: The configuration ${path} is not a regular file. Name another file with --config FILE; --config none reads no file.\n`,
		});
		const home = join(folder, 'home');
		mkdirSync(join(home, '.config', 'pgtriage'), {recursive: true});
		execFileSync('mkfifo', [join(home, '.config', 'pgtriage', 'config.json')]);
		expect(await run(['--once', '-h', '/none'], {env: {HOME: home}})).toMatchObject({status: 2});
	});

	it('does not receive a report', async () => {
		const path = pipe('report.md');
		const recording = join(import.meta.dirname, '../recordings/lock-chain.ndjson');
		expect(await run(['report', recording, '--output', path])).toMatchObject({
			status: 1,
			stderr: expect.stringContaining(`${path} already exists and was not overwritten.`),
		});
	});
});
