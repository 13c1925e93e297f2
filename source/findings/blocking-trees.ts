import {type LockForestRow, lockForest} from '../core/locks/forest.ts';
import {oncePerSample} from '../core/pane/pane.ts';
import type {Sample} from '../core/sample/sample.ts';
import type {Instant} from '../core/values/instant.ts';
import {graphOf, namedRelation, sessionsByPid} from '../panes/reading/answers.ts';
import {locks} from '../queries/activity/locks.ts';

/** A tree of the blocking forest: its root, and the sessions blocked by it in the order of the forest. */
export type BlockingTree = {readonly root: LockForestRow; readonly waiters: readonly LockForestRow[]};

/** Trees of a sample with waiters. A root whose waiters are all below a worse root is only named by `otherBlockers`. */
export const blockingTrees: (sample: Sample) => readonly BlockingTree[] = oncePerSample(sample => {
	const trees: {readonly root: LockForestRow; readonly waiters: LockForestRow[]}[] = [];
	// Waits are as of the time the locks were read: if samples are rare or locks slow to read, they may be long over.
	const at = sample.results[locks.name]?.at ?? sample.at;
	for (const node of lockForest(graphOf(sample), at)) {
		const row = {...node, relation: namedRelation(node.relation, sample), target: namedRelation(node.target, sample)};
		if (row.depth === 0) trees.push({root: row, waiters: []});
		else trees.at(-1)?.waiters.push(row);
	}
	return trees.filter(({root, waiters}) => waiters.length > 0 && !hasReleased(root, at, sample));
});

/** True if a session ended its transaction after the locks were read. */
const hasReleased = ({pid, gid}: LockForestRow, at: Instant, sample: Sample): boolean => {
	const session = gid === null ? sessionsByPid(sample).get(pid) : undefined;
	return session?.state === 'idle' && session.state_change !== null && session.state_change > at;
};

/** Identity of the root of a tree across samples. */
export const rootIdentity = ({pid, gid}: LockForestRow, backendStart: string | null | undefined): string =>
	gid === null ? `${pid}@${backendStart ?? ''}` : `prepared ${gid}`;

const mostNamed = 3;

/** Sentence that names the other blockers of the direct waiters of a root; undefined if the root alone blocks them. */
export const otherBlockers = ({root, waiters}: BlockingTree): string | undefined => {
	const inside = new Set([root, ...waiters].filter(({gid}) => gid === null).map(({pid}) => pid));
	// Pid 0 stands for any prepared transaction, and the root may be one.
	const others = new Set(
		waiters
			.filter(({depth}) => depth === 1)
			.flatMap(({blocked_by}) => blocked_by())
			.filter(pid => !inside.has(pid) && (pid !== 0 || root.gid === null)),
	);
	if (others.size === 0) return undefined;
	const named = [...others].slice(0, mostNamed).map(pid => (pid === 0 ? 'a prepared transaction' : String(pid)));
	const more = others.size - named.length;
	const list = more > 0 ? `${named.join(', ')} and ${more} more` : named.join(' and ');
	return `Its waiters are also blocked by ${list}.`;
};
