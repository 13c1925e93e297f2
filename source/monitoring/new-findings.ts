import {type Severity, severities} from '../core/pane/finding.ts';
import {type Instant, msOf} from '../core/values/instant.ts';

/** A finding by its name, the same across samples, and its severity. */
export type Named = {readonly name: string; readonly severity: Severity};

// A finding that is gone for less than this flaps: it is not new when it is back.
const quietMs = 120_000;

/**
 * Creates the memory of findings: it returns those of a sample that were not there within the last two minutes, or were less severe.
 * Times are those of the samples.
 */
export const createFindingMemory = (): (<F extends Named>(findings: readonly F[], at: Instant) => readonly F[]) => {
	const seen = new Map<string, {readonly rank: number; readonly ms: number}>();
	return (findings, at) => {
		const now = msOf(at);
		for (const [name, {ms}] of seen) if (Math.abs(now - ms) > quietMs) seen.delete(name);
		return findings.filter(({name, severity}) => {
			const rank = severities.indexOf(severity);
			const before = seen.get(name)?.rank ?? Number.POSITIVE_INFINITY;
			seen.set(name, {rank: Math.min(rank, before), ms: now});
			return rank < before;
		});
	};
};
