import {defineQuery, defineReading, float, id, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';

/** Directories of the server's files; the data directory is null for a role without pg_read_all_settings. */
export const directories = defineQuery({
	name: 'directories',
	deadlineMs: 2000,
	everyMs: 60_000,
	fields: {kind: textField, name: textField, path: nullable(textField)},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	'data' as kind,
	'data' as name,
	case when pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE')
		then pg_catalog.current_setting('data_directory')
	end as path
union all
select
	'log',
	'log',
	case when pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE')
		then pg_catalog.current_setting('log_directory')
	end
where pg_catalog.current_setting('logging_collector')::pg_catalog.bool
union all
select
	'tablespace',
	t.spcname::pg_catalog.text,
	pg_catalog.pg_tablespace_location(t.oid)
from pg_catalog.pg_tablespace as t
where pg_catalog.pg_tablespace_location(t.oid) operator(pg_catalog.<>) ''
`,
		},
	],
});

/** A directory of the server. */
export type Directory = RowOf<typeof directories>;

/** Our own backend: what tells its process from others, if the server is on this host. */
export const ownBackend = defineQuery({
	name: 'own_backend',
	deadlineMs: 1000,
	everyMs: 60_000,
	named: 1,
	fields: {pid: int, backend_start: nullable(timestamp), client_port: nullable(int)},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	a.pid,
	a.backend_start,
	a.client_port
from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a
`,
		},
	],
});

/** The row of our own backend. */
export type OwnBackend = RowOf<typeof ownBackend>;

/**
 * Host of the server, if this program runs there too: one row of kind `host` with processors and memory, and one per location of
 * the server's files (`data`, `wal`, `tablespace`, `log`) with its free space; `device` names the disk.
 */
export const host = defineReading({
	name: 'host',
	everyMs: 2000,
	fields: {
		kind: textField,
		name: textField,
		path: nullable(textField),
		device: nullable(id),
		total_bytes: nullable(float),
		used_bytes: nullable(float),
		/** Free for users other than root. */
		free_bytes: nullable(float),
		cpus: nullable(int),
		load_average: nullable(float),
		memory_total_bytes: nullable(float),
		memory_available_bytes: nullable(float),
	},
});

/** One reading of the server's host. */
export type HostRow = RowOf<typeof host>;

/** What the server keeps in a directory, in words. */
export const locationOf = ({kind, name}: Pick<HostRow, 'kind' | 'name'>): string =>
	kind === 'tablespace' ? `tablespace ${name}` : name;

/** Used share of a disk as in df, where root's reserve is neither used nor free; null if unknown. */
export const usedRatio = ({used_bytes: used, free_bytes: free}: Pick<HostRow, 'used_bytes' | 'free_bytes'>): number | null =>
	used === null || free === null || used + free === 0 ? null : used / (used + free);

/**
 * Processes of backends on the server's own host, each with its latest reading and the one before, from which rates are computed.
 * Memory is resident memory, including touched shared buffers, and the private part of it; bytes are disk reads and writes, null if
 * the operating system reports them only to the owner of the process.
 */
export const processes = defineReading({
	name: 'processes',
	fields: {
		pid: int,
		backend_start: timestamp,
		read_at: timestamp,
		cpu_seconds: float,
		rss_bytes: float,
		private_bytes: float,
		read_bytes: nullable(float),
		write_bytes: nullable(float),
		before_at: nullable(timestamp),
		before_cpu_seconds: nullable(float),
		before_read_bytes: nullable(float),
		before_write_bytes: nullable(float),
	},
});

/** Process of a backend. */
export type ProcessRow = RowOf<typeof processes>;
