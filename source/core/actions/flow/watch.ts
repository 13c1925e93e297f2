import {newest} from '../../history/timeline.ts';
import {type Sample, sentences} from '../../sample/sample.ts';
import type {Effect} from '../../state/effect.ts';
import type {Message} from '../../state/message.ts';
import type {Updated} from '../../state/pane-state.ts';
import type {Registry} from '../../state/registry.ts';
import type {Batch, State, Toast, Watch} from '../../state/state.ts';
import {secondsBetween} from '../../values/instant.ts';
import {nameOf, type Target} from '../target.ts';

type Said = Pick<Toast, 'text' | 'tone'>;

const patienceSeconds = 5;
const attentionSeconds = 60;

const sameBackend = (a: Target, b: Target): boolean => a.pid === b.pid && a.backend_start === b.backend_start;

/** The batch with what became of one of its targets; the very batch where it is none of them. */
const withSaid = (batch: Batch | undefined, target: Target, said: Said): Batch | undefined => {
	const index = batch?.targets.findIndex(one => sameBackend(one, target)) ?? -1;
	if (!batch || index < 0) return batch;
	return {...batch, results: batch.targets.map((_, place) => (place === index ? said : batch.results[place]))};
};

/** Whether signals of a batch are still to be sent. */
export const isUnderWay = (batch: Batch | undefined): batch is Batch =>
	batch !== undefined && !batch.stopped && batch.attempts < batch.targets.length;

/** The state with nothing more to be sent: what was asked for may be another server's by now, or nobody looks on. */
export const stopBatch = (state: State): State =>
	isUnderWay(state.batch) ? {...state, batch: {...state.batch, stopped: true}} : state;

/** The state after the server answered a signal: what it said in words, the target watched if it was sent, the next one sent. */
export const applySignalResult = (state: State, action: Extract<Message, {type: 'signalled'}>): Updated => {
	const {signal, target, result} = action;
	const said = answered(action);
	const isWatched = result.outcome === 'sent' || result.outcome === 'unsure';
	const sentAt = result.at ?? newest(state.timeline)?.at ?? '';
	const batch = withSaid(state.batch, target, said);
	const next: State = {
		...state,
		toast: {...said, seq: newest(state.timeline)?.seq ?? 0},
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

const answered = ({signal, target, result}: Extract<Message, {type: 'signalled'}>): Said => {
	const verb = signal === 'cancel' ? 'Cancel' : 'Terminate';
	switch (result.outcome) {
		case 'sent':
			return {text: `${verb} was signalled to ${nameOf(target)}; waiting to see its effect.`, tone: 'calm'};
		case 'unsure':
			return {text: `No answer came: ${nameOf(target)} may have been signalled; watching it.`, tone: 'warn'};
		case 'gone':
			return {
				text: `Nothing was sent: ${signal === 'cancel' ? 'the statement of ' : ''}${nameOf(target)} ended by itself before that.`,
				tone: 'warn',
			};
		case 'refused':
		case 'failed':
			return {text: `${verb} of ${nameOf(target)} failed: ${sentences(result.failure)}`, tone: 'danger'};
	}
};

/** The state after a sample has been looked at for the effects of the signals under watch; what is seen of them is noted. */
export const checkWatches = (registry: Registry, state: State, sample: Sample): Updated => {
	if (state.watches.length === 0) return [state];
	let {toast, batch} = state;
	const notes: Effect[] = [];
	const say = (target: Target, said: Said): void => {
		toast = {...said, seq: sample.seq};
		batch = withSaid(batch, target, said);
	};
	const watches = state.watches.flatMap((watch): readonly Watch[] => {
		const seen = registry.outcome(watch, sample);
		if (seen) {
			say(watch.target, seen);
			notes.push(noteOf(watch, seen, sample));
			return [];
		}
		const waited = secondsBetween(watch.sentAt, sample.at) ?? 0;
		if (waited < patienceSeconds) return [watch];
		const late: Said = {
			text: `${nameOf(watch.target)} ignored it so far, ${Math.round(waited)} s: ${registry.delay(watch, sample)}.`,
			tone: 'warn',
		};
		say(watch.target, late);
		const isOver = waited >= attentionSeconds;
		if (isOver || !watch.late) notes.push(noteOf(watch, late, sample));
		return isOver ? [] : [{...watch, late: true}];
	});
	return [{...state, watches, toast, batch}, ...notes];
};

const noteOf = ({signal, target}: Watch, {text}: Said, {at}: Sample): Effect => ({
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
