import {nextPlace} from '../keys/menu.ts';
import {pageLines, pageOf, topWithin} from '../screen/page.ts';
import {tableArea} from '../screen/screen.ts';
import {headAt} from '../screen/table.ts';
import {topFor} from '../state/cursor.ts';
import {bodyHeight} from '../state/frame.ts';
import type {Cell, Key} from '../state/key.ts';
import {paneState, say, type Updated, withPaneState} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import {viewOf} from '../state/view.ts';
import {menuLength} from './menu-keys.ts';
import {cursorTo} from './row-commands.ts';
import {sortByHead} from './sort-commands.ts';

// Lines of one notch of the wheel, as in most programs of a terminal.
const notch = 3;

/** Handles a click or a notch of the wheel: the wheel scrolls, a click selects a row, a click on a column head sorts. */
export const pressMouse = (registry: Registry, state: State, {name}: Key, cell: Cell): Updated => {
	if (name !== 'click') return [scrollBy(registry, state, name === 'wheel-down' ? 1 : -1)];
	return [state.overlay ? say(state, 'A click selects a row of a table: Esc goes back to it.') : click(registry, state, cell)];
};

const scrollBy = (registry: Registry, state: State, direction: 1 | -1): State => {
	const {overlay} = state;
	const page = pageOf(state);
	if (page) {
		const lines = pageLines(registry, state, viewOf(registry, state), page);
		return {...state, overlay: {...page, top: topWithin(state, lines, page.top + direction * notch)}};
	}
	if (overlay?.kind === 'menu' || overlay?.kind === 'action-menu') {
		const count = menuLength(registry, state, overlay);
		return {
			...state,
			overlay: {...overlay, place: nextPlace(overlay.place, count, {type: 'move', by: 'row', forward: direction > 0})},
		};
	}
	return overlay ? state : scrollTable(registry, state, direction * notch);
};

/** Moves an engaged cursor, or else the rows under the heads. */
const scrollTable = (registry: Registry, state: State, by: number): State => {
	const view = viewOf(registry, state);
	if (paneState(state).cursor) return cursorTo(state, view, view.cursor + by);
	return withPaneState(state, {top: topFor(paneState(state).top + by, -1, bodyHeight(state), view.rows.length)});
};

const click = (registry: Registry, state: State, {column, row}: Cell): State => {
	const view = viewOf(registry, state);
	const {top, parts} = tableArea(state, view);
	const part = parts[row - top];
	if (part?.row !== undefined) return cursorTo(state, view, part.row);
	const head = part?.heads && headAt(part.heads, view, column);
	return head ? sortByHead(state, head) : say(state, 'A click selects a row; on a column title it sorts.', 'calm');
};
