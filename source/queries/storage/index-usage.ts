import {bool, defineQuery, float, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

const blockSize = "pg_catalog.current_setting('block_size')::pg_catalog.float8";

const usage = (scanned: string, reset: string): string => `
select
	i.indexrelid,
	i.indrelid,
	pg_catalog.pg_stat_get_numscans(i.indexrelid)::pg_catalog.float8 as idx_scan,
	${scanned} as last_idx_scan,
	nullif(c.relpages, 0)::pg_catalog.float8 operator(pg_catalog.*) ${blockSize} as index_bytes,
	nullif(t.relpages, 0)::pg_catalog.float8 operator(pg_catalog.*) ${blockSize} as table_bytes,
	${reset} as stats_reset
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid operator(pg_catalog.=) i.indexrelid
join pg_catalog.pg_class as t on t.oid operator(pg_catalog.=) i.indrelid
where c.relkind operator(pg_catalog.=) 'i'
	and c.relpersistence operator(pg_catalog.<>) 't'
	and c.relnamespace not in (
		select n.oid
		from pg_catalog.pg_namespace as n
		where n.nspname in ('pg_catalog', 'pg_toast', 'information_schema')
	)
`;

const never = 'null::pg_catalog.timestamptz';
const lastScan = 'pg_catalog.pg_stat_get_lastscan(i.indexrelid)';

/**
 * Scans and size of each index of our database, the size as of its last VACUUM or ANALYZE and null before the first: the functions
 * that measure sizes wait for a table in ACCESS EXCLUSIVE mode. The time of the last scan is new in 16, that
 * of the last reset of the counters of one index in 19.
 */
export const indexUsage = defineQuery({
	name: 'index_usage',
	deadlineMs: 10_000,
	everyMs: 60_000,
	fields: {
		indexrelid: int,
		indrelid: int,
		idx_scan: nullable(float),
		last_idx_scan: nullable(timestamp),
		index_bytes: nullable(float),
		table_bytes: nullable(float),
		stats_reset: nullable(timestamp),
	},
	ladder: [
		{since: 130_000, sql: usage(never, never)},
		{since: 160_000, sql: usage(lastScan, never)},
		{since: 190_000, sql: usage(lastScan, 'pg_catalog.pg_stat_get_stat_reset_time(i.indexrelid)')},
	],
});

/** Counters of one index. */
export type IndexUsage = RowOf<typeof indexUsage>;

/** Sequential scans of each table of our database, and the rows they read. */
export const tableScans = defineQuery({
	name: 'table_scans',
	deadlineMs: 10_000,
	everyMs: 10_000,
	fields: {
		relid: int,
		relname: textField,
		schemaname: textField,
		seq_scan: nullable(float),
		seq_tup_read: nullable(float),
		table_bytes: nullable(float),
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	c.oid as relid,
	c.relname,
	n.nspname as schemaname,
	pg_catalog.pg_stat_get_numscans(c.oid)::pg_catalog.float8 as seq_scan,
	pg_catalog.pg_stat_get_tuples_returned(c.oid)::pg_catalog.float8 as seq_tup_read,
	nullif(c.relpages, 0)::pg_catalog.float8 operator(pg_catalog.*) ${blockSize} as table_bytes
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) c.relnamespace
where c.relkind in ('r', 'm')
	and c.relpersistence operator(pg_catalog.<>) 't'
	and n.nspname not in ('pg_catalog', 'information_schema')
	and pg_catalog.pg_stat_get_tuples_returned(c.oid) operator(pg_catalog.>) 0
`,
		},
	],
});

/** Counters of one table. */
export type TableScans = RowOf<typeof tableScans>;

/**
 * Start of the counters of our database, one row: their last reset, and the start of the counters of the whole cluster. A crash
 * resets all of them at once, so none is older than that. `standbys` is the number of servers that follow this one;
 * the physical slot of a subscriber for the detection of conflicts (19) is not one.
 */
export const scanCounters = defineQuery({
	name: 'scan_counters',
	deadlineMs: 3000,
	everyMs: 30_000,
	fields: {
		in_recovery: bool,
		started: timestamp,
		stats_reset: nullable(timestamp),
		cluster_reset: nullable(timestamp),
		standbys: int,
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	pg_catalog.pg_is_in_recovery() as in_recovery,
	pg_catalog.pg_postmaster_start_time() as started,
	pg_catalog.pg_stat_get_db_stat_reset_time(
		(
			select a.datid
			from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a
		)
	) as stats_reset,
	least(
		pg_catalog.pg_stat_get_bgwriter_stat_reset_time(),
		(
			select r.stats_reset
			from pg_catalog.pg_stat_get_archiver() as r
		)
	) as cluster_reset,
	greatest(
		(
			select pg_catalog.count(*)
			from pg_catalog.pg_stat_get_wal_senders() as w
		),
		(
			select pg_catalog.count(*)
			from pg_catalog.pg_get_replication_slots() as s
			where s.slot_type operator(pg_catalog.=) 'physical' and s.slot_name operator(pg_catalog.<>) 'pg_conflict_detection'
		)
	)::pg_catalog.int4 as standbys
`,
		},
	],
});

/** Start of the counters. */
export type ScanCounters = RowOf<typeof scanCounters>;
