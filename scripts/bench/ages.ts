import {setTimeout as sleep} from 'node:timers/promises';
import type {Program} from './pty.ts';

const sampleMs = 100;

/** The time of a statement of the crowd's beat, on a screen. */
export const beats = /\/\* beat (\d+) \*\//;

/** Ages of the list on a screen in milliseconds, sampled until `stop`. */
export const watchAges = (program: Program): {readonly stop: () => Promise<readonly number[]>} => {
	let on = true;
	const ages: number[] = [];
	const sampling = (async () => {
		while (on) {
			const beat = beats.exec(await program.text())?.[1];
			if (beat !== undefined) ages.push(Date.now() - Number(beat));
			await sleep(sampleMs);
		}
	})();
	return {
		stop: async () => {
			on = false;
			await sampling;
			return ages;
		},
	};
};
