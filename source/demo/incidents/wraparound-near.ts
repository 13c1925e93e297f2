import {setNextXid, xidsPerSegment} from '../next-xid.ts';
import {theStandby} from '../standby.ts';
import {stage} from './cast.ts';
import type {Incident} from './incident.ts';
import {feedbackSlot, slotHolds, slotIsLeft} from './xmin-slot.ts';

// Old enough for the failsafe of VACUUM, and seven million before the server warns with every transaction.
const nextXid = 2003 * xidsPerSegment;

/**
 * The slot of a standby that went away long ago keeps every transaction id since: what autovacuum begins to prevent wraparound
 * freezes nothing. Nobody plays a part.
 */
export const wraparoundNear: Incident = {
	name: 'wraparound-near',
	title: 'Databases come near wraparound, because a forgotten slot lets VACUUM freeze nothing.',
	settings: {autovacuum_naptime: '5s', autovacuum_vacuum_cost_delay: '0', max_slot_wal_keep_size: '-1'},
	standby: feedbackSlot,
	prepare: async (server, connect, standby) => {
		await stage(connect, async cast => cast.says('the slot holds what its standby needs', slotHolds));
		await theStandby(standby).remove();
		await stage(connect, async cast => cast.says('nobody uses the slot', slotIsLeft));
		await server.stop();
		while (!setNextXid(server.directory, nextXid)) {
			await server.restart();
			await server.stop();
		}
		await server.restart();
	},
	begin: async connect =>
		stage(connect, async cast =>
			cast.says(
				'the database is old',
				`select pg_catalog.age(d.datfrozenxid) > 2000000000 as holds
from pg_catalog.pg_database as d
where d.datname = pg_catalog.current_database()`,
			),
		),
};
