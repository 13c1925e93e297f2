import type {Key} from '../../state/key.ts';
import {say, type Updated} from '../../state/pane-state.ts';
import type {Registry} from '../../state/registry.ts';
import type {State} from '../../state/state.ts';
import type {Question} from '../question.ts';
import {beginBatch} from './batch.ts';
import {fits} from './dialog.ts';
import {beginPause} from './pause.ts';
import {openPlanPage} from './plan-page.ts';

/** Milliseconds after a question was painted in which keys are ignored: type-ahead is not an answer. */
export const settleMs = 300;

/**
 * Answers an open question with a key. Only a key that came alone, long enough after the question was painted, counts: `y`, or the
 * typed word and Enter, confirms; everything else aborts. A paste never answers, and nothing confirms unless the screen shows the
 * target and the risks. The question says why a key did not count.
 */
export const answer = (registry: Registry, state: State, question: Question, key: Key): Updated => {
	const reason = reasonToIgnore(question, key);
	if (reason !== undefined) return [{...state, overlay: {...question, ignored: reason}}];
	if (question.news?.isVoid || !fits(question, state.size)) return decline(state, question);
	if (question.word === undefined)
		return key.name === 'y' && question.openedBy !== 'y' ? perform(registry, state, question) : decline(state, question);
	const {input, word} = question;
	const withInput = (text: string): Updated => [{...state, overlay: {...question, input: text, ignored: undefined}}];
	if (key.name === 'enter') {
		if (input === word) return perform(registry, state, question);
		return decline(state, question, input === '' ? '' : `${JSON.stringify(input)} is not ${JSON.stringify(word)}. `);
	}
	if (key.name === 'backspace') return withInput(input.slice(0, -1));
	return key.text !== '' && input.length < word.length ? withInput(input + key.text) : decline(state, question);
};

/** Reason why a key does not answer a question, as a sentence; undefined if it does. */
const reasonToIgnore = ({paintedAt}: Question, key: Key): string | undefined => {
	if (key.cell) return 'Ignored: the mouse does not answer. Press a key.';
	if (key.name === 'paste') return 'Ignored: pasted text does not answer. Type it.';
	if (!key.alone) return 'Ignored: keys that arrive together do not answer. Type one at a time.';
	if (paintedAt === undefined || key.at < paintedAt + settleMs) return 'Ignored: that key came before this could be read.';
	return undefined;
};

const perform = (registry: Registry, state: State, {action, askedAt}: Question): Updated => {
	const closed = {...state, overlay: undefined};
	switch (action.kind) {
		case 'signal': {
			const {signal, targets, bulk} = action;
			const [target] = targets;
			if (!target) return [closed];
			if (targets.length === 1) return [closed, {type: 'signal', signal, target}];
			return beginBatch(registry, {...state, overlay: {kind: 'results', top: 0}}, signal, targets, bulk);
		}
		case 'maintain': {
			const {maintenance, relation} = action;
			const run = {maintenance, relation, startedAt: askedAt, pid: undefined, stopping: false};
			return [
				{...closed, maintenance: run},
				{type: 'maintain', maintenance, relation},
			];
		}
		case 'admin': {
			const {command} = action;
			return [command.kind === 'pooler-pause' ? beginPause(closed, command.pool) : closed, {type: 'admin', command}];
		}
		case 'explain':
			return openPlanPage(closed, action.request, askedAt, undefined);
		default:
			return action satisfies never;
	}
};

const decline = (state: State, {declineText}: Question, reason = ''): Updated => [
	say({...state, overlay: undefined}, `${reason}${declineText}`, 'calm'),
];
