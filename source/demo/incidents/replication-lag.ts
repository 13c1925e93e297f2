import {requiredStandby, standbyName} from '../standby.ts';
import {stageIncident} from './cast.ts';
import {loadImports} from './imports.ts';
import type {Incident} from './incident.ts';

const isBehind = `select pg_catalog.pg_wal_lsn_diff(w.flush_lsn, w.replay_lsn) > 1000000 as holds
from pg_catalog.pg_stat_replication as w`;

/** Replay on the standby was paused and forgotten while the primary writes. The only part is `loader`, which writes most. */
export const replicationLag: Incident = {
	name: 'replication-lag',
	title: 'A standby receives WAL but does not replay it, and its lag grows.',
	standby: {},
	begin: async (connect, standby) =>
		stageIncident(connect, async cast => {
			const operator = await requiredStandby(standby).connect({applicationName: 'maintenance'});
			await operator.query('select pg_catalog.pg_wal_replay_pause()');
			await operator.end();
			await loadImports(connect, cast, 280);
			await cast.holds(`${standbyName} lags in replay`, isBehind);
		}),
};
