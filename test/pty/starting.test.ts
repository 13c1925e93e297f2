import {chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {registry} from '../../source/panes/index.ts';
import {folder, run} from './program.ts';

// Node says for each module whether it came from the cache.
const traced = async (HOME: string): Promise<string> => {
	const {status, stderr} = await run(['--version'], {env: {HOME, NODE_DEBUG_NATIVE: 'COMPILE_CACHE'}});
	expect(status).toBe(0);
	return stderr;
};

it('compiled code is kept for the next start, readable by the user only', async () => {
	const home = join(folder, 'own');
	mkdirSync(home);
	const before = process.umask(0);
	try {
		await run(['--version'], {env: {HOME: home}});
	} finally {
		process.umask(before);
	}
	const cache = join(home, '.cache', 'pgtriage');
	const [node = '', ...more] = readdirSync(cache);
	expect(more).toEqual([]);
	expect(statSync(join(cache, node)).mode & 0o777).toBe(0o700);
	expect(readdirSync(join(cache, node)).length).toBeGreaterThan(0);
	expect(await traced(home)).toMatch(/cache for .* was accepted|accepted/);
});

it('compiled code that another user could have planted is neither read nor replaced', async () => {
	const home = join(folder, 'planted');
	mkdirSync(home);
	await run(['--version'], {env: {HOME: home}});
	const cache = join(home, '.cache', 'pgtriage');
	const [node = ''] = readdirSync(cache);
	const entries = (): readonly string[] =>
		readdirSync(join(cache, node)).map(name => readFileSync(join(cache, node, name), 'hex'));
	const planted = entries();
	chmodSync(join(cache, node), 0o777);
	expect(await traced(home)).not.toContain('[compile cache]');
	expect(entries()).toEqual(planted);
});

it('the values of a configuration are checked as those of the command line', async () => {
	const file = join(folder, 'values.json');
	writeFileSync(file, JSON.stringify({options: {pane: 'nosuch', theme: 'pink', interval: '5q', history: 'abc'}}));
	expect(await run(['config', 'check', '--config', file])).toEqual({
		status: 2,
		stdout: '',
		stderr: [
			`Unknown pane "nosuch". Panes: ${registry.panes.map(({id}) => id).join(', ')}.`,
			'Unknown theme "pink". Themes: dark, light, colorblind.',
			'--interval 5q is out of range. Use a duration from 250ms to 60s.',
			'--history abc is not a valid size. Use 64MB or 1GB; the minimum is 1MB.',
		]
			.map(problem => `${file}: ${problem}\n`)
			.join(''),
	});
	expect(await run(['record', join(folder, 'x.ndjson'), '--config', file])).toMatchObject({
		status: 2,
		stderr: expect.stringMatching(
			/^pgtriage: Error in the configuration: --interval 5q is out of range\. .* pgtriage config check/,
		),
	});
});
