import {lastUntil, type Past} from '../../../core/history/past.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import type {Norm} from '../../../panes/reading/usual-time.ts';
import {type Session, sessions} from '../../../queries/activity/sessions.ts';

// A busy server makes everything slower; three times the usual time is still no reason to cancel.
const patience = 3;

/** True if a statement still runs within its usual time, or within what it took when it was seen before. */
export const isUsual = (seconds: number, norm: Norm | undefined, seenBefore: () => number): boolean =>
	seconds < patience * (norm?.mostSeconds ?? seenBefore());

// Every fourth of the samples of the last hours: an execution that matters here is in several of them.
const apart = 4;
const mostLooks = 1000;

// Asked with every sample while a statement runs.
const lastSeen = new Map<string, number>();
const mostSeen = 50;

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

const isSame = (a: Session, b: Session): boolean =>
	a.datid === b.datid && (a.query_id === null ? a.query !== null && a.query === b.query : a.query_id === b.query_id);

const searchedFor = (session: Session, sample: Sample, past: Past): number => {
	const {query_start: start} = session;
	let longest = 0;
	if (start === null) return longest;
	let looks = 0;
	for (let index = lastUntil(past, sample.seq - 1); index >= 0 && looks < mostLooks; index -= apart) {
		const earlier = past.at(index) as Sample;
		if (earlier.at >= start) continue;
		looks++;
		for (const other of rowsOf(earlier, sessions))
			if (other.state === 'active' && isSame(session, other))
				longest = Math.max(longest, secondsBetween(other.query_start, earlier.at) ?? 0);
	}
	return longest;
};
