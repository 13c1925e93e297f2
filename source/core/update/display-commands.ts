import type {Command} from '../state/message.ts';
import {say, type Updated, withPaneState} from '../state/pane-state.ts';
import type {State} from '../state/state.ts';

/** Commands that filter the rows, set display options and the refresh interval. */
export type DisplayCommand = Extract<
	Command,
	{type: 'filter' | 'clear-filter' | 'toggle' | 'duration' | 'interval' | 'pace' | 'refresh'}
>;

const intervals = [250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];
const nextDuration = {query: 'transaction', transaction: 'state', state: 'query'} as const;

/** Executes a command about the display. */
export const changeDisplay = (state: State, command: DisplayCommand): Updated => {
	switch (command.type) {
		case 'filter':
			return [withPaneState(state, {filter: command.text, top: 0, cursor: undefined})];
		case 'clear-filter':
			return [withPaneState(state, {filter: '', top: 0})];
		case 'toggle':
			return [{...state, options: {...state.options, [command.option]: !state.options[command.option]}}];
		case 'duration': {
			const duration = nextDuration[state.options.duration];
			return [say({...state, options: {...state.options, duration}}, `Showing the duration of the ${duration}.`, 'calm')];
		}
		case 'interval': {
			const index = intervals.findLastIndex(step => step <= state.options.intervalMs);
			return withInterval(state, intervals[Math.max(0, Math.min(index + command.by, intervals.length - 1))] ?? 1000);
		}
		case 'pace':
			return withInterval(state, command.intervalMs);
		case 'refresh':
			return [state, {type: 'refresh'}];
		default:
			return command satisfies never;
	}
};

const withInterval = (state: State, intervalMs: number): Updated => [
	say({...state, options: {...state.options, intervalMs}}, `Refresh every ${intervalMs / 1000} s.`, 'calm'),
	{type: 'interval', intervalMs},
];
