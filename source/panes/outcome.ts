import {nameOf} from '../core/actions/target.ts';
import type {Waiter} from '../core/locks/forecast.ts';
import type {Sample} from '../core/sample/sample.ts';
import type {Toast, Watch} from '../core/state/state.ts';
import {clean} from '../core/text/clean.ts';
import {plural} from '../core/text/words.ts';
import {type Instant, secondsBetween} from '../core/values/instant.ts';
import {duration} from '../core/values/units.ts';
import {locks} from '../queries/activity/locks.ts';
import {sessions} from '../queries/activity/sessions.ts';
import {graphOf, sessionsByPid} from './reading/answers.ts';

const patienceSeconds = 3;

/** Toast once a sample shows a signal's effect: the session or statement is over, and the number of unblocked waiters. */
export const outcome = ({signal, target, sentAt}: Watch, sample: Sample): Pick<Toast, 'text' | 'tone'> | undefined => {
	if (!sample.results[sessions.name]?.ok || sample.at <= sentAt) return undefined;
	const session = sessionsByPid(sample).get(target.pid);
	const same = session?.backend_start === target.backend_start;
	const running = same && session?.state === 'active' && session.query_start === target.query_start;
	if (signal === 'terminate' ? same : running) return undefined;
	const waiters = target.waiters();
	// Waits for the next locks, if they come soon: they show the unblocked waiters.
	if (waiters.length > 0 && !areLocksNewer(sentAt, sample) && (secondsBetween(sentAt, sample.at) ?? 0) < patienceSeconds)
		return undefined;
	const after = duration(secondsBetween(sentAt, sample.at) ?? 0);
	const unblocked = unblockedSince(sentAt, waiters, sample);
	const freed = unblocked > 0 ? `, ${plural(unblocked, 'waiter')} unblocked` : '';
	const effect = signal === 'terminate' ? 'is gone' : same ? 'stopped running that statement' : 'ended its session';
	return {text: `${nameOf(target)} ${effect}, seen after ${after}${freed}.`, tone: 'good'};
};

/** Number of waiters no longer blocked, by locks read after the signal; 0 until those are read. */
const unblockedSince = (sentAt: Instant, waiters: readonly Waiter[], sample: Sample): number => {
	if (!areLocksNewer(sentAt, sample)) return 0;
	const {byPid} = graphOf(sample);
	return waiters.filter(({pid}) => byPid.get(pid)?.blocked !== true).length;
};

const areLocksNewer = (sentAt: Instant, sample: Sample): boolean => {
	const answer = sample.results[locks.name];
	return answer?.ok === true && answer.at > sentAt;
};

/** Clause on what the target does while a signal has no effect yet: a backend may have to roll back its writes before it ends. */
export const delay = ({signal, target}: Watch, sample: Sample): string => {
	const session = sessionsByPid(sample).get(target.pid);
	if (session?.backend_start !== target.backend_start) return 'its state is unknown';
	if (session.wait_event === 'ClientWrite') return 'it waits for its client to read results';
	const waits = session.wait_event === null ? '' : `, waiting for ${clean(session.wait_event)}`;
	if (signal === 'cancel') return `it still runs that statement${waits}`;
	if (target.xact_start !== null && session.xact_start === null) return `its transaction is over and it is shutting down${waits}`;
	return session.backend_xid === null
		? `it is still connected, with nothing to roll back${waits}`
		: `it may still be rolling back its writes${waits}`;
};
