import {completions} from '../keys/command-line.ts';
import {sortIndex} from '../keys/menu.ts';
import {withCursorAt} from '../state/cursor.ts';
import type {Command} from '../state/message.ts';
import {paneState, withPaneState} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {Overlay, State} from '../state/state.ts';
import {shownPane, viewOf} from '../state/view.ts';

/** Commands that open a page, a menu or a prompt. */
export type OverlayCommand = Extract<Command, {type: 'inspect' | 'prompt' | 'speak' | 'menu' | 'action-menu' | 'help'}>;

/** Opens the page, menu or prompt of a command. */
export const openOverlay = (registry: Registry, state: State, command: OverlayCommand): State => {
	const overlay = overlayOf(registry, state, command);
	return overlay ? {...withPinnedCursor(registry, state), overlay} : state;
};

/** The state with the cursor on the row that it is on now, in a pane where it would follow the first row. */
const withPinnedCursor = (registry: Registry, state: State): State => {
	const view = viewOf(registry, state);
	const current = paneState(state);
	return view.cursor < 0 || current.cursor ? state : withPaneState(state, withCursorAt(current, view, view.cursor));
};

const overlayOf = (registry: Registry, state: State, command: OverlayCommand): Overlay | undefined => {
	switch (command.type) {
		case 'inspect': {
			const {pane, rows, cursor, sample, diff} = viewOf(registry, state);
			const row = rows[cursor];
			if (!row || !sample) return undefined;
			const {seq} = diff?.missing.has(row) ? diff.other : sample;
			return {kind: 'inspect', identity: pane.identity(row), row, seq, top: 0};
		}
		case 'prompt': {
			const {filter} = paneState(state);
			const input = {text: filter, caret: filter.length, previous: filter, error: undefined, words: []};
			return {kind: 'prompt', asks: 'filter', ...input};
		}
		case 'speak': {
			const words = completions('', registry.panes, shownPane(registry, state));
			return {kind: 'prompt', asks: 'command', text: '', caret: 0, previous: '', error: undefined, words};
		}
		case 'menu':
			return {kind: 'menu', place: sortIndex(shownPane(registry, state).columns, paneState(state).sort)};
		case 'action-menu':
			return {kind: 'action-menu', place: 0};
		case 'help':
			return {kind: 'help', top: 0, search: '', isTyping: false};
		default:
			return command satisfies never;
	}
};
