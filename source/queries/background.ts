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
 * What is asked whoever looks at what, because it tells of trouble. Tables and indexes are not among it, but for those that are
 * broken: what there is to find about them waits until somebody looks.
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
