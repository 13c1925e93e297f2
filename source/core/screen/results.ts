import {isUnderWay} from '../actions/flow/watch.ts';
import {nameOf} from '../actions/target.ts';
import type {Batch} from '../state/state.ts';
import {type Line, line, span, wrap} from '../text/line.ts';

/** What became of each session of a batch of signals, and what is still to come. */
export const resultLines = (batch: Batch | undefined, width: number): readonly Line[] => {
	if (!batch) return [];
	const {signal, targets, attempts: begun, results: said, stopped} = batch;
	const what = signal === 'cancel' ? 'Cancel' : 'Terminate';
	const state = isUnderWay(batch)
		? 'Esc stops'
		: stopped
			? `stopped; ${targets.length - begun} were left alone`
			: 'all were sent';
	return [
		[span(`${what}: ${begun} of ${targets.length} sessions`, 'strong'), span(`, ${state}`, stopped ? 'warn' : 'dim')],
		[],
		...targets.flatMap((target, index): readonly Line[] => {
			const result = said[index];
			if (result) return wrap(result.text, width - 2).map(text => line(`  ${text}`, result.tone));
			return [
				line(`  ${nameOf(target)}: ${index < begun ? 'on its way' : stopped ? 'left alone' : 'waits for its turn'}`, 'dim'),
			];
		}),
	];
};
