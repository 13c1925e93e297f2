import {situationOf} from '../actions/flow/situation.ts';
import type {Column} from '../pane/column.ts';
import type {Sort} from '../pane/pane.ts';
import type {Command} from '../state/message.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import type {Binding} from './binding.ts';
import {bindingsOf, keyName} from './bindings.ts';

/** One action of the menu: its key, what it does, and why it cannot act now. */
export type Choice = {
	readonly key: string;
	/** What it is called. */
	readonly name: string;
	readonly why: string | undefined;
	readonly binding: Binding;
};

/** What the action menu offers for the row: every action there is, in the order of the keys. */
export const choicesOf = (registry: Registry, state: State): readonly Choice[] => {
	const situation = situationOf(registry, state);
	return bindingsOf(registry.panes)
		.filter(({group, command}) => group === 'Acting' && command.type !== 'action-menu')
		.map(binding => ({
			key: binding.keys[0] === undefined ? '' : keyName(binding.keys[0]),
			name: binding.menuName ?? binding.does,
			why: binding.blocked?.(situation),
			binding,
		}));
};

/** Where the column stands that a pane is sorted by; the first where it has an order of its own. */
export const sortIndex = (columns: readonly Column[], sort: Sort | undefined): number =>
	Math.max(
		0,
		columns.findIndex(({id}) => id === sort?.column),
	);

/** The place of a menu's mark after a move: row by row it goes round, by more it goes to the first or the last of `count`. */
export const nextPlace = (place: number, count: number, {by, forward}: Extract<Command, {type: 'move'}>): number => {
	if (by !== 'row') return forward ? count - 1 : 0;
	return (place + (forward ? 1 : count - 1)) % count;
};
