import {stageIncident} from './cast.ts';
import {loadImports} from './imports.ts';
import type {Incident} from './incident.ts';

const isKept = `select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn) > 2000000 and s.safe_wal_size > 0 as holds
from pg_catalog.pg_replication_slots as s`;

/**
 * The consumer of a slot never came back while an import writes: within minutes the slot retains as much WAL as it may. The only
 * part is `loader`, which writes most.
 */
export const slotFillsDisk: Incident = {
	name: 'slot-fills-disk',
	title: 'An unused slot retains WAL and reaches its limit within minutes.',
	// WAL of the slot, recycled WAL and the databases stay below 300 MB.
	settings: {max_slot_wal_keep_size: '160MB', max_wal_size: '32MB', checkpoint_timeout: '30s'},
	begin: async connect =>
		stageIncident(connect, async cast => {
			const admin = await connect({applicationName: 'slot-setup'});
			await admin.query("select pg_catalog.pg_create_physical_replication_slot('warehouse_feed', true)");
			await admin.end();
			await loadImports(connect, cast, 140);
			await cast.holds('the slot retains WAL', isKept);
		}),
};
