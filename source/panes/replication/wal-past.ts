import {answerOf, lastUntil, type Past} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {msOf} from '../../core/values/instant.ts';
import {timelineNamed} from '../../core/values/lsn.ts';
import {standby} from '../../queries/replication.ts';
import {type Wal, wal} from '../../queries/wal.ts';
import {rowsOf} from '../reading/answers.ts';

/** How far back the growth of what is kept is looked at. */
export const growthMs = 120_000;

/** Where WAL stands in a sample; undefined while it is not known. */
export const walOf = (sample: Sample): Wal | undefined => rowsOf(sample, wal)[0];

/** The timeline that a server writes, or that a standby receives; of one that receives none, that of its last checkpoint. */
export const walTimeline = (sample: Sample): number | null => {
	const now = walOf(sample);
	if (!now) return null;
	return timelineNamed(now.wal_file) ?? rowsOf(sample, standby)[0]?.received_tli ?? now.checkpoint_timeline;
};

const isSameRun = (a: Sample, b: Sample): boolean => {
	const now = walOf(a);
	const then = walOf(b);
	return now?.started === then?.started && now?.in_recovery === then?.in_recovery && walTimeline(a) === walTimeline(b);
};

/**
 * The part of a sample's past that rates may be taken against: since the server began, was promoted or changed its timeline.
 * What was before is another stream of WAL.
 */
export const sameRun = (sample: Sample, past: Past): Past => {
	const from = msOf(sample.at) - growthMs - 5000;
	const last = lastUntil(past, sample.seq - 1);
	let first = last + 1;
	while (first > 0) {
		const candidate = past.at(first - 1) as Sample;
		if (msOf(candidate.at) < from) break;
		// A sample that does not tell is no other run: its answers are missing, and nothing is taken against them.
		if (answerOf(candidate, wal) && !isSameRun(sample, candidate)) break;
		first--;
	}
	return past.slice(first, last + 1);
};
