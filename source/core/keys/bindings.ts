import {cannotExplain, cannotMeasure, needsRow} from '../actions/flow/refusals.ts';
import type {Pane} from '../pane/pane.ts';
import {acting} from './action-keys.ts';
import type {Binding} from './binding.ts';
import {processSorts} from './process-keys.ts';
import {timeKeys} from './time-keys.ts';

const actions: readonly Binding[] = [
	{keys: ['?', 'h'], does: 'Show every key', group: 'Program', command: {type: 'help'}, hint: 'Help'},
	{keys: ['q'], does: 'Back, or quit', group: 'Program', command: {type: 'back'}, hint: 'Quit'},
	{
		keys: ['/'],
		does: 'Filter the rows as you type: state=active age>5m app!=cron',
		group: 'Looking',
		command: {type: 'prompt'},
		hint: 'Filter',
	},
	{keys: ['enter'], does: 'Inspect the row', group: 'Looking', command: {type: 'inspect'}, blocked: needsRow, hint: 'Inspect'},
	{
		keys: ['b'],
		does: 'Go to the root blocker of the row; of a finding to what is to blame',
		group: 'Looking',
		command: {type: 'root'},
		blocked: situation => needsRow(situation) ?? (situation.root ? undefined : 'This session waits for nobody.'),
		hint: 'Root',
		panes: ['triage', 'sessions', 'locks', 'progress'],
	},
	...acting,
	{keys: ['f9'], does: 'Choose an action for the row', group: 'Acting', command: {type: 'action-menu'}, hint: 'More'},
	{
		keys: ['e'],
		does: 'EXPLAIN the statement, never executing it; on the page y copies the plan and x saves it',
		group: 'Looking',
		command: {type: 'explain', analyze: false},
		blocked: cannotExplain,
		hint: 'Explain',
		panes: ['sessions', 'locks', 'statements', 'progress'],
	},
	{
		keys: ['i'],
		does: 'Show or hide idle sessions',
		group: 'Showing',
		command: {type: 'toggle', option: 'idle'},
		hint: 'Idle',
		panes: ['sessions'],
	},
	{
		keys: ['space'],
		does: 'Tag the row; without a cursor freeze the screen',
		group: 'Looking',
		command: {type: 'mark'},
		hint: 'Tag/Freeze',
	},
	{keys: ['up', 'k'], does: 'Previous row', group: 'Moving', command: {type: 'move', by: 'row', forward: false}},
	{keys: ['down', 'j'], does: 'Next row', group: 'Moving', command: {type: 'move', by: 'row', forward: true}},
	{keys: ['pgup'], does: 'Previous page', group: 'Moving', command: {type: 'move', by: 'page', forward: false}},
	{keys: ['pgdn'], does: 'Next page', group: 'Moving', command: {type: 'move', by: 'page', forward: true}},
	{keys: ['ctrl-u'], does: 'Half a page up', group: 'Moving', command: {type: 'move', by: 'half', forward: false}},
	{keys: ['ctrl-d'], does: 'Half a page down', group: 'Moving', command: {type: 'move', by: 'half', forward: true}},
	{keys: ['home', 'g'], does: 'First row', group: 'Moving', command: {type: 'move', by: 'end', forward: false}},
	{keys: ['end', 'G'], does: 'Last row', group: 'Moving', command: {type: 'move', by: 'end', forward: true}},
	{keys: ['left'], does: 'Scroll the columns back', group: 'Moving', command: {type: 'scroll', by: -1}},
	{keys: ['right'], does: 'Scroll the columns, the first stays', group: 'Moving', command: {type: 'scroll', by: 1}},
	{keys: ['esc'], does: 'Let go of the cursor, go back', group: 'Moving', command: {type: 'release'}},
	{
		keys: ['.'],
		does: 'Measure the bloat of the table exactly; once more stops that',
		group: 'Looking',
		command: {type: 'measure'},
		blocked: cannotMeasure,
		hint: 'Measure',
		panes: ['bloat'],
	},
	{keys: ['U'], does: 'Untag all rows', group: 'Looking', command: {type: 'untag'}},
	{keys: ['*'], does: 'Tag all filtered rows', group: 'Looking', command: {type: 'tag-all'}},
	...timeKeys,
	{keys: ['n'], does: 'Next row that the filter matches', group: 'Looking', command: {type: 'move', by: 'row', forward: true}},
	{
		keys: ['N'],
		does: 'Previous row that the filter matches',
		group: 'Looking',
		command: {type: 'move', by: 'row', forward: false},
	},
	{keys: [':'], does: 'Type a command, such as the name of a pane; Tab completes it', group: 'Looking', command: {type: 'speak'}},
	{keys: ['\\'], does: 'Clear the filter', group: 'Looking', command: {type: 'clear-filter'}},
	{keys: ['y'], does: 'Copy the statement to the clipboard', group: 'Looking', command: {type: 'copy'}, blocked: needsRow},
	{keys: ['x'], does: 'Save the rows that are shown, as JSON and as CSV', group: 'Looking', command: {type: 'save'}},
	{
		keys: ['X'],
		does: 'Save the incident bundle: the recording of what is in memory, a report of it, and all screens',
		group: 'Looking',
		command: {type: 'bundle'},
	},
	{keys: ['t'], does: 'Sort by the shown duration', group: 'Sorting', command: {type: 'sort', column: 'duration'}},
	...processSorts,
	{keys: ['<'], does: 'Sort by the column to the left', group: 'Sorting', command: {type: 'sort-beside', by: -1}},
	{keys: ['>'], does: 'Sort by the column to the right', group: 'Sorting', command: {type: 'sort-beside', by: 1}},
	{keys: ['f6'], does: 'Choose the column to sort by', group: 'Sorting', command: {type: 'menu'}},
	{keys: ['I'], does: 'Invert the order', group: 'Sorting', command: {type: 'invert'}},
	{
		keys: ['a'],
		does: 'Show all backends: background processes and parallel workers too',
		group: 'Showing',
		command: {type: 'toggle', option: 'background'},
	},
	{keys: ['v'], does: 'Wrap the statements', group: 'Showing', command: {type: 'toggle', option: 'wrap'}},
	{
		keys: ['T'],
		does: 'Show the duration of the query, the transaction or the state',
		group: 'Showing',
		command: {type: 'duration'},
	},
	{keys: ['s'], does: 'Show or hide the strip of active sessions', group: 'Showing', command: {type: 'toggle', option: 'strip'}},
	{keys: ['o'], does: 'Show or hide the rates in the header', group: 'Showing', command: {type: 'toggle', option: 'rates'}},
	{
		keys: ['D'],
		does: 'Show the databases by size, and read that anew',
		group: 'Showing',
		command: {type: 'pane', pane: 'databases', sort: {column: 'size_bytes', descending: true}},
	},
	{keys: ['R'], does: 'Refresh now', group: 'Showing', command: {type: 'refresh'}},
	{keys: ['+'], does: 'Refresh less often', group: 'Showing', command: {type: 'interval', by: 1}},
	{keys: ['-'], does: 'Refresh more often', group: 'Showing', command: {type: 'interval', by: -1}},
	{keys: ['ctrl-c'], does: 'Quit', group: 'Program', command: {type: 'quit'}},
	{keys: ['ctrl-z'], does: 'Suspend to the shell', group: 'Program', command: {type: 'suspend'}},
	{keys: ['ctrl-l'], does: 'Draw the screen anew', group: 'Program', command: {type: 'redraw'}},
];

/** All bindings: those of the panes, made from their declarations, then all others. */
export const bindingsOf = (panes: readonly Pane[]): readonly Binding[] => [
	...panes.map(
		(pane): Binding => ({
			// What has no key is named on the command line.
			keys: pane.keys.length > 0 ? pane.keys : [`:${pane.id}`],
			does: `${pane.title}: ${pane.help}`,
			group: 'Panes',
			command: {type: 'pane', pane: pane.id},
		}),
	),
	{keys: ['f2'], does: 'Sessions that wait for a lock', group: 'Panes', command: {type: 'pane', pane: 'sessions', waiting: true}},
	{keys: ['tab'], does: 'Next pane', group: 'Panes', command: {type: 'turn', by: 1}},
	{keys: ['shift-tab'], does: 'Previous pane', group: 'Panes', command: {type: 'turn', by: -1}},
	...actions,
];

/** A key's name as people write it: `Enter`, `Ctrl-L`, `F6`, `K`. */
export const keyName = (key: string): string => {
	if (key.length === 1) return key;
	const known: Readonly<Record<string, string>> = {pgup: 'PgUp', pgdn: 'PgDn', 'shift-tab': 'Shift-Tab'};
	const control = /^ctrl-(.)$/.exec(key);
	return known[key] ?? (control ? `Ctrl-${control[1]?.toUpperCase()}` : key.charAt(0).toUpperCase() + key.slice(1));
};
