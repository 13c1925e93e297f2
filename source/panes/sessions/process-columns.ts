import {perSecond} from '../../core/history/rates.ts';
import {type Column, count, pace, size} from '../../core/pane/column.ts';
import {oncePerSample} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import type {Session} from '../../queries/activity/sessions.ts';
import {type ProcessRow, processes} from '../../queries/beside/host.ts';
import {rowsOf} from '../reading/answers.ts';

/** Figures of a session's process; null unless pgtriage runs on the server's host. */
export type ProcessFigures = {
	readonly cpu_percent: number | null;
	/** Resident memory, including touched shared buffers. */
	readonly rss_bytes: number | null;
	readonly private_bytes: number | null;
	readonly read_bytes_per_second: number | null;
	readonly write_bytes_per_second: number | null;
};

const unknown: ProcessFigures = {
	cpu_percent: null,
	rss_bytes: null,
	private_bytes: null,
	read_bytes_per_second: null,
	write_bytes_per_second: null,
};

const byPid: (sample: Sample) => ReadonlyMap<number, ProcessRow> = oncePerSample(
	sample => new Map(rowsOf(sample, processes).map(row => [row.pid, row])),
);

const rate = ({before_at, read_at}: ProcessRow, before: number | null, now: number | null): number | null =>
	before_at === null ? null : perSecond({at: before_at, value: before}, {at: read_at, value: now});

/** Figures of a process; rates between its last two readings. */
const figuresBetween = (own: ProcessRow): ProcessFigures => {
	const busy = rate(own, own.before_cpu_seconds, own.cpu_seconds);
	return {
		cpu_percent: busy === null ? null : Math.round(busy * 1000) / 10,
		rss_bytes: own.rss_bytes,
		private_bytes: own.private_bytes,
		read_bytes_per_second: rate(own, own.before_read_bytes, own.read_bytes),
		write_bytes_per_second: rate(own, own.before_write_bytes, own.write_bytes),
	};
};

// With a thousand processes a tenth is read per second: the others keep their figures.
const figures = new WeakMap<ProcessRow, ProcessFigures>();

/** Figures of a session's process, matched by pid and start time. */
export const figuresOf = (sample: Sample, {pid, backend_start}: Pick<Session, 'pid' | 'backend_start'>): ProcessFigures => {
	const own = byPid(sample).get(pid);
	if (own === undefined || own.backend_start !== backend_start) return unknown;
	const known = figures.get(own);
	if (known) return known;
	const current = figuresBetween(own);
	figures.set(own, current);
	return current;
};

const areKnown = (sample: Sample): boolean => byPid(sample).size > 0;

const areDisksKnown: (sample: Sample) => boolean = oncePerSample(sample =>
	rowsOf(sample, processes).some(({read_bytes}) => read_bytes !== null),
);

/** Columns of processes, shown if any figures are known. */
export const processColumns: readonly Column<ProcessFigures>[] = [
	count(
		'cpu_percent',
		'CPU time of its process in percent of one CPU, without its parallel workers. Only on the server’s own host, as are the next four.',
		row => row.cpu_percent,
		{
			title: 'CPU%',
			aliases: ['cpu'],
			keep: 65,
			width: {min: 5},
			format: value => (Number(value) < 9.95 ? Number(value).toFixed(1) : String(Math.round(Number(value)))),
			present: areKnown,
		},
	),
	size('rss_bytes', 'Memory of its process, including the shared buffers it has touched.', row => row.rss_bytes, {
		title: 'MEM',
		aliases: ['mem', 'memory'],
		keep: 48,
		present: areKnown,
	}),
	size('private_bytes', 'Memory its process shares with no other.', row => row.private_bytes, {
		title: 'PRIVATE',
		present: areKnown,
	}),
	pace('read_bytes_per_second', 'Disk reads of its process.', row => row.read_bytes_per_second, {
		title: 'READ',
		keep: 44,
		present: areDisksKnown,
	}),
	pace('write_bytes_per_second', 'Disk writes of its process.', row => row.write_bytes_per_second, {
		title: 'WRITE',
		keep: 43,
		present: areDisksKnown,
	}),
];
