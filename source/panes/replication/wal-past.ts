import {answerOf, lastUntil, type Past} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {msOf} from '../../core/values/instant.ts';
import {timelineNamed} from '../../core/values/lsn.ts';
import {standby} from '../../queries/replication/replication.ts';
import {type Wal, wal} from '../../queries/replication/wal.ts';
import {rowsOf} from '../reading/answers.ts';

/** Time over which the growth of kept WAL is measured. */
export const growthMs = 120_000;

/** WAL position and settings of a sample; undefined while unknown. */
export const walOf = (sample: Sample): Wal | undefined => rowsOf(sample, wal)[0];

/** Timeline that a server writes or a standby receives; without a walreceiver, that of the last checkpoint. */
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
 * Part of a sample's past that rates can use: since the server started, was promoted or changed its timeline. Older samples are
 * of another stream of WAL.
 */
export const sameRun = (sample: Sample, past: Past): Past => {
	const from = msOf(sample.at) - growthMs - 5000;
	const last = lastUntil(past, sample.seq - 1);
	let first = last + 1;
	while (first > 0) {
		const candidate = past.at(first - 1) as Sample;
		if (msOf(candidate.at) < from) break;
		// A sample without a WAL answer is not another run: it has no answers to compare with.
		if (answerOf(candidate, wal) && !isSameRun(sample, candidate)) break;
		first--;
	}
	return past.slice(first, last + 1);
};
