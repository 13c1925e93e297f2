import {skipXidsTo} from '../next-xid.ts';
import {stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';
import {abandonSlot, feedbackThroughSlot} from './xmin-slot.ts';

// 2.1 billion transactions: past the failsafe of VACUUM, and seven million before the server warns with each one.
const oldSegment = 2003;

/** The slot of a standby that is long gone holds back xmin: autovacuum to prevent wraparound freezes nothing. No parts. */
export const wraparoundNear: Incident = {
	name: 'wraparound-near',
	title: 'Databases are close to wraparound because a forgotten slot keeps VACUUM from freezing.',
	settings: {autovacuum_naptime: '5s', autovacuum_vacuum_cost_delay: '0', max_slot_wal_keep_size: '-1'},
	standby: feedbackThroughSlot,
	prepare: async (server, connect, standby) => {
		await abandonSlot(connect, standby);
		await skipXidsTo(server, oldSegment);
	},
	begin: async connect =>
		stageIncident(connect, async cast =>
			cast.holds(
				'the database is old',
				`select pg_catalog.age(d.datfrozenxid) > 2000000000 as holds
from pg_catalog.pg_database as d
where d.datname = pg_catalog.current_database()`,
			),
		),
};
