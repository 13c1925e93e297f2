import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {expect, it} from 'vitest';

const streams = new URL('../../source/system/standard-streams.ts', import.meta.url).href;

it('warnings that nobody reads any more end nothing', async () => {
	const script = `
		import {warn} from '${streams}';
		process.stdin.once('data', () => {
			warn('The first one breaks the pipe.');
			setTimeout(() => {
				warn('The second one finds it broken.');
				setTimeout(() => process.exit(7), 100);
			}, 100);
		});
	`;
	const child = spawn(process.execPath, ['--input-type=module', '-e', script], {stdio: ['pipe', 'inherit', 'pipe']});
	child.stderr.destroy();
	await once(child.stderr, 'close');
	child.stdin.write('go\n');
	expect(await once(child, 'exit')).toEqual([7, null]);
});
