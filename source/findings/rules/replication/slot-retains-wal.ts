import {baseOf, type Past} from '../../../core/history/past.ts';
import {perSecond, secondsUntil} from '../../../core/history/rates.ts';
import type {Severity} from '../../../core/pane/finding.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {positionOf} from '../../../core/values/lsn.ts';
import {literal} from '../../../core/values/quote.ts';
import {bytes, duration} from '../../../core/values/units.ts';
import {usedRatio} from '../../../panes/databases/disk.ts';
import {rowsOf} from '../../../panes/reading/reading.ts';
import {isAbandoned, isLost, type SlotRow, slotRows} from '../../../panes/replication/slot.ts';
import {host} from '../../../queries/host.ts';
import {type Slot, slots} from '../../../queries/replication.ts';
import {wal} from '../../../queries/wal.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {type Limits, severityOf, worstOf} from '../../thresholds.ts';

/** A slot that keeps WAL, until it is lost or the disk is full. */
export const slotRetainsWal = defineRule({
	id: 'slot-retains-wal',
	help: 'A slot that keeps WAL for a consumer that does not fetch it, until it is lost or the disk is full.',
	queries: [slots, wal, host],
	find: oncePerAnswers([slots, wal, host], (sample, past, limits) =>
		slotRows(sample, past).flatMap(row => {
			const slot = {...row, growth_bytes_per_second: row.growth_bytes_per_second ?? earlyGrowth(row, sample, past)};
			const known = {slot, used: usedShare(slot), seconds: inactiveSeconds(slot, sample), ends: exhaustionOf(slot, sample)};
			const severity = severityFor(known, limits);
			if (!severity) return [];
			return [
				{
					subject: slot.slot_name,
					severity,
					weight: slot.retained_bytes ?? 0,
					summary: clean(summaryOf(known, limits)),
					evidence: clean(evidenceOf(known)),
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
	/** Which part it keeps of what it may; null without a limit. */
	readonly used: number | null;
	/** For how long nobody has used it. */
	readonly seconds: number | null;
	readonly ends: Exhaustion | undefined;
};

const usedShare = ({retained_bytes: kept, safe_wal_size: safe}: SlotRow): number | null => {
	if (kept === null || safe === null) return null;
	const most = kept + Math.max(0, safe);
	return most === 0 ? null : kept / most;
};

/** How fast it grows as far as the first seconds tell: what nobody fetches from grows by all that is written. */
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

// Of a disk that is not half full growth is no trouble yet.
const halfFull = 0.5;

/** How it ends at its pace: by its limit, else by the disk that WAL is on, where that is known. */
const exhaustionOf = ({safe_wal_size, growth_bytes_per_second}: SlotRow, sample: Sample): Exhaustion | undefined => {
	if (safe_wal_size !== null) {
		const seconds = secondsUntil(safe_wal_size, growth_bytes_per_second);
		return seconds === null ? undefined : {seconds, what: 'may be lost'};
	}
	const places = rowsOf(sample, host).filter(({device}) => device !== null);
	const place = places.find(({kind}) => kind === 'wal') ?? places.find(({kind}) => kind === 'data');
	if (!place || (usedRatio(place) ?? 0) < halfFull) return undefined;
	const seconds = secondsUntil(place.free_bytes, growth_bytes_per_second);
	return seconds === null ? undefined : {seconds, what: 'fills the disk'};
};

const severityFor = ({slot, used, seconds, ends}: SlotState, limits: Limits): Severity | undefined => {
	if (isLost(slot)) return 'warning';
	if (slot.wal_status === 'unreserved') return 'critical';
	const byRatio = severityOf(used, limits.slot_used_ratio);
	const byEnd = severityOf(ends?.seconds ?? null, limits.slot_fills_seconds);
	// Who fetches from a slot catches up after a burst: it is trouble where most of its room is gone.
	if (!isAbandoned(slot)) return byRatio && worstOf(byRatio, byEnd);
	const byBytes = severityOf(slot.retained_bytes, limits.slot_retained_bytes);
	return worstOf(byRatio, byEnd, byBytes, byBytes && severityOf(seconds, limits.slot_inactive_seconds));
};

const summaryOf = ({slot, ends}: SlotState, limits: Limits): string => {
	const name = `The ${slot.slot_type} slot ${slot.slot_name}`;
	if (isLost(slot)) {
		const why = slot.invalidation_reason === null ? '' : ` (${slot.invalidation_reason})`;
		return `${name} is lost${why}: what its consumer needs is gone.`;
	}
	if (slot.wal_status === 'unreserved') return `${name} keeps more WAL than it may: the next checkpoint may remove it.`;
	const isNear = ends && severityOf(ends.seconds, limits.slot_fills_seconds) !== undefined;
	const end = isNear ? ` and ${ends.what} in ${duration(ends.seconds)}` : '';
	const who = isAbandoned(slot) ? ', which nobody uses,' : '';
	return `${name}${who} keeps ${bytes(slot.retained_bytes ?? 0)} of WAL${end}.`;
};

const evidenceOf = ({slot, seconds}: SlotState): string => {
	const {growth_bytes_per_second: growth, safe_wal_size: safe, max_slot_wal_keep_size: limit, active_pid} = slot;
	return [
		active_pid === null ? undefined : `Walsender ${active_pid} reads from it.`,
		seconds === null ? undefined : `Nobody has used it for ${duration(seconds)}.`,
		growth !== null && growth > 0 ? `It grows by ${bytes(growth)}/s.` : undefined,
		safe !== null && limit !== null ? `${bytes(Math.max(0, safe))} are left of max_slot_wal_keep_size (${limit}).` : undefined,
		limit === '-1' && !isLost(slot) ? 'Nothing but the disk limits it (max_slot_wal_keep_size is -1).' : undefined,
	]
		.filter(told => told !== undefined)
		.join(' ');
};

const actionFor = (slot: SlotRow): string => {
	const drop = `select pg_drop_replication_slot(${literal(slot.slot_name)})`;
	if (isLost(slot)) return `Rebuild its consumer, and drop it: ${drop}`;
	return isAbandoned(slot) ? `Bring its consumer back, or drop it: ${drop}` : 'b shows it; its sender stands there too.';
};
