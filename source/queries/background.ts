import type {Query} from '../core/sample/query.ts';
import {horizon} from './activity/horizon.ts';
import {statementNorms} from './activity/statements.ts';
import {directories, host} from './beside/host.ts';
import {patroniCluster, patroniMembers} from './beside/patroni.ts';
import {poolerClients, poolerConnections, poolerPools, poolers} from './beside/pgbouncer.ts';
import {logDeadlocks, logErrors} from './beside/server-log.ts';
import {senders, slots, standby} from './replication/replication.ts';
import {subscriptions} from './replication/subscriptions.ts';
import {archiver, wal, walDirectory} from './replication/wal.ts';
import {databaseSizes, databases} from './server/databases.ts';
import {extensions} from './server/extensions.ts';
import {limitedRoles, roleTimeouts} from './server/roles.ts';
import {autovacuum} from './storage/autovacuum.ts';
import {freezeAges} from './storage/freeze.ts';
import {invalidIndexes} from './storage/indexes.ts';
import {sequences} from './storage/sequences.ts';
import {tempFiles, tempFilesets} from './storage/temp-files.ts';

/**
 * Queries that run whichever pane is shown, because they reveal trouble. Tables and indexes are not among them, except broken
 * indexes: their findings wait until their pane is opened.
 */
export const background: readonly Query[] = [
	horizon,
	slots,
	senders,
	standby,
	subscriptions,
	wal,
	archiver,
	databases,
	freezeAges,
	autovacuum,
	walDirectory,
	databaseSizes,
	directories,
	host,
	tempFiles,
	tempFilesets,
	extensions,
	statementNorms,
	invalidIndexes,
	logDeadlocks,
	logErrors,
	sequences,
	roleTimeouts,
	limitedRoles,
	patroniCluster,
	patroniMembers,
	poolers,
	poolerPools,
	poolerConnections,
	poolerClients,
];
