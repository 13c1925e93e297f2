import type {Sample} from '../core/sample.ts';
import type {Toast, Watch} from '../core/state.ts';
import {nameOf} from '../core/target.ts';
import {duration, secondsBetween} from '../core/units.ts';
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
	const freed = (target.blocks ?? 0) - (same ? (graphOf(sample).blocksTotal.get(target.pid) ?? 0) : 0);
	const waiters = freed > 0 ? `, ${freed} ${freed === 1 ? 'waiter' : 'waiters'} freed` : '';
	const what = signal === 'terminate' ? 'is gone' : same ? 'runs that statement no more' : 'ended its session';
	return {text: `${nameOf(target)} ${what}, seen after ${after}${waiters}.`, tone: 'good'};
};
