import {UserError} from '../core/errors.ts';
import type {Failure, Sample} from '../core/sample.ts';
import type {Source} from '../core/source.ts';
import {msOf} from '../core/units.ts';
import {openRecording} from './recordings.ts';

/** The recorded source: plays a recording at the pace at which it was made; a refresh brings its next sample at once. */
export const recorded =
	(file: string): Source =>
	dispatch => {
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
			// A recording that was continued counts anew in each of its runs; what plays it goes on.
			let seq = 0;
			for await (const sample of (await openRecording(file)).samples) {
				if (before) await pause(Math.max(0, Math.min(msOf(sample.at) - msOf(before.at), 60_000)));
				if (stopped) return;
				dispatch({type: 'sample', sample: {...sample, seq: seq++}});
				before = sample;
			}
		};
		dispatch({type: 'link', link: {state: 'ready'}});
		play().catch((error: unknown) => dispatch({type: 'link', link: {state: 'lost', failure: failureOf(error)}}));
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

const failureOf = (error: unknown): Failure =>
	error instanceof UserError
		? {code: 'no_recording', message: error.message, ...(error.hint !== undefined && {hint: error.hint})}
		: unreadable;

const unreadable: Failure = {
	code: 'unreadable',
	message: 'The recording cannot be read any further.',
	hint: 'Check the file and its disk.',
};
