import {newest} from '../../history/timeline.ts';
import {type Sample, sentences} from '../../sample/sample.ts';
import type {Effect} from '../../state/effect.ts';
import type {Message} from '../../state/message.ts';
import type {Updated} from '../../state/pane-state.ts';
import type {Registry} from '../../state/registry.ts';
import type {Batch, Sentence, State, Watch} from '../../state/state.ts';
import {secondsBetween} from '../../values/instant.ts';
import {nameOf, type Target} from '../target.ts';

const patienceSeconds = 5;
const watchSeconds = 60;

const isSameBackend = (a: Target, b: Target): boolean => a.pid === b.pid && a.backend_start === b.backend_start;

/** The batch with the result for one of its targets; the same object if the target is not among them. */
const withResult = (batch: Batch | undefined, target: Target, result: Sentence): Batch | undefined => {
	const index = batch?.targets.findIndex(each => isSameBackend(each, target)) ?? -1;
	if (!batch || index < 0) return batch;
	return {...batch, results: batch.targets.map((_, place) => (place === index ? result : batch.results[place]))};
};

/** True while signals of a batch are still to be sent. */
export const isUnderWay = (batch: Batch | undefined): batch is Batch =>
	batch !== undefined && !batch.stopped && batch.attempts < batch.targets.length;

/** Stops a batch: the server may be another one, or the user left the page. */
export const stopBatch = (state: State): State =>
	isUnderWay(state.batch) ? {...state, batch: {...state.batch, stopped: true}} : state;

/** Applies the result of a signal: reports it, watches the target if it was sent, and sends the next one of the batch. */
export const applySignalResult = (state: State, message: Extract<Message, {type: 'signalled'}>): Updated => {
	const {signal, target, result} = message;
	const sentence = resultSentence(message);
	const isWatched = result.outcome === 'sent' || result.outcome === 'unsure';
	const sentAt = result.at ?? newest(state.timeline)?.at ?? '';
	const batch = withResult(state.batch, target, sentence);
	const next: State = {
		...state,
		toast: {...sentence, seq: newest(state.timeline)?.seq ?? 0},
		watches: isWatched ? [...state.watches, {signal, target, sentAt}] : state.watches,
		batch,
	};
	const following = isUnderWay(batch) && batch !== state.batch ? batch.targets[batch.attempts] : undefined;
	if (!batch || !following) return [next];
	return [
		{...next, batch: {...batch, attempts: batch.attempts + 1}},
		{type: 'signal', signal: batch.signal, target: following},
	];
};

const resultSentence = ({signal, target, result}: Extract<Message, {type: 'signalled'}>): Sentence => {
	const name = nameOf(target);
	switch (result.outcome) {
		case 'sent':
			return {text: `${signal === 'cancel' ? 'Cancel' : 'Terminate'} sent to ${name}; waiting for its effect.`, tone: 'calm'};
		case 'unsure':
			return {text: `No answer: ${name} may have been signaled; watching it.`, tone: 'warn'};
		case 'gone':
			return {text: `Not sent: ${signal === 'cancel' ? 'the statement of ' : ''}${name} already ended.`, tone: 'warn'};
		case 'refused':
		case 'failed':
			return {text: `Cannot ${signal} ${name}: ${sentences(result.failure)}`, tone: 'danger'};
		default:
			return result.outcome satisfies never;
	}
};

/** Checks a sample for effects of the watched signals; reports them and notes them in the journal. */
export const checkWatches = (registry: Registry, state: State, sample: Sample): Updated => {
	if (state.watches.length === 0) return [state];
	let {toast, batch} = state;
	const notes: Effect[] = [];
	const report = (target: Target, sentence: Sentence): void => {
		toast = {...sentence, seq: sample.seq};
		batch = withResult(batch, target, sentence);
	};
	const watches = state.watches.flatMap((watch): readonly Watch[] => {
		const effect = registry.outcome(watch, sample);
		if (effect) {
			report(watch.target, effect);
			notes.push(noteOf(watch, effect, sample));
			return [];
		}
		const waited = secondsBetween(watch.sentAt, sample.at) ?? 0;
		if (waited < patienceSeconds) return [watch];
		const late: Sentence = {
			text: `No effect on ${nameOf(watch.target)} after ${Math.round(waited)} s: ${registry.delay(watch, sample)}.`,
			tone: 'warn',
		};
		report(watch.target, late);
		const isOver = waited >= watchSeconds;
		if (isOver || !watch.late) notes.push(noteOf(watch, late, sample));
		return isOver ? [] : [{...watch, late: true}];
	});
	return [{...state, watches, toast, batch}, ...notes];
};

const noteOf = ({signal, target}: Watch, {text}: Sentence, {at}: Sample): Effect => ({
	type: 'note',
	entry: {
		at,
		kind: 'effect',
		connection: null,
		statement: null,
		target: `${signal} ${nameOf(target)}`,
		outcome: text,
		sqlstate: null,
		took_ms: null,
	},
});
