import type {Past} from '../../core/history/past.ts';
import {answersOver, secondsUntil, trend} from '../../core/history/rates.ts';
import {age, count, flag, instant, pace, size, text} from '../../core/pane/column.ts';
import type {Sample, Value} from '../../core/sample/sample.ts';
import type {Tone} from '../../core/text/line.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {bytesBetween} from '../../core/values/lsn.ts';
import {literal} from '../../core/values/quote.ts';
import {bytes, duration} from '../../core/values/units.ts';
import {type Slot, slots} from '../../queries/replication/replication.ts';
import {databaseNamesOf, rowsOf} from '../reading/answers.ts';
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
import {isConflictSlot, repackPlugin} from '../reading/server-slots.ts';
import {databaseColumn, slotNameColumn} from './columns.ts';
import {growthMs, sameRun, walOf} from './wal-past.ts';

/** Slot with the WAL it makes the server keep. */
export type SlotRow = SectionRow &
	Slot & {
		readonly database: string | null;
		readonly retained_bytes: number | null;
		readonly unconfirmed_bytes: number | null;
		readonly growth_bytes_per_second: number | null;
		/** Seconds until the slot is lost at this rate; null if it does not grow or has no limit. */
		readonly fills_in_seconds: number | null;
		/** Value of the setting, `-1` without a limit; null while unknown. */
		readonly max_slot_wal_keep_size: string | null;
	};

const gigabyte = 1024 ** 3;
// Over a shorter time, the growth of a slot in use depends on when its consumer fetched.
const leastGrowthSeconds = 5;

const retainedBytesOf = (slot: Slot): number | null => bytesBetween(slot.restart_lsn, slot.current_lsn);

/** Slots of a sample, worst first. */
export const slotRows = (sample: Sample, past: Past): readonly SlotRow[] => {
	const names = databaseNamesOf(sample);
	const answers = answersOver<Slot>(sample, sameRun(sample, past), slots, growthMs);
	const limit = walOf(sample)?.max_slot_wal_keep_size ?? null;
	return rowsOf(sample, slots)
		.map((slot): SlotRow => {
			const readings = answers.map(({at, rows: all}) => {
				const then = all.find(({slot_name}) => slot_name === slot.slot_name);
				return {at, value: then ? retainedBytesOf(then) : null};
			});
			const growth = trend(readings, leastGrowthSeconds);
			return {
				...slot,
				section: 'slot',
				database: slot.datid === null ? null : (names.get(slot.datid) ?? String(slot.datid)),
				retained_bytes: retainedBytesOf(slot),
				unconfirmed_bytes: bytesBetween(slot.confirmed_flush_lsn, slot.current_lsn),
				growth_bytes_per_second: growth,
				fills_in_seconds: secondsUntil(slot.safe_wal_size, growth),
				max_slot_wal_keep_size: limit,
			};
		})
		.sort((a, b) => weight[toneOf(b)] - weight[toneOf(a)] || (a.slot_name < b.slot_name ? -1 : 1));
};

type Grade = 'calm' | 'warn' | 'danger';
const weight: Readonly<Record<Grade, number>> = {calm: 0, warn: 1, danger: 2};

/** True if the WAL or rows the slot needs are gone. */
export const isLost = (row: SlotRow): boolean =>
	row.wal_status === 'lost' || row.conflicting === true || row.invalidation_reason !== null;

const grows = (row: SlotRow): boolean => (row.growth_bytes_per_second ?? 0) > 0;

/** True if the slot keeps WAL but has no consumer. A slot synchronized from the primary is unused until a failover. */
export const isAbandoned = (row: SlotRow): boolean => !row.active && row.synced !== true && row.restart_lsn !== null;

/** Tone of a slot as a whole. */
const toneOf = (row: SlotRow): Grade => {
	if (isLost(row) || row.wal_status === 'unreserved') return 'danger';
	const fillsIn = row.fills_in_seconds ?? Number.POSITIVE_INFINITY;
	if (isAbandoned(row)) {
		const retainedBytes = row.retained_bytes ?? 0;
		if (grows(row) && (fillsIn < 3600 || retainedBytes >= 10 * gigabyte)) return 'danger';
		if (grows(row) || retainedBytes >= gigabyte) return 'warn';
	}
	return row.wal_status === 'extended' || fillsIn < 600 ? 'warn' : 'calm';
};

const slotTone = (_: Value, row: SlotRow): Tone => toneOf(row);

const statusTone = (value: Value, row: SlotRow): Tone =>
	isLost(row) || value === 'unreserved' ? 'danger' : value === 'extended' ? 'warn' : 'calm';

const limitRemark = (row: SlotRow): Remark | undefined => {
	if (row.wal_status === 'lost' || row.max_slot_wal_keep_size === null) return undefined;
	if (row.max_slot_wal_keep_size !== '-1') {
		const remaining = row.safe_wal_size;
		return note(
			`max_slot_wal_keep_size is ${row.max_slot_wal_keep_size}${remaining === null ? '' : `: it may be lost after ${bytes(Math.max(0, remaining))} more`}.`,
		);
	}
	const text = 'max_slot_wal_keep_size is -1: only the disk limits the WAL it keeps.';
	return isAbandoned(row) && grows(row) ? warning(text) : note(text);
};

const lostRemark = (row: SlotRow): Remark => {
	const why = row.invalidation_reason === null ? '' : ` (${row.invalidation_reason})`;
	const rebuild =
		row.slot_type === 'logical'
			? 'the subscriber must be copied again'
			: 'its standby needs the missing WAL from the archive or a new base backup';
	return danger(
		`It is lost${why}: the WAL it needs is gone; ${rebuild}. Drop it: select pg_drop_replication_slot(${literal(row.slot_name)})`,
	);
};

const skipReasons: Readonly<Record<string, string>> = {
	wal_or_rows_removed: 'WAL or catalog rows that it needs are gone or about to go on this standby',
	wal_not_flushed: 'this standby had not flushed WAL up to its position',
	no_consistent_snapshot: 'this standby could not build a consistent snapshot from its position',
	slot_invalidated: 'it is invalidated on this standby',
};

const skipRemark = (reason: string): string =>
	`Its last synchronization was skipped (${skipReasons[reason] ?? reason}): do not rely on it for a failover yet.`;

/** Section of replication slots, worst first: the WAL they keep and the time until they are lost. */
export const slotSection = defineSection<SlotRow>({
	id: 'slot',
	title: 'Slots',
	rows: slotRows,
	name: row => row.slot_name,
	columns: [
		slotNameColumn,
		sectionColumn,
		text<SlotRow>('slot_type', 'Physical for standbys, logical for decoding.', row => row.slot_type, {
			title: 'TYPE',
			keep: 60,
			width: {min: 8},
		}),
		flag<SlotRow>('active', 'In use by a consumer.', row => row.active, {
			keep: 90,
			width: {min: 6},
			format: value => (value === true ? 'yes' : 'no'),
			tone: (value, row) => (value === false ? toneOf(row) : 'calm'),
		}),
		text<SlotRow>(
			'wal_status',
			'WAL status: reserved, extended beyond max_wal_size, unreserved (about to be removed), lost.',
			row => row.wal_status,
			{title: 'STATUS', aliases: ['status'], keep: 92, width: {min: 10}, tone: statusTone},
		),
		size<SlotRow>('retained_bytes', 'WAL kept for it.', row => row.retained_bytes, {
			title: 'RETAINED',
			keep: 95,
			width: {min: 8},
			tone: slotTone,
		}),
		pace<SlotRow>('growth_bytes_per_second', 'Growth of the WAL kept for it.', row => row.growth_bytes_per_second, {
			title: 'GROWTH',
			keep: 80,
			tone: (value, row) => (Number(value) > 0 ? toneOf(row) : 'calm'),
		}),
		size<SlotRow>(
			'safe_wal_bytes',
			'WAL that can be written before it may be lost; unknown without a limit.',
			row => row.safe_wal_size,
			{
				title: 'SAFE',
				keep: 70,
				tone: value => (typeof value === 'number' && value <= 0 ? 'danger' : 'calm'),
			},
		),
		age<SlotRow>('fills_in_seconds', 'Time until it is lost at this growth.', row => row.fills_in_seconds, {
			title: 'FILLS IN',
			keep: 85,
			width: {min: 8},
			tone: (value, row) => (typeof value === 'number' && value < 3600 ? toneOf(row) : 'calm'),
		}),
		text<SlotRow>('max_slot_wal_keep_size', 'WAL that a slot may keep.', row => row.max_slot_wal_keep_size, {
			title: 'LIMIT',
			keep: 62,
			width: {min: 7},
			align: 'right',
			format: value => (value === '-1' ? 'none' : String(value)),
		}),
		age<SlotRow>(
			'inactive_seconds',
			'Time since it was last used; 17 and later.',
			(row, now) => secondsBetween(row.inactive_since, now),
			{
				title: 'INACTIVE',
				keep: 65,
				width: {min: 8},
			},
		),
		count<SlotRow>('xmin_age', 'Age of the xmin it holds, in transactions.', row => row.xmin_age, {
			title: 'XMIN AGE',
			aliases: ['xmin'],
			keep: 50,
			width: {min: 8, max: 10},
		}),
		count<SlotRow>('catalog_xmin_age', 'Age of the catalog xmin it holds, in transactions.', row => row.catalog_xmin_age, {
			title: 'CATALOG XMIN',
			keep: 48,
			width: {min: 12},
		}),
		databaseColumn,
		text<SlotRow>('invalidation_reason', 'Reason why it is invalid; 17 and later.', row => row.invalidation_reason, {
			title: 'INVALID',
			keep: 55,
			width: {min: 11, max: 22},
			tone: () => 'danger',
		}),
		size<SlotRow>('unconfirmed_bytes', 'WAL its consumer has not confirmed.', row => row.unconfirmed_bytes, {
			title: 'UNCONFIRMED',
			keep: 42,
			width: {min: 11},
		}),
		text<SlotRow>('plugin', 'Output plugin.', row => row.plugin, {keep: 38, width: {min: 8, max: 14}}),
		count<SlotRow>('active_pid', 'Pid of the sender that uses it.', row => row.active_pid, {
			title: 'USED BY',
			keep: 45,
			width: {min: 7},
		}),
		flag<SlotRow>('conflicting', 'Logical slot on a standby that recovery invalidated; 16 and later.', row => row.conflicting, {
			title: 'CONFLICTING',
			width: {min: 11},
			tone: value => (value === true ? 'danger' : 'calm'),
		}),
		flag<SlotRow>('temporary', 'Dropped when its session ends.', row => row.temporary, {title: 'TEMPORARY', width: {min: 9}}),
		flag<SlotRow>('failover', 'Synchronized to standbys; 17 and later.', row => row.failover, {
			title: 'FAILOVER',
			width: {min: 8},
		}),
		flag<SlotRow>('synced', 'Synchronized from the primary; 17 and later.', row => row.synced, {
			title: 'SYNCED',
			width: {min: 6},
		}),
		text<SlotRow>(
			'slotsync_skip_reason',
			'Reason why the last synchronization from the primary left it as it was; 19 and later.',
			row => row.slotsync_skip_reason ?? null,
			{title: 'NOT SYNCED', width: {min: 10, max: 22}, tone: () => 'warn'},
		),
		flag<SlotRow>('two_phase', 'Decodes prepared transactions; 14 and later.', row => row.two_phase, {
			title: 'TWO PHASE',
			width: {min: 9},
		}),
		text<SlotRow>('restart_lsn', 'Oldest WAL it needs.', row => row.restart_lsn, {width: {min: 10, max: 17}}),
		text<SlotRow>('confirmed_flush_lsn', 'Position its consumer confirmed.', row => row.confirmed_flush_lsn, {
			title: 'CONFIRMED',
			width: {min: 10, max: 17},
		}),
		instant<SlotRow>('inactive_since', 'Time it was last used; 17 and later.', row => row.inactive_since, {
			title: 'SINCE',
			width: {min: 8},
		}),
	],
	remarks: (row, sample) => {
		const {fills_in_seconds, growth_bytes_per_second} = row;
		const timeout = walOf(sample)?.idle_replication_slot_timeout ?? null;
		const drop = `drop it: select pg_drop_replication_slot(${literal(row.slot_name)})`;
		return remarksOf([
			isLost(row) && lostRemark(row),
			row.wal_status === 'unreserved' &&
				danger('It keeps more than max_slot_wal_keep_size: the next checkpoint may remove WAL it needs.'),
			row.wal_status === 'extended' && warning('It keeps more than max_wal_size.'),
			!isLost(row) &&
				isAbandoned(row) && {
					text: `Unused, yet WAL is kept for it${grows(row) ? ` and grows by ${bytes(growth_bytes_per_second ?? 0)}/s` : ''}. Connect its consumer, or if it will not come back ${drop}`,
					tone: toneOf(row),
				},
			fills_in_seconds !== null && {
				text: `It is lost in ${duration(fills_in_seconds)} at this growth.`,
				tone: fills_in_seconds < 3600 ? toneOf(row) : 'calm',
			},
			row.restart_lsn === null && !isLost(row) && !isConflictSlot(row.slot_name) && note('It keeps no WAL: it was never used.'),
			isConflictSlot(row.slot_name) &&
				note(
					'The server keeps dead rows with it, not WAL, to detect conflicts for subscriptions with retain_dead_tuples; it drops it after the last one.',
				),
			row.plugin === repackPlugin && note('A REPACK (CONCURRENTLY) reads its changes from it; it is dropped at the end.'),
			isConflictSlot(row.slot_name) ? undefined : limitRemark(row),
			timeout !== null && note(`idle_replication_slot_timeout is ${timeout}: a slot unused for that long is invalidated.`),
			row.synced === true && note('It is synchronized from the primary, for use after a failover.'),
			row.slotsync_skip_reason != null && warning(skipRemark(row.slotsync_skip_reason)),
		]);
	},
});
