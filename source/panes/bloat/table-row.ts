import type {Instant} from '../../core/values/instant.ts';
import type {Table} from '../../queries/tables.ts';
import type {TableEstimate} from './table-estimate.ts';

/** A table as the bloat pane shows it: its sizes and its bloat, what VACUUM and ANALYZE did for it, and what it waits for. */
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
		/** Heap and TOAST, as is what of them is bloat. */
		readonly table_bytes: number | null;
		readonly bloat_bytes: number | null;
		readonly bloat_ratio: number | null;
		readonly bloat_source: 'estimate' | 'exact' | 'unknown';
		/** Why there is no estimate; null where there is one. */
		readonly unknown: string | null;
		/** Its statistics are hidden from our role, and that is why. */
		readonly hidden: boolean;
		readonly dead_ratio: number | null;
		readonly vacuum_due: boolean | null;
		readonly analyze_due: boolean | null;
		/** By which of its figures it is due. */
		readonly due: readonly string[];
		/** Dead rows from which on autovacuum takes it. */
		readonly dead_threshold: number;
		/** Autovacuum came by again and again, and all that was dead still is; null while that is not known. */
		readonly removes_nothing: boolean | null;
		readonly xid_age: number | null;
		readonly mxid_age: number | null;
		/** The younger of the limits of its transaction ids, in parts that are used up. */
		readonly freeze_ratio: number | null;
		readonly locked: boolean | null;
		/** Who holds it in ACCESS EXCLUSIVE mode, or waits to. */
		readonly lockers: readonly {readonly pid: number | null; readonly granted: boolean}[];
		/** The partitioned table of which it is a part. */
		readonly parent: string | null;
		/** Of a partitioned table: how many hold its rows. */
		readonly partitions: number | null;
		readonly measuring: Instant | null;
		readonly measured: Instant | null;
		/** What is being measured, or why that failed. */
		readonly measure_message: string | null;
	};

/** The name of a table in sentences and where only one column has room for it: its schema is left out where it is `public`. */
export const qualified = ({schemaname, relname}: Pick<TableRow, 'schemaname' | 'relname'>): string =>
	schemaname === 'public' ? relname : `${schemaname}.${relname}`;

/** Sums of parts of which none may be missing. */
export const total = (...parts: readonly (number | null)[]): number | null =>
	parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0);

/** A part of a whole, between 0 and 1; null where either is unknown or the whole is nothing. */
export const shareOf = (part: number | null, whole: number | null): number | null =>
	part === null || whole === null || whole <= 0 ? null : Math.min(1, Math.max(0, part / whole));
