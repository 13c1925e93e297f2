import {type Instant, secondsBetween} from '../values/instant.ts';
import {duration} from '../values/units.ts';
import type {Twin} from './twins.ts';

/** Evidence for and against one index at one time. */
export type IndexEvidence<T> = {
	readonly valid: boolean;
	/** Pid of the backend that builds it. */
	readonly building: number | null;
	readonly twin: Twin<T> | undefined;
	/** A constraint, a foreign key or the replica identity depends on it: scans do not decide about it. */
	readonly needed: boolean;
	/** Its scans, for a partition those of all partitions; null if they could not be read. */
	readonly scans: number | null;
	/** Start of the count of scans; null if unknown. */
	readonly since: Instant | null;
	/** Another server may use it, and counts its own scans. */
	readonly elsewhere: boolean;
};

/** Verdict on an index, worst first by `rank`: only the first three ranks are trouble, and from 6 on all is well. */
export type IndexVerdict = {
	readonly rank: number;
	readonly kind: 'invalid' | 'building' | 'duplicate' | 'redundant' | 'unused' | 'young' | 'ok';
	readonly text: string;
};

// A week contains every daily job, and every weekly one.
const settledSeconds = 7 * 86_400;

/** Verdict on an index; null if its evidence could not be read. */
export const verdictOn = <T>(evidence: IndexEvidence<T>, nameOf: (index: T) => string, now: Instant): IndexVerdict | null => {
	const {valid, building, twin, needed, scans, since, elsewhere} = evidence;
	if (!valid && building !== null) return {rank: 5, kind: 'building', text: `being built by ${building}`};
	if (!valid) return {rank: 0, kind: 'invalid', text: 'invalid'};
	if (twin?.kind === 'duplicate') return {rank: 1, kind: 'duplicate', text: `duplicate of ${nameOf(twin.of)}`};
	if (twin) return {rank: 2, kind: 'redundant', text: `redundant to ${nameOf(twin.of)}`};
	if (needed) return {rank: 6, kind: 'ok', text: 'ok'};
	if (scans === null) return null;
	if (scans > 0) return {rank: 6, kind: 'ok', text: 'ok'};
	const age = secondsBetween(since, now);
	if (age === null || age < settledSeconds) {
		const ago = age === null ? '' : ` ${duration(age)} ago`;
		return {rank: 4, kind: 'young', text: `unused since the counters began${ago}`};
	}
	return {rank: 3, kind: 'unused', text: elsewhere ? 'unused here; other servers not counted' : 'unused'};
};

/**
 * Start of a count that several resets affect: the later of two of them, such as the last reset of a database and the start of the
 * cluster's counters, which a crash resets; null if the server reports neither.
 */
export const countersSince = (one: Instant | null, other: Instant | null): Instant | null => {
	if (one === null || other === null) return one ?? other;
	return (secondsBetween(one, other) ?? 0) > 0 ? other : one;
};
