import type {Query} from '../core/sample/query.ts';
import * as autovacuum from './autovacuum.ts';
import * as databases from './databases.ts';
import * as exclusiveLocks from './exclusive-locks.ts';
import * as extensions from './extensions.ts';
import * as freeze from './freeze.ts';
import * as horizon from './horizon.ts';
import * as host from './host.ts';
import * as indexUsage from './index-usage.ts';
import * as indexes from './indexes.ts';
import * as journal from './journal.ts';
import * as locks from './locks.ts';
import * as measured from './measured.ts';
import * as pgbouncer from './pgbouncer.ts';
import * as pgstattuple from './pgstattuple.ts';
import * as progress from './progress.ts';
import * as replication from './replication.ts';
import * as roles from './roles.ts';
import * as server from './server.ts';
import * as sessions from './sessions.ts';
import * as settings from './settings.ts';
import * as statements from './statements.ts';
import * as subscriptions from './subscriptions.ts';
import * as tableColumns from './table-columns.ts';
import * as tableIndexes from './table-indexes.ts';
import * as tables from './tables.ts';
import * as waits from './waits.ts';
import * as wal from './wal.ts';

const files: readonly Readonly<Record<string, unknown>>[] = [
	autovacuum,
	databases,
	exclusiveLocks,
	extensions,
	freeze,
	horizon,
	host,
	indexUsage,
	indexes,
	journal,
	locks,
	measured,
	pgbouncer,
	pgstattuple,
	progress,
	replication,
	roles,
	server,
	sessions,
	settings,
	statements,
	subscriptions,
	tableColumns,
	tableIndexes,
	tables,
	waits,
	wal,
];

const isQuery = (value: unknown): value is Query => typeof value === 'object' && value !== null && 'ladder' in value;

/** Every query and reading by name, to compare recordings with. */
export const queries: ReadonlyMap<string, Query> = new Map(
	files.flatMap(file => Object.values(file).flatMap(value => (isQuery(value) ? [[value.name, value] as const] : []))),
);
