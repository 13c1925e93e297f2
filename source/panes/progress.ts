import {answersOf, type Past} from '../core/history/past.ts';
import type {Reading} from '../core/history/rates.ts';
import {age, count, text} from '../core/pane/column.ts';
import {definePane, type Hidden} from '../core/pane/pane.ts';
import {doneOf, etaOf, noteOf, type PhaseProgress, percentOf} from '../core/progress.ts';
import type {Sample, Value} from '../core/sample/sample.ts';
import {cleanLines} from '../core/text/clean.ts';
import {type Line, line, type Tone} from '../core/text/line.ts';
import {msOf, secondsBetween} from '../core/values/instant.ts';
import {bytes, shortCount as short} from '../core/values/units.ts';
import {locks} from '../queries/activity/locks.ts';
import {type Progress, progress} from '../queries/activity/progress.ts';
import {databaseNames, sessions} from '../queries/activity/sessions.ts';
import {databaseNamesOf, locksKnown, nodeOf, rowsOf, sessionsByPid} from './reading/answers.ts';
import {hiddenRows} from './reading/hidden.ts';
import {indented} from './reading/indented.ts';
import {rootBlockerRef} from './reading/root.ts';
import {statementOf} from './reading/statement.ts';
import {signalTarget} from './reading/target.ts';
import {subjectOf} from './statements/subject.ts';

/** Row of a long command. */
type ProgressRow = Omit<Progress, 'relation'> & {
	readonly backend_start: string | null;
	readonly began: string | null;
	readonly relation: string | null;
	readonly datname: string | null;
	readonly usename: string | null;
	readonly query: string | null;
	readonly done: PhaseProgress | undefined;
	readonly eta_seconds: number | null;
	/** Pid it waits for. */
	readonly waits_for: number | null;
	readonly note: string;
};

const windowMs = 60_000;

/** Identity of a phase of a command: rates are taken only between answers with the same one. */
const workOf = (row: Progress): string =>
	[row.pid, row.command, row.relid, row.phase, row.index_vacuum_count, row.index_relation, row.partitions_done].join(' ');

/** Amounts done by each command over the last minute, oldest first. */
const readingsOf = (sample: Sample, past: Past): ReadonlyMap<string, readonly Reading[]> => {
	const readings = new Map<string, Reading[]>();
	const until = msOf(sample.at);
	for (const answer of answersOf(sample, past, progress)) {
		if (until - msOf(answer.at) > windowMs) break;
		for (const row of answer.rows) {
			const work = workOf(row);
			const series = readings.get(work) ?? [];
			series.unshift({at: answer.at, value: doneOf(row)?.done ?? null});
			readings.set(work, series);
		}
	}
	return readings;
};

/** Seconds that a command still takes at its rate of the last minute; null if unknown. */
export const secondsLeft = (row: Progress, sample: Sample, past: Past): number | null =>
	etaOf(doneOf(row), readingsOf(sample, past).get(workOf(row)) ?? []);

const progressRows = (sample: Sample, past: Past): readonly ProgressRow[] => {
	const byPid = sessionsByPid(sample);
	const names = databaseNamesOf(sample);
	const readings = readingsOf(sample, past);
	return rowsOf(sample, progress)
		.filter(({pid}) => !sample.own.includes(pid))
		.map(row => {
			const session = byPid.get(row.pid);
			const done = doneOf(row);
			const datname = row.datid === null ? null : (names.get(row.datid) ?? String(row.datid));
			const perTable = row.command === 'VACUUM' || row.command === 'ANALYZE';
			return {
				...row,
				backend_start: session?.backend_start ?? null,
				// One VACUUM can process many tables, each in its own transaction.
				began: (perTable ? session?.xact_start : null) ?? session?.query_start ?? null,
				relation: row.relation ?? (row.relid === null ? null : `${datname}:${row.relid}`),
				datname,
				usename: session?.usename ?? null,
				query: session ? statementOf(session) : null,
				done,
				eta_seconds: etaOf(done, readings.get(workOf(row)) ?? []),
				waits_for: waitsFor(row, sample),
				note: noteOf(row),
			};
		});
};

/** Pid that it reports waiting for, or else its first blocker. */
const waitsFor = (row: Progress, sample: Sample): number | null => {
	if (row.current_locker_pid && row.phase?.startsWith('waiting for')) return row.current_locker_pid;
	const session = sessionsByPid(sample).get(row.pid);
	return (session && locksKnown(sample) ? nodeOf(sample, session)?.blockedBy()[0] : null) ?? null;
};

const hidden = (sample: Sample): Hidden | undefined => {
	const masked = rowsOf(sample, progress).filter(({phase}) => phase === null).length;
	return hiddenRows(sample, masked);
};

const noteTone = ({mode, note}: ProgressRow): Tone =>
	mode === 'failsafe' ? 'danger' : note.includes('index pass') ? 'warn' : 'calm';

const inUnit = (value: Value, row: ProgressRow): string =>
	row.done?.unit === 'bytes' ? bytes(Number(value)) : short(Number(value));

/** Commands that report progress: VACUUM, ANALYZE, CLUSTER, REPACK, CREATE INDEX and REINDEX, COPY, base backups. */
export const progressPane = definePane<ProgressRow>({
	id: 'progress',
	keys: ['7'],
	title: 'Progress',
	tab: 'Prog',
	help: 'Progress of long commands: VACUUM, ANALYZE, CLUSTER, VACUUM FULL, REPACK, CREATE INDEX, REINDEX, COPY, base backups.',
	queries: [progress, sessions, locks, databaseNames],
	rows: progressRows,
	identity: row => `${row.pid}@${row.backend_start} ${row.command}`,
	target: (row, sample) => signalTarget(row.pid, sample),
	subject: (row, sample) => subjectOf(row.pid, sample),
	root: (row, sample) => {
		const root = rootBlockerRef(row.pid, sample);
		if (root || row.waits_for === null) return root;
		const blocker = sessionsByPid(sample).get(row.waits_for);
		return blocker && {pane: 'sessions', identity: `${blocker.pid}@${blocker.backend_start}`};
	},
	copied: row => row.query ?? String(row.pid),
	sort: {column: 'elapsed_seconds', descending: true},
	empty: 'No command reports progress right now.',
	hidden,
	// Rates need answers over three seconds, so a second sample would not help: printing does not wait for one.
	columns: [
		count('pid', 'Process id of the backend.', row => row.pid, {keep: 99, width: {min: 7}}),
		text('command', 'Command it runs.', row => row.command, {keep: 90, width: {min: 12, max: 25}}),
		text('relation', 'Table it works on; database:oid if in another database.', row => row.relation, {
			keep: 95,
			width: {min: 14, max: 32},
		}),
		text('phase', 'Current phase.', row => row.phase, {keep: 85, width: {min: 14, max: 38}}),
		count('percent', 'Share of this phase that is done.', row => percentOf(row.done), {
			title: 'DONE%',
			keep: 97,
			format: value => `${Number(value).toFixed(1)}%`,
		}),
		age(
			'eta_seconds',
			'Time left in this phase at the rate of the last minute; unknown for three seconds.',
			row => row.eta_seconds,
			{
				keep: 88,
			},
		),
		age(
			'elapsed_seconds',
			'Time since it began; for a VACUUM or ANALYZE of many tables, since this table.',
			(row, now) => secondsBetween(row.began, now),
			{title: 'TIME', aliases: ['age', 'duration'], keep: 80},
		),
		count('waits_for', 'Session it waits for; b goes to the root blocker.', row => row.waits_for, {
			title: 'WAITS',
			keep: 75,
			width: {min: 7},
			tone: () => 'danger',
		}),
		text('datname', 'Database of the command.', row => row.datname, {
			title: 'DATABASE',
			aliases: ['database', 'db'],
			keep: 40,
			width: {min: 8, max: 14},
		}),
		text('usename', 'Role that runs it.', row => row.usename, {
			title: 'USER',
			aliases: ['user', 'role'],
			keep: 30,
			width: {min: 8, max: 14},
		}),
		count('done', 'Amount done in this phase, in its unit.', row => row.done?.done ?? null, {
			title: 'SO FAR',
			keep: 60,
			width: {min: 7},
			format: inUnit,
		}),
		count('total', 'Total amount of this phase, in its unit.', row => row.done?.total ?? null, {
			title: 'OF',
			keep: 59,
			width: {min: 7},
			format: inUnit,
		}),
		text('unit', 'Unit: bytes, rows, indexes, statistics, or sessions to wait for.', row => row.done?.unit ?? null, {
			keep: 55,
			width: {min: 8},
		}),
		text('note', 'Unusual conditions.', row => (row.note === '' ? null : row.note), {
			keep: 50,
			width: {min: 20, max: 44, grow: true},
			tone: (_, row) => noteTone(row),
		}),
		text(
			'mode',
			'Mode of a VACUUM: normal, aggressive (visits all pages that are not frozen), failsafe; of a base backup: full, incremental. PostgreSQL 19 and later.',
			row => row.mode ?? null,
			{width: {min: 10}, tone: value => (value === 'failsafe' ? 'danger' : 'calm')},
		),
		text(
			'started_by',
			'Starter of a VACUUM or ANALYZE: manual, autovacuum, autovacuum_wraparound. PostgreSQL 19 and later.',
			row => row.started_by ?? null,
			{title: 'STARTED BY', width: {min: 10, max: 21}},
		),
		text('index_relation', 'Index being built or scanned.', row => row.index_relation, {
			title: 'INDEX',
			aliases: ['index'],
			width: {min: 14, max: 30},
		}),
		count('index_vacuum_count', 'Passes over the indexes that this VACUUM has completed.', row => row.index_vacuum_count, {
			title: 'PASSES',
		}),
		count('partitions_done', 'Partitions done.', row => row.partitions_done, {title: 'PARTS DONE', width: {min: 10}}),
		count('partitions_total', 'Partitions in total.', row => row.partitions_total, {title: 'PARTS', width: {min: 5}}),
		age(
			'delay_seconds',
			'Time slept for the cost limit; PostgreSQL 18 and later with track_cost_delay_timing.',
			row => row.delay_seconds,
			{
				title: 'SLEPT',
			},
		),
		count('datid', 'Oid of the database.', row => row.datid, {width: {min: 8}}),
		count('relid', 'Oid of the table.', row => row.relid, {width: {min: 8}}),
		text('backend_start', 'Time its session connected.', row => row.backend_start, {width: {min: 32}}),
	],
	inspect: (row, _, width) => [...waitLines(row), ...statementLines(row, width)],
});

const waitLines = ({waits_for, note}: ProgressRow): readonly Line[] => [
	...(waits_for === null
		? []
		: [
				line(
					waits_for === 0 ? 'Waits for a prepared transaction; b goes there.' : `Waits for ${waits_for}; b goes there.`,
					'danger',
				),
				line(''),
			]),
	...(note === '' ? [] : [line(note), line('')]),
];

const statementLines = (row: ProgressRow, width: number): readonly Line[] => [
	line('Statement', 'strong'),
	...(row.query === null || row.query === ''
		? [line('  None.', 'dim')]
		: cleanLines(row.query).flatMap(each => indented(each, width))),
];
