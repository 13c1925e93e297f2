/**
 * True for the slot that keeps dead rows on a subscriber for the detection of conflicts (19): the server makes it for subscriptions
 * with retain_dead_tuples, and nobody can drop it.
 */
export const isConflictSlot = (name: string | null): boolean => name === 'pg_conflict_detection';

/** Type of the process that reads the changes for a REPACK (CONCURRENTLY), from a temporary slot that is dropped at its end (19). */
export const repackWorkerType = 'REPACK decoding worker';

/** Output plugin of such a slot. */
export const repackPlugin = 'pgrepack';
