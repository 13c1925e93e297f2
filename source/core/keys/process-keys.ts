import type {Situation} from '../actions/flow/situation.ts';
import type {Binding} from './binding.ts';

/** Refuses to sort by a process figure that is not shown; `title` is its column. */
const needsProcesses =
	(column: string, title: string) =>
	({pane, shows}: Situation): string | undefined => {
		if (shows(column)) return undefined;
		if (!pane.columns.some(({id}) => id === column)) return `${pane.title} has no column ${title}: press 1 for sessions.`;
		return shows('cpu_percent')
			? `${title} is visible only to root and to the server's OS user.`
			: `${title} is known only on the server's own host.`;
	};

const sortByProcess = (key: string, figure: string, column: string, title: string): Binding => ({
	keys: [key],
	does: `Sort sessions by ${figure} (on the server's own host)`,
	group: 'Sorting',
	command: {type: 'sort', column},
	blocked: needsProcesses(column, title),
	panes: ['sessions'],
});

/** Keys that sort by process figures, as in pg_activity. */
export const processSorts: readonly Binding[] = [
	sortByProcess('c', 'CPU use', 'cpu_percent', 'CPU%'),
	sortByProcess('m', 'memory', 'rss_bytes', 'MEM'),
	sortByProcess('r', 'disk reads', 'read_bytes_per_second', 'READ'),
	sortByProcess('w', 'disk writes', 'write_bytes_per_second', 'WRITE'),
];
