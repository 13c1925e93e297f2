import type {Situation} from '../actions/flow/situation.ts';
import type {Binding} from './binding.ts';

/** Why the figures of a process cannot be sorted by. */
const needsProcesses =
	(column: string) =>
	({pane, shows}: Situation): string | undefined => {
		if (shows(column)) return undefined;
		if (!pane.columns.some(({id}) => id === column)) return `${pane.title} has no figures of processes: 1 shows the sessions.`;
		return shows('cpu_percent')
			? 'What a process reads and writes is only known to root and to the user that it runs as.'
			: 'Figures of processes are only known on the server’s own host.';
	};

const byProcess = (key: string, what: string, column: string): Binding => ({
	keys: [key],
	does: `Sort the sessions by ${what}, on the server’s own host`,
	group: 'Sorting',
	command: {type: 'sort', column},
	blocked: needsProcesses(column),
});

const writes = 'write_bytes_per_second';

/** The keys that sort by what is known of processes; where there is nothing to be known of their writes `w` opens the waits. */
export const processSorts: readonly Binding[] = [
	byProcess('c', 'processor time', 'cpu_percent'),
	byProcess('m', 'memory', 'rss_bytes'),
	byProcess('r', 'what they read from disk', 'read_bytes_per_second'),
	{
		keys: ['w'],
		does: 'Sort the sessions by what they write to disk, where that is known; everywhere else w opens Waits',
		group: 'Sorting',
		command: {type: 'sort', column: writes},
		when: ({shows}) => shows(writes),
	},
];
