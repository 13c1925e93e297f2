import {above, age, count, instant, size, text} from '../../core/pane/column.ts';
import {type Instant, secondsBetween} from '../../core/values/instant.ts';

const megabyte = 1024 ** 2;

/** Tone of a lag in bytes: warning from 100 MB, danger from 1 GB. */
export const lagTone = above(100 * megabyte, 1024 * megabyte);

/**
 * Seconds of silence that are unusual: an idle sender is pinged only after half of wal_receiver_timeout, 30 seconds by default.
 */
export const silenceSeconds = 40;

/** Tone of a silence in seconds: danger at 60, the default of wal_receiver_timeout and wal_sender_timeout. */
export const silenceTone = above(silenceSeconds, 60);

/** Column of the slot, shared like those below by several sections of the pane. */
export const slotNameColumn = text<{readonly slot_name: string | null}>(
	'slot_name',
	'Replication slot; it makes the sending server keep WAL.',
	row => row.slot_name,
	{title: 'SLOT', aliases: ['slot'], keep: 99, width: {min: 14, max: 30}},
);

export const pidColumn = count<{readonly pid: number | null}>('pid', 'Process id on this server.', row => row.pid, {
	keep: 75,
	width: {min: 7},
});

export const databaseColumn = text<{readonly database: string | null}>(
	'database',
	'Database it belongs to.',
	row => row.database,
	{keep: 40, width: {min: 8, max: 16}},
);

export const messageColumn = age<{readonly last_msg_receipt_time: Instant | null}>(
	'last_msg_seconds',
	'Time since the last message from the sending server.',
	(row, now) => secondsBetween(row.last_msg_receipt_time, now),
	{title: 'HEARD', keep: 80, tone: silenceTone},
);

export const messageTimeColumn = instant<{readonly last_msg_receipt_time: Instant | null}>(
	'last_msg_receipt_time',
	'Time of the last message.',
	row => row.last_msg_receipt_time,
	{title: 'HEARD AT', width: {min: 8}},
);

export const receiveLsnColumn = text<{readonly latest_end_lsn: string | null}>(
	'latest_end_lsn',
	'End of WAL on the sending server, as last reported.',
	row => row.latest_end_lsn,
	{title: 'SENDER AT', keep: 45, width: {min: 10, max: 17}},
);

export const conflictsColumn = count<{readonly conflicts: number | null}>(
	'conflicts',
	'Statements canceled by recovery conflicts (standby), or changes that conflicted with local rows (subscription, 18 and later).',
	row => row.conflicts,
	{keep: 70, width: {min: 9}},
);

export const conflictKindsColumn = text<{readonly conflict_kinds: string | null}>(
	'conflict_kinds',
	'Conflicts by kind.',
	row => row.conflict_kinds,
	{title: 'KINDS', keep: 35, width: {min: 14, max: 40}},
);

/** Column of a WAL stage, in bytes of lag. */
export const stageColumn = <R>(id: string, title: string, help: string, value: (row: R) => number | null, keep: number) =>
	size<R>(id, help, value, {title, keep, tone: lagTone});
