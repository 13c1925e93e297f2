import {answerOf, baseOf, type Past} from '../../core/history/past.ts';
import {perSecond} from '../../core/history/rates.ts';
import {age, amount, count, instant, pace, size, text} from '../../core/pane/column.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {positionOf} from '../../core/values/lsn.ts';
import {bytes, percent} from '../../core/values/units.ts';
import {senders} from '../../queries/replication/replication.ts';
import {type Wal, wal, walDirectory} from '../../queries/replication/wal.ts';
import {factsOf, rowsOf} from '../reading/answers.ts';
import {
	danger,
	defineSection,
	note,
	type Remark,
	remarksOf,
	type SectionRow,
	sectionColumn,
	warning,
} from '../reading/sections.ts';
import {sameRun, walTimeline} from './wal-past.ts';

/** WAL of the server: position, rate, size and checkpoints. */
type WalRow = SectionRow &
	Wal & {
		readonly timeline: number | null;
		readonly wal_bytes_per_second: number | null;
		readonly wal_fpi_per_second: number | null;
		readonly wal_fpi_bytes_per_second: number | null;
		readonly wal_files: number | null;
		readonly wal_directory_bytes: number | null;
		/** True if commits wait for a synchronous standby and none is connected; null if the role cannot see that. */
		readonly commitsHang: boolean | null;
	};

const hangs = (now: Wal, sample: Sample): boolean | null => {
	if (now.in_recovery || now.synchronous_standby_names === '') return false;
	const answer = answerOf(sample, senders);
	if (!answer || answer.rows.some(({state}) => state === null)) return null;
	return !answer.rows.some(({sync_state}) => sync_state === 'sync' || sync_state === 'quorum');
};

const rows = (sample: Sample, past: Past): readonly WalRow[] => {
	const answer = answerOf<Wal>(sample, wal);
	const base = baseOf<Wal>(sample, sameRun(sample, past), wal);
	const then = base?.rows[0];
	return (answer?.rows ?? []).map((now): WalRow => {
		const rate = (value: (row: Wal) => number | null): number | null =>
			then && base && answer ? perSecond({at: base.at, value: value(then)}, {at: answer.at, value: value(now)}) : null;
		const directory = rowsOf(sample, walDirectory)[0];
		return {
			...now,
			section: 'wal',
			timeline: walTimeline(sample),
			wal_bytes_per_second: rate(row => positionOf(row.current_lsn)),
			wal_fpi_per_second: rate(row => row.wal_fpi),
			wal_fpi_bytes_per_second: rate(row => row.wal_fpi_bytes ?? null),
			wal_files: directory?.wal_files ?? null,
			wal_directory_bytes: directory?.wal_directory_bytes ?? null,
			commitsHang: hangs(now, sample),
		};
	});
};

// A quiet server writes little WAL, most of it images.
const leastBytesPerSecond = 1024 ** 2;

/** Share of the WAL that is full-page images, 0 to 1, if it is more than half of a fair amount; undefined otherwise. */
const imageShare = ({wal_bytes_per_second: all, wal_fpi_bytes_per_second: images}: WalRow): number | undefined => {
	if (all === null || images === null || all < leastBytesPerSecond) return undefined;
	return images > all / 2 ? Math.min(1, images / all) : undefined;
};

const imageRemark = (row: WalRow): Remark | undefined => {
	const share = imageShare(row);
	return share === undefined
		? undefined
		: note(
				`Full-page images are ${percent(share)} of the WAL: raise max_wal_size and checkpoint_timeout, or set wal_compression.`,
			);
};

const isOversized = (row: WalRow): boolean =>
	row.wal_directory_bytes !== null && row.max_wal_size !== null && row.wal_directory_bytes > 2 * row.max_wal_size;

/** Section of this server's WAL. */
export const walSection = defineSection<WalRow>({
	id: 'wal',
	title: 'WAL',
	rows,
	name: () => 'wal',
	masked: (_, sample) => factsOf(sample)?.lists_wal === false,
	columns: [
		text<WalRow>('current_lsn', 'End of WAL; on a standby, the position received or replayed.', row => row.current_lsn, {
			title: 'WAL AT',
			keep: 99,
			width: {min: 12, max: 17},
		}),
		sectionColumn,
		count<WalRow>('timeline', 'Timeline, incremented by a promotion.', row => row.timeline, {keep: 60, width: {min: 8}}),
		pace<WalRow>('wal_bytes_per_second', 'WAL written per second; on a standby, received.', row => row.wal_bytes_per_second, {
			title: 'WRITTEN',
			keep: 95,
		}),
		size<WalRow>('wal_directory_bytes', 'Size of pg_wal.', row => row.wal_directory_bytes, {
			title: 'PG_WAL',
			keep: 90,
			tone: (_, row) => (isOversized(row) ? 'warn' : 'calm'),
		}),
		size<WalRow>('max_wal_size_bytes', 'WAL size that triggers a checkpoint.', row => row.max_wal_size, {
			title: 'MAX',
			keep: 55,
		}),
		age<WalRow>(
			'checkpoint_seconds',
			'Time since the last checkpoint began.',
			(row, now) => secondsBetween(row.checkpoint_time, now),
			{
				title: 'CHECKPOINT',
				keep: 85,
				width: {min: 10},
			},
		),
		count<WalRow>('checkpoints_timed', 'Checkpoints due by time.', row => row.checkpoints_timed, {
			title: 'TIMED',
			keep: 65,
			width: {min: 6},
		}),
		count<WalRow>(
			'checkpoints_requested',
			'Checkpoints requested by WAL volume or a command.',
			row => row.checkpoints_requested,
			{
				title: 'REQUESTED',
				keep: 66,
				width: {min: 9},
			},
		),
		amount<WalRow>(
			'wal_fpi_per_second',
			'Full page images written per second; many follow a checkpoint. 14 and later.',
			row => row.wal_fpi_per_second,
			{
				title: 'FPI/S',
				keep: 50,
			},
		),
		pace<WalRow>(
			'wal_fpi_bytes_per_second',
			'Bytes of full page images written per second; 19 and later.',
			row => row.wal_fpi_bytes_per_second,
			{title: 'FPI BYTES', width: {min: 9}},
		),
		amount<WalRow>('wal_buffers_full', 'WAL writes because wal_buffers were full; 14 and later.', row => row.wal_buffers_full, {
			title: 'BUFFERS FULL',
			keep: 45,
			width: {min: 12},
		}),
		text<WalRow>('synchronous_standby_names', 'Standbys that commits wait for.', row => row.synchronous_standby_names, {
			title: 'SYNCHRONOUS',
			keep: 40,
			width: {min: 11, max: 30},
			tone: (_, row) => (row.commitsHang === true ? 'danger' : 'calm'),
		}),
		count<WalRow>('wal_files', 'Files in pg_wal.', row => row.wal_files, {title: 'FILES', width: {min: 6}}),
		instant<WalRow>('checkpoint_time', 'Time when the last checkpoint began.', row => row.checkpoint_time, {
			title: 'CHECKPOINT AT',
			width: {min: 13},
		}),
		text<WalRow>('wal_file', 'Segment being written.', row => row.wal_file, {width: {min: 24}}),
	],
	remarks: row =>
		remarksOf([
			row.commitsHang &&
				danger(
					`synchronous_standby_names is ${row.synchronous_standby_names}, but no such standby is connected: commits wait forever. Bring it back, or clear the setting and reload.`,
				),
			isOversized(row) &&
				warning(
					`pg_wal takes ${bytes(row.wal_directory_bytes ?? 0)}, more than twice max_wal_size (${bytes(row.max_wal_size ?? 0)}): a slot, the archiver or wal_keep_size keeps it. The rows above show which.`,
				),
			(row.checkpoints_requested ?? 0) > (row.checkpoints_timed ?? 0) &&
				note('More checkpoints were requested than were due by time: if WAL volume requested them, max_wal_size is too small.'),
			imageRemark(row),
			row.max_slot_wal_keep_size === '-1' && note('max_slot_wal_keep_size is -1: a slot can keep WAL until the disk is full.'),
		]),
});
