import {theStandby} from '../standby.ts';
import {stage} from './cast.ts';
import {eagerAutovacuum, leaveDeadRows} from './dead-rows.ts';
import type {Incident, Settings} from './incident.ts';

/** The slot of a standby that says which rows it still needs. */
export const feedbackSlot: Settings = {hot_standby_feedback: 'on', primary_slot_name: 'standby_berlin'};

/** Asks whether the slot keeps the rows that its standby needed, and nobody uses it. */
export const slotIsLeft = `select not s.active and s.xmin is not null as holds
from pg_catalog.pg_replication_slots as s
where s.slot_name = '${feedbackSlot.primary_slot_name}'`;

/** Asks whether the standby has told its slot which rows it needs. */
export const slotHolds = `select s.xmin is not null as holds
from pg_catalog.pg_replication_slots as s
where s.slot_name = '${feedbackSlot.primary_slot_name}'`;

/**
 * A standby was switched off for good, and its slot keeps the rows it once needed. The only session is `writer`, which leaves the
 * dead rows.
 */
export const xminSlot: Incident = {
	name: 'xmin-slot',
	title: 'The slot of a standby that went away keeps VACUUM from removing dead rows.',
	settings: {...eagerAutovacuum, max_slot_wal_keep_size: '-1'},
	standby: feedbackSlot,
	begin: async (connect, standby) =>
		stage(connect, async cast => {
			await cast.says('the slot holds what its standby needs', slotHolds);
			await theStandby(standby).remove();
			await cast.says('nobody uses the slot', slotIsLeft);
			await leaveDeadRows(connect, cast);
		}),
};
