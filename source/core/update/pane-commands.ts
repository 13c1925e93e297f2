import {situationOf} from '../actions/flow/situation.ts';
import {nextGrouping} from '../pane/grouping.ts';
import type {Pane, RowRef, Sort} from '../pane/pane.ts';
import type {Scopes} from '../sample/scope.ts';
import type {Command} from '../state/message.ts';
import {paneState, say, type Updated, withPaneState} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {PaneState, State} from '../state/state.ts';
import {shownSample, viewOf} from '../state/view.ts';
import {followCursor} from '../time/follow.ts';
import {timeOfDay} from '../values/instant.ts';
import {cursorTo} from './row-commands.ts';
import {withSort} from './sort-commands.ts';

/** Commands that go to another pane, or to a row of one. */
export type PaneCommand = Extract<Command, {type: 'pane' | 'held' | 'preflight' | 'group' | 'drill' | 'focus' | 'turn' | 'root'}>;

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
		case 'group':
			return showGroups(registry, state, command.by);
		case 'drill':
			return enterRow(registry, state);
		case 'focus': {
			const {server} = situationOf(registry, state);
			return server === undefined ? [state] : [state, {type: 'focus', server}];
		}
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

/**
 * Ids of the panes to query: the shown one, progress during maintenance, statements once a moment is marked, while recording all
 * that are not only read if named.
 */
export const panesToWatch = (panes: readonly Pane[], {pane, recording, maintenance, bookmarks}: State): readonly string[] => [
	...new Set([
		...(recording === 'on' ? panes.filter(({named}) => !named).map(({id}) => id) : []),
		pane,
		...(maintenance ? ['progress'] : []),
		...(bookmarks.length > 0 ? ['statements'] : []),
	]),
];

/** Shows a pane about locks, which the feed reads for another scope from now on. */
const aimAt = (registry: Registry, state: State, pane: string, changes: Scopes): Updated => {
	const scopes = {...state.scopes, ...changes};
	const aimed = {...state, scopes, panes: {...state.panes, [pane]: {...(state.panes[pane] as PaneState), ...startOfPane}}};
	const [shown, ...effects] = showPane(registry, aimed, pane);
	return [shown, {type: 'aim', scopes}, ...effects];
};

/** Shows sessions grouped: by the named grouping, else by the next one if they are already, else as the last time. */
const showGroups = (registry: Registry, state: State, by: string | undefined): Updated => {
	const {pane, options, panes} = state;
	const sample = shownSample(state);
	const next = pane === 'groups' ? nextGrouping(options.group, sample ? registry.tags(sample) : []) : options.group;
	const fresh = {...(panes.groups as PaneState), ...startOfPane};
	return showPane(registry, {...state, options: {...options, group: by ?? next}, panes: {...panes, groups: fresh}}, 'groups');
};

/** Shows the rows that the cursor's row consists of, which Esc leaves again. */
const enterRow = (registry: Registry, state: State): Updated => {
	const {drill} = situationOf(registry, state);
	if (!drill) return [state];
	const view = viewOf(registry, state);
	const {filter = ''} = state.panes[drill.pane] ?? {};
	const drilled = {pane: state.pane, filter, idle: state.options.idle, before: state.drilled};
	const [next, ...effects] = goToRow(registry, cursorTo(state, view, view.cursor), drill);
	return [{...next, drilled}, ...effects];
};

/** True if Esc leaves the rows of a group or a class of load: they are shown, without a cursor. */
export const leavesRow = (state: State): boolean => {
	const {cursor, column} = paneState(state);
	return state.drilled !== undefined && !cursor && column === 0;
};

/** Goes back to the pane of the row that was entered; the pane that is left has the filter that it had before. */
export const leaveRow = (registry: Registry, state: State): Updated => {
	const {drilled, options} = state;
	if (!drilled) return [state];
	const before = withPaneState({...state, options: {...options, idle: drilled.idle}}, {filter: drilled.filter, top: 0});
	const [next, ...effects] = showPane(registry, before, drilled.pane);
	return [{...next, drilled: drilled.before}, ...effects];
};

/** The state after a mark was set or removed, which decides whether statements are read. */
export const afterMark = (registry: Registry, before: State, state: State): Updated => {
	const isSame = before.bookmarks.length > 0 === state.bookmarks.length > 0;
	return isSame ? [state] : [state, {type: 'watch', panes: panesToWatch(registry.panes, state)}];
};

/** Shows the statements before and after a mark, by its name or its time of day. */
export const compareAround = (registry: Registry, state: State, name: string): Updated => {
	const mark = state.bookmarks.findLast(each => each.name === name || timeOfDay(each.sample.at) === name);
	if (!mark) return [say(state, `No mark named ${name}: ' sets one, :mark NAME names it.`)];
	return showPane(registry, {...state, compares: true, comparedMark: mark.sample.seq}, 'statements');
};

// The pane of the servers of a fleet.
const fleetId = 'fleet';

const startOfPane = {filter: '', top: 0, cursor: undefined, tagged: new Set<string>()} as const;

/** Shows a pane; with a sort order, from its top and refreshed. */
const showPane = (registry: Registry, state: State, pane: string, waiting = false, sort?: Sort): Updated => {
	if (state.fleet === 'member' && pane === fleetId) return [state, {type: 'fleet'}];
	if (state.fleet === 'overview' && pane !== fleetId) return [say(state, 'No server is in focus: Enter on a row goes there.')];
	const shown = {...state, pane, overlay: undefined, drilled: undefined, options: {...state.options, waiting}};
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
