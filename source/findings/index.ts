import type {Rule} from './rule.ts';
import {connectionLimit} from './rules/connections/connection-limit.ts';
import {connections} from './rules/connections/connections.ts';
import {loginStorm} from './rules/connections/login-storm.ts';
import {poolWaits} from './rules/connections/pool-waits.ts';
import {checkpointPressure} from './rules/load/checkpoint-pressure.ts';
import {cpuSaturated} from './rules/load/cpu-saturated.ts';
import {ownCost} from './rules/load/own-cost.ts';
import {rollbacksHigh} from './rules/load/rollbacks-high.ts';
import {rollbacksJump} from './rules/load/rollbacks-jump.ts';
import {runawayQuery} from './rules/load/runaway-query.ts';
import {statementHerd} from './rules/load/statement-herd.ts';
import {tempStorm} from './rules/load/temp-storm.ts';
import {ddlQueue} from './rules/locks/ddl-queue.ts';
import {deadlock} from './rules/locks/deadlock.ts';
import {deadlocks} from './rules/locks/deadlocks.ts';
import {idleCrowd} from './rules/locks/idle-crowd.ts';
import {idleInTransaction} from './rules/locks/idle-in-transaction.ts';
import {rootBlocker} from './rules/locks/root-blocker.ts';
import {noLeader} from './rules/patroni/no-leader.ts';
import {patroniPaused} from './rules/patroni/patroni-paused.ts';
import {secondPrimary} from './rules/patroni/second-primary.ts';
import {timelineDiffers} from './rules/patroni/timeline-differs.ts';
import {archiverFailing} from './rules/replication/archiver-failing.ts';
import {backupAge} from './rules/replication/backup-age.ts';
import {replayStalled} from './rules/replication/replay-stalled.ts';
import {slotRetainsWal} from './rules/replication/slot-retains-wal.ts';
import {standbyLag} from './rules/replication/standby-lag.ts';
import {standbyLost} from './rules/replication/standby-lost.ts';
import {subscriptionFailing} from './rules/replication/subscription-failing.ts';
import {syncStalled} from './rules/replication/sync-stalled.ts';
import {newerServer} from './rules/server/newer-server.ts';
import {notRead} from './rules/server/not-read.ts';
import {serverCrashed} from './rules/server/server-crashed.ts';
import {settingsPending} from './rules/server/settings-pending.ts';
import {brokenIndexes} from './rules/storage/broken-indexes.ts';
import {diskFull} from './rules/storage/disk-full.ts';
import {futileAutovacuum} from './rules/storage/futile-autovacuum.ts';
import {missingStatistics} from './rules/storage/missing-statistics.ts';
import {sequenceEnd} from './rules/storage/sequence-end.ts';
import {tempFilesOnDisk} from './rules/storage/temp-files.ts';
import {unusedIndexes} from './rules/storage/unused-indexes.ts';
import {walFlood} from './rules/storage/wal-flood.ts';
import {wraparound} from './rules/storage/wraparound.ts';
import {xminHorizon} from './rules/storage/xmin-horizon.ts';

/** Rules that look for trouble in what was read. */
const looking: readonly Rule[] = [
	noLeader,
	secondPrimary,
	ddlQueue,
	rootBlocker,
	deadlock,
	connections,
	connectionLimit,
	poolWaits,
	loginStorm,
	syncStalled,
	subscriptionFailing,
	wraparound,
	sequenceEnd,
	diskFull,
	archiverFailing,
	backupAge,
	xminHorizon,
	slotRetainsWal,
	statementHerd,
	cpuSaturated,
	runawayQuery,
	idleCrowd,
	idleInTransaction,
	walFlood,
	tempFilesOnDisk,
	tempStorm,
	serverCrashed,
	standbyLost,
	standbyLag,
	replayStalled,
	timelineDiffers,
	patroniPaused,
	futileAutovacuum,
	rollbacksHigh,
	rollbacksJump,
	deadlocks,
	checkpointPressure,
	missingStatistics,
	brokenIndexes,
	settingsPending,
	unusedIndexes,
	ownCost,
	newerServer,
];

/** Rules of triage; among findings of equal rank, those of the earlier rule come first. */
export const rules: readonly Rule[] = [...looking, notRead(looking)];
