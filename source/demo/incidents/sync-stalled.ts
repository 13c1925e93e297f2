import {requiredStandby, standbyName} from '../standby.ts';
import {stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';

const isStalled = `select pg_catalog.count(*) >= 3 as holds
from pg_catalog.pg_stat_get_activity(null) as a
where a.wait_event = 'SyncRep'`;

/** Commits wait until the standby has replayed them, and its replay is paused. No parts: the workload waits. */
export const syncStalledIncident: Incident = {
	name: 'sync-stalled',
	title: 'Every commit waits for a synchronous standby that does not replay.',
	standby: {},
	begin: async (connect, standby) =>
		stageIncident(connect, async cast => {
			const operator = await requiredStandby(standby).connect({applicationName: 'maintenance'});
			await operator.query('select pg_catalog.pg_wal_replay_pause()');
			await operator.end();
			const admin = await connect({applicationName: 'failover-setup'});
			await admin.query("alter system set synchronous_commit = 'remote_apply'");
			await admin.query(`alter system set synchronous_standby_names = '${standbyName}'`);
			await admin.query('select pg_catalog.pg_reload_conf()');
			await admin.end();
			await cast.holds('commits wait for the standby', isStalled);
		}),
};
