import {isUnderWay} from '../actions/flow/batch.ts';
import {comebackSentence, leftOutSentence, outcomeCounts} from '../actions/flow/batch-summary.ts';
import {nameOf} from '../actions/target.ts';
import type {Batch, BatchStatus} from '../state/state.ts';
import {type Line, line, span, wrap} from '../text/line.ts';

/** Results of a batch of signals: counts by outcome, then a line for each session, and those still to be sent. */
export const resultLines = (batch: Batch | undefined, width: number): readonly Line[] => {
	if (!batch) return [];
	const {signal, targets, attempts: begun, stopped} = batch;
	const verb = signal === 'cancel' ? 'Cancel' : 'Terminate';
	return [
		[span(`${verb}: ${begun} of ${targets.length} sessions`, 'strong'), span(`, ${stateOf(batch)}`, stopped ? 'warn' : 'dim')],
		...sentenceLines(batch, width),
		[],
		...outcomeCounts(batch).map(({count, text, tone}) => [span(`${String(count).padStart(6)}  `, 'strong'), span(text, tone)]),
		[],
		...placesOf(batch).flatMap(index => targetLines(batch, index, width)),
	];
};

const stateOf = (batch: Batch): string => {
	const {targets, attempts, stopped, reason, awaits} = batch;
	if (isUnderWay(batch)) return awaits === undefined ? 'Esc = stop' : 'reading the sessions again, Esc = stop';
	if (!stopped) return 'all sent';
	return `stopped${reason === undefined ? '' : ` (${reason})`}, ${targets.length - attempts} not signaled`;
};

const sentenceLines = (batch: Batch, width: number): readonly Line[] =>
	[leftOutSentence(batch), comebackSentence(batch)].flatMap(sentence =>
		sentence === undefined ? [] : wrap(sentence, width).map(text => line(text, 'warn')),
	);

const targetLines = ({targets, results, attempts, stopped}: Batch, index: number, width: number): readonly Line[] => {
	const result = results[index];
	const target = targets[index];
	if (!target) return [];
	if (result) return wrap(result.text, width - 2).map(text => line(`  ${text}`, result.tone));
	return [line(`  ${nameOf(target)}: ${index < attempts ? 'sending' : stopped ? 'not signaled' : 'queued'}`, 'dim')];
};

// What needs a look comes first once the batch is over; until then the lines keep their places.
const urgency: readonly (BatchStatus | undefined)[] = ['unknown', 'failed', 'late', 'sent', undefined, 'spared', 'ended', 'done'];

/** Indexes of the targets in the order of their lines. */
const placesOf = (batch: Batch): readonly number[] => {
	const places = batch.targets.map((_, index) => index);
	if (!batch.stopped && batch.attempts < batch.targets.length) return places;
	const rankOf = (index: number): number => urgency.indexOf(batch.results[index]?.status);
	return places.toSorted((a, b) => rankOf(a) - rankOf(b) || a - b);
};
