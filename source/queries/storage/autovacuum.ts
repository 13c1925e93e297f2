import {bool, defineQuery, float, id, int, nullable, type RowOf} from '../../core/sample/query.ts';

const setting = (name: string, type: 'int4' | 'float8' | 'bool'): string =>
	`pg_catalog.current_setting('${name}', true)::pg_catalog.${type}`;

/**
 * Autovacuum settings that apply to tables without parameters of their own, and the next transaction and multixact ids, from which
 * the ages of tables are computed. `autovacuum` is true if it runs at all: it needs `track_counts`. The maximum of the threshold is
 * new in 18.
 */
export const autovacuum = defineQuery({
	name: 'autovacuum',
	deadlineMs: 2000,
	everyMs: 10_000,
	fields: {
		autovacuum: bool,
		block_size: int,
		next_xid: id,
		next_mxid: id,
		vacuum_threshold: float,
		vacuum_scale_factor: float,
		vacuum_max_threshold: nullable(float),
		vacuum_insert_threshold: float,
		vacuum_insert_scale_factor: float,
		analyze_threshold: float,
		analyze_scale_factor: float,
		freeze_max_age: float,
		multixact_freeze_max_age: float,
	},
	ladder: [
		{
			since: 130_000,
			// The age of the first possible id gives the next one; ages are signed differences of 32 bits.
			sql: `
select
	${setting('autovacuum', 'bool')} and ${setting('track_counts', 'bool')} as autovacuum,
	${setting('block_size', 'int4')} as block_size,
	((pg_catalog.age('3'::pg_catalog.xid)::pg_catalog.int8 + 3) & 4294967295)::pg_catalog.text as next_xid,
	((pg_catalog.mxid_age('1'::pg_catalog.xid)::pg_catalog.int8 + 1) & 4294967295)::pg_catalog.text as next_mxid,
	${setting('autovacuum_vacuum_threshold', 'float8')} as vacuum_threshold,
	${setting('autovacuum_vacuum_scale_factor', 'float8')} as vacuum_scale_factor,
	${setting('autovacuum_vacuum_max_threshold', 'float8')} as vacuum_max_threshold,
	${setting('autovacuum_vacuum_insert_threshold', 'float8')} as vacuum_insert_threshold,
	${setting('autovacuum_vacuum_insert_scale_factor', 'float8')} as vacuum_insert_scale_factor,
	${setting('autovacuum_analyze_threshold', 'float8')} as analyze_threshold,
	${setting('autovacuum_analyze_scale_factor', 'float8')} as analyze_scale_factor,
	${setting('autovacuum_freeze_max_age', 'float8')} as freeze_max_age,
	${setting('autovacuum_multixact_freeze_max_age', 'float8')} as multixact_freeze_max_age
`,
		},
	],
});

/** Settings of autovacuum. */
export type Autovacuum = RowOf<typeof autovacuum>;
