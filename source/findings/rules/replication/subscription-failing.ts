import type {Answer} from '../../../core/history/past.ts';
import {answersOver} from '../../../core/history/rates.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {msOf} from '../../../core/values/instant.ts';
import {duration} from '../../../core/values/units.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {type Subscription, subscriptions} from '../../../queries/replication/subscriptions.ts';
import {wal} from '../../../queries/replication/wal.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';

const windowMs = 120_000;
// A worker is started again after five seconds (wal_retrieve_retry_interval).
const leastSeconds = 12;

type Counter = 'apply_error_count' | 'sync_error_count' | 'sequence_error_count';

/** Increase of a counter of a subscription between two answers; 0 if it is not counted or was reset. */
const risen = (from: Subscription, to: Subscription, counter: Counter): number =>
	Math.max(0, (to[counter] ?? 0) - (from[counter] ?? to[counter] ?? 0));

/** Number of the newest answers in a row in which an enabled subscription had no apply worker. */
const downFor = (answers: readonly Answer<Subscription>[], subid: number): number => {
	const last = answers.at(-1);
	const since = answers.findLast(({rows}) => rows.some(row => row.subid === subid && row.pid !== null));
	const first = since ? answers[answers.indexOf(since) + 1] : answers[0];
	return first && last ? (msOf(last.at) - msOf(first.at)) / 1000 : 0;
};

/** Subscriptions whose workers fail again and again, so that changes of the publisher do not arrive. */
export const subscriptionFailing = defineRule({
	id: 'subscription-failing',
	help: 'A subscription whose apply or table synchronization worker fails again and again, or does not run: the publisher keeps WAL for it.',
	queries: [subscriptions, wal],
	overSeconds: leastSeconds,
	find: oncePerAnswers([subscriptions], (sample, past) => {
		// The subscriptions of a standby are those of its primary.
		if (rowsOf(sample, wal)[0]?.in_recovery === true) return [];
		const answers = answersOver<Subscription>(sample, past, subscriptions, windowMs);
		return rowsOf(sample, subscriptions).flatMap(now => {
			const from = answers.find(({rows}) => rows.some(({subid}) => subid === now.subid));
			const then = from?.rows.find(({subid}) => subid === now.subid);
			if (!from || !then || now.enabled === false) return [];
			const seconds = (msOf(answers.at(-1)?.at ?? from.at) - msOf(from.at)) / 1000;
			const [apply, sync, sequence] = (['apply_error_count', 'sync_error_count', 'sequence_error_count'] as const).map(counter =>
				risen(then, now, counter),
			) as [number, number, number];
			const down = downFor(answers, now.subid);
			const isDown = now.pid === null && down >= leastSeconds;
			if (apply + sync + sequence === 0 && !isDown) return [];
			const what =
				apply > 0 || isDown ? 'cannot apply changes' : sync > 0 ? 'cannot copy its tables' : 'cannot copy its sequences';
			const failures = plural(apply + sync + sequence, 'failure');
			return [
				{
					subject: String(now.subid),
					severity: 'critical' as const,
					weight: apply + sync + sequence,
					summary: clean(
						`Subscription ${now.subname} ${what}${apply + sync + sequence > 0 ? `: ${failures} in ${duration(seconds)}` : `: its worker has not run for ${duration(down)}`}.`,
					),
					evidence: clean(
						`${now.tables_not_ready ? `${plural(now.tables_not_ready, 'table')} of ${now.tables} not ready. ` : ''}Slot ${now.slot_name ?? '(none)'} on the publisher keeps WAL until it succeeds.`,
					),
					pid: now.pid,
					leads: {pane: 'replication', identity: `subscription ${now.subid}`},
					action:
						'The server log has the error, often a duplicate key: remove the row, or skip the change with ALTER SUBSCRIPTION ... SKIP.',
				},
			];
		});
	}),
});
