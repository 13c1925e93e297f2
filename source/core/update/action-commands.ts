import {ask} from '../actions/flow/ask.ts';
import {openPlanPage} from '../actions/flow/plan-page.ts';
import {situationOf} from '../actions/flow/situation.ts';
import type {Command} from '../state/message.ts';
import {say, type Updated} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import {shownSample} from '../state/view.ts';

/** Commands that act on the server. */
export type ActionCommand = Extract<Command, {type: 'ask' | 'maintain' | 'admin' | 'measure' | 'explain'}>;

/** Starts an action: asks for confirmation, or opens the page of a plan. `openedBy` is the key, which never confirms. */
export const startAction = (registry: Registry, state: State, command: ActionCommand, openedBy: string): Updated => {
	switch (command.type) {
		case 'ask':
		case 'maintain':
		case 'admin':
			return ask(registry, state, command, openedBy);
		case 'measure':
			return measure(registry, state);
		case 'explain': {
			const {subject} = situationOf(registry, state);
			const sample = shownSample(state);
			if (!sample || typeof subject !== 'object') return [state];
			return openPlanPage(state, {...subject, analyze: command.analyze, accepted: []}, sample.at, openedBy);
		}
		default:
			return command satisfies never;
	}
};

const measure = (registry: Registry, state: State): Updated => {
	const {measurement} = situationOf(registry, state);
	const sample = shownSample(state);
	if (!sample || typeof measurement !== 'object') return [state];
	const {name, running} = measurement;
	const text = running ? `Stopped measuring ${name}.` : `Measuring ${name}: press . again to stop.`;
	return [say(state, text, 'calm'), {type: 'measure', measurement, at: sample.at}];
};
