import type {Refusal} from '../actions/flow/refusals.ts';
import type {Situation} from '../actions/flow/situation.ts';
import type {Command} from '../state/message.ts';

/** What keys are for, in the order of the help. */
export const groups = ['Panes', 'Moving', 'Looking', 'Time', 'Acting', 'Sorting', 'Showing', 'Program'] as const;
type Group = (typeof groups)[number];

/**
 * One key binding: what drives dispatch, footer, menu, help and the README; what has no key stands in the action menu. `blocked`
 * gives the sentence why it cannot act now; `hint` is its word in the footer, which shows as many as it has room for in the
 * order of the table.
 */
export type Binding = {
	readonly keys: readonly string[];
	readonly does: string;
	readonly group: Group;
	readonly command: Command;
	/** The key is this binding's only there: everywhere else it is that of the one without such a limit. */
	readonly when?: (situation: Situation) => boolean;
	readonly blocked?: Refusal;
	readonly hint?: string;
	/** The panes in whose footer the hint stands, where it is not all of them. */
	readonly panes?: readonly string[];
	/** What the action menu calls it. */
	readonly menuName?: string;
	readonly dangerous?: boolean;
};
