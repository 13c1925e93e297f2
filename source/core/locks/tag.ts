import type {Instant} from '../values/instant.ts';

/** One row of the query `locks`: a lock held or awaited; `pid` is null for a prepared transaction. */
export type LockRow = {
	readonly virtualtransaction: string;
	readonly mode: string;
	readonly granted: boolean;
	readonly pid: number | null;
	readonly locktype: string;
	readonly database: number | null;
	readonly relation: number | null;
	readonly relation_name: string | null;
	readonly page: number | null;
	readonly tuple: number | null;
	readonly virtualxid: string | null;
	readonly transactionid: string | null;
	readonly classid: number | null;
	readonly objid: number | null;
	readonly objsubid: number | null;
	readonly waitstart: Instant | null;
	readonly gid: string | null;
	readonly gid_database: number | null;
	/** Role that prepared the transaction; absent in older recordings. */
	readonly gid_owner?: string | null;
	readonly prepared: Instant | null;
	readonly blocking_pids: readonly number[] | null;
};

/** A lock, without what settles its place in a queue. */
export type PlainLock = Omit<LockRow, 'blocking_pids'>;

/** Key of a lock target: equal for exactly the rows that compete for it. */
export const tagOf = (row: PlainLock): string =>
	row.locktype === 'transactionid'
		? `transactionid ${row.transactionid}`
		: `${row.locktype} ${row.database} ${row.relation} ${row.page} ${row.tuple} ${row.virtualxid} ${row.classid} ${row.objid} ${row.objsubid}`;

/** Name of the relation, or `database:oid` if it is in another database; null for other locks. */
export const relationOf = (row: PlainLock): string | null =>
	row.relation === null ? null : (row.relation_name ?? `${row.database}:${row.relation}`);

/** Locked row version as ctid text `(page,tuple)`; null for other locks. */
export const tupleOf = (row: PlainLock): string | null =>
	row.page === null || row.tuple === null ? null : `(${row.page},${row.tuple})`;

// pg_locks splits a 64-bit advisory key into classid and objid (objsubid 1) and keeps a pair as it is (objsubid 2).
const advisoryKey = (row: PlainLock): string => {
	const high = row.classid ?? 0;
	const low = row.objid ?? 0;
	if (row.objsubid === 2) return `(${high | 0}, ${low | 0})`;
	return String(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)));
};

/** Lock target in words: `public.orders (3,14)`, `advisory 42`, `transaction 763`, `virtual transaction 3/21`. */
export const lockTarget = (row: PlainLock): string => {
	const relation = relationOf(row);
	if (relation !== null) {
		const tuple = tupleOf(row);
		if (tuple !== null) return `${relation} ${tuple}`;
		return row.locktype === 'relation' ? relation : `${row.locktype} ${relation}${row.page === null ? '' : ` page ${row.page}`}`;
	}
	if (row.locktype === 'transactionid') return `transaction ${row.transactionid}`;
	if (row.locktype === 'virtualxid') return `virtual transaction ${row.virtualxid}`;
	if (row.locktype === 'advisory') return `advisory ${advisoryKey(row)}`;
	const parts = [row.classid, row.objid, row.objsubid].filter(part => part !== null);
	return parts.length > 0 ? `${row.locktype} ${parts.join('/')}` : row.locktype;
};
