import {connections} from './connections.ts';
import {ddlQueue} from './ddl-queue.ts';
import {deadlock} from './deadlock.ts';
import {idleInTransaction} from './idle-in-transaction.ts';
import {ownCost} from './own-cost.ts';
import {rootBlocker} from './root-blocker.ts';
import type {Rule} from './rule.ts';
import {runawayQuery} from './runaway-query.ts';
import {syncStalled} from './sync-stalled.ts';

/** The rules of triage; among findings that are equally bad the earlier rule's come first. */
export const rules: readonly Rule[] = [
	ddlQueue,
	rootBlocker,
	deadlock,
	connections,
	syncStalled,
	runawayQuery,
	idleInTransaction,
	ownCost,
];
