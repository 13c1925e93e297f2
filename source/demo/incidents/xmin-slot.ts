import type {Connect} from '../connect.ts';
import {skipXidsTo} from '../next-xid.ts';
import {type DemoStandby, requiredStandby} from '../standby.ts';
import {stageIncident} from './cast.ts';
import {eagerAutovacuum, laterSegment, leaveDeadRows} from './dead-rows.ts';
import type {Incident, ServerSettings} from './incident.ts';

const slotName = 'standby_berlin';

/** Settings of a standby that reports its xmin through its slot. */
export const feedbackThroughSlot: ServerSettings = {hot_standby_feedback: 'on', primary_slot_name: slotName};

const ofSlot = (what: string): string => `select ${what} as holds
from pg_catalog.pg_replication_slots as s
where s.slot_name = '${slotName}'`;

/** Removes such a standby, so that its slot keeps its last xmin. */
export const abandonSlot = async (connect: Connect, standby: DemoStandby | undefined): Promise<void> => {
	await stageIncident(connect, async cast => {
		await cast.holds('the slot has the xmin of its standby', ofSlot('s.xmin is not null'));
		await requiredStandby(standby).remove();
		await cast.holds('the slot is unused', ofSlot('not s.active and s.xmin is not null'));
	});
};

/** The slot of a removed standby holds back xmin. The only part is `writer`, which leaves the dead rows. */
export const xminSlot: Incident = {
	name: 'xmin-slot',
	title: 'The slot of a removed standby keeps VACUUM from removing dead rows.',
	settings: {...eagerAutovacuum, max_slot_wal_keep_size: '-1'},
	standby: feedbackThroughSlot,
	prepare: async (server, connect, standby) => {
		await abandonSlot(connect, standby);
		await skipXidsTo(server, laterSegment);
	},
	begin: async connect => stageIncident(connect, async cast => leaveDeadRows(connect, cast)),
};
