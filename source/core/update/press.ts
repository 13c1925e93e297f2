import {answer} from '../actions/flow/confirm.ts';
import {situationOf} from '../actions/flow/situation.ts';
import type {Binding} from '../keys/binding.ts';
import {bindingsOf, keyName} from '../keys/bindings.ts';
import type {Key} from '../state/key.ts';
import {say, type Updated} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import type {Act} from './commands.ts';
import {pressInHelp} from './help-keys.ts';
import {createRun, pressInMenu} from './menu-keys.ts';
import {pressMouse} from './mouse.ts';
import {pressOnPage} from './page-keys.ts';
import {pressOnPlan} from './plan-keys.ts';
import {pressInCommandLine, pressInFilter} from './prompt-keys.ts';

/** The sentence about a key without a function. */
const unboundSentence = ({name}: Key): string =>
	name === 'paste' ? 'Paste works only in a prompt: press / or : first.' : `${keyName(name)} is not bound: ? lists all keys.`;

/** Creates the handler of key presses: they go to the overlay if there is one, else to the binding of the key. */
export const createPress = (registry: Registry, act: Act): ((state: State, key: Key) => Updated) => {
	const byKey = Map.groupBy(
		bindingsOf(registry.panes).flatMap(binding => binding.keys.map(key => ({key, binding}))),
		({key}) => key,
	);

	/** The binding of a key: one whose condition holds, else the one without a condition. */
	const bindingFor = (state: State, key: Key): Binding | undefined => {
		const bound = byKey.get(key.name)?.map(({binding}) => binding) ?? [];
		const conditional = bound.find(({when}) => when?.(situationOf(registry, state)));
		return conditional ?? bound.find(({when}) => when === undefined);
	};

	return (state, key) => {
		const binding = bindingFor(state, key);
		if (binding && isGlobal(binding)) return act(state, binding.command);
		if (key.cell && state.overlay?.kind !== 'confirm') return pressMouse(registry, state, key, key.cell);
		const run = createRun(registry, act, state, key);
		const {overlay} = state;
		switch (overlay?.kind) {
			case 'confirm':
				return answer(registry, state, overlay, key);
			case 'prompt':
				return overlay.asks === 'filter'
					? pressInFilter(registry, state, overlay, key)
					: pressInCommandLine(registry, state, overlay, key, act);
			case 'action-menu':
			case 'menu':
				return pressInMenu(registry, state, overlay, key, binding, act);
			case 'help':
				return pressInHelp(registry, state, overlay, key, binding, run);
			case 'inspect':
			case 'results':
				return pressOnPage(registry, state, overlay, key, binding, run);
			case 'plan':
				return pressOnPlan(registry, state, overlay, key, binding, run);
			case undefined:
				return binding ? run(binding) : [say(state, unboundSentence(key))];
			default:
				return overlay satisfies never;
		}
	};
};

const isGlobal = ({command}: Binding): boolean =>
	command.type === 'quit' || command.type === 'suspend' || command.type === 'redraw';
