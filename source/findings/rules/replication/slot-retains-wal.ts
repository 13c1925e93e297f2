import {baseOf, type Past} from '../../../core/history/past.ts';
import {perSecond, secondsUntil} from '../../../core/history/rates.ts';
import type {Severity} from '../../../core/pane/finding.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {positionOf} from '../../../core/values/lsn.ts';
import {bytes, duration} from '../../../core/values/units.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {isAbandoned, isLost, type SlotRow, slotRows} from '../../../panes/replication/slot.ts';
import {host, usedRatio} from '../../../queries/beside/host.ts';
import {type Slot, slots} from '../../../queries/replication/replication.ts';
import {wal} from '../../../queries/replication/wal.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {type Limits, severityOf, worstOf} from '../../thresholds.ts';

/** Replication slot that retains WAL until it is lost or the disk is full. */
export const slotRetainsWal = defineRule({
	id: 'slot-retains-wal',
	help: 'A replication slot that retains WAL for a consumer that does not fetch it, until the slot is lost or the disk is full.',
	queries: [slots, wal, host],
	find: oncePerAnswers([slots, wal, host], (sample, past, limits) =>
		slotRows(sample, past).flatMap(row => {
			const slot = {...row, growth_bytes_per_second: row.growth_bytes_per_second ?? earlyGrowth(row, sample, past)};
			const state = {slot, used: usedShare(slot), seconds: inactiveSeconds(slot, sample), ends: exhaustionOf(slot, sample)};
			const severity = severityFor(state, limits);
			if (!severity) return [];
			return [
				{
					subject: slot.slot_name,
					severity,
					weight: slot.retained_bytes ?? 0,
					summary: clean(summaryOf(state, limits)),
					evidence: clean(evidenceOf(state)),
					pid: null,
					leads: {pane: 'replication', identity: `slot ${slot.slot_name}`},
					action: clean(actionFor(slot)),
				},
			];
		}),
	),
});

type Exhaustion = {readonly seconds: number; readonly what: string};

type SlotState = {
	readonly slot: SlotRow;
	/** Share of the WAL that it may retain; null without a limit. */
	readonly used: number | null;
	/** Seconds since it was last used; null while it is in use. */
	readonly seconds: number | null;
	readonly ends: Exhaustion | undefined;
};

const usedShare = ({retained_bytes: kept, safe_wal_size: safe}: SlotRow): number | null => {
	if (kept === null || safe === null) return null;
	const most = kept + Math.max(0, safe);
	return most === 0 ? null : kept / most;
};

/** Growth over the first seconds: an abandoned slot grows by all WAL that is written. */
const earlyGrowth = (slot: SlotRow, sample: Sample, past: Past): number | null => {
	const base = isAbandoned(slot) ? baseOf<Slot>(sample, past, slots) : undefined;
	const then = base?.rows.find(({slot_name}) => slot_name === slot.slot_name);
	if (!base || !then || then.restart_lsn !== slot.restart_lsn) return null;
	return perSecond(
		{at: base.at, value: positionOf(then.current_lsn)},
		{at: sample.results[slots.name]?.at ?? sample.at, value: positionOf(slot.current_lsn)},
	);
};

const inactiveSeconds = (slot: SlotRow, sample: Sample): number | null =>
	slot.active ? null : secondsBetween(slot.inactive_since, sample.results[slots.name]?.at ?? sample.at);

// Growth on a disk less than half full is not trouble yet.
const halfFull = 0.5;

/** Exhaustion at the current rate: of its limit, else of the disk of pg_wal if that is known. */
const exhaustionOf = ({safe_wal_size, growth_bytes_per_second}: SlotRow, sample: Sample): Exhaustion | undefined => {
	if (safe_wal_size !== null) {
		const seconds = secondsUntil(safe_wal_size, growth_bytes_per_second);
		return seconds === null ? undefined : {seconds, what: 'may be lost'};
	}
	const disks = rowsOf(sample, host).filter(({device}) => device !== null);
	const disk = disks.find(({kind}) => kind === 'wal') ?? disks.find(({kind}) => kind === 'data');
	if (!disk || (usedRatio(disk) ?? 0) < halfFull) return undefined;
	const seconds = secondsUntil(disk.free_bytes, growth_bytes_per_second);
	return seconds === null ? undefined : {seconds, what: 'fills the disk'};
};

const severityFor = ({slot, used, seconds, ends}: SlotState, limits: Limits): Severity | undefined => {
	if (isLost(slot)) return 'warning';
	if (slot.wal_status === 'unreserved') return 'critical';
	const byRatio = severityOf(used, limits.slot_used_ratio);
	const byEnd = severityOf(ends?.seconds ?? null, limits.slot_fills_seconds);
	// A slot in use catches up after a burst; it is trouble only if most of its limit is used.
	if (!isAbandoned(slot)) return byRatio && worstOf(byRatio, byEnd);
	const byBytes = severityOf(slot.retained_bytes, limits.slot_retained_bytes);
	return worstOf(byRatio, byEnd, byBytes, byBytes && severityOf(seconds, limits.slot_inactive_seconds));
};

const summaryOf = ({slot, ends}: SlotState, limits: Limits): string => {
	const type = slot.slot_type === 'logical' ? 'logical' : 'physical';
	const name = `${type === 'logical' ? 'Logical' : 'Physical'} slot ${slot.slot_name}`;
	if (isLost(slot)) {
		const why = slot.invalidation_reason === null ? '' : ` (${slot.invalidation_reason})`;
		return `${name} is lost${why}: what its consumer needs is gone.`;
	}
	if (slot.wal_status === 'unreserved') return `${name} retains more WAL than it may: the next checkpoint may remove it.`;
	const isNear = ends && severityOf(ends.seconds, limits.slot_fills_seconds) !== undefined;
	const end = isNear ? ` and ${ends.what} in ${duration(ends.seconds)}` : '';
	return `${isAbandoned(slot) ? `Unused ${type} slot ${slot.slot_name}` : name} retains ${bytes(slot.retained_bytes ?? 0)} of WAL${end}.`;
};

const evidenceOf = ({slot, seconds}: SlotState): string => {
	const {growth_bytes_per_second: growth, safe_wal_size: safe, max_slot_wal_keep_size: limit, active_pid} = slot;
	return [
		active_pid === null ? undefined : `Walsender ${active_pid} reads from it.`,
		seconds === null ? undefined : `It has been unused for ${duration(seconds)}.`,
		growth !== null && growth > 0 ? `It grows by ${bytes(growth)}/s.` : undefined,
		safe !== null && limit !== null ? `${bytes(Math.max(0, safe))} are left of max_slot_wal_keep_size (${limit}).` : undefined,
		limit === '-1' && !isLost(slot) ? 'Only the disk limits it (max_slot_wal_keep_size is -1).' : undefined,
	]
		.filter(sentence => sentence !== undefined)
		.join(' ');
};

const actionFor = (slot: SlotRow): string => {
	if (isLost(slot)) return 'Rebuild its consumer, then drop the slot: F9.';
	return isAbandoned(slot) ? 'Bring its consumer back, or drop the slot: F9.' : 'b shows it, with its sender.';
};
