import {needsDurations, needsFilter, needsPane, needsTags} from '../actions/flow/needs.ts';
import {cannotExplain, cannotMeasure, needsRoot, needsRow, needsScope} from '../actions/flow/refusals.ts';
import type {Pane} from '../pane/pane.ts';
import {acting} from './action-keys.ts';
import type {Binding} from './binding.ts';
import {processSorts} from './process-keys.ts';
import {timeKeys} from './time-keys.ts';

const general: readonly Binding[] = [
	{keys: ['?', 'h'], does: 'Show all keys', group: 'Program', command: {type: 'help'}, hint: 'Help'},
	{keys: ['q'], does: 'Back or quit', group: 'Program', command: {type: 'back'}, hint: 'Quit'},
	{
		keys: ['/'],
		does: 'Filter as you type: state=active age>5m app!=cron',
		group: 'Looking',
		command: {type: 'prompt'},
		hint: 'Filter',
	},
	{
		keys: ['enter'],
		does: 'Show what a group or a class of load consists of; Esc goes back (Groups, Timeline)',
		group: 'Looking',
		command: {type: 'drill'},
		when: ({drill}) => drill !== undefined,
		panes: ['groups', 'timeline'],
	},
	{
		keys: ['enter'],
		does: 'Move the whole program to the server; F comes back (Fleet)',
		group: 'Looking',
		command: {type: 'focus'},
		when: ({server}) => server !== undefined,
		hint: 'Go there',
		panes: ['fleet'],
	},
	{keys: ['enter'], does: 'Inspect the row', group: 'Looking', command: {type: 'inspect'}, blocked: needsRow, hint: 'Inspect'},
	{
		keys: ['b'],
		does: 'Go to the root blocker, or to the culprit of a finding',
		group: 'Looking',
		command: {type: 'root'},
		blocked: needsRoot,
		hint: 'Root',
		panes: ['triage', 'sessions', 'locks', 'progress', 'held', 'preflight'],
	},
	...acting,
	{keys: ['f9'], does: 'Choose an action from a menu', group: 'Acting', command: {type: 'action-menu'}, hint: 'More'},
	{
		keys: ['e'],
		does: "EXPLAIN the statement without executing it; on the plan / searches, ' keeps it beside the next one, y copies, x saves",
		group: 'Looking',
		command: {type: 'explain', analyze: false},
		blocked: cannotExplain,
		hint: 'Explain',
		panes: ['sessions', 'locks', 'statements', 'progress', 'held', 'preflight'],
	},
	{
		keys: ['l'],
		does: 'Show the locks that the session holds, or that are held on the table or index',
		group: 'Looking',
		command: {type: 'held', scope: undefined},
		blocked: needsScope,
		hint: 'Locks',
		panes: ['triage', 'sessions', 'locks', 'bloat', 'indexes'],
	},
	{
		keys: ['i'],
		does: 'Show/hide idle sessions',
		group: 'Showing',
		command: {type: 'toggle', option: 'idle'},
		blocked: needsPane('sessions'),
		hint: 'Idle',
		panes: ['sessions'],
	},
	{
		keys: ['u'],
		does: 'Group the sessions; again: by the next of application, user, client, database, state, wait, query and tags',
		group: 'Looking',
		command: {type: 'group', by: undefined},
		panes: ['sessions', 'groups'],
	},
	{
		keys: ['space'],
		does: 'Tag the row; without a cursor, freeze the screen',
		group: 'Looking',
		command: {type: 'mark'},
		hint: 'Tag/Freeze',
	},
	{keys: ['up', 'k'], does: 'Previous row', group: 'Moving', command: {type: 'move', by: 'row', forward: false}},
	{keys: ['down', 'j'], does: 'Next row', group: 'Moving', command: {type: 'move', by: 'row', forward: true}},
	{keys: ['pgup'], does: 'Previous page', group: 'Moving', command: {type: 'move', by: 'page', forward: false}},
	{keys: ['pgdn'], does: 'Next page', group: 'Moving', command: {type: 'move', by: 'page', forward: true}},
	{keys: ['ctrl-u'], does: 'Up half a page', group: 'Moving', command: {type: 'move', by: 'half', forward: false}},
	{keys: ['ctrl-d'], does: 'Down half a page', group: 'Moving', command: {type: 'move', by: 'half', forward: true}},
	{keys: ['home', 'g'], does: 'First row; gg works too', group: 'Moving', command: {type: 'move', by: 'end', forward: false}},
	{keys: ['end', 'G'], does: 'Last row', group: 'Moving', command: {type: 'move', by: 'end', forward: true}},
	{keys: ['left'], does: 'Scroll columns left', group: 'Moving', command: {type: 'scroll', by: -1}},
	{keys: ['right'], does: 'Scroll columns right (first column stays)', group: 'Moving', command: {type: 'scroll', by: 1}},
	{keys: ['esc'], does: 'Release the cursor, go back', group: 'Moving', command: {type: 'release'}},
	{
		keys: ['.'],
		does: 'Measure table bloat exactly; again to stop',
		group: 'Looking',
		command: {type: 'measure'},
		blocked: cannotMeasure,
		hint: 'Measure',
		panes: ['bloat'],
	},
	{keys: ['U'], does: 'Untag all rows', group: 'Looking', command: {type: 'untag'}, blocked: needsTags},
	{keys: ['*'], does: 'Tag all filtered rows', group: 'Looking', command: {type: 'tag-all'}},
	...timeKeys,
	{keys: ['n'], does: 'Next match of the filter', group: 'Looking', command: {type: 'move', by: 'row', forward: true}},
	{
		keys: ['N'],
		does: 'Previous match of the filter',
		group: 'Looking',
		command: {type: 'move', by: 'row', forward: false},
	},
	{keys: [':'], does: 'Type a command or pane name; Tab completes', group: 'Looking', command: {type: 'speak'}},
	{keys: ['\\'], does: 'Clear the filter', group: 'Looking', command: {type: 'clear-filter'}, blocked: needsFilter},
	{keys: ['y'], does: 'Copy the statement', group: 'Looking', command: {type: 'copy'}, blocked: needsRow},
	{keys: ['x'], does: 'Save the shown rows as JSON and CSV', group: 'Looking', command: {type: 'save'}},
	{
		keys: ['X'],
		does: 'Save an incident bundle: the history in memory, report, all screens; again: cancel',
		group: 'Looking',
		command: {type: 'bundle'},
	},
	{keys: ['t'], does: 'Sort by the shown duration', group: 'Sorting', command: {type: 'sort', column: 'duration'}},
	...processSorts,
	{keys: ['<'], does: 'Sort by the column to the left', group: 'Sorting', command: {type: 'sort-beside', by: -1}},
	{keys: ['>'], does: 'Sort by the column to the right', group: 'Sorting', command: {type: 'sort-beside', by: 1}},
	{keys: ['f6'], does: 'Choose the sort column', group: 'Sorting', command: {type: 'menu'}},
	{keys: ['I'], does: 'Reverse the sort order', group: 'Sorting', command: {type: 'invert'}},
	{
		keys: ['a'],
		does: 'Show/hide background processes and parallel workers',
		group: 'Showing',
		command: {type: 'toggle', option: 'background'},
		blocked: needsPane('sessions', 'bloat'),
		panes: ['sessions'],
	},
	{
		keys: ['z'],
		does: "Show/hide the details of the cursor's row",
		group: 'Showing',
		command: {type: 'toggle', option: 'details'},
	},
	{keys: ['v'], does: 'Wrap statements', group: 'Showing', command: {type: 'toggle', option: 'wrap'}},
	{
		keys: ['T'],
		does: 'Cycle the duration: query, transaction, state',
		group: 'Showing',
		command: {type: 'duration'},
		blocked: needsDurations,
		panes: ['sessions'],
	},
	{keys: ['s'], does: 'Show/hide the strip of active sessions', group: 'Showing', command: {type: 'toggle', option: 'strip'}},
	{keys: ['o'], does: 'Show/hide rates in the header', group: 'Showing', command: {type: 'toggle', option: 'rates'}},
	{
		keys: ['D'],
		does: 'Databases by size, refreshed now',
		group: 'Showing',
		command: {type: 'pane', pane: 'databases', sort: {column: 'size_bytes', descending: true}},
	},
	{
		keys: ['F'],
		does: 'Back to the servers of the fleet (pgtriage fleet)',
		group: 'Panes',
		command: {type: 'pane', pane: 'fleet'},
	},
	{keys: ['R', 'f5', 'ctrl-r'], does: 'Refresh now', group: 'Showing', command: {type: 'refresh'}},
	{keys: ['+'], does: 'Refresh less often', group: 'Showing', command: {type: 'interval', by: 1}},
	{keys: ['-'], does: 'Refresh more often', group: 'Showing', command: {type: 'interval', by: -1}},
	{keys: ['f10', 'ctrl-c'], does: 'Quit', group: 'Program', command: {type: 'quit'}},
	{keys: ['ctrl-z'], does: 'Suspend to the shell', group: 'Program', command: {type: 'suspend'}},
	{keys: ['ctrl-l'], does: 'Redraw the screen', group: 'Program', command: {type: 'redraw'}},
];

/** All bindings: those of the panes, built from their declarations, then all others. */
export const bindingsOf = (panes: readonly Pane[]): readonly Binding[] => [
	...panes.map(
		(pane): Binding => ({
			// A pane without a key is reached from the command line.
			keys: pane.keys.length > 0 ? pane.keys : [`:${pane.id}`],
			does: `${pane.title}: ${pane.help}`,
			group: 'Panes',
			command: {type: 'pane', pane: pane.id},
		}),
	),
	{keys: ['f2'], does: 'Sessions waiting for a lock', group: 'Panes', command: {type: 'pane', pane: 'sessions', waiting: true}},
	{keys: ['tab'], does: 'Next pane', group: 'Panes', command: {type: 'turn', by: 1}},
	{keys: ['shift-tab'], does: 'Previous pane', group: 'Panes', command: {type: 'turn', by: -1}},
	...general,
];

/** Display name of a key: `Enter`, `Ctrl-L`, `F6`, `K`. */
export const keyName = (key: string): string => {
	if (key.length === 1) return key;
	const names: Readonly<Record<string, string>> = {pgup: 'PgUp', pgdn: 'PgDn', 'shift-tab': 'Shift-Tab'};
	const control = /^ctrl-(.)$/.exec(key);
	return names[key] ?? (control ? `Ctrl-${control[1]?.toUpperCase()}` : key.charAt(0).toUpperCase() + key.slice(1));
};
