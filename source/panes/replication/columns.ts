import {above, age, count, instant, size, text} from '../../core/pane/column.ts';
import {type Instant, secondsBetween} from '../../core/values/instant.ts';

const megabyte = 1024 ** 2;

/** How far a standby may be behind before it is a warning, and before it is danger. */
export const behind = above(100 * megabyte, 1024 * megabyte);

/**
 * Seconds of silence that say something: who has nothing to send is only asked for a sign of life when half of
 * wal_receiver_timeout is over, after 30 seconds by default.
 */
export const silenceSeconds = 40;

/** Nothing was heard for so long; at 60 seconds wal_receiver_timeout and wal_sender_timeout are over as they are by default. */
export const silent = above(silenceSeconds, 60);

/** What several sections of the replication pane show in the same way. */
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
	{title: 'HEARD', keep: 80, tone: silent},
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

/** A stage that WAL goes through, as bytes behind. */
export const stageColumn = <R>(id: string, title: string, help: string, value: (row: R) => number | null, keep: number) =>
	size<R>(id, help, value, {title, keep, tone: behind});
