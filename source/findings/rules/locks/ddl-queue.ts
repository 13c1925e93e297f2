import type {LockForestRow} from '../../../core/locks/forest.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {statementHeadOf} from '../../../core/sql/statement-head.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {duration} from '../../../core/values/units.ts';
import {locks} from '../../../queries/locks.ts';
import {sessions} from '../../../queries/sessions.ts';
import {type BlockingTree, blockingTrees, otherBlockers, rootIdentity} from '../../blocking-trees.ts';
import {defineRule} from '../../rule.ts';
import {lockSession, sessionActivity, sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {severityOf, worstOf} from '../../thresholds.ts';

/** The waiter that wants a whole table for itself, and those that have to queue behind it though the root alone would let them pass. */
export type LockQueue = {readonly wants: LockForestRow; readonly behind: number};

/** The queue behind a statement that wants a table for itself; undefined where there is none in a tree. */
export const lockQueue = ({root, waiters}: BlockingTree, sample: Sample): LockQueue | undefined => {
	// What the server ends by itself, and what is ours, is told of by other rules.
	if (root.cycle || sample.own.includes(root.pid)) return undefined;
	const wants = waiters.find(
		({pid, mode, locktype, depth}) =>
			depth === 1 &&
			locktype === 'relation' &&
			mode?.startsWith('AccessExclusive') === true &&
			waiters.some(({soft, blocked_by}) => soft && blocked_by.includes(pid)),
	);
	// A root that itself wants nothing is what the queue waits for; whether it works or idles is another question.
	return wants && root.gid === null && lockSession(root.pid, sample) ? {wants, behind: wants.blocks_total} : undefined;
};

/** DDL that waits for a transaction, and everybody who queues behind it. */
export const ddlQueue = defineRule({
	id: 'ddl-queue',
	help: 'A statement that wants a table for itself waits for an open transaction, and all who come later queue behind it.',
	queries: [locks, sessions],
	find: (sample, _, limits) =>
		blockingTrees(sample).flatMap(tree => {
			const queue = lockQueue(tree, sample);
			const session = queue && lockSession(tree.root.pid, sample);
			const waited = severityOf(tree.root.waiters_wait_seconds, limits.blocked_seconds);
			if (!queue || !session || !waited) return [];
			const {wants, behind} = queue;
			const ddl = lockSession(wants.pid, sample);
			// What our role may not see of a session has no type.
			const statement = ddl?.backend_type == null || ddl.query === null ? '' : ` (${statementHeadOf(ddl.query)})`;
			return [
				{
					subject: rootIdentity(tree.root, session.backend_start),
					severity: worstOf(waited, severityOf(tree.root.blocks_total, limits.blocked_sessions)) ?? waited,
					weight: tree.root.blocks_total,
					summary: clean(
						`${sessionName(session, sample)}, ${sessionActivity(session, sample)}, keeps ${wants.pid}${statement} from its lock on ${
							wants.relation ?? 'a table'
						}, and ${plural(behind, 'session queues', 'sessions queue')} behind that.`,
					),
					evidence: clean(
						[
							`${wants.pid} wants ${wants.mode} since ${duration(wants.waiting_seconds ?? 0)}; ${duration(
								tree.root.waiters_wait_seconds ?? 0,
							)} of waiting in all.`,
							otherBlockers(tree) ?? '',
						]
							.join(' ')
							.trimEnd(),
					),
					pid: tree.root.pid,
					leads: sessionRef(session),
					action: `${sessionRemedy(session)} To end ${wants.pid} instead lets the queue pass.`,
				},
			];
		}),
});
