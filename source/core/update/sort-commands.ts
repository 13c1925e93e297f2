import type {Column} from '../pane/column.ts';
import type {Sort} from '../pane/pane.ts';
import type {Command} from '../state/message.ts';
import {paneState, say, withPaneState} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import {shownPane} from '../state/view.ts';

/** Commands that change the sort order of a pane. */
export type SortCommand = Extract<Command, {type: 'sort' | 'sort-by' | 'sort-beside' | 'invert'}>;

/** Executes a sort command. */
export const sortRows = (registry: Registry, state: State, command: SortCommand): State => {
	switch (command.type) {
		case 'sort':
			return sortByKey(registry, state, command.column);
		case 'sort-by':
			return sortByName(registry, {...state, overlay: undefined}, command);
		case 'sort-beside':
			return sortBeside(registry, state, command.by);
		case 'invert':
			return invert(state);
		default:
			return command satisfies never;
	}
};

/** Sorts the pane, from its top and without a cursor. */
export const withSort = (state: State, sort: Sort): State => withPaneState(state, {sort, top: 0, cursor: undefined});

/** Sorts by a column in its usual direction: names ascending, everything else the largest first. */
const withUsualSort = (state: State, {id, kind}: Column): State => withSort(state, {column: id, descending: kind !== 'text'});

/** Sorts by a column in its usual direction, or reverses the order if it is the sort column. */
export const sortByHead = (state: State, column: Column): State =>
	paneState(state).sort?.column === column.id ? invert(state) : withUsualSort(state, column);

const sortByKey = (registry: Registry, state: State, id: string): State => {
	const pane = shownPane(registry, state);
	const column = id === 'duration' ? pane.durations?.[state.options.duration] : id;
	return column ? withSort(state, {column, descending: true}) : say(state, `${pane.title} has a fixed order.`);
};

const sortByName = (registry: Registry, state: State, {column: name, descending}: Extract<Command, {type: 'sort-by'}>): State => {
	const column = shownPane(registry, state).columns.find(({id}) => id === name);
	if (!column) return state;
	return descending === undefined ? withUsualSort(state, column) : withSort(state, {column: name, descending});
};

const sortBeside = (registry: Registry, state: State, by: 1 | -1): State => {
	const {columns} = shownPane(registry, state);
	const index = columns.findIndex(({id}) => id === paneState(state).sort?.column);
	const next = columns[(index + by + columns.length) % columns.length];
	return next ? say(withUsualSort(state, next), `Sorted by ${next.title}: ${next.help}`, 'calm') : state;
};

const invert = (state: State): State => {
	const {sort} = paneState(state);
	return sort
		? withSort(state, {...sort, descending: !sort.descending})
		: say(state, 'No sort column: choose one with F6, < or >.');
};
