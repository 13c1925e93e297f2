import {situationOf} from '../actions/flow/situation.ts';
import type {Column} from '../pane/column.ts';
import type {Sort} from '../pane/pane.ts';
import type {Command} from '../state/message.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import type {Binding} from './binding.ts';
import {bindingsOf, keyName} from './bindings.ts';

/** An action of the menu: its key, its name, and the reason why it cannot act now. */
export type Choice = {
	readonly key: string;
	readonly name: string;
	readonly why: string | undefined;
	readonly binding: Binding;
};

/** All actions, as the action menu shows them for the row: those that can act first, each part in the order of the keys. */
export const choicesOf = (registry: Registry, state: State): readonly Choice[] => {
	const situation = situationOf(registry, state);
	const choices = bindingsOf(registry.panes)
		.filter(({group, command}) => group === 'Acting' && command.type !== 'action-menu')
		.map(binding => ({
			key: binding.keys[0] === undefined ? '' : keyName(binding.keys[0]),
			name: binding.menuName ?? binding.does,
			why: binding.blocked?.(situation),
			binding,
		}));
	return choices.toSorted((a, b) => Number(a.why !== undefined) - Number(b.why !== undefined));
};

/** Index of the sort column; 0 for a pane with a fixed order. */
export const sortIndex = (columns: readonly Column[], sort: Sort | undefined): number =>
	Math.max(
		0,
		columns.findIndex(({id}) => id === sort?.column),
	);

/** Index of the selection in a menu of `count` entries after a move: a row wraps around, anything else goes to an end. */
export const nextPlace = (place: number, count: number, {by, forward}: Extract<Command, {type: 'move'}>): number => {
	if (by !== 'row') return forward ? count - 1 : 0;
	return (place + (forward ? 1 : count - 1)) % count;
};
