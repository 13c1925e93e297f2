import type {Batch, BatchStatus, Sentence} from '../../state/state.ts';
import {clean} from '../../text/clean.ts';
import type {Signal} from '../signal.ts';

/** Outcome of a batch in a line: a count of sessions, what became of them, and its tone. */
export type OutcomeCount = {readonly count: number; readonly text: string; readonly tone: Sentence['tone']};

const outcomes: readonly (readonly [status: BatchStatus, text: Readonly<Record<Signal, string>>, tone: Sentence['tone']])[] = [
	['done', {terminate: 'gone', cancel: 'canceled'}, 'good'],
	['sent', {terminate: 'sent, effect not seen yet', cancel: 'sent, effect not seen yet'}, 'calm'],
	['late', {terminate: 'sent, still connected', cancel: 'sent, still running'}, 'warn'],
	['unknown', {terminate: 'unknown: no answer came', cancel: 'unknown: no answer came'}, 'danger'],
	['failed', {terminate: 'failed', cancel: 'failed'}, 'danger'],
	['ended', {terminate: 'ended by themselves', cancel: 'ended by themselves'}, 'calm'],
	['spared', {terminate: 'spared, no longer match', cancel: 'spared, no longer match'}, 'warn'],
];

/** Counts of the sessions of a batch by outcome, and of those that were not signaled. */
export const outcomeCounts = ({signal, results, targets, attempts}: Batch): readonly OutcomeCount[] => {
	const unsent = targets.length - attempts;
	return [
		...outcomes.map(([status, text, tone]) => ({
			count: results.filter(result => result?.status === status).length,
			text: text[signal],
			tone,
		})),
		{count: unsent, text: 'not signaled', tone: 'warn' as const},
	].filter(({count}) => count > 0);
};

/** Sentence about the clients that connected again, with the remedy; undefined if none did. */
export const comebackSentence = ({comebacks}: Batch): string | undefined => {
	if (comebacks.size === 0) return undefined;
	const byName = [...Map.groupBy(comebacks.values(), ({name}) => name)].toSorted(([, a], [, b]) => b.length - a.length);
	const names = byName.slice(0, 3).map(([name, {length}]) => `${length} ${clean(name)}`);
	const others = byName.length > names.length ? `, ${byName.length - names.length} others` : '';
	return `${comebacks.size} came back within 5 s (${names.join(', ')}${others}): limit the role or pause the pool.`;
};

/** Sentence about who was left out of a batch; undefined if nobody was. */
export const leftOutSentence = ({bulk}: Batch): string | undefined =>
	bulk && bulk.leftOut.length > 0
		? `Left out: ${bulk.leftOut.map(({reason, pids}) => `${pids.length} ${reason}`).join(', ')}.`
		: undefined;

/** The summary of a batch as one text, with the tone of its worst outcome. */
export const batchSummary = (batch: Batch): Sentence => {
	const counts = outcomeCounts(batch);
	const verb = batch.signal === 'cancel' ? 'Cancel' : 'Terminate';
	const comebacks = comebackSentence(batch);
	const reason = batch.reason === undefined ? '' : ` Stopped: ${batch.reason}.`;
	const parts = [
		`${verb}: ${counts.map(({count, text}) => `${count} ${text}`).join(', ')}.${reason}`,
		leftOutSentence(batch),
		comebacks,
	];
	const tones = [...counts.map(({tone}) => tone), comebacks === undefined ? 'calm' : 'warn'];
	const worst = (['danger', 'warn'] as const).find(tone => tones.includes(tone)) ?? 'good';
	return {text: parts.filter(part => part !== undefined).join(' '), tone: worst};
};
