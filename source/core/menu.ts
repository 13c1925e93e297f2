import {type Binding, bindingsOf, keyName} from './bindings.ts';
import type {Registry} from './registry.ts';
import {situationOf} from './situation.ts';
import type {State} from './state.ts';

/** One action of the menu: its key, what it does, and why it cannot act now. */
export type Choice = {
	readonly key: string;
	/** What it is called. */
	readonly called: string;
	readonly why: string | undefined;
	readonly binding: Binding;
};

/** What the action menu offers for the row: every action there is, in the order of the keys. */
export const choicesOf = (registry: Registry, state: State): readonly Choice[] => {
	const situation = situationOf(registry, state);
	return bindingsOf(registry.panes)
		.filter(({group, command}) => group === 'Acting' && command.type !== 'acts')
		.map(binding => ({
			key: binding.keys[0] === undefined ? '' : keyName(binding.keys[0]),
			called: binding.called ?? binding.does,
			why: binding.blocked?.(situation),
			binding,
		}));
};
