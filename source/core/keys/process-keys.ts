import type {Situation} from '../actions/flow/situation.ts';
import type {Binding} from './binding.ts';

/** Refuses to sort by a process figure that is not shown. */
const needsProcesses =
	(column: string) =>
	({pane, shows}: Situation): string | undefined => {
		if (shows(column)) return undefined;
		if (!pane.columns.some(({id}) => id === column)) return `${pane.title} has no process figures: press 1 for sessions.`;
		return shows('cpu_percent')
			? "Process I/O is visible only to root and to the server's OS user."
			: 'Process figures are available only on the database host.';
	};

const sortByProcess = (key: string, figure: string, column: string): Binding => ({
	keys: [key],
	does: `Sort sessions by ${figure} (on the database host)`,
	group: 'Sorting',
	command: {type: 'sort', column},
	blocked: needsProcesses(column),
});

const writes = 'write_bytes_per_second';

/** Keys that sort by process figures; without known disk writes, `w` opens Waits instead. */
export const processSorts: readonly Binding[] = [
	sortByProcess('c', 'CPU use', 'cpu_percent'),
	sortByProcess('m', 'memory', 'rss_bytes'),
	sortByProcess('r', 'disk reads', 'read_bytes_per_second'),
	{
		keys: ['w'],
		does: 'Sort sessions by disk writes if known; otherwise open Waits',
		group: 'Sorting',
		command: {type: 'sort', column: writes},
		when: ({shows}) => shows(writes),
	},
];
