import type {Key} from '../../state/key.ts';
import {say, type Updated} from '../../state/pane-state.ts';
import type {State} from '../../state/state.ts';
import type {Question} from '../question.ts';
import {fits} from './dialog.ts';
import {openPlanPage} from './plan-page.ts';

/** Milliseconds after a question was painted in which keys are ignored: type-ahead is not an answer. */
export const settleMs = 300;

/**
 * Answers an open question with a key. Only a key that came alone, long enough after the question was painted, counts: `y`, or the
 * typed word and Enter, confirms; everything else aborts. A paste never answers, and nothing confirms unless the screen shows the
 * target and the risks.
 */
export const answer = (state: State, question: Question, key: Key): Updated => {
	if (key.name === 'paste' || !key.alone || question.paintedAt === undefined || key.at < question.paintedAt + settleMs)
		return [state];
	if (!fits(question, state.size)) return decline(state, question);
	if (question.word === undefined)
		return key.name === 'y' && question.openedBy !== 'y' ? perform(state, question) : decline(state, question);
	if (key.name === 'enter') return question.input === question.word ? perform(state, question) : decline(state, question);
	if (key.name === 'backspace') return [{...state, overlay: {...question, input: question.input.slice(0, -1)}}];
	if (key.text !== '' && question.input.length < question.word.length)
		return [{...state, overlay: {...question, input: question.input + key.text}}];
	return decline(state, question);
};

const perform = (state: State, {action, askedAt}: Question): Updated => {
	const closed = {...state, overlay: undefined};
	switch (action.kind) {
		case 'signal': {
			const {signal, targets} = action;
			const [target] = targets;
			if (!target) return [closed];
			const effect = {type: 'signal', signal, target} as const;
			if (targets.length === 1) return [closed, effect];
			return [
				{...state, overlay: {kind: 'results', top: 0}, batch: {signal, targets, results: [], attempts: 1, stopped: false}},
				effect,
			];
		}
		case 'maintain': {
			const {maintenance, relation} = action;
			const run = {maintenance, relation, startedAt: askedAt, pid: undefined, stopping: false};
			return [
				{...closed, maintenance: run},
				{type: 'maintain', maintenance, relation},
			];
		}
		case 'admin':
			return [closed, {type: 'admin', command: action.command}];
		case 'explain':
			return openPlanPage(closed, action.request, askedAt, undefined);
		default:
			return action satisfies never;
	}
};

const decline = (state: State, {declineText}: Question): Updated => [say({...state, overlay: undefined}, declineText, 'calm')];
