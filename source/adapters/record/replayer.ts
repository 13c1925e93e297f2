import {setImmediate as turn} from 'node:timers/promises';
import type {Failure, Sample} from '../../core/sample/sample.ts';
import {type Source, samplesARead} from '../../core/state/source.ts';
import {plural} from '../../core/text/words.ts';
import {UserError} from '../../core/values/errors.ts';
import {openRecording} from './recordings.ts';

/**
 * The recorded source: reads some samples of a recording as fast as it can, and as many more at each refresh. The link is closed
 * behind the last one, with a failure where lines could not be read.
 */
export const recorded =
	(file: string): Source =>
	dispatch => {
		let stopped = false;
		let wanted = samplesARead;
		let wake: (() => void) | undefined;

		const give = async (batch: readonly Sample[]): Promise<void> => {
			wanted -= batch.length;
			for (const sample of batch) dispatch({type: 'sample', sample});
			// Keys have their turn, and what was read is painted once.
			await turn();
			while (wanted <= 0 && !stopped)
				await new Promise<void>(resolve => {
					wake = resolve;
				});
		};

		const read = async (): Promise<void> => {
			const {samples, damaged} = await openRecording(file);
			let batch: Sample[] = [];
			// A recording that was continued counts anew in each of its runs; what plays it goes on.
			let seq = 0;
			for await (const sample of samples) {
				if (stopped) return;
				batch.push({...sample, seq: seq++});
				if (batch.length < samplesARead) continue;
				await give(batch);
				batch = [];
			}
			if (stopped) return;
			for (const sample of batch) dispatch({type: 'sample', sample});
			const failure = damageOf(damaged());
			dispatch({type: 'link', link: {state: 'closed', ...(failure && {failure})}});
		};

		dispatch({type: 'link', link: {state: 'ready'}});
		read().catch((error: unknown) => dispatch({type: 'link', link: {state: 'lost', failure: failureOf(error)}}));
		return {
			setInterval: () => {},
			refresh: () => {
				wanted += samplesARead;
				wake?.();
			},
			watch: () => {},
			stop: async () => {
				stopped = true;
				wake?.();
			},
		};
	};

const damageOf = (lines: number): Failure | undefined =>
	lines === 0
		? undefined
		: {
				code: 'damaged',
				message: `${plural(lines, 'damaged line of the recording was', 'damaged lines of the recording were')} skipped.`,
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
