import type {Finding} from '../../../core/pane/finding.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {literal} from '../../../core/values/quote.ts';
import {duration} from '../../../core/values/units.ts';
import {locks} from '../../../queries/activity/locks.ts';
import {type Session, sessions} from '../../../queries/activity/sessions.ts';
import {type BlockingTree, blockingTrees, otherBlockers, rootIdentity} from '../../blocking-trees.ts';
import {defineRule, type Found} from '../../rule.ts';
import {lockSession, sessionActivity, sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {type Limits, severityOf, worstOf} from '../../thresholds.ts';
import {timeoutAdvice} from '../../timeouts.ts';
import {lockQueue} from './ddl-queue.ts';

/** Blocked sessions, by the root blocker that they all wait for in the end. */
export const rootBlocker = defineRule({
	id: 'root-blocker',
	help: 'A session or prepared transaction that blocks others and is not blocked itself.',
	queries: [locks, sessions],
	find: (sample, _, limits) =>
		blockingTrees(sample).flatMap(tree => {
			const severity = treeSeverity(tree, limits);
			// The server resolves deadlocks, and ddl-queue reports queues.
			if (!severity || tree.root.cycle || lockQueue(tree, sample)) return [];
			return [findingOf(tree, severity, sample)];
		}),
});

/** Severity of the waits behind a root; undefined for ordinary contention. */
export const treeSeverity = (
	{root: {blocks_total, waiters_wait_seconds}}: BlockingTree,
	limits: Limits,
): Finding['severity'] | undefined => {
	const waited = severityOf(waiters_wait_seconds, limits.blocked_seconds);
	return waited && worstOf(waited, severityOf(blocks_total, limits.blocked_sessions));
};

const findingOf = (tree: BlockingTree, severity: Finding['severity'], sample: Sample): Found => {
	const {root} = tree;
	const session = root.gid === null ? lockSession(root.pid, sample) : undefined;
	const waited = root.waiters_wait_seconds === null ? '' : `, ${duration(root.waiters_wait_seconds)} total wait`;
	const holds = `Holds ${root.mode ?? 'a lock'}${root.target === null ? '' : ` on ${root.target}`}`;
	const does = session ? `; ${sessionActivity(session, sample)}${openFor(session, sample)}` : '';
	return {
		subject: rootIdentity(root, session?.backend_start),
		severity,
		sessions: root.blocks_total,
		weight: root.blocks_total,
		summary: clean(`${nameOf(tree, session, sample)} blocks ${plural(root.blocks_total, 'session')}${waited}.`),
		evidence: clean(`${holds}${does}. ${otherBlockers(tree) ?? ''}`.trimEnd()),
		pid: root.gid === null ? root.pid : null,
		...leadAndAction(tree, session, sample),
	};
};

const nameOf = ({root}: BlockingTree, session: Session | undefined, sample: Sample): string => {
	if (root.gid !== null) return `Prepared transaction ${literal(root.gid)}`;
	if (sample.own.includes(root.pid)) return `pgtriage itself (${root.pid})`;
	return session ? sessionName(session, sample) : `Session ${root.pid}`;
};

const leadAndAction = (
	{root, waiters}: BlockingTree,
	session: Session | undefined,
	sample: Sample,
): Pick<Found, 'leads' | 'action' | 'copies'> => {
	if (root.gid !== null)
		return {leads: {pane: 'locks', identity: `prepared ${root.gid}`}, action: 'F9 offers ROLLBACK PREPARED.'};
	if (sample.own.includes(root.pid))
		return {leads: {pane: 'log', identity: null}, action: 'The key that started it stops it; the log pane shows what it runs.'};
	if (!session) return {leads: {pane: 'locks', identity: null}, action: null};
	const {sentence, copies} = session.state?.startsWith('idle in transaction')
		? timeoutAdvice('idle_in_transaction_session_timeout', session, sample)
		: timeoutAdvice('lock_timeout', waiters.map(({pid}) => lockSession(pid, sample)).find(Boolean), sample);
	return {leads: sessionRef(session), action: clean(`${sessionRemedy(session)}${sentence}`), copies};
};

const openFor = ({xact_start}: Session, {at}: Sample): string => {
	const seconds = secondsBetween(xact_start, at);
	return seconds === null ? '' : `, transaction open for ${duration(seconds)}`;
};
