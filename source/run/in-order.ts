import {setImmediate as turn} from 'node:timers/promises';
import type {Sample} from '../core/sample/sample.ts';
import type {SourceMessage} from '../core/state/message.ts';

/** What happens to the messages of a source. */
type Intake = {
	/** Computes what the screen of a sample needs, step by step; undefined if it is to be taken at once. */
	readonly stepsOf: (sample: Sample) => Iterable<unknown> | undefined;
	readonly take: (message: SourceMessage) => void;
	readonly failed: (error: unknown) => void;
};

// Keys wait at most this long for the steps of a sample, or for its largest one.
const sliceMs = 3;

/** Hands messages on in order; a sample once its steps are done, in slices between which keys are answered. */
export const inOrder = ({stepsOf, take, failed}: Intake): ((message: SourceMessage) => void) => {
	/** Messages behind a sample whose steps are being done; undefined while there is none. */
	let waiting: SourceMessage[] | undefined;

	const prepared = async (message: SourceMessage, steps: Iterable<unknown>): Promise<void> => {
		const behind: SourceMessage[] = [];
		waiting = behind;
		let since = performance.now();
		for (const _ of steps) {
			if (performance.now() - since < sliceMs) continue;
			await turn();
			since = performance.now();
		}
		await turn();
		waiting = undefined;
		take(message);
		for (const next of behind) receive(next);
	};

	const receive = (message: SourceMessage): void => {
		if (waiting) {
			waiting.push(message);
			return;
		}
		const steps = message.type === 'sample' ? stepsOf(message.sample) : undefined;
		if (steps) prepared(message, steps).catch(failed);
		else take(message);
	};
	return receive;
};
