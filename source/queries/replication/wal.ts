import {bool, defineQuery, float, id, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

/** Statistic of WAL as a column, null where the server does not know it; read apart, so that a refusal costs only this. */
const statistic = (name: string, known: readonly string[]): string =>
	known.includes(name)
		? `(select s.${name} from pg_catalog.pg_stat_get_wal() as s)::pg_catalog.float8 as ${name}`
		: `null::pg_catalog.float8 as ${name}`;

// pg_stat_wal is new in 14; checkpoint counts moved from the bgwriter's to the checkpointer's statistics in 17.
const read = (stats: readonly string[], timed: string, requested: string): string => `
select
	pg_catalog.pg_postmaster_start_time() as started,
	pg_catalog.pg_is_in_recovery() as in_recovery,
	case when pg_catalog.pg_is_in_recovery()
		then greatest(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
		else pg_catalog.pg_current_wal_lsn()
	end as current_lsn,
	case when not pg_catalog.pg_is_in_recovery() then pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) end as wal_file,
	(select c.timeline_id from pg_catalog.pg_control_checkpoint() as c) as checkpoint_timeline,
	(select c.checkpoint_time from pg_catalog.pg_control_checkpoint() as c) as checkpoint_time,
	${timed}::pg_catalog.float8 as checkpoints_timed,
	${requested}::pg_catalog.float8 as checkpoints_requested,
	${statistic('wal_fpi', stats)},
	${statistic('wal_buffers_full', stats)},
	pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_wal_size'))::pg_catalog.float8 as max_wal_size,
	pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size'))::pg_catalog.float8 as wal_segment_size,
	pg_catalog.current_setting('max_slot_wal_keep_size') as max_slot_wal_keep_size,
	nullif(pg_catalog.current_setting('idle_replication_slot_timeout', true), '0') as idle_replication_slot_timeout,
	pg_catalog.current_setting('synchronous_standby_names') as synchronous_standby_names,
	${statistic('wal_fpi_bytes', stats)}
`;

const since14 = ['wal_fpi', 'wal_buffers_full'];
const since19 = [...since14, 'wal_fpi_bytes'];

const bgwriter = [
	'pg_catalog.pg_stat_get_bgwriter_timed_checkpoints()',
	'pg_catalog.pg_stat_get_bgwriter_requested_checkpoints()',
] as const;
const checkpointer = [
	'pg_catalog.pg_stat_get_checkpointer_num_timed()',
	'pg_catalog.pg_stat_get_checkpointer_num_requested()',
] as const;

/** Position, generation and checkpoints of WAL, and its limits; one row. */
export const wal = defineQuery({
	name: 'wal',
	title: 'WAL',
	deadlineMs: 2000,
	fields: {
		started: nullable(timestamp),
		in_recovery: nullable(bool),
		/** On a standby the received or replayed position, whichever is further. */
		current_lsn: nullable(id),
		/** Current segment; null on a standby. */
		wal_file: nullable(textField),
		checkpoint_timeline: nullable(int),
		checkpoint_time: nullable(timestamp),
		checkpoints_timed: nullable(float),
		checkpoints_requested: nullable(float),
		wal_fpi: nullable(float),
		wal_buffers_full: nullable(float),
		max_wal_size: nullable(float),
		wal_segment_size: nullable(float),
		/** As set; `-1` means no limit. */
		max_slot_wal_keep_size: nullable(textField),
		/** Null if it is off, and before 18. */
		idle_replication_slot_timeout: nullable(textField),
		synchronous_standby_names: nullable(textField),
		/** Bytes of full-page images; null before 19. */
		wal_fpi_bytes: nullable(float),
	},
	ladder: [
		{since: 130_000, sql: read([], ...bgwriter)},
		{since: 140_000, sql: read(since14, ...bgwriter)},
		{since: 170_000, sql: read(since14, ...checkpointer)},
		{since: 190_000, sql: read(since19, ...checkpointer)},
	],
});

/** State of WAL. */
export type Wal = RowOf<typeof wal>;

/** Statistics of the archiver; one row. The command is only reported as present or not, because it may contain a secret. */
export const archiver = defineQuery({
	name: 'archiver',
	deadlineMs: 2000,
	everyMs: 2000,
	fields: {
		archive_mode: nullable(textField),
		/** True if archiving is on without a way to archive, so that WAL is kept. */
		without_command: nullable(bool),
		archived_count: nullable(float),
		last_archived_wal: nullable(textField),
		last_archived_time: nullable(timestamp),
		failed_count: nullable(float),
		last_failed_wal: nullable(textField),
		last_failed_time: nullable(timestamp),
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	pg_catalog.current_setting('archive_mode') as archive_mode,
	pg_catalog.current_setting('archive_mode') <> 'off'
		and pg_catalog.current_setting('archive_command') in ('', '(disabled)')
		and coalesce(pg_catalog.current_setting('archive_library', true), '') = '' as without_command,
	a.archived_count::pg_catalog.float8 as archived_count,
	a.last_archived_wal,
	a.last_archived_time,
	a.failed_count::pg_catalog.float8 as failed_count,
	a.last_failed_wal,
	a.last_failed_time
from pg_catalog.pg_stat_get_archiver() as a
`,
		},
	],
});

/** Statistics of the archiver. */
export type Archiver = RowOf<typeof archiver>;

const readDirectory = (exclusiveBackup: string): string => `
select
	pg_catalog.count(*) as wal_files,
	coalesce(pg_catalog.sum(f.size), 0)::pg_catalog.float8 as wal_directory_bytes,
	pg_catalog.max(f.modification) filter (where pg_catalog.right(f.name, 7) = '.backup') as last_backup,
	${exclusiveBackup} as exclusive_backup_since
from pg_catalog.pg_ls_waldir() as f
`;

/** Size of WAL on disk, and the last base backup; one row. */
export const walDirectory = defineQuery({
	name: 'wal_directory',
	title: 'size of WAL',
	deadlineMs: 5000,
	everyMs: 10_000,
	when: facts => facts.lists_wal === true,
	fields: {
		wal_files: int,
		wal_directory_bytes: float,
		/** End of the last base backup taken from this server while it archives: its history file stays until the next one. */
		last_backup: nullable(timestamp),
		/** Start of an exclusive backup that has not been stopped; null from 15 on, which has none. */
		exclusive_backup_since: nullable(timestamp),
	},
	ladder: [
		{since: 130_000, sql: readDirectory('pg_catalog.pg_backup_start_time()')},
		{since: 150_000, sql: readDirectory('null::pg_catalog.timestamptz')},
	],
});

/** Number of segments waiting to be archived; one row. 20,000 of them cost 35 ms. */
export const archiveBacklog = defineQuery({
	name: 'archive_backlog',
	deadlineMs: 5000,
	everyMs: 30_000,
	when: facts => facts.lists_wal === true,
	fields: {ready: int, done: int},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	pg_catalog.count(*) filter (where pg_catalog.right(f.name, 6) = '.ready') as ready,
	pg_catalog.count(*) filter (where pg_catalog.right(f.name, 5) = '.done') as done
from pg_catalog.pg_ls_archive_statusdir() as f
`,
		},
	],
});
