import {newest} from '../../history/timeline.ts';
import {type Sample, sentences} from '../../sample/sample.ts';
import type {Effect} from '../../state/effect.ts';
import type {Message, SignalResult} from '../../state/message.ts';
import type {Updated} from '../../state/pane-state.ts';
import type {Registry} from '../../state/registry.ts';
import type {BatchResult, BatchStatus, Sentence, State, Watch} from '../../state/state.ts';
import {secondsBetween} from '../../values/instant.ts';
import {nameOf, type Target} from '../target.ts';
import {isUnderWay, sendNext, stopBatch, withResults} from './batch.ts';

const patienceSeconds = 5;
const watchSeconds = 60;

/** Applies the result of a signal: reports it, watches the target if it was sent, and sends the next one of the batch. */
export const applySignalResult = (registry: Registry, state: State, message: Extract<Message, {type: 'signalled'}>): Updated => {
	const {signal, target, result} = message;
	const sentence = resultSentence(message);
	const isWatched = result.outcome === 'sent' || result.outcome === 'unsure';
	const sentAt = result.at ?? newest(state.timeline)?.at ?? '';
	const status = statusOf[result.outcome];
	const change = {target, result: {...sentence, status, sentAt: isWatched ? sentAt : null}};
	const batch = withResults(state.batch, [change]);
	const isOfBatch = batch !== state.batch;
	const next: State = {
		...state,
		// The page of results has it otherwise.
		toast: isOfBatch ? state.toast : {...sentence, seq: newest(state.timeline)?.seq ?? 0},
		watches: isWatched ? [...state.watches, {signal, target, sentAt}] : state.watches,
		batch,
	};
	if (!isOfBatch || !isUnderWay(batch)) return [next];
	// The rest would fare no better: nothing was sent, or nobody knows what was.
	if (result.outcome === 'failed' || result.outcome === 'unsure')
		return [stopBatch(next, result.outcome === 'unsure' ? 'no answer came' : reasonOf(result.failure))];
	return sendNext(registry, next, batch);
};

const statusOf: Readonly<Record<SignalResult['outcome'], BatchStatus>> = {
	sent: 'sent',
	gone: 'ended',
	refused: 'failed',
	failed: 'failed',
	unsure: 'unknown',
};

const reasonOf = (failure: SignalResult['failure']): string =>
	failure?.code === 'no_audit' ? 'the audit cannot be written' : 'a signal could not be sent';

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
	let {toast} = state;
	const members = new Set(state.batch?.targets.map(nameOfBackend));
	const notes: Effect[] = [];
	const changes: {readonly target: Target; readonly result: BatchResult}[] = [];
	const report = (target: Target, status: BatchStatus, sentence: Sentence): void => {
		const result = {...sentence, status, sentAt: null};
		if (!members.has(nameOfBackend(target))) toast = {...sentence, seq: sample.seq};
		changes.push({target, result});
	};
	const watches = state.watches.flatMap((watch): readonly Watch[] => {
		const effect = registry.outcome(watch, sample);
		if (effect) {
			report(watch.target, 'done', effect);
			notes.push(noteOf(watch, effect, sample));
			return [];
		}
		const waited = secondsBetween(watch.sentAt, sample.at) ?? 0;
		if (waited < patienceSeconds) return [watch];
		const late: Sentence = {
			text: `No effect on ${nameOf(watch.target)} after ${Math.round(waited)} s: ${registry.delay(watch, sample)}.`,
			tone: 'warn',
		};
		report(watch.target, 'late', late);
		const isOver = waited >= watchSeconds;
		if (isOver || !watch.late) notes.push(noteOf(watch, late, sample));
		return isOver ? [] : [{...watch, late: true}];
	});
	return [{...state, watches, toast, batch: withResults(state.batch, changes)}, ...notes];
};

const nameOfBackend = ({pid, backend_start}: Target): string => `${pid}@${backend_start}`;

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
