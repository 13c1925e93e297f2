import {setImmediate as turn} from 'node:timers/promises';
import type {Failure, Sample} from '../../core/sample/sample.ts';
import {type Source, samplesPerRead} from '../../core/state/source.ts';
import {plural} from '../../core/text/words.ts';
import {UserError} from '../../core/values/errors.ts';
import {openRecording} from './recordings.ts';

/**
 * Creates a source over a recording: reads a batch of samples as fast as it can, and another at each refresh. Closes the link after
 * the last one, with a failure if lines were unreadable.
 */
export const recorded =
	(file: string): Source =>
	dispatch => {
		let stopped = false;
		let remaining = samplesPerRead;
		let wake: (() => void) | undefined;

		const deliver = async (batch: readonly Sample[]): Promise<void> => {
			remaining -= batch.length;
			for (const sample of batch) dispatch({type: 'sample', sample});
			// Yields to keys, and to one repaint for the batch.
			await turn();
			while (remaining <= 0 && !stopped)
				await new Promise<void>(resolve => {
					wake = resolve;
				});
		};

		const read = async (): Promise<void> => {
			const {samples, damaged} = await openRecording(file);
			let batch: Sample[] = [];
			// A continued recording restarts `seq` in each run; the replay counts through.
			let seq = 0;
			for await (const sample of samples) {
				if (stopped) return;
				batch.push({...sample, seq: seq++});
				if (batch.length < samplesPerRead) continue;
				await deliver(batch);
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
				remaining += samplesPerRead;
				wake?.();
			},
			watch: () => {},
			aim: () => {},
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
	message: 'Reading the recording failed.',
	hint: 'Check the file and its disk.',
};
