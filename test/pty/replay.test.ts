import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {run} from './program.ts';
import {type Screen, start} from './screen.ts';

const file = join(import.meta.dirname, '../recordings/lock-chain.ndjson');
const moments = readFileSync(file, 'utf8')
	.trimEnd()
	.split('\n')
	.slice(1)
	.map(line => String(JSON.parse(line).at).slice(11, 19));
const count = moments.length;

/** Waits until the header shows a sample of the recording by its number. */
const shows = (screen: Screen, number: number, how = '.*'): Promise<string> =>
	screen.until(new RegExp(`^.*REPLAY ${moments[number - 1]} ${how} ${number} of ${count}`));

describe('replay', () => {
	it('plays from the start, steps and shows its position', async () => {
		const screen = start(['replay', file]);
		await screen.until(new RegExp(`REPLAY .* 1x [2-9] of ${count}`));
		screen.press('p');
		await screen.until(/ paused /);
		screen.press('{');
		await shows(screen, 1, 'paused');
		screen.press(']');
		await shows(screen, 2, 'paused');
		screen.press(']', ']');
		await shows(screen, 4, 'paused');
		screen.press('[');
		await shows(screen, 3, 'paused');
		screen.press('}');
		await shows(screen, count, 'paused');
		screen.press(']');
		await screen.until('End of the recording.');
		screen.press('ctrl-c');
		expect(await screen.exited).toBe(0);
		expect(screen.unrestored()).toEqual([]);
	});

	it('plays faster and reports the end', async () => {
		const screen = start(['replay', file]);
		await screen.until(/REPLAY .* 1x /);
		screen.press('{', '+', '+', '+', '+');
		await screen.until('End of the recording: { returns to its start.');
		await shows(screen, count, 'paused');
		screen.press('q');
		expect(await screen.exited).toBe(0);
	});

	it('goes to a time, to a mark and to the next finding', async () => {
		const screen = start(['replay', file]);
		await screen.until(/REPLAY .* 1x /);
		screen.press('p', '{');
		await shows(screen, 1, 'paused');
		screen.press('f');
		await screen.until(/critical: .* blocks \d+ sessions/);
		screen.press("'", '{', ':');
		await screen.until(/^:/m);
		screen.type(`at ${moments[5]}`);
		await screen.until(`:at ${moments[5]}`);
		screen.press('enter');
		await screen.until(new RegExp(`REPLAY (${moments[4]}|${moments[5]}) `));
		screen.press('(');
		await screen.until('MARK 1');
		screen.press('}', 'd');
		await screen.until(/diff to \d\d:\d\d:\d\d/);
		screen.press('ctrl-c');
		expect(await screen.exited).toBe(0);
	});

	it('begins at --at', async () => {
		const screen = start(['replay', file, '--at', moments[4] ?? '']);
		await screen.until(new RegExp(`REPLAY (${moments[3]}|${moments[4]}) `));
		screen.press('ctrl-c');
		expect(await screen.exited).toBe(0);
	});
});

it('replay at an invalid time is a usage error', async () => {
	const {status, stderr} = await run(['replay', file, '--once', '--at', 'yesterday']);
	expect(stderr).toMatch(/^pgtriage: --at yesterday is not a time\./);
	expect(status).toBe(2);
});
