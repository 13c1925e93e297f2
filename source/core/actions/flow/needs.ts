import type {Refusal} from './refusals.ts';

/** Refuses without a tagged row. */
export const needsTags: Refusal = ({tagged}) => (tagged > 0 ? undefined : 'No row is tagged (Space tags the one at the cursor).');

/** Refuses without a filter. */
export const needsFilter: Refusal = ({filtered}) => (filtered ? undefined : 'No filter is set (/ sets one).');

/** Refuses outside of the panes that a key is for; names the first of them. */
export const needsPane =
	(...ids: readonly [string, ...string[]]): Refusal =>
	({pane}) =>
		ids.includes(pane.id) ? undefined : `That key has no effect in ${pane.title}: go to :${ids[0]} first.`;

/** Refuses in a pane with a single duration. */
export const needsDurations: Refusal = ({pane}) =>
	pane.durations ? undefined : `${pane.title} has no choice of durations: go to :sessions first.`;
