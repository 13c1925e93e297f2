import type {Instant} from '../../core/values/instant.ts';
import type {Table} from '../../queries/storage/tables.ts';
import type {TableEstimate} from './table-estimate.ts';

/** Row of a table: sizes, bloat, last VACUUM and ANALYZE, and reasons why autovacuum is due. */
export type TableRow = Omit<TableEstimate, 'unknown'> &
	Pick<
		Table,
		| 'relid'
		| 'relname'
		| 'schemaname'
		| 'relkind'
		| 'toast_relid'
		| 'n_live_tup'
		| 'n_dead_tup'
		| 'n_mod_since_analyze'
		| 'last_vacuum'
		| 'last_autovacuum'
		| 'last_analyze'
		| 'last_autoanalyze'
	> & {
		readonly total_bytes: number | null;
		/** Heap and TOAST; `bloat_bytes` is the bloat in both. */
		readonly table_bytes: number | null;
		readonly bloat_bytes: number | null;
		readonly bloat_ratio: number | null;
		readonly bloat_source: 'estimate' | 'exact' | 'unknown';
		/** Reason why there is no estimate; null if there is one. */
		readonly unknown: string | null;
		/** True if there is no estimate because the role cannot see its statistics. */
		readonly hidden: boolean;
		readonly dead_ratio: number | null;
		readonly vacuum_due: boolean | null;
		readonly analyze_due: boolean | null;
		/** Figures that make autovacuum due. */
		readonly due: readonly string[];
		/** Dead rows above which autovacuum vacuums it. */
		readonly dead_threshold: number;
		readonly autovacuum_score: number | null;
		/** True if autovacuum runs left the dead rows; null if no run was observed. */
		readonly removes_nothing: boolean | null;
		readonly xid_age: number | null;
		readonly mxid_age: number | null;
		/** Share of the way to wraparound, of transaction ids or multixacts, whichever is further. */
		readonly freeze_ratio: number | null;
		readonly locked: boolean | null;
		/** Holders and waiters of ACCESS EXCLUSIVE; the pid of a prepared transaction is null. */
		readonly lockers: readonly {readonly pid: number | null; readonly granted: boolean}[];
		/** Partitioned table it belongs to. */
		readonly parent: string | null;
		/** Number of leaf partitions; null unless partitioned. */
		readonly partitions: number | null;
		readonly measuring: Instant | null;
		readonly measured: Instant | null;
		/** Step of a running measurement, or the failure of the last one. */
		readonly measure_message: string | null;
	};

/** Name of a table for sentences and narrow columns, without the schema if that is `public`. */
export const qualified = ({schemaname, relname}: Pick<TableRow, 'schemaname' | 'relname'>): string =>
	schemaname === 'public' ? relname : `${schemaname}.${relname}`;

/** Sum of parts; null if any is null. */
export const total = (...parts: readonly (number | null)[]): number | null =>
	parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0);

/** Share of a part in a whole, between 0 and 1; null if either is unknown or the whole is 0. */
export const shareOf = (part: number | null, whole: number | null): number | null =>
	part === null || whole === null || whole <= 0 ? null : Math.min(1, Math.max(0, part / whole));
