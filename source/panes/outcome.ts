import type {Instant, Sample} from '../core/sample.ts';
import type {Toast, Watch} from '../core/state.ts';
import {nameOf, type Waiter} from '../core/target.ts';
import {duration, secondsBetween} from '../core/units.ts';
import {locks} from '../queries/locks.ts';
import {sessions} from '../queries/sessions.ts';
import {graphOf, sessionsByPid} from './reading.ts';

/** What a sample shows of a signal's effect: the session or its statement is over, and how many waiters that freed. */
export const outcome = ({signal, target, sentAt}: Watch, sample: Sample): Pick<Toast, 'text' | 'tone'> | undefined => {
	if (!sample.results[sessions.name]?.ok || sample.at <= sentAt) return undefined;
	const session = sessionsByPid(sample).get(target.pid);
	const same = session?.backend_start === target.backend_start;
	const running = same && session?.state === 'active' && session.query_start === target.query_start;
	if (signal === 'terminate' ? same : running) return undefined;
	const after = duration(secondsBetween(sentAt, sample.at) ?? 0);
	const freed = freedSince(sentAt, target.waiters, sample);
	const waiters = freed > 0 ? `, ${freed} ${freed === 1 ? 'waiter' : 'waiters'} freed` : '';
	const what = signal === 'terminate' ? 'is gone' : same ? 'runs that statement no more' : 'ended its session';
	return {text: `${nameOf(target)} ${what}, seen after ${after}${waiters}.`, tone: 'good'};
};

/** How many of those who waited wait no more, by locks that were read after the signal; 0 while there are none such. */
const freedSince = (sentAt: Instant, waiters: readonly Waiter[], sample: Sample): number => {
	const answer = sample.results[locks.name];
	if (!answer?.ok || answer.at <= sentAt) return 0;
	const {blockedBy} = graphOf(sample);
	return waiters.filter(({pid}) => !blockedBy.has(pid)).length;
};
