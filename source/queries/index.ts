import type {Query} from '../core/sample/query.ts';
import * as exclusiveLocks from './activity/exclusive-locks.ts';
import * as heldLocks from './activity/held-locks.ts';
import * as horizon from './activity/horizon.ts';
import * as lockStatistics from './activity/lock-statistics.ts';
import * as locks from './activity/locks.ts';
import * as progress from './activity/progress.ts';
import * as relationLocks from './activity/relation-locks.ts';
import * as sessions from './activity/sessions.ts';
import * as statements from './activity/statements.ts';
import * as waits from './activity/waits.ts';
import * as fleet from './beside/fleet.ts';
import * as host from './beside/host.ts';
import * as journal from './beside/journal.ts';
import * as measured from './beside/measured.ts';
import * as patroni from './beside/patroni.ts';
import * as pgbouncer from './beside/pgbouncer.ts';
import * as scopes from './beside/scopes.ts';
import * as serverLog from './beside/server-log.ts';
import * as replication from './replication/replication.ts';
import * as subscriptions from './replication/subscriptions.ts';
import * as wal from './replication/wal.ts';
import * as databases from './server/databases.ts';
import * as extensions from './server/extensions.ts';
import * as fleetMember from './server/fleet-member.ts';
import * as roles from './server/roles.ts';
import * as server from './server/server.ts';
import * as settings from './server/settings.ts';
import * as standbyAddresses from './server/standby-addresses.ts';
import * as autovacuum from './storage/autovacuum.ts';
import * as freeze from './storage/freeze.ts';
import * as indexUsage from './storage/index-usage.ts';
import * as indexes from './storage/indexes.ts';
import * as pgstattuple from './storage/pgstattuple.ts';
import * as sequences from './storage/sequences.ts';
import * as tableColumns from './storage/table-columns.ts';
import * as tableIndexes from './storage/table-indexes.ts';
import * as tables from './storage/tables.ts';
import * as tempFiles from './storage/temp-files.ts';

const files: readonly Readonly<Record<string, unknown>>[] = [
	autovacuum,
	databases,
	exclusiveLocks,
	extensions,
	fleet,
	fleetMember,
	freeze,
	heldLocks,
	horizon,
	host,
	indexUsage,
	indexes,
	journal,
	lockStatistics,
	locks,
	measured,
	patroni,
	pgbouncer,
	pgstattuple,
	progress,
	relationLocks,
	replication,
	roles,
	scopes,
	sequences,
	server,
	serverLog,
	sessions,
	settings,
	standbyAddresses,
	statements,
	subscriptions,
	tableColumns,
	tableIndexes,
	tables,
	tempFiles,
	waits,
	wal,
];

const isQuery = (value: unknown): value is Query => typeof value === 'object' && value !== null && 'ladder' in value;

/** Every query and reading by name, to compare recordings with. */
export const queries: ReadonlyMap<string, Query> = new Map(
	files.flatMap(file => Object.values(file).flatMap(value => (isQuery(value) ? [[value.name, value] as const] : []))),
);
