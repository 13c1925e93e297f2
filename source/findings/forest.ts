import {type LockForestRow, lockForest} from '../core/lock-forest.ts';
import {oncePerSample} from '../core/pane.ts';
import type {Sample} from '../core/sample.ts';
import {graphOf} from '../panes/reading.ts';

/** A tree of the blocking forest: its root, and those who wait behind it in the order of the forest. */
export type Tree = {readonly root: LockForestRow; readonly waiters: readonly LockForestRow[]};

/** The trees of a sample that have waiters, those left out whose root is a connection of ours. */
export const treesOf: (sample: Sample) => readonly Tree[] = oncePerSample(sample => {
	const trees: {readonly root: LockForestRow; readonly waiters: LockForestRow[]}[] = [];
	for (const row of lockForest(graphOf(sample), sample.at))
		if (row.depth === 0) trees.push({root: row, waiters: []});
		else trees.at(-1)?.waiters.push(row);
	return trees.filter(({root, waiters}) => waiters.length > 0 && !sample.own.includes(root.pid));
});

/** Names the one at the root of a tree, across samples. */
export const rootName = ({pid, gid}: LockForestRow, backendStart: string | null | undefined): string =>
	gid === null ? `${pid}@${backendStart ?? ''}` : `prepared ${gid}`;
