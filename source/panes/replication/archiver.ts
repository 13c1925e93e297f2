import {age, amount, count, instant, size, text} from '../../core/pane/column.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {segmentNamed, segmentOf} from '../../core/values/lsn.ts';
import {bytes, duration} from '../../core/values/units.ts';
import {type Archiver, archiveBacklog, archiver} from '../../queries/replication/wal.ts';
import {rowsOf} from '../reading/answers.ts';
import {danger, defineSection, note, remarksOf, type SectionRow, sectionColumn} from '../reading/sections.ts';
import {walOf} from './wal-past.ts';

/** Archiver with its backlog. */
export type ArchiverRow = SectionRow &
	Archiver & {
		readonly state: 'off' | 'standby' | 'no command' | 'failing' | 'archiving';
		/** Complete segments not archived yet: counted if the role can list the directory, else computed. */
		readonly backlog_files: number | null;
		readonly backlog_bytes: number | null;
	};

const stateOf = (row: Archiver, sample: Sample): ArchiverRow['state'] => {
	if (row.archive_mode === 'off') return 'off';
	if (row.archive_mode === 'on' && walOf(sample)?.in_recovery === true) return 'standby';
	if (row.without_command) return 'no command';
	const failed = row.last_failed_time;
	// Both come from one session with one time zone: they compare as text.
	return failed !== null && (row.last_archived_time === null || failed > row.last_archived_time) ? 'failing' : 'archiving';
};

/** Segments between the last archived one and the one being written. */
const computedBacklog = (row: Archiver, sample: Sample): number | null => {
	const now = walOf(sample);
	if (!now || now.wal_segment_size === null) return null;
	const current = segmentOf(now.current_lsn, now.wal_segment_size);
	const archived = segmentNamed(row.last_archived_wal, now.wal_segment_size);
	return current === null || archived === null ? null : Math.max(0, current - archived - 1);
};

/** Archiver of a sample; empty if it could not be read. */
export const archiverRows = (sample: Sample): readonly ArchiverRow[] =>
	rowsOf(sample, archiver).map((row): ArchiverRow => {
		const state = stateOf(row, sample);
		const idle = state === 'off' || state === 'standby';
		const files = idle ? null : (rowsOf(sample, archiveBacklog)[0]?.ready ?? computedBacklog(row, sample));
		const segment = walOf(sample)?.wal_segment_size;
		return {
			...row,
			section: 'archiver',
			state,
			backlog_files: files,
			backlog_bytes: files === null || segment == null ? null : files * segment,
		};
	});

/** Section of the WAL archiver. */
export const archiverSection = defineSection<ArchiverRow>({
	id: 'archiver',
	title: 'Archiver',
	rows: archiverRows,
	name: () => 'archiver',
	columns: [
		text<ArchiverRow>(
			'archiver_state',
			'State of archiving; on a standby it runs only with archive_mode = always.',
			row => row.state,
			{
				title: 'ARCHIVER',
				keep: 99,
				width: {min: 12},
				tone: value => (value === 'failing' || value === 'no command' ? 'danger' : 'calm'),
			},
		),
		sectionColumn,
		count<ArchiverRow>('backlog_files', 'Segments waiting to be archived.', row => row.backlog_files, {
			title: 'BACKLOG',
			keep: 95,
			width: {min: 7},
			tone: (value, row) => (Number(value) > 0 && row.state === 'failing' ? 'danger' : Number(value) >= 100 ? 'warn' : 'calm'),
		}),
		size<ArchiverRow>('backlog_bytes', 'Disk space they take.', row => row.backlog_bytes, {title: 'BYTES', keep: 80}),
		age<ArchiverRow>(
			'last_archived_seconds',
			'Time since the last archived segment.',
			(row, now) => secondsBetween(row.last_archived_time, now),
			{
				title: 'LAST OK',
				keep: 90,
				width: {min: 7},
			},
		),
		amount<ArchiverRow>('archived_count', 'Segments archived.', row => row.archived_count, {
			title: 'ARCHIVED',
			keep: 70,
			width: {min: 8},
		}),
		amount<ArchiverRow>('failed_count', 'Failed archive attempts.', row => row.failed_count, {
			title: 'FAILED',
			keep: 85,
			tone: (_, row) => (row.state === 'failing' ? 'danger' : 'calm'),
		}),
		age<ArchiverRow>(
			'last_failed_seconds',
			'Time since the last failure.',
			(row, now) => secondsBetween(row.last_failed_time, now),
			{
				title: 'LAST FAIL',
				keep: 75,
				width: {min: 9},
			},
		),
		text<ArchiverRow>('archive_mode', 'Value of archive_mode.', row => row.archive_mode, {
			title: 'MODE',
			keep: 60,
			width: {min: 6},
		}),
		text<ArchiverRow>('last_archived_wal', 'Last file archived.', row => row.last_archived_wal, {
			title: 'LAST ARCHIVED',
			keep: 50,
			width: {min: 24, max: 28},
		}),
		text<ArchiverRow>('last_failed_wal', 'Last file that failed.', row => row.last_failed_wal, {
			title: 'LAST FAILED',
			keep: 45,
			width: {min: 24, max: 28},
			tone: (_, row) => (row.state === 'failing' ? 'danger' : 'calm'),
		}),
		instant<ArchiverRow>('last_archived_time', 'Time of the last archived file.', row => row.last_archived_time, {
			title: 'OK AT',
			width: {min: 8},
		}),
		instant<ArchiverRow>('last_failed_time', 'Time of the last failure.', row => row.last_failed_time, {
			title: 'FAILED AT',
			width: {min: 9},
		}),
	],
	remarks: (row, sample) => {
		const {backlog_files, backlog_bytes} = row;
		const since = secondsBetween(row.last_archived_time, sample.at);
		const backlog =
			backlog_files === null || backlog_bytes === null
				? ''
				: ` ${backlog_files} segments (${bytes(backlog_bytes)}) wait, and pg_wal grows until archiving resumes.`;
		return remarksOf([
			row.state === 'failing' &&
				danger(
					`Archiving fails${since === null ? '' : `, last success ${duration(since)} ago`}.${backlog} The server log has the error of archive_command; the archiver retries.`,
				),
			row.state === 'no command' &&
				danger('archive_mode is on, but neither an archive_command nor an archive_library is set: WAL is kept until one is.'),
			row.state === 'archiving' &&
				(backlog_files ?? 0) >= 100 && {text: `Archiving does not keep up:${backlog}`, tone: 'warn' as const},
			row.state === 'standby' && note('Archiving starts here when this standby is promoted.'),
			row.state === 'off' && note('archive_mode is off: no point-in-time recovery from this server.'),
		]);
	},
});
