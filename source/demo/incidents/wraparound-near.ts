import {skipXidsTo} from '../next-xid.ts';
import {stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';
import {abandonSlot, feedbackThroughSlot} from './xmin-slot.ts';

// 2.1 billion transactions: old enough for the failsafe of VACUUM, and seven million before the server warns of each one.
const oldSegment = 2003;

/**
 * The slot of a standby that went away long ago keeps every transaction id since: what autovacuum begins to prevent wraparound
 * freezes nothing. Nobody plays a part.
 */
export const wraparoundNear: Incident = {
	name: 'wraparound-near',
	title: 'Databases come near wraparound, because a forgotten slot lets VACUUM freeze nothing.',
	settings: {autovacuum_naptime: '5s', autovacuum_vacuum_cost_delay: '0', max_slot_wal_keep_size: '-1'},
	standby: feedbackThroughSlot,
	prepare: async (server, connect, standby) => {
		await abandonSlot(connect, standby);
		await skipXidsTo(server, oldSegment);
	},
	begin: async connect =>
		stageIncident(connect, async cast =>
			cast.says(
				'the database is old',
				`select pg_catalog.age(d.datfrozenxid) > 2000000000 as holds
from pg_catalog.pg_database as d
where d.datname = pg_catalog.current_database()`,
			),
		),
};
