import type {LockForestRow} from '../core/locks/forest.ts';
import type {Sample} from '../core/sample/sample.ts';
import {type Instant, secondsBetween} from '../core/values/instant.ts';
import {literal} from '../core/values/quote.ts';
import {rounded} from '../core/values/units.ts';
import {type BlockingTree, blockingTrees, rootIdentity} from '../findings/blocking-trees.ts';
import {lockSession, sessionName} from '../findings/session.ts';
import {locksKnown, sessionsByPid} from '../panes/reading/answers.ts';
import {statementOf} from '../panes/reading/statement.ts';
import type {Session} from '../queries/activity/sessions.ts';
import {type Changes, createChanges} from './changes.ts';
import {createGroups, type Groups} from './groups.ts';
import type {Report, ReportedAction, Root} from './report.ts';
import type {Step} from './step.ts';

type Kept = {
	readonly identity: string;
	readonly gid: string | null;
	readonly pid: number;
	readonly backendStart: Instant | null;
	readonly first: Instant;
	last: Instant;
	waited: number;
	peak: number;
	peakAt: Instant;
	readonly blocked: Changes;
	worst: Pick<Root, 'name' | 'holds' | 'state' | 'xact_start' | 'query'>;
	/** Its transaction when it was last seen to block. */
	xactStart: Instant | null;
	ended: {readonly at: Instant; readonly how: string} | undefined;
	/** Sessions that waited behind it, each once. */
	readonly waiters: Set<string>;
	readonly groups: Groups;
};

// Brief blockers can number in the thousands per hour.
const mostKept = 400;
const keptBehind = 200;
const mostRoots = 30;
const mostWaiters = 20_000;

/** Collects root blockers, the waits behind them, and how each ended. */
export const collectRoots = () => {
	const roots = new Map<string, Kept>();
	const others = {count: 0, wait_seconds: 0};

	const forget = (): void => {
		const least = [...roots.values()].filter(({ended}) => ended).sort((a, b) => a.waited - b.waited);
		for (const {identity, waited} of least.slice(0, Math.max(0, roots.size - keptBehind))) {
			roots.delete(identity);
			others.count++;
			others.wait_seconds += waited;
		}
	};

	const addStep = ({sample, seconds}: Step): void => {
		// Without locks the blockers are unknown.
		if (!locksKnown(sample)) return;
		const present = new Set<string>();
		for (const tree of blockingTrees(sample)) {
			const session = tree.root.gid === null ? lockSession(tree.root.pid, sample) : undefined;
			const identity = rootIdentity(tree.root, session?.backend_start);
			present.add(identity);
			const kept = roots.get(identity);
			if (kept) extend(kept, tree, sample, seconds, session);
			else roots.set(identity, begin(identity, tree, sample, session));
		}
		for (const kept of roots.values())
			if (!kept.ended && !present.has(kept.identity)) {
				kept.ended = {at: sample.at, how: endOf(kept, sample)};
				kept.blocked.add(sample.at, 0);
			}
		if (roots.size > mostKept) forget();
	};

	const result = (actions: readonly ReportedAction[]): Pick<Report, 'root_blockers' | 'other_root_blockers'> => {
		const all = [...roots.values()].sort((a, b) => b.waited - a.waited || b.peak - a.peak || (a.identity < b.identity ? -1 : 1));
		const minor = all.slice(mostRoots);
		return {
			root_blockers: all.slice(0, mostRoots).map(kept => rootOf(kept, actions)),
			other_root_blockers: {
				count: others.count + minor.length,
				wait_seconds: rounded(minor.reduce((sum, {waited}) => sum + waited, others.wait_seconds)),
			},
		};
	};
	return {addStep, result};
};

const begin = (identity: string, tree: BlockingTree, sample: Sample, session: Session | undefined): Kept => {
	const {root, waiters} = tree;
	const since = waiters.flatMap(({waiting_since}) => waiting_since ?? []).sort()[0];
	const kept: Kept = {
		identity,
		gid: root.gid,
		pid: root.pid,
		backendStart: session?.backend_start ?? null,
		first: since !== undefined && since < sample.at ? since : sample.at,
		last: sample.at,
		waited: root.waiters_wait_seconds ?? 0,
		peak: 0,
		peakAt: sample.at,
		blocked: createChanges(),
		worst: worstState(root, sample, session),
		xactStart: session?.xact_start ?? null,
		ended: undefined,
		waiters: new Set(),
		groups: createGroups(),
	};
	recordWaiters(kept, tree, sample, session);
	return kept;
};

const extend = (kept: Kept, tree: BlockingTree, sample: Sample, seconds: number, session: Session | undefined): void => {
	// Returning waiters count from their own start: nothing waited in between.
	kept.waited += kept.ended ? (tree.root.waiters_wait_seconds ?? 0) : tree.root.blocks_total * seconds;
	kept.ended = undefined;
	kept.last = sample.at;
	kept.xactStart = session?.xact_start ?? kept.xactStart;
	recordWaiters(kept, tree, sample, session);
};

const recordWaiters = (kept: Kept, {root, waiters}: BlockingTree, sample: Sample, session: Session | undefined): void => {
	kept.blocked.add(kept.peak === 0 ? kept.first : sample.at, root.blocks_total);
	if (root.blocks_total > kept.peak) {
		kept.peak = root.blocks_total;
		kept.peakAt = sample.at;
		kept.worst = worstState(root, sample, session);
	}
	const byPid = sessionsByPid(sample);
	for (const {pid, gid} of waiters) {
		const waiter = gid === null ? byPid.get(pid) : undefined;
		const name = `${pid}@${waiter?.backend_start}`;
		if (!waiter || kept.waiters.has(name) || kept.waiters.size >= mostWaiters) continue;
		kept.waiters.add(name);
		kept.groups.add(waiter, sample);
	}
};

const worstState = (root: LockForestRow, sample: Sample, session: Session | undefined): Kept['worst'] => ({
	name:
		root.gid !== null
			? `Prepared transaction ${literal(root.gid)}`
			: session
				? sessionName(session, sample)
				: `session ${root.pid}`,
	holds: `${root.mode ?? 'a lock'}${root.target === null ? '' : ` on ${root.target}`}`,
	state: root.gid === null ? (session?.state ?? null) : 'prepared',
	xact_start: root.gid === null ? (session?.xact_start ?? null) : root.prepared,
	query: session ? statementOf(session) : null,
});

/** End of a blocking, as far as the first sample without it shows. */
const endOf = ({gid, pid, backendStart, xactStart}: Kept, sample: Sample): string => {
	if (gid !== null) return 'it no longer blocks a session';
	const session = sessionsByPid(sample).get(pid);
	if (!session || session.backend_start !== backendStart) return 'its session ended';
	if (session.xact_start !== xactStart) return 'its transaction ended';
	return 'it no longer blocks a session, though its transaction is still open';
};

const rootOf = (kept: Kept, actions: readonly ReportedAction[]): Root => {
	const {identity, first, last, peak, peakAt, blocked, waited, worst, ended, waiters, groups} = kept;
	return {
		identity,
		name: worst.name,
		first,
		last,
		sessions_peak: peak,
		peak_at: peakAt,
		blocked: blocked.changes(),
		wait_seconds: rounded(waited),
		holds: worst.holds,
		state: worst.state,
		xact_start: worst.xact_start,
		query: worst.query,
		ended_at: ended?.at ?? null,
		ended: [ended?.how ?? 'still present in the last sample', ...signalsTo(kept, actions)].join('; '),
		blast_radius: groups.groups(),
		blast_sessions: waiters.size,
	};
};

// The effect of a signal shows only in later samples.
const noticedSeconds = 10;

/** Signals sent to a session until its waiters were unblocked. */
const signalsTo = ({pid, backendStart, first, ended}: Kept, actions: readonly ReportedAction[]): readonly string[] =>
	actions.flatMap(({at, target, outcome}) => {
		const signal = target === null ? null : /^(cancel|terminate) (\d+) .* of (\S+)$/s.exec(target);
		if (Number(signal?.[2]) !== pid || signal?.[3] !== backendStart) return [];
		const isLater = ended !== undefined && (secondsBetween(ended.at, at) ?? 0) > noticedSeconds;
		return at < first || isLater ? [] : [`${signal?.[1]} by pgtriage at ${at}: ${outcome}`];
	});
