import type {Command} from '../state/message.ts';
import {paneState, type Updated, withPaneState} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import {travel} from '../time/travel.ts';
import {startAction} from './action-commands.ts';
import {changeDisplay} from './display-commands.ts';
import {copyOrSave} from './output-commands.ts';
import {openOverlay} from './overlay-commands.ts';
import {afterMark, compareAround, goToPane, leaveRow, leavesRow} from './pane-commands.ts';
import {moveAndTag} from './row-commands.ts';
import {sortRows} from './sort-commands.ts';

/** Executes a command; `openedBy` is the key behind it, which never confirms a question. */
export type Act = (state: State, command: Command, openedBy?: string) => Updated;

/** Creates the commands on the panes of a registry. */
export const createCommands =
	(registry: Registry): Act =>
	(state, command, openedBy = '') => {
		switch (command.type) {
			case 'pane':
			case 'held':
			case 'preflight':
			case 'group':
			case 'drill':
			case 'focus':
			case 'turn':
			case 'root':
				return goToPane(registry, state, command);
			case 'move':
			case 'scroll':
			case 'mark':
			case 'untag':
			case 'tag-all':
				return [moveAndTag(registry, state, command)];
			case 'release':
				return leavesRow(state) ? leaveRow(registry, state) : [moveAndTag(registry, state, command)];
			case 'sort':
			case 'sort-by':
			case 'sort-beside':
			case 'invert':
				return [sortRows(registry, state, command)];
			case 'filter':
			case 'clear-filter':
			case 'toggle':
			case 'duration':
			case 'interval':
			case 'pace':
			case 'refresh':
				return changeDisplay(state, command);
			case 'compare':
				return command.mark === undefined ? [travel(registry, state, command)] : compareAround(registry, state, command.mark);
			case 'bookmark':
				return afterMark(registry, state, travel(registry, state, command));
			case 'freeze':
			case 'step':
			case 'leap':
			case 'at':
			case 'go-bookmark':
			case 'find':
			case 'speed':
			case 'shift':
			case 'zoom':
				return [travel(registry, state, command)];
			case 'inspect':
			case 'prompt':
			case 'speak':
			case 'menu':
			case 'action-menu':
			case 'help':
				return [openOverlay(registry, state, command)];
			case 'ask':
			case 'maintain':
			case 'admin':
			case 'measure':
			case 'explain':
				return startAction(registry, state, command, openedBy);
			case 'copy':
			case 'copy-timeout':
			case 'save':
			case 'bundle':
				return copyOrSave(registry, state, command);
			case 'back':
				return paneState(state).cursor ? [withPaneState(state, {cursor: undefined})] : [state, {type: 'quit', status: 0}];
			case 'quit':
				return [state, {type: 'quit', status: 0}];
			case 'suspend':
			case 'redraw':
				return [state, {type: command.type}];
			default:
				return command satisfies never;
		}
	};
