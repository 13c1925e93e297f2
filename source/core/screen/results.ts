import {isUnderWay} from '../actions/flow/watch.ts';
import {nameOf} from '../actions/target.ts';
import type {Batch} from '../state/state.ts';
import {type Line, line, span, wrap} from '../text/line.ts';

/** Results of a batch of signals by session, and those still to be sent. */
export const resultLines = (batch: Batch | undefined, width: number): readonly Line[] => {
	if (!batch) return [];
	const {signal, targets, attempts: begun, results: said, stopped} = batch;
	const verb = signal === 'cancel' ? 'Cancel' : 'Terminate';
	const state = isUnderWay(batch) ? 'Esc = stop' : stopped ? `stopped, ${targets.length - begun} not signaled` : 'all sent';
	return [
		[span(`${verb}: ${begun} of ${targets.length} sessions`, 'strong'), span(`, ${state}`, stopped ? 'warn' : 'dim')],
		[],
		...targets.flatMap((target, index): readonly Line[] => {
			const result = said[index];
			if (result) return wrap(result.text, width - 2).map(text => line(`  ${text}`, result.tone));
			return [line(`  ${nameOf(target)}: ${index < begun ? 'sending' : stopped ? 'not signaled' : 'queued'}`, 'dim')];
		}),
	];
};
