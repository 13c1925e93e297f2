import type {Refusal} from '../actions/flow/refusals.ts';
import type {Situation} from '../actions/flow/situation.ts';
import type {Command} from '../state/message.ts';

/** Groups of keys, in the order of the help. */
export const groups = ['Panes', 'Moving', 'Looking', 'Time', 'Acting', 'Sorting', 'Showing', 'Program'] as const;
type Group = (typeof groups)[number];

/**
 * A key binding, the source of dispatch, footer, menu, help and documentation; one without a key is in the action menu. `blocked`
 * returns the reason why it cannot act now. `hint` is its word in the footer, which shows as many bindings as fit, in the order
 * of the table.
 */
export type Binding = {
	readonly keys: readonly string[];
	readonly does: string;
	readonly group: Group;
	readonly command: Command;
	/** Condition of the binding; if it does not hold, the key belongs to the binding without one. */
	readonly when?: (situation: Situation) => boolean;
	readonly blocked?: Refusal;
	readonly hint?: string;
	/** Panes that the key belongs to: the help of these shows it first, and only their footer has the hint; all if undefined. */
	readonly panes?: readonly string[];
	/** Name in the action menu. */
	readonly menuName?: string;
	readonly dangerous?: boolean;
};
