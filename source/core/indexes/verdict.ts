import {type Instant, secondsBetween} from '../values/instant.ts';
import {duration} from '../values/units.ts';
import type {Twin} from './twins.ts';

/** What speaks for and against one index at a moment. */
export type IndexEvidence<T> = {
	readonly valid: boolean;
	/** The backend that builds it. */
	readonly building: number | null;
	readonly twin: Twin<T> | undefined;
	/** A constraint, a foreign key or the identity of rows stands on it: its use is no matter of scans. */
	readonly needed: boolean;
	/** Scans of it, of a partition's those of all partitions; null where they could not be read. */
	readonly scans: number | null;
	/** Since when scans are counted; null where the server does not tell. */
	readonly since: Instant | null;
	/** Another server may use it: its scans are counted there. */
	readonly elsewhere: boolean;
};

/** What becomes of an index, worst first by `rank`: only the first three ranks are trouble, and from 6 on it is well. */
export type IndexVerdict = {
	readonly rank: number;
	readonly kind: 'invalid' | 'building' | 'duplicate' | 'redundant' | 'unused' | 'young' | 'ok';
	readonly text: string;
};

// A week has all that is done daily in it, and what is done on one day of the week.
const settledSeconds = 7 * 86_400;

/** The verdict on an index; null where what it would rest on could not be read. */
export const verdictOn = <T>(evidence: IndexEvidence<T>, nameOf: (index: T) => string, now: Instant): IndexVerdict | null => {
	const {valid, building, twin, needed, scans, since, elsewhere} = evidence;
	if (!valid && building !== null) return {rank: 5, kind: 'building', text: `building, by ${building}`};
	if (!valid) return {rank: 0, kind: 'invalid', text: 'invalid'};
	if (twin?.kind === 'duplicate') return {rank: 1, kind: 'duplicate', text: `duplicate of ${nameOf(twin.of)}`};
	if (twin) return {rank: 2, kind: 'redundant', text: `redundant to ${nameOf(twin.of)}`};
	if (needed) return {rank: 6, kind: 'ok', text: 'ok'};
	if (scans === null) return null;
	if (scans > 0) return {rank: 6, kind: 'ok', text: 'ok'};
	const age = secondsBetween(since, now);
	if (age === null || age < settledSeconds) {
		const ago = age === null ? '' : ` ${duration(age)} ago`;
		return {rank: 4, kind: 'young', text: `not used since the counters began${ago}`};
	}
	return {rank: 3, kind: 'unused', text: elsewhere ? 'unused here, scans on other servers are not counted' : 'unused'};
};

/**
 * Since when the counters of a database count: when they were last reset, or when those of the cluster began, which a crash
 * makes begin anew; null where the server tells neither.
 */
export const countersSince = (database: Instant | null, cluster: Instant | null): Instant | null => {
	if (database === null || cluster === null) return database ?? cluster;
	return (secondsBetween(database, cluster) ?? 0) > 0 ? cluster : database;
};
