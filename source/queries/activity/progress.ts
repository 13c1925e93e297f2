import {defineQuery, float, int, nullable, type RowOf, textField} from '../../core/sample/query.ts';

type Answers = {readonly kinds: readonly string[]; readonly cases: Readonly<Record<string, string>>};

const columns = [
	'phase',
	'index_relid',
	'blocks_total',
	'blocks_done',
	'tuples_total',
	'tuples_done',
	'bytes_total',
	'bytes_done',
	'indexes_total',
	'indexes_done',
	'index_vacuum_count',
	'lockers_total',
	'lockers_done',
	'current_locker_pid',
	'partitions_total',
	'partitions_done',
	'statistics_total',
	'statistics_done',
	'tuples_skipped',
	'delay_seconds',
	'tuples_updated',
	'tuples_deleted',
	'mode',
	'started_by',
] as const;

const named = (param: string, names: readonly string[], from = 0): string =>
	`case ${param} ${names.map((name, index) => `when ${index + from} then '${name}'`).join(' ')} end`;

const phases: Readonly<Record<string, string>> = {
	VACUUM: named('s.param1', [
		'initializing',
		'scanning heap',
		'vacuuming indexes',
		'vacuuming heap',
		'cleaning up indexes',
		'truncating heap',
		'performing final cleanup',
	]),
	ANALYZE: named('s.param1', [
		'initializing',
		'acquiring sample rows',
		'acquiring inherited sample rows',
		'computing statistics',
		'computing extended statistics',
		'finalizing analyze',
	]),
	CLUSTER: named('s.param2', [
		'initializing',
		'seq scanning heap',
		'index scanning heap',
		'sorting tuples',
		'writing new heap',
		'swapping relation files',
		'rebuilding index',
		'performing final cleanup',
	]),
	REPACK: named('s.param2', [
		'initializing',
		'seq scanning heap',
		'index scanning heap',
		'sorting tuples',
		'writing new heap',
		'catch-up',
		'swapping relation files',
		'rebuilding index',
		'performing final cleanup',
	]),
	'CREATE INDEX': `case s.param10
			when 2 then 'building index' operator(pg_catalog.||) coalesce(
				': ' operator(pg_catalog.||) pg_catalog.pg_indexam_progress_phasename(s.param9::pg_catalog.oid, s.param11), '')
			else ${named('s.param10', [
				'initializing',
				'waiting for writers before build',
				'building index',
				'waiting for writers before validation',
				'index validation: scanning index',
				'index validation: sorting tuples',
				'index validation: scanning table',
				'waiting for old snapshots',
				'waiting for readers before marking dead',
				'waiting for readers before dropping',
			])}
		end`,
	BASEBACKUP: named('s.param1', [
		'initializing',
		'waiting for checkpoint to finish',
		'estimating backup size',
		'streaming database files',
		'waiting for wal archiving to finish',
		'transferring wal files',
	]),
	COPY: "case when s.param5 is not null then 'copying' end",
};

const commands = `case k.kind
		when 'CLUSTER' then coalesce(${named('s.param1', ['CLUSTER', 'VACUUM FULL'], 1)}, k.kind)
		when 'REPACK' then coalesce(${named('s.param1', ['CLUSTER', 'REPACK', 'VACUUM FULL'], 1)}, k.kind)
		when 'CREATE INDEX' then coalesce(${named('s.param1', ['CREATE INDEX', 'CREATE INDEX CONCURRENTLY', 'REINDEX', 'REINDEX CONCURRENTLY'], 1)}, k.kind)
		when 'BASEBACKUP' then 'BASE BACKUP'
		when 'COPY' then coalesce(${named('s.param5', ['COPY FROM', 'COPY TO'], 1)}, k.kind)
		else k.kind
	end`;

/** Parameters of each kind of command, as in the pg_stat_progress views: `KIND.column` to an expression. */
const since13: Answers = {
	kinds: ['VACUUM', 'ANALYZE', 'CLUSTER', 'CREATE INDEX', 'BASEBACKUP'],
	cases: {
		'VACUUM.blocks_total': 's.param2',
		'VACUUM.blocks_done': 'case when s.param1 operator(pg_catalog.=) 3 then s.param4 else s.param3 end',
		'VACUUM.index_vacuum_count': 's.param5',
		'ANALYZE.blocks_total': 's.param2',
		'ANALYZE.blocks_done': 's.param3',
		'ANALYZE.statistics_total': 's.param4',
		'ANALYZE.statistics_done': 's.param5',
		'ANALYZE.partitions_total': 's.param6',
		'ANALYZE.partitions_done': 's.param7',
		'CLUSTER.index_relid': 's.param3',
		'CLUSTER.tuples_total': 's.param4',
		'CLUSTER.tuples_done': 's.param5',
		'CLUSTER.blocks_total': 's.param6',
		'CLUSTER.blocks_done': 's.param7',
		'CLUSTER.indexes_done': 's.param8',
		'CREATE INDEX.index_relid': 's.param7',
		'CREATE INDEX.lockers_total': 's.param4',
		'CREATE INDEX.lockers_done': 's.param5',
		'CREATE INDEX.current_locker_pid': 's.param6',
		'CREATE INDEX.tuples_total': 's.param12',
		'CREATE INDEX.tuples_done': 's.param13',
		'CREATE INDEX.partitions_total': 's.param14',
		'CREATE INDEX.partitions_done': 's.param15',
		'CREATE INDEX.blocks_total': 's.param16',
		'CREATE INDEX.blocks_done': 's.param17',
		'BASEBACKUP.bytes_total': 'nullif(s.param2, -1)',
		'BASEBACKUP.bytes_done': 's.param3',
	},
};

const since14: Answers = {
	kinds: [...since13.kinds, 'COPY'],
	cases: {
		...since13.cases,
		'COPY.bytes_done': 's.param1',
		'COPY.bytes_total': 's.param2',
		'COPY.tuples_done': 's.param3',
	},
};

const since17: Answers = {
	...since14,
	cases: {
		...since14.cases,
		'VACUUM.indexes_total': 's.param9',
		'VACUUM.indexes_done': 's.param10',
		'COPY.tuples_skipped': 's.param7',
	},
};

const since18: Answers = {
	...since17,
	cases: {
		...since17.cases,
		'VACUUM.delay_seconds': 's.param11 operator(pg_catalog./) 1e9',
		'ANALYZE.delay_seconds': 's.param9 operator(pg_catalog./) 1e9',
	},
};

// REPACK takes the place of CLUSTER, whose name the function refuses. The counters of its catch-up come before those of blocks.
const since19: Answers = {
	kinds: ['VACUUM', 'ANALYZE', 'REPACK', 'CREATE INDEX', 'BASEBACKUP', 'COPY'],
	cases: {
		...since18.cases,
		'VACUUM.mode': named('s.param12', ['normal', 'aggressive', 'failsafe'], 1),
		'VACUUM.started_by': named('s.param13', ['manual', 'autovacuum', 'autovacuum_wraparound'], 1),
		'ANALYZE.started_by': named('s.param10', ['manual', 'autovacuum'], 1),
		'REPACK.index_relid': 's.param3',
		'REPACK.tuples_total': 's.param4',
		'REPACK.tuples_done': 's.param5',
		'REPACK.tuples_updated': 's.param6',
		'REPACK.tuples_deleted': 's.param7',
		'REPACK.blocks_total': 's.param8',
		'REPACK.blocks_done': 's.param9',
		'REPACK.indexes_done': 's.param10',
		'BASEBACKUP.mode': named('s.param6', ['full', 'incremental'], 1),
	},
};

const types: Readonly<Record<string, string>> = {phase: 'text', mode: 'text', started_by: 'text', delay_seconds: 'float8'};

const typeOf = (column: string): string =>
	types[column] ?? (column.endsWith('_pid') || column.endsWith('_count') ? 'int4' : 'int8');

const read = ({kinds, cases}: Answers): string => {
	const value = (column: (typeof columns)[number]): string => {
		const whens = kinds
			.map(kind => [kind, column === 'phase' ? phases[kind] : cases[`${kind}.${column}`]] as const)
			.filter(([, expression]) => expression !== undefined);
		const answer = `case k.kind ${whens.map(([kind, expression]) => `when '${kind}' then ${expression}`).join('\n\t\t')} end`;
		return `${whens.length === 0 ? 'null' : `(${answer})`}::pg_catalog.${typeOf(column)} as ${column}`;
	};
	return `
with s as materialized (
	select
		s.pid,
		s.command,
		s.datid,
		nullif(s.relid, 0::pg_catalog.oid) as relid,
		${columns.map(column => `s.${column}`).join(',\n\t\t')},
		s.datid operator(pg_catalog.=) (
			select a.datid
			from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a
		) as is_ours
	from (
		select
			s.pid,
			${commands} as command,
			s.datid,
			s.relid,
			${columns.map(value).join(',\n\t\t\t')}
		from pg_catalog.unnest(array[${kinds.map(kind => `'${kind}'`).join(', ')}]) as k (kind)
		cross join lateral pg_catalog.pg_stat_get_progress_info(k.kind) as s
	) as s
)
select
	s.pid,
	s.command,
	nullif(s.datid, 0::pg_catalog.oid) as datid,
	s.relid,
	case when s.is_ours
		then nullif(s.relid::pg_catalog.regclass::pg_catalog.text, s.relid::pg_catalog.text)
	end as relation,
	case when s.is_ours
		then nullif(
			nullif(s.index_relid, 0)::pg_catalog.oid::pg_catalog.regclass::pg_catalog.text,
			s.index_relid::pg_catalog.text
		)
	end as index_relation,
	pg_catalog.current_setting('block_size')::pg_catalog.int4 as block_size,
	${columns
		.filter(column => column !== 'index_relid')
		.map(column => `s.${column}`)
		.join(',\n\t')}
from s
`;
};

/**
 * Progress of each long command, with the values of the pg_stat_progress views, but for all of them at once. Calls the function
 * behind the views, because the views join pg_database, whose locks would freeze them. `phase` is null if our role may not see it.
 * COPY is new in 14, the indexes that VACUUM has processed and the rows that COPY skipped in 17, delays in 18; REPACK, the mode and
 * starter of a VACUUM and the mode of a base backup in 19.
 */
export const progress = defineQuery({
	name: 'progress',
	deadlineMs: 2500,
	fields: {
		pid: int,
		command: textField,
		datid: nullable(int),
		relid: nullable(int),
		relation: nullable(textField),
		index_relation: nullable(textField),
		block_size: int,
		phase: nullable(textField),
		blocks_total: nullable(int),
		blocks_done: nullable(int),
		tuples_total: nullable(int),
		tuples_done: nullable(int),
		bytes_total: nullable(int),
		bytes_done: nullable(int),
		indexes_total: nullable(int),
		indexes_done: nullable(int),
		index_vacuum_count: nullable(int),
		lockers_total: nullable(int),
		lockers_done: nullable(int),
		current_locker_pid: nullable(int),
		partitions_total: nullable(int),
		partitions_done: nullable(int),
		statistics_total: nullable(int),
		statistics_done: nullable(int),
		tuples_skipped: nullable(int),
		delay_seconds: nullable(float),
		/** Rows that others changed or deleted during a REPACK (CONCURRENTLY), and that its catch-up has applied. */
		tuples_updated: nullable(int),
		tuples_deleted: nullable(int),
		/** `normal`, `aggressive` or `failsafe` for a VACUUM, `full` or `incremental` for a base backup. */
		mode: nullable(textField),
		/** `manual`, `autovacuum` or `autovacuum_wraparound`. */
		started_by: nullable(textField),
	},
	ladder: [
		{since: 130_000, sql: read(since13)},
		{since: 140_000, sql: read(since14)},
		{since: 170_000, sql: read(since17)},
		{since: 180_000, sql: read(since18)},
		{since: 190_000, sql: read(since19)},
	],
});

/** One long command. */
export type Progress = RowOf<typeof progress>;
