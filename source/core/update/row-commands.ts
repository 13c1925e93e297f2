import {topFor, withCursorAt} from '../state/cursor.ts';
import {bodyHeight} from '../state/frame.ts';
import type {Command} from '../state/message.ts';
import {paneState, say, withPaneState} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import {cursorRow, shownPane, type View, viewOf} from '../state/view.ts';
import {travel} from '../time/travel.ts';

/** Commands that move the cursor, scroll and tag rows. */
export type RowCommand = Extract<Command, {type: 'move' | 'scroll' | 'release' | 'mark' | 'untag' | 'tag-all'}>;

/** Executes a command on the rows of the shown pane. */
export const moveAndTag = (registry: Registry, state: State, command: RowCommand): State => {
	switch (command.type) {
		case 'move':
			return move(registry, state, command);
		case 'scroll': {
			const last = shownPane(registry, state).columns.length - 2;
			return withPaneState(state, {column: Math.max(0, Math.min(paneState(state).column + command.by, last))});
		}
		case 'release':
			return paneState(state).cursor || paneState(state).column > 0
				? withPaneState(state, {cursor: undefined, column: 0})
				: say(state, 'Already at the top level; q quits.', 'calm');
		case 'mark':
			return toggleTag(registry, state);
		case 'untag':
			return withPaneState(state, {tagged: new Set()});
		case 'tag-all':
			return tagAll(registry, state);
		default:
			return command satisfies never;
	}
};

/** Puts the cursor on a row and scrolls as far as needed to show it. */
export const cursorTo = (state: State, view: View, index: number): State => {
	const next = withCursorAt(paneState(state), view, index);
	const top = topFor(next.top, next.cursor?.index ?? -1, bodyHeight(state), view.rows.length);
	return withPaneState(state, {...next, top});
};

const move = (registry: Registry, state: State, {by, forward}: Extract<Command, {type: 'move'}>): State => {
	const view = viewOf(registry, state);
	if (view.rows.length === 0) return say(state, 'No rows to select.', 'calm');
	const height = bodyHeight(state);
	const step = {row: 1, half: Math.ceil(height / 2), page: height, end: view.rows.length}[by];
	const {top, cursor} = paneState(state);
	// The first row key puts the cursor on the top row, or where the row was that has left; any other one moves from there.
	const start = Math.min(cursor?.index ?? top, Math.max(top, view.rows.length - 1));
	const from = view.cursor >= 0 ? view.cursor : by === 'row' ? start + (forward ? -1 : 1) : start;
	return cursorTo(state, view, from + (forward ? step : -step));
};

/** Tags or untags the row at the cursor and moves on; without a cursor, freezes the screen. */
const toggleTag = (registry: Registry, state: State): State => {
	const view = viewOf(registry, state);
	const row = cursorRow(view);
	if (!row) return travel(registry, state, {type: 'freeze'});
	const tagged = new Set(paneState(state).tagged);
	const identity = view.pane.identity(row);
	if (!tagged.delete(identity)) tagged.add(identity);
	return move(registry, withPaneState(state, {tagged}), {type: 'move', by: 'row', forward: true});
};

/** Tags all rows that the filter shows. */
const tagAll = (registry: Registry, state: State): State => {
	const {pane, rows} = viewOf(registry, state);
	return rows.length === 0 ? say(state, 'No rows to tag.') : withPaneState(state, {tagged: new Set(rows.map(pane.identity))});
};
