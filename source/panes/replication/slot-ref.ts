import type {Prepared} from '../../core/actions/admin.ts';
import type {SlotRef} from '../../core/actions/slot.ts';
import {answerOf} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import type {Instant} from '../../core/values/instant.ts';
import {bytesBetween} from '../../core/values/lsn.ts';
import {horizon} from '../../queries/activity/horizon.ts';
import {sessions} from '../../queries/activity/sessions.ts';
import {type Slot, slots} from '../../queries/replication/replication.ts';
import {walDirectory} from '../../queries/replication/wal.ts';
import {databaseNamesOf, rowsOf} from '../reading/answers.ts';
import {memberOfSlot, patroniClusterOf} from '../reading/patroni.ts';
import {isConflictSlot, repackPlugin} from '../reading/server-slots.ts';

const keptBytes = ({restart_lsn, current_lsn}: Slot): number | null => bytesBetween(restart_lsn, current_lsn);

/** The slot that makes the server keep the most WAL. */
const oldestOf = (all: readonly Slot[]): Slot | undefined =>
	all.reduce<Slot | undefined>(
		(oldest, slot) => ((keptBytes(slot) ?? -1) > ((oldest && keptBytes(oldest)) ?? -1) ? slot : oldest),
		undefined,
	);

const reservedFor = ({slot_name, plugin}: Slot): string | null => {
	if (isConflictSlot(slot_name)) return 'the server keeps it for subscriptions with retain_dead_tuples.';
	return plugin === repackPlugin ? 'a REPACK (CONCURRENTLY) reads from it.' : null;
};

// Patroni names its own connections so: `Patroni heartbeat`, `Patroni restapi`.
const isPatroni = /^patroni\b/i;

const isOfPatroni = (sample: Sample): boolean =>
	patroniClusterOf(sample) !== undefined ||
	rowsOf(sample, sessions).some(({application_name}) => isPatroni.test(application_name ?? ''));

/** A replication slot of a sample for an action; undefined without it. */
export const slotOf = (name: string, sample: Sample): SlotRef | undefined => {
	const all = rowsOf(sample, slots);
	const slot = all.find(({slot_name}) => slot_name === name);
	if (!slot) return undefined;
	const retained = keptBytes(slot);
	const other = oldestOf(all.filter(each => each !== slot && each.wal_status !== 'lost'));
	const keptElsewhere = (other && keptBytes(other)) ?? 0;
	return {
		name,
		type: slot.slot_type === 'logical' ? 'logical' : 'physical',
		database: slot.datid === null ? null : (databaseNamesOf(sample).get(slot.datid) ?? null),
		plugin: slot.plugin,
		active: slot.active,
		active_pid: slot.active_pid,
		temporary: slot.temporary,
		synced: slot.synced,
		restart_lsn: slot.restart_lsn,
		retained_bytes: retained,
		freed_bytes: retained === null ? null : Math.max(0, retained - keptElsewhere),
		kept_by: retained !== null && keptElsewhere > 0 ? (other?.slot_name ?? null) : null,
		reserved: reservedFor(slot),
		patroni: isOfPatroni(sample),
		member: slot.slot_type === 'physical' ? (memberOfSlot(name, sample)?.name ?? null) : null,
	};
};

/** A replication slot as it is in a sample: undefined without it, `unread` if the slots were not read since a moment. */
export const slotNow = (name: string, sample: Sample, since: Instant): SlotRef | 'unread' | undefined => {
	const answer = answerOf(sample, slots);
	return answer && answer.at > since ? slotOf(name, sample) : 'unread';
};

/** Bytes of WAL that slots make the server keep, and those in pg_wal; null if unknown. */
export const walKept = (sample: Sample): {readonly bySlots: number | null; readonly directory: number | null} => {
	const oldest = oldestOf(rowsOf(sample, slots));
	const bySlots = answerOf(sample, slots) ? ((oldest && keptBytes(oldest)) ?? 0) : null;
	return {bySlots, directory: rowsOf(sample, walDirectory)[0]?.wal_directory_bytes ?? null};
};

/** True if a prepared transaction exists in a sample; `unread` if they were not read since a moment. */
export const preparedNow = ({gid, prepared, database}: Prepared, sample: Sample, since: Instant): boolean | 'unread' => {
	const answer = answerOf(sample, horizon);
	if (!answer || answer.at <= since) return 'unread';
	return answer.rows.some(
		({kind, name, since: at, datid}) =>
			kind === 'prepared transaction' &&
			name === gid &&
			at === prepared &&
			(datid === null || (databaseNamesOf(sample).get(datid) ?? database) === database),
	);
};
