import {
	bool,
	defineQuery,
	defineReading,
	float,
	int,
	nullable,
	type RowOf,
	textField,
	timestamp,
} from '../../core/sample/query.ts';

const mostRows = 2000;

/**
 * Temporary files that exist now, by tablespace and process: `pgsql_tmp<PID>.<N>`. A file whose process is not a backend, or
 * began after it was last written, is a leftover of a crash. Directories, which parallel hash joins use, are not listed by
 * pg_ls_tmpdir: the reading `temp_filesets` has them. Temporary tables are not temporary files.
 */
export const tempFiles = defineQuery({
	name: 'temp_files',
	title: 'temporary files',
	deadlineMs: 3000,
	everyMs: 2000,
	named: 3,
	when: facts => facts.lists_temp === true,
	fields: {
		tablespace: textField,
		/** Null for a name without a pid. */
		pid: nullable(int),
		leftover: bool,
		files: int,
		bytes: float,
		/** Time of the last write, in whole seconds. */
		newest: nullable(timestamp),
		/** Start of the process that has the pid now. */
		backend_start: nullable(timestamp),
		/** Limit of one process; null if it is off. As set for our role. */
		temp_file_limit: nullable(float),
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	f.tablespace,
	f.pid,
	f.leftover,
	pg_catalog.count(*) as files,
	pg_catalog.sum(f.size)::pg_catalog.float8 as bytes,
	pg_catalog.max(f.modification) as newest,
	f.backend_start,
	nullif(pg_catalog.pg_size_bytes(pg_catalog.current_setting('temp_file_limit')), -1)::pg_catalog.float8 as temp_file_limit
from (
	select
		l.tablespace,
		l.pid,
		l.size,
		l.modification,
		a.backend_start,
		a.pid is null or coalesce(
			l.modification operator(pg_catalog.<) pg_catalog.date_trunc('second', a.backend_start),
			false
		) as leftover
	from (
		select
			t.spcname::pg_catalog.text as tablespace,
			pg_catalog.substring(d.name, '^pgsql_tmp([0-9]{1,9})[.]')::pg_catalog.int4 as pid,
			d.size,
			d.modification
		from pg_catalog.pg_tablespace as t
		cross join lateral pg_catalog.pg_ls_tmpdir(t.oid) as d
		where t.spcname operator(pg_catalog.<>) 'pg_global'
	) as l
	left join pg_catalog.pg_stat_get_activity(null) as a on a.pid operator(pg_catalog.=) l.pid
) as f
group by f.tablespace, f.pid, f.leftover, f.backend_start
order by bytes desc
limit ${mostRows}
`,
		},
	],
});

/** Temporary files of one process in one tablespace. */
export type TempFiles = RowOf<typeof tempFiles>;

/**
 * Directories of temporary files that processes share, such as those of a parallel hash join, read on the server's own host: a
 * row per tablespace and creator (`pgsql_tmp<PID>.<N>.fileset`, `.sharedfileset` before 15). A row with a null pid says that a
 * tablespace was read; without one its directories are unknown.
 */
export const tempFilesets = defineReading({
	name: 'temp_filesets',
	everyMs: 2000,
	fields: {
		tablespace: textField,
		pid: nullable(int),
		/** True if its process is not a backend, or began after the last write. */
		leftover: bool,
		files: int,
		bytes: float,
		newest: nullable(timestamp),
		backend_start: nullable(timestamp),
		/** False if there were too many files to count them all. */
		complete: bool,
	},
});

/** Shared temporary files of one process in one tablespace. */
export type TempFilesets = RowOf<typeof tempFilesets>;
