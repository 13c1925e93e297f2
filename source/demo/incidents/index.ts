import {connectionsExhausted} from './connections-exhausted.ts';
import {ddlQueueIncident} from './ddl-queue.ts';
import {deadlockIncident} from './deadlock.ts';
import {idleCrowdIncident} from './idle-crowd.ts';
import type {Incident} from './incident.ts';
import {lockChain} from './lock-chain.ts';
import {replicationLag} from './replication-lag.ts';
import {rollbacksHighIncident} from './rollbacks-high.ts';
import {runawayQueryIncident} from './runaway-query.ts';
import {slotFillsDisk} from './slot-fills-disk.ts';
import {statementHerdIncident} from './statement-herd.ts';
import {syncStalledIncident} from './sync-stalled.ts';
import {tempFilesIncident} from './temp-files.ts';
import {walFloodIncident} from './wal-flood.ts';
import {wraparoundNear} from './wraparound-near.ts';
import {xminPrepared} from './xmin-prepared.ts';
import {xminSlot} from './xmin-slot.ts';
import {xminStandby} from './xmin-standby.ts';

/** All incidents of the demo and the tests; `--scenario` takes their names. */
export const incidents: readonly Incident[] = [
	lockChain,
	ddlQueueIncident,
	runawayQueryIncident,
	xminSlot,
	xminPrepared,
	xminStandby,
	slotFillsDisk,
	connectionsExhausted,
	replicationLag,
	syncStalledIncident,
	wraparoundNear,
	statementHerdIncident,
	idleCrowdIncident,
	rollbacksHighIncident,
	walFloodIncident,
	deadlockIncident,
	tempFilesIncident,
];
