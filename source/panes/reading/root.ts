import type {RowRef} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {graphOf, locksKnown, sessionsByPid} from './answers.ts';

/**
 * Row of a session's root blocker, or the reason why it is unknown; undefined if nothing blocks it. The row is in the Sessions
 * pane, or in the Locks pane for a prepared transaction.
 */
export const rootBlockerRef = (pid: number, sample: Sample): RowRef | string | undefined => {
	if (!locksKnown(sample)) return 'The locks were not read: what blocks this row is unknown.';
	const root = graphOf(sample).byPid.get(pid)?.root;
	if (!root) return undefined;
	if (root.prepared) return {pane: 'locks', identity: `prepared ${root.prepared.gid}`};
	return {pane: 'sessions', identity: `${root.pid}@${sessionsByPid(sample).get(root.pid)?.backend_start}`};
};
