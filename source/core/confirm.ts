import type {Effect} from './effect.ts';
import type {Key} from './key.ts';
import {type Signal, signalStatement} from './signal.ts';
import type {Confirmation, State} from './state.ts';
import {type KnownTarget, nameOf, risksOf, type Target} from './target.ts';

/** Milliseconds after a question stands on the screen in which no key is for it: what was typed ahead is not an answer. */
export const settleMs = 300;

/** The question before a signal, with a frozen copy of its target; a typed word instead of `y` where there are risks. */
export const confirmationOf = (
	signal: Signal,
	target: Target,
	askedAt: string,
	openedBy: string,
	roleChanged: boolean,
): Confirmation => {
	const risks = [...risksOf(signal, target), ...(roleChanged ? ['This server changed its role since pgtriage came here.'] : [])];
	return {
		kind: 'confirm',
		signal,
		target: target as KnownTarget,
		sql: signalStatement(signal),
		askedAt,
		risks,
		word: risks.length > 0 ? signal : undefined,
		typed: '',
		openedBy,
		paintedAt: undefined,
	};
};

/**
 * What a key does to an open question. Only a key that came alone, after the question stood on the screen long enough, answers
 * it; `y`, or the typed word and Enter, is Yes, everything else No. A paste never answers.
 */
export const answer = (state: State, question: Confirmation, key: Key): readonly [State, ...Effect[]] => {
	if (key.name === 'paste' || !key.alone || question.paintedAt === undefined || key.at < question.paintedAt + settleMs)
		return [state];
	if (question.word === undefined)
		return key.name === 'y' && question.openedBy !== 'y' ? send(state, question) : decline(state, question);
	if (key.name === 'enter') return question.typed === question.word ? send(state, question) : decline(state, question);
	if (key.name === 'backspace') return [{...state, overlay: {...question, typed: question.typed.slice(0, -1)}}];
	if (key.text !== '' && question.typed.length < question.word.length)
		return [{...state, overlay: {...question, typed: question.typed + key.text}}];
	return decline(state, question);
};

const send = (state: State, {signal, target}: Confirmation): readonly [State, ...Effect[]] => [
	{...state, overlay: undefined},
	{type: 'signal', signal, target},
];

const decline = (state: State, {target}: Confirmation): readonly [State, ...Effect[]] => [
	{
		...state,
		overlay: undefined,
		toast: {text: `Nothing was sent to ${nameOf(target)}.`, tone: 'calm', seq: state.timeline.samples.at(-1)?.seq ?? 0},
	},
];
