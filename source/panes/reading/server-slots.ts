/**
 * True for the slot that keeps dead rows on a subscriber for the detection of conflicts (19): the server makes it for subscriptions
 * with retain_dead_tuples, and nobody can drop it.
 */
export const isConflictSlot = (name: string | null): boolean => name === 'pg_conflict_detection';

/** True for the temporary slot of a REPACK (CONCURRENTLY), which is dropped at its end; named after its decoding worker (19). */
export const isRepackSlot = (name: string | null): boolean => /^pg_repack_\d+$/.test(name ?? '');
