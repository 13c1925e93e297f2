import {lastUntil, type Past} from '../../../core/history/past.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {executionsIn, isSameStatement} from '../../../panes/reading/executions.ts';
import type {Norm} from '../../../panes/reading/usual-time.ts';
import type {Session} from '../../../queries/activity/sessions.ts';

// A busy server makes everything slower; three times the usual time is still no reason to cancel.
const patience = 3;

/** True if a statement still runs within its usual time, or within what it took when it was seen before. */
export const isUsual = (seconds: number, norm: Norm | undefined, seenBefore: () => number): boolean =>
	seconds < patience * (norm?.mostSeconds ?? seenBefore());

// Samples of the last hours in which executions are looked up.
const mostLooks = 4000;

// Asked with every sample while a statement runs.
const lastSeen = new Map<string, number>();
const mostSeen = 1000;

/**
 * Seconds of the longest earlier execution of a session's statement in the samples before it began, by any session of the same
 * database; 0 if it was not seen. Statements are the same by identifier, or by text.
 */
export const longestBefore = (session: Session, sample: Sample, past: Past): number => {
	const subject = `${session.pid}@${session.backend_start} ${session.query_start} ${past.at(0)?.at}`;
	const known = lastSeen.get(subject);
	if (known !== undefined) return known;
	if (lastSeen.size >= mostSeen) lastSeen.clear();
	const seconds = searchedFor(session, sample, past);
	lastSeen.set(subject, seconds);
	return seconds;
};

const searchedFor = (session: Session, sample: Sample, past: Past): number => {
	const {query_start: start} = session;
	let longest = 0;
	if (start === null) return longest;
	const last = lastUntil(past, sample.seq - 1);
	for (let index = last; index >= 0 && last - index < mostLooks; index--) {
		const earlier = past.at(index) as Sample;
		if (earlier.at >= start) continue;
		for (const execution of executionsIn(earlier))
			if (isSameStatement(session, execution)) longest = Math.max(longest, execution.seconds);
	}
	return longest;
};
