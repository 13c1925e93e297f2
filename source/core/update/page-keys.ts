import {isUnderWay, stopBatch} from '../actions/flow/batch.ts';
import {leavePlan, planKey} from '../actions/flow/plan-page.ts';
import type {Binding} from '../keys/binding.ts';
import {keyName} from '../keys/bindings.ts';
import {actsOnPage, type Page, pageLines, shownLines, topWithin} from '../screen/page.ts';
import type {Key} from '../state/key.ts';
import type {Command} from '../state/message.ts';
import {say, type Updated} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import {viewOf} from '../state/view.ts';

/** Runs the command of a binding on a state, or says why it cannot. */
export type Run = (binding: Binding, next?: State) => Updated;

const leaveKeys = new Set(['esc', 'q', 'enter', 'left', 'backspace']);

/** Handles a key on a page of text: scrolls, goes back, goes to another pane, or acts on the inspected row. */
export const pressOnPage = (
	registry: Registry,
	state: State,
	page: Page,
	key: Key,
	binding: Binding | undefined,
	run: Run,
): Updated => {
	const command = binding?.command;
	const leaves = leaveKeys.has(key.name) || command?.type === 'help';
	const goesToPane = binding?.group === 'Panes';
	if (page.kind === 'results' && isUnderWay(state.batch)) {
		// While signals are still to be sent, Esc stops them instead of leaving the page.
		if (leaves) return [stopBatch(state)];
		if (goesToPane) return [say(state, 'Signals are still being sent: Esc stops them.')];
	}
	if (command?.type === 'move') return [scroll(registry, state, page, command)];
	if (binding && (command?.type === 'refresh' || (page.kind === 'inspect' && binding.group === 'Time'))) return run(binding);
	if (binding && page.kind === 'inspect' && actsOnPage(binding.command))
		return run(binding, staysOnPage(binding) ? state : {...state, overlay: undefined});
	if (leaves || goesToPane) {
		const [closed, ...effects] = page.kind === 'plan' ? leavePlan(state, page) : ([{...state, overlay: undefined}] as const);
		if (!binding || !goesToPane) return [closed, ...effects];
		const [next, ...more] = run(binding, closed);
		return [next, ...effects, ...more];
	}
	const answered = page.kind === 'plan' ? planKey(state, page, key) : undefined;
	return answered ?? [say(state, `${keyName(key.name)} does nothing on this page: Esc goes back.`)];
};

const scroll = (registry: Registry, state: State, page: Page, {by, forward}: Extract<Command, {type: 'move'}>): State => {
	const lines = pageLines(registry, state, viewOf(registry, state), page);
	const height = shownLines(state);
	const step = {row: 1, half: Math.ceil(height / 2), page: height, end: lines.length}[by];
	return {...state, overlay: {...page, top: topWithin(state, lines, page.top + (forward ? step : -step))}};
};

// These commands refer to the inspected row, whatever is tagged.
const staysOnPage = ({command: {type}}: Binding): boolean =>
	type === 'explain' || type === 'ask' || type === 'save' || type === 'bundle';
