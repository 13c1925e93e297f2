import {situationOf} from '../actions/flow/situation.ts';
import type {Pane, RowRef, Sort} from '../pane/pane.ts';
import type {Scopes} from '../sample/scope.ts';
import type {Command} from '../state/message.ts';
import {say, type Updated, withPaneState} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {PaneState, State} from '../state/state.ts';
import {viewOf} from '../state/view.ts';
import {followCursor} from '../time/follow.ts';
import {cursorTo} from './row-commands.ts';
import {withSort} from './sort-commands.ts';

/** Commands that go to another pane, or to a row of one. */
export type PaneCommand = Extract<Command, {type: 'pane' | 'held' | 'preflight' | 'turn' | 'root'}>;

/** Executes a command that goes to a pane. */
export const goToPane = (registry: Registry, state: State, command: PaneCommand): Updated => {
	switch (command.type) {
		case 'pane':
			return showPane(registry, state, command.pane, command.waiting, command.sort);
		case 'held': {
			const scope = command.scope ?? situationOf(registry, state).scope;
			return scope ? aimAt(registry, state, 'held', {held: scope}) : [state];
		}
		case 'preflight':
			return aimAt(registry, state, 'preflight', {preflight: command.scope});
		case 'turn': {
			// Panes that are read only if named have nothing to show unless they are asked.
			const panes = registry.panes.filter(({id, named}) => !named || id === state.pane);
			const index = panes.findIndex(({id}) => id === state.pane);
			return showPane(registry, state, (panes[(index + command.by + panes.length) % panes.length] as Pane).id);
		}
		case 'root': {
			const {root} = situationOf(registry, state);
			return typeof root === 'object' ? goToRow(registry, state, root) : [state];
		}
		default:
			return command satisfies never;
	}
};

/** Ids of the panes to query: the shown one, progress during maintenance, while recording all that are not only read if named. */
export const panesToWatch = (panes: readonly Pane[], {pane, recording, maintenance}: State): readonly string[] => [
	...new Set([
		...(recording === 'on' ? panes.filter(({named}) => !named).map(({id}) => id) : []),
		pane,
		...(maintenance ? ['progress'] : []),
	]),
];

/** Shows a pane about locks, which the feed reads for another scope from now on. */
const aimAt = (registry: Registry, state: State, pane: string, changes: Scopes): Updated => {
	const scopes = {...state.scopes, ...changes};
	const aimed = {...state, scopes, panes: {...state.panes, [pane]: {...(state.panes[pane] as PaneState), ...startOfPane}}};
	const [shown, ...effects] = showPane(registry, aimed, pane);
	return [shown, {type: 'aim', scopes}, ...effects];
};

const startOfPane = {filter: '', top: 0, cursor: undefined, tagged: new Set<string>()} as const;

/** Shows a pane; with a sort order, from its top and refreshed. */
const showPane = (registry: Registry, state: State, pane: string, waiting = false, sort?: Sort): Updated => {
	const shown = {...state, pane, overlay: undefined, options: {...state.options, waiting}};
	const watch = {type: 'watch', panes: panesToWatch(registry.panes, shown)} as const;
	if (sort) return [withSort(shown, sort), watch, {type: 'refresh'}];
	return [followCursor(registry, shown), watch];
};

/** Goes to a row of a pane, or filters the pane; clears a filter that hides the row. */
const goToRow = (registry: Registry, state: State, {pane, identity, filter}: RowRef): Updated => {
	const [shown, ...effects] = pane === state.pane ? [state] : showPane(registry, state, pane);
	if (filter !== undefined) {
		const withIdle = {...shown, options: {...shown.options, idle: true}};
		return [withPaneState(withIdle, {filter, top: 0, cursor: undefined}), ...effects];
	}
	if (identity === null) return [shown, ...effects];
	const indexIn = (candidate: State): number =>
		viewOf(registry, candidate).rows.findIndex(row => registry.pane(pane).identity(row) === identity);
	const next =
		indexIn(shown) >= 0
			? shown
			: withPaneState({...shown, options: {...shown.options, waiting: false}}, {filter: '', cursor: undefined});
	const index = indexIn(next);
	if (index < 0) return [say(state, 'That row is not in this sample.')];
	const pointed = cursorTo(next, viewOf(registry, next), index);
	return [next === shown ? pointed : say(pointed, 'Filter cleared to show it.', 'calm'), ...effects];
};
