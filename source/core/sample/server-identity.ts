import type {Instant} from '../values/instant.ts';

/**
 * What tells one server from another at the same address; null where it is unknown. `system_identifier` is that of the cluster, which
 * a standby shares with its primary; `address` is the server's own, behind a balancer not the one connected to; `started` is the
 * start of its postmaster, and `seen` the server's clock when all this was read.
 */
export type ServerIdentity = {
	readonly system_identifier: string | null;
	readonly major: number;
	readonly address: string | null;
	readonly timeline: number | null;
	readonly started: Instant | null;
	readonly seen: Instant;
};

const differs = <T>(a: T | null, b: T | null): boolean => a !== null && b !== null && a !== b;

/**
 * Sign that `now` is another server than `before`, as a clause; undefined if nothing says so. A promotion changes the timeline, and a
 * restart the start; only another server shows both changed, or ran already when the first one was last seen.
 */
export const signOfAnother = (before: ServerIdentity, now: ServerIdentity): string | undefined => {
	if (differs(before.system_identifier, now.system_identifier)) return 'its system identifier is another';
	if (before.major !== now.major) return `it is PostgreSQL ${now.major} instead of ${before.major}`;
	if (differs(before.address, now.address)) return `its own address is ${now.address} instead of ${before.address}`;
	if (differs(before.started, now.started) && differs(before.timeline, now.timeline))
		return `it is on timeline ${now.timeline} instead of ${before.timeline}`;
	if (differs(before.started, now.started) && (now.started ?? '') < before.seen)
		return 'it was running before the connection to the other one broke';
	return undefined;
};
