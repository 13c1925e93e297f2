import type {Tone} from '../text/line.ts';
import {literal} from '../values/quote.ts';
import {bytes} from '../values/units.ts';

/** A replication slot as of a sample, and what its end means. */
export type SlotRef = {
	readonly name: string;
	readonly type: 'physical' | 'logical';
	readonly database: string | null;
	readonly plugin: string | null;
	readonly active: boolean;
	readonly active_pid: number | null;
	readonly temporary: boolean;
	/** True if it is synchronized from the primary (17 and later); null before. */
	readonly synced: boolean | null;
	readonly restart_lsn: string | null;
	/** Bytes of WAL that it keeps; null if it keeps none or that is unknown. */
	readonly retained_bytes: number | null;
	/** Bytes of WAL that no other slot keeps; null if unknown. */
	readonly freed_bytes: number | null;
	/** Slot that keeps WAL from the same or an earlier position. */
	readonly kept_by: string | null;
	/** Reason why the server keeps it for itself; null for a slot of a consumer. */
	readonly reserved: string | null;
	/** True if Patroni is connected or read, which creates slots again. */
	readonly patroni: boolean;
	/** Member of Patroni that streams from it; null if it is not one's, or members are not known. */
	readonly member: string | null;
};

/**
 * The exact SQL that drops a slot: active, type and position are read again in the same statement, so that a slot that was used or
 * created again since the question is not dropped.
 */
export const dropStatement = ({name, type, restart_lsn}: SlotRef): string =>
	[
		'select pg_catalog.pg_drop_replication_slot(s.slot_name) from pg_catalog.pg_get_replication_slots() as s',
		`where s.slot_name = ${literal(name)} and s.slot_type = ${literal(type)} and not s.active and not s.temporary`,
		`and s.restart_lsn is not distinct from ${restart_lsn === null ? 'null' : `${literal(restart_lsn)}::pg_catalog.pg_lsn`}`,
	].join('\n');

/** Reason never to drop a slot, as a sentence; undefined if it can be confirmed. */
export const slotRefusal = (
	{name, active, active_pid, temporary, synced, reserved}: SlotRef,
	isStandby: boolean,
): string | undefined => {
	if (reserved !== null) return `Slot ${name} is not dropped: ${reserved}`;
	if (temporary) return `Slot ${name} is temporary: it is dropped when its session ends.`;
	if (active) return `Slot ${name} is in use${active_pid === null ? '' : ` by ${active_pid}`}: stop its consumer first.`;
	if (synced === true && isStandby) return `Slot ${name} is synchronized from the primary: drop it there.`;
	return undefined;
};

/** A sentence about a slot, its label and tone. */
type SlotFact = {readonly label: string; readonly text: string; readonly tone: Tone};

/** Facts to know before a slot is dropped, most important first. */
export const slotFacts = (slot: SlotRef): readonly SlotFact[] => {
	const {name, type, database, plugin} = slot;
	const whose = database === null ? '' : ` in ${database}`;
	return [
		{label: 'slot', text: `${name}, ${type}${plugin === null ? '' : ` (${plugin})`}${whose}`, tone: 'calm'},
		{label: 'frees', text: freedText(slot), tone: 'calm'},
		{label: 'rebuild', text: rebuildText(slot), tone: 'warn'},
	];
};

const freedText = ({retained_bytes, freed_bytes, kept_by}: SlotRef): string => {
	if (retained_bytes === null) return 'no WAL that is known: the slot keeps none, or is lost.';
	if (freed_bytes === null) return `unknown; the slot keeps ${bytes(retained_bytes)} of WAL.`;
	const others = kept_by === null ? '' : ` Slot ${kept_by} keeps ${freed_bytes === 0 ? 'all of it' : 'the rest'}.`;
	return `${freed_bytes === 0 ? 'none' : `up to ${bytes(freed_bytes)}`} of the ${bytes(retained_bytes)} of WAL that it keeps, at the next checkpoints.${others}`;
};

const rebuildText = ({type}: SlotRef): string =>
	type === 'logical'
		? 'Its consumer cannot continue: create slot or subscription again and copy the tables again.'
		: 'A standby that still uses it must get the WAL from an archive, or be rebuilt from a base backup.';

/** Consequences of dropping a slot that others may undo, as sentences. */
export const slotCautions = ({synced, patroni, member, type}: SlotRef): readonly string[] => [
	...(synced === true ? ['It was synchronized from a former primary, for use after a failover.'] : []),
	...(patroni ? [patroniCaution(member, type)] : []),
];

const patroniCaution = (member: string | null, type: SlotRef['type']): string => {
	if (member !== null) return `Patroni creates it again: its member ${member} streams from it.`;
	return type === 'physical'
		? 'Patroni runs here: it creates the slots of its members and its permanent slots again.'
		: 'Patroni runs here: it creates its permanent slots again.';
};
