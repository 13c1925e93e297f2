import {referredRow} from '../state/referred.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import type {View} from '../state/view.ts';
import {type Line, line, span} from '../text/line.ts';

// Fewer lines show too little of a row to be worth the unrest.
const leastLines = 8;

/**
 * Details of the cursor's row under the table, as on its page, in the lines that the rows leave free. Empty if the user hid them,
 * without a cursor, if the row has no page of its own, or if there are too few lines.
 */
export const panelLines = (registry: Registry, state: State, view: View, free: number): readonly Line[] => {
	const {sample, past, rows, cursor, gone} = view;
	const row = rows[cursor];
	if (!state.options.details || free < leastLines || !sample || !row || gone) return [];
	const {columns} = state.size;
	const referred = referredRow(registry, view.pane, row, sample, past);
	const details = referred.pane.inspect(referred.row, sample, columns, past);
	if (details.length === 0) return [];
	const room = free - 2;
	const shown = details.length > room ? [...details.slice(0, room - 1), line('Enter shows the rest.', 'dim')] : details;
	return [[], ruleOf(state), ...shown];
};

const ruleOf = ({size, options}: State): Line => {
	const dash = options.ascii ? '-' : '─';
	const name = ' z = hide ';
	return [span(dash.repeat(3), 'dim'), span(name, 'dim'), span(dash.repeat(Math.max(0, size.columns - name.length - 3)), 'dim')];
};
