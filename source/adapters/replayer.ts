import {createReadStream} from 'node:fs';
import {createInterface} from 'node:readline';
import {createDecoder} from '../core/recording.ts';
import type {Sample} from '../core/sample.ts';
import type {Source} from '../core/source.ts';
import {msOf} from '../core/units.ts';

/** The samples of a recording in order; `onSkipped` counts lines that were damaged or built on a damaged one. */
export async function* samplesOf(file: string, onSkipped: () => void): AsyncGenerator<Sample> {
	const decode = createDecoder();
	for await (const line of createInterface({input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY})) {
		if (line === '') continue;
		const {sample, skipped} = decode(line);
		if (skipped) onSkipped();
		if (sample) yield sample;
	}
}

/** The recorded source: plays a recording at the pace it was made; a refresh brings its next sample at once. */
export const recorded =
	(file: string, onEnd: (skipped: number, failure: unknown) => void): Source =>
	dispatch => {
		let skipped = 0;
		let stopped = false;
		let wake: (() => void) | undefined;
		const pause = (ms: number): Promise<void> =>
			new Promise(resolve => {
				const timer = setTimeout(resolve, ms);
				wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		const play = async (): Promise<void> => {
			let before: Sample | undefined;
			for await (const sample of samplesOf(file, () => skipped++)) {
				if (before) await pause(Math.max(0, Math.min(msOf(sample.at) - msOf(before.at), 60_000)));
				if (stopped) return;
				dispatch({type: 'sample', sample});
				before = sample;
			}
		};
		dispatch({type: 'link', link: {state: 'ready'}});
		play().then(
			() => onEnd(skipped, undefined),
			error => onEnd(skipped, error),
		);
		return {
			setInterval: () => {},
			refresh: () => wake?.(),
			watch: () => {},
			stop: async () => {
				stopped = true;
				wake?.();
			},
		};
	};
