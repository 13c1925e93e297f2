import type {RelationRef} from '../../core/actions/maintenance.ts';
import {answerOf, type Past} from '../../core/history/past.ts';
import {type Described, definePane, type Hidden} from '../../core/pane/pane.ts';
import {extensionVersion} from '../../core/sample/extension.ts';
import type {Measurement} from '../../core/sample/measurement.ts';
import {remembered} from '../../core/sample/remembered.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {clean} from '../../core/text/clean.ts';
import {identifier, relationName} from '../../core/values/quote.ts';
import {bytes, shortCount} from '../../core/values/units.ts';
import {type ExclusiveLock, exclusiveLocks} from '../../queries/activity/exclusive-locks.ts';
import {horizon} from '../../queries/activity/horizon.ts';
import {sessions} from '../../queries/activity/sessions.ts';
import {measured} from '../../queries/beside/measured.ts';
import {type Autovacuum, autovacuum} from '../../queries/storage/autovacuum.ts';
import {pgstattuple} from '../../queries/storage/pgstattuple.ts';
import {mostTables, readableTableColumns, type TableColumns, tableColumns} from '../../queries/storage/table-columns.ts';
import {type TableIndexes, tableIndexes} from '../../queries/storage/table-indexes.ts';
import {type Table, tables} from '../../queries/storage/tables.ts';
import {factsOf, rowsOf} from '../reading/answers.ts';
import {grantIn} from '../reading/hidden.ts';
import {bloatColumns} from './columns.ts';
import {futileRuns} from './futile.ts';
import {bloatLines} from './inspect.ts';
import {measuredRow} from './measured-row.ts';
import {qualified, type TableRow} from './table-row.ts';
import {tableRows} from './table-rows.ts';

const nothing: readonly Table[] = [];

/** Order without known bloat: tables with the most dead rows may have the most. */
const byDeadRows = (a: TableRow, b: TableRow): number =>
	(b.n_dead_tup ?? -1) - (a.n_dead_tup ?? -1) || (b.total_bytes ?? -1) - (a.total_bytes ?? -1);
const byBloat = (a: TableRow, b: TableRow): number => (b.bloat_bytes ?? -1) - (a.bloat_bytes ?? -1) || byDeadRows(a, b);

// Rows of thousands of tables are computed when the catalog is read, not in every sample, and in the pane's own order: sorting
// them in every sample then has nothing to do.
const catalogued = remembered(
	(
		all: readonly Table[],
		columns: readonly TableColumns[] | undefined,
		indexes: readonly TableIndexes[] | undefined,
		settings: Autovacuum | undefined,
		version: number,
		most: number,
	) => tableRows({tables: all, columns, indexes, settings, version, mostTables: most}).toSorted(byBloat),
);

const byOid = remembered((all: readonly Table[]): ReadonlyMap<number, Table> => new Map(all.map(table => [table.relid, table])));

const tablesOf = (sample: Sample): readonly Table[] => answerOf(sample, tables)?.rows ?? nothing;

const cataloguedRows = (sample: Sample): readonly TableRow[] => {
	const facts = factsOf(sample);
	const isSuperuser = facts?.superuser === true;
	return catalogued(
		tablesOf(sample),
		answerOf(sample, isSuperuser ? tableColumns : readableTableColumns)?.rows,
		answerOf(sample, tableIndexes)?.rows,
		rowsOf(sample, autovacuum)[0],
		facts?.version ?? 0,
		isSuperuser ? mostTables.superuser : mostTables.others,
	);
};

/** Rows with their lockers; remembered by the text of the locks, whose answer is a new object every time. */
const lockedRows = remembered(
	(rows: readonly TableRow[], futile: ReadonlyMap<number, boolean | null>, locks: string | undefined): readonly TableRow[] => {
		const lockers = Map.groupBy(JSON.parse(locks ?? '[]') as readonly ExclusiveLock[], ({relation}) => relation);
		return rows.map(row => {
			const runs = futile.get(row.relid);
			return {
				...row,
				locked: locks === undefined ? null : lockers.has(row.relid),
				lockers: lockers.get(row.relid) ?? [],
				removes_nothing: row.n_dead_tup === null ? null : runs === undefined ? false : runs,
			};
		});
	},
);

/** Tables of a sample with their lockers, measurements and futile autovacuum runs. */
const bloatRows = (sample: Sample, past: Past): readonly TableRow[] => {
	const catalog = cataloguedRows(sample);
	const locks = answerOf(sample, exclusiveLocks);
	const rows = lockedRows(catalog, futileRuns(sample, past, catalog), locks && JSON.stringify(locks.rows));
	const measurements = new Map(rowsOf(sample, measured).map(row => [row.relid, row]));
	if (measurements.size === 0) return rows;
	return rows.map(row => {
		const measurement = measurements.get(row.relid);
		const table = measurement && byOid(tablesOf(sample)).get(row.relid);
		return measurement && table ? measuredRow(row, measurement, table, sample.at) : row;
	});
};

const hiddenTables = (sample: Sample): Hidden | undefined => {
	const rows = cataloguedRows(sample);
	const facts = factsOf(sample);
	if (facts?.in_recovery && rows.length > 0)
		return {rows: rows.length, hint: 'the primary (row counters are not available on a standby)'};
	const hidden = rows.filter(row => row.hidden).length;
	if (hidden === 0) return undefined;
	const role = facts ? identifier(facts.user) : 'CURRENT_USER';
	// pg_read_all_data exists since 14.
	const grant = (facts?.version ?? 0) < 140_000 ? `GRANT SELECT on them TO ${role}` : grantIn(sample, 'pg_read_all_data');
	return {rows: hidden, hint: `${grant} (or . on a row)`};
};

const measurementOf = (row: TableRow, sample: Sample): Measurement | string => {
	if (row.partitions !== null) return 'A partitioned table has no storage: measure its partitions.';
	const [extension] = rowsOf(sample, pgstattuple);
	const facts = factsOf(sample);
	if (!extension || !facts) return 'Not known yet if pgstattuple is installed.';
	if (extension.schema === null)
		return `pgstattuple is not installed in ${facts.database}: run CREATE EXTENSION pgstattuple as superuser.`;
	const {may_measure, extversion} = extension;
	// Recordings of before have no version.
	const admitsRoles = facts.superuser || extversion == null || extensionVersion(extversion) >= 1005;
	if (may_measure === null || !admitsRoles)
		return `pgstattuple ${extversion ?? ''} in ${facts.database} is too old: run ALTER EXTENSION pgstattuple UPDATE as its owner.`;
	if (!may_measure) return `This role cannot measure: ${grantIn(sample, 'pg_stat_scan_tables')}.`;
	const running = rowsOf(sample, measured).find(({state}) => state === 'running');
	const other = running?.relid === row.relid ? undefined : running;
	const table = other && byOid(tablesOf(sample)).get(other.relid);
	if (other) return `Already measuring ${table ? qualified(table) : other.relid}, one table at a time; press . on it to stop.`;
	return {relid: row.relid, name: qualified(row), schema: extension.schema, running: running !== undefined};
};

const relationOf = (row: TableRow, sample: Sample): Described<RelationRef> | undefined => {
	const database = factsOf(sample)?.database;
	if (database === undefined) return undefined;
	const {total_bytes, bloat_bytes, n_dead_tup} = row;
	const about = [
		total_bytes === null ? undefined : bytes(total_bytes),
		bloat_bytes === null ? undefined : `${bytes(bloat_bytes)} bloat`,
		n_dead_tup === null ? undefined : `${shortCount(n_dead_tup)} dead rows`,
		row.xid_age === null ? undefined : `xid age ${shortCount(row.xid_age)}`,
	];
	return {
		of: {database, oid: row.relid, kind: 'table', name: clean(relationName(row.schemaname, row.relname)), xid_age: row.xid_age},
		about: about.filter(part => part !== undefined).join(', '),
	};
};

const system = new Set(['pg_catalog', 'information_schema']);

/** Tables of the connected database, by bloat. */
export const bloatPane = definePane<TableRow>({
	id: 'bloat',
	keys: ['3'],
	title: 'Bloat',
	help: 'Tables by estimated bloat, with VACUUM and ANALYZE state; . measures one exactly.',
	queries: [
		tables,
		autovacuum,
		tableColumns,
		readableTableColumns,
		tableIndexes,
		exclusiveLocks,
		pgstattuple,
		measured,
		horizon,
		sessions,
	],
	rows: bloatRows,
	identity: row => String(row.relid),
	relation: relationOf,
	measurement: measurementOf,
	copied: row => `${identifier(row.schemaname)}.${identifier(row.relname)}`,
	shown: (row, options) => options.background || !system.has(row.schemaname),
	empty: 'No tables in this database; a shows system tables.',
	hidden: hiddenTables,
	sort: {column: 'bloat_bytes', descending: true},
	ties: byDeadRows,
	columns: bloatColumns,
	inspect: bloatLines,
});
