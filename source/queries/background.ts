import type {Query} from '../core/sample/query.ts';
import {autovacuum} from './autovacuum.ts';
import {databaseSizes, databases} from './databases.ts';
import {freezeAges} from './freeze.ts';
import {horizon} from './horizon.ts';
import {directories, host} from './host.ts';
import {invalidIndexes} from './indexes.ts';
import {senders, slots, standby} from './replication.ts';
import {archiver, wal, walDirectory} from './wal.ts';

/**
 * Queries that run whichever pane is shown, because they reveal trouble. Tables and indexes are not among them, except broken
 * indexes: their findings wait until their pane is opened.
 */
export const background: readonly Query[] = [
	horizon,
	slots,
	senders,
	standby,
	wal,
	archiver,
	databases,
	freezeAges,
	autovacuum,
	walDirectory,
	databaseSizes,
	directories,
	host,
	invalidIndexes,
];
