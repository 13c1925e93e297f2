import {answerOf, lastUntil, type Past} from '../core/history/past.ts';
import {type Failure, type Sample, sentences} from '../core/sample/sample.ts';
import {type Deadlock, parseDeadlock} from '../core/serverlog/deadlock.ts';
import {msOf} from '../core/values/instant.ts';
import {sessionsByPid} from '../panes/reading/answers.ts';
import {statementOf} from '../panes/reading/statement.ts';
import {locks} from '../queries/activity/locks.ts';
import type {Session} from '../queries/activity/sessions.ts';
import {type LogDeadlockRow, logDeadlocks} from '../queries/beside/server-log.ts';
import {blockingTrees} from './blocking-trees.ts';

/** A deadlock with its processes, the aborted one first where that is known, and where it was read. */
export type KnownDeadlock = {
	readonly processes: readonly {readonly pid: number; readonly statement: string | null}[];
	/** Process that the server aborted; null if that is not known. */
	readonly victim: number | null;
	readonly relation: string | null;
	/** Sessions as they were seen, by pid. */
	readonly sessions: ReadonlyMap<number, Session>;
	/** Sample in which they were seen. */
	readonly sample: Sample;
	/** Number of its entry in the log; null if sessions were seen instead. */
	readonly number: number | null;
};

const earliestMs = 300_000;

const rowsIn = (sample: Sample): readonly LogDeadlockRow[] => answerOf(sample, logDeadlocks)?.rows ?? [];

const victimFirst = ({victim, processes}: Deadlock): Deadlock['processes'] =>
	processes.toSorted((a, b) => Number(b.pid === victim) - Number(a.pid === victim));

/** Newest sample from before a time; undefined if none is kept. */
const sampleBefore = (past: Past, sample: Sample, ms: number): Sample | undefined => {
	for (let index = lastUntil(past, sample.seq - 1); index >= 0; index--) {
		const earlier = past.at(index);
		if (earlier && msOf(earlier.at) <= ms) return earlier;
	}
	return undefined;
};

/** The newest deadlock of a database that the server logged; undefined if the log was not read or has none. */
const loggedIn = (sample: Sample, past: Past, datname: string): KnownDeadlock | undefined => {
	const row = rowsIn(sample).findLast(
		each =>
			(each.datname === datname || each.datname === null) && (each.at === null || msOf(sample.at) - msOf(each.at) <= earliestMs),
	);
	const deadlock = row && parseDeadlock(row);
	if (!deadlock) return undefined;
	const seen = (row.at === null ? undefined : sampleBefore(past, sample, msOf(row.at))) ?? sample;
	return {
		processes: victimFirst(deadlock),
		victim: deadlock.victim,
		relation: deadlock.relation,
		sessions: sessionsByPid(seen),
		sample: seen,
		number: row.number,
	};
};

// The server looks for a deadlock after deadlock_timeout, a second by default, and counts it up to ten seconds later.
const lookBackMs = 15_000;

/** Sessions that waited for each other shortly before a time, as the locks showed; undefined if no sample saw them. */
const seenIn = (sample: Sample, past: Past, datid: number, risenMs: number): KnownDeadlock | undefined => {
	let seenLocks: unknown;
	for (let index = lastUntil(past, sample.seq - 1); index >= 0; index--) {
		const earlier = past.at(index);
		if (!earlier) continue;
		const ms = msOf(earlier.at);
		if (risenMs - ms > lookBackMs) return undefined;
		const answer = answerOf(earlier, locks);
		if (ms > risenMs || !answer || answer.rows.length === 0 || answer === seenLocks) continue;
		seenLocks = answer;
		const sessions = sessionsByPid(earlier);
		const circle = blockingTrees(earlier)
			.map(({root, waiters}) => [root, ...waiters].filter(({cycle, pid}) => cycle && sessions.get(pid)?.datid === datid))
			.find(({length}) => length > 1);
		if (!circle) continue;
		return {
			processes: circle.map(({pid}) => {
				const session = sessions.get(pid);
				return {pid, statement: session ? statementOf(session) : null};
			}),
			relation: circle.find(({relation}) => relation !== null)?.relation ?? null,
			victim: null,
			number: null,
			sessions,
			sample: earlier,
		};
	}
	return undefined;
};

/** The newest deadlock of a database whose counter rose at a time: from the log, else from sessions that waited for each other. */
export const deadlockOf = (
	sample: Sample,
	past: Past,
	{datid, datname}: {readonly datid: number; readonly datname: string},
	risenMs: number,
): KnownDeadlock | undefined => loggedIn(sample, past, datname) ?? seenIn(sample, past, datid, risenMs);

const unreadLog = (failure: Failure | undefined): string => (failure ? `Server log not read: ${sentences(failure)}` : '');

/** Sentences about a log that could not be read; empty if it was. */
export const unreadReason = (sample: Sample, name: string): string => {
	const result = sample.results[name];
	return unreadLog(result?.ok === false ? result.error : undefined);
};
