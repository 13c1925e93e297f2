import {archiverFailing} from './archiver-failing.ts';
import {brokenIndexes} from './broken-indexes.ts';
import {checkpointPressure} from './checkpoint-pressure.ts';
import {connections} from './connections.ts';
import {ddlQueue} from './ddl-queue.ts';
import {deadlock} from './deadlock.ts';
import {deadlocks} from './deadlocks.ts';
import {diskFull} from './disk-full.ts';
import {futileAutovacuum} from './futile-autovacuum.ts';
import {idleInTransaction} from './idle-in-transaction.ts';
import {missingStatistics} from './missing-statistics.ts';
import {ownCost} from './own-cost.ts';
import {replayStalled} from './replay-stalled.ts';
import {rollbacksJump} from './rollbacks-jump.ts';
import {rootBlocker} from './root-blocker.ts';
import type {Rule} from './rule.ts';
import {runawayQuery} from './runaway-query.ts';
import {settingsPending} from './settings-pending.ts';
import {slotRetainsWal} from './slot-retains-wal.ts';
import {standbyLag} from './standby-lag.ts';
import {standbyLost} from './standby-lost.ts';
import {syncStalled} from './sync-stalled.ts';
import {tempStorm} from './temp-storm.ts';
import {unusedIndexes} from './unused-indexes.ts';
import {wraparound} from './wraparound.ts';
import {xminHorizon} from './xmin-horizon.ts';

/** The rules of triage; among findings that are equally bad the earlier rule's come first. */
export const rules: readonly Rule[] = [
	ddlQueue,
	rootBlocker,
	deadlock,
	connections,
	syncStalled,
	wraparound,
	diskFull,
	archiverFailing,
	xminHorizon,
	slotRetainsWal,
	runawayQuery,
	idleInTransaction,
	tempStorm,
	standbyLost,
	standbyLag,
	replayStalled,
	futileAutovacuum,
	rollbacksJump,
	deadlocks,
	checkpointPressure,
	missingStatistics,
	brokenIndexes,
	settingsPending,
	unusedIndexes,
	ownCost,
];
