import {situationOf} from '../actions/flow/situation.ts';
import type {Binding} from '../keys/binding.ts';
import {choicesOf, nextPlace} from '../keys/menu.ts';
import type {Key} from '../state/key.ts';
import {say, type Updated} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {Overlay, State} from '../state/state.ts';
import {shownPane} from '../state/view.ts';
import type {Act} from './commands.ts';
import type {Run} from './page-keys.ts';

type Menu = Extract<Overlay, {kind: 'menu' | 'action-menu'}>;

const leaveMenuKeys = new Set(['esc', 'q', 'f6', 'f9']);

/** Creates the function that runs a binding in a state, or says why it cannot. */
export const createRun =
	(registry: Registry, act: Act, state: State, key: Key): Run =>
	(binding, next = state) => {
		const why = binding.blocked?.(situationOf(registry, state));
		return why ? [say(state, why)] : act(next, binding.command, key.name);
	};

/** Number of entries of an open menu. */
export const menuLength = (registry: Registry, state: State, {kind}: Menu): number =>
	kind === 'menu' ? shownPane(registry, state).columns.length : choicesOf(registry, state).length;

/** Handles a key in a menu: moves the selection, Enter takes it; the key of an action takes that action. */
export const pressInMenu = (
	registry: Registry,
	state: State,
	menu: Menu,
	key: Key,
	binding: Binding | undefined,
	act: Act,
): Updated => {
	const closed = {...state, overlay: undefined};
	if (leaveMenuKeys.has(key.name)) return [closed];
	const run = createRun(registry, act, closed, key);
	if (key.name === 'enter') {
		if (menu.kind === 'menu') {
			const column = shownPane(registry, state).columns[menu.place]?.id;
			return column === undefined ? [closed] : act(closed, {type: 'sort-by', column, descending: undefined});
		}
		const choice = choicesOf(registry, state)[menu.place];
		return choice ? run(choice.binding) : [closed];
	}
	if (menu.kind === 'action-menu' && binding?.group === 'Acting') return run(binding);
	if (binding?.command.type !== 'move') return [say(state, 'Up and Down choose, Enter runs, Esc closes the menu.', 'calm')];
	return [{...state, overlay: {...menu, place: nextPlace(menu.place, menuLength(registry, state, menu), binding.command)}}];
};
