import {forecastOf} from '../../../core/locks/forecast.ts';
import type {LockForestRow} from '../../../core/locks/forest.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {statementHeadOf} from '../../../core/sql/statement-head.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {duration} from '../../../core/values/units.ts';
import {graphOf} from '../../../panes/reading/answers.ts';
import {locks} from '../../../queries/activity/locks.ts';
import {sessions} from '../../../queries/activity/sessions.ts';
import {type BlockingTree, blockingTrees, otherBlockers, rootIdentity} from '../../blocking-trees.ts';
import {defineRule} from '../../rule.ts';
import {lockSession, sessionActivity, sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {severityOf, worstOf} from '../../thresholds.ts';
import {timeoutAdvice} from '../../timeouts.ts';

/** Waiter for an ACCESS EXCLUSIVE lock on a table, and the number of sessions that it blocks. */
export type LockQueue = {readonly wants: LockForestRow; readonly behind: number};

/** Queue behind a statement that needs a whole table; undefined if a tree has none. */
export const lockQueue = ({root, waiters}: BlockingTree, sample: Sample): LockQueue | undefined => {
	// Deadlocks, and connections of pgtriage, are the subject of other rules.
	if (root.cycle || sample.own.includes(root.pid)) return undefined;
	const wants = waiters.find(
		({pid, mode, locktype, depth}) =>
			depth === 1 &&
			locktype === 'relation' &&
			mode?.startsWith('AccessExclusive') === true &&
			waiters.some(({soft, queued_behind}) => soft && queued_behind().includes(pid)),
	);
	// The queue waits for a root that is not waiting itself, active or idle.
	return wants && root.gid === null && lockSession(root.pid, sample) ? {wants, behind: wants.blocks_total} : undefined;
};

/** DDL that waits for a transaction, and the sessions queued behind it. */
export const ddlQueue = defineRule({
	id: 'ddl-queue',
	help: 'DDL that waits for an open transaction, with all later lock requests on the table queued behind it.',
	queries: [locks, sessions],
	find: (sample, _, limits) =>
		blockingTrees(sample).flatMap(tree => {
			const queue = lockQueue(tree, sample);
			const session = queue && lockSession(tree.root.pid, sample);
			const waited = severityOf(tree.root.waiters_wait_seconds, limits.blocked_seconds);
			if (!queue || !session || !waited) return [];
			const {wants, behind} = queue;
			const ddl = lockSession(wants.pid, sample);
			const {sentence, copies} = timeoutAdvice('lock_timeout', ddl, sample);
			// A session that our role cannot see has no type.
			const statement = ddl?.backend_type == null || ddl.query === null ? undefined : statementHeadOf(ddl.query);
			return [
				{
					subject: rootIdentity(tree.root, session.backend_start),
					severity: worstOf(waited, severityOf(tree.root.blocks_total, limits.blocked_sessions)) ?? waited,
					sessions: tree.root.blocks_total,
					weight: tree.root.blocks_total,
					summary: clean(
						`${sessionName(session, sample)}, ${sessionActivity(session, sample)}, blocks ${wants.pid}${statement === undefined ? '' : ` (${statement})`} on ${
							wants.relation ?? 'a table'
						}; ${plural(behind, 'session queues', 'sessions queue')} behind it.`,
					),
					evidence: clean(
						[
							`${wants.pid} has waited ${duration(wants.waiting_seconds ?? 0)} for ${wants.mode}; ${duration(
								tree.root.waiters_wait_seconds ?? 0,
							)} total wait.`,
							otherBlockers(tree) ?? '',
						]
							.join(' ')
							.trimEnd(),
					),
					pid: tree.root.pid,
					leads: sessionRef(session),
					action: clean(
						`${[sessionRemedy(session), cancelOf(tree, wants, command(statement, wants.pid), sample)].join(' ').trimEnd()}${sentence}`,
					),
					copies,
				},
			];
		}),
});

/** Advice to cancel the waiter, or all that want the same as it, and what that lets through; empty if it frees no session. */
const cancelOf = ({waiters}: BlockingTree, wants: LockForestRow, name: string, sample: Sample): string => {
	const behind = graphOf(sample).byPid.get(wants.pid)?.waiters() ?? [];
	const like = waiters.filter(
		({pid, mode, target}) => pid !== wants.pid && mode === wants.mode && target === wants.target && wants.target !== null,
	);
	for (const [canceled, names] of [
		[[wants], name],
		[[wants, ...like], `${name} and ${plural(like.length, 'waiter')} for the same lock`],
	] as const) {
		const {now, perhaps, later, blocked} = forecastOf(
			behind,
			canceled.map(({pid}) => ({pid, keeps: true})),
		);
		const through = now.length + perhaps.length + later;
		if (through === 0) continue;
		return `Or cancel ${names} to let ${blocked === 0 ? 'the queue' : `${through} of them`} through.`;
	}
	return '';
};

const commandWords =
	/^[a-z]+(?:\s+(?:aggregate|constraint|database|domain|extension|foreign\s+table|function|index|materialized\s+view|policy|procedure|publication|rule|schema|sequence|statistics|table|trigger|type|view))?\b/i;

/** A statement by its first words, in capitals as in the manual: `the ALTER TABLE (4711)`; `4711` if it cannot be seen. */
const command = (statement: string | undefined, pid: number): string => {
	const [words] = commandWords.exec(statement ?? '') ?? [];
	return words === undefined ? String(pid) : `the ${words.replace(/\s+/g, ' ').toUpperCase()} (${pid})`;
};
