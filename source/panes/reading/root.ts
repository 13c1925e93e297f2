import type {RowRef} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {graphOf, sessionsByPid} from './answers.ts';

/** Row of a session's root blocker: in the Sessions pane, or in the Locks pane for a prepared transaction. */
export const rootBlockerRef = (pid: number, sample: Sample): RowRef | undefined => {
	const root = graphOf(sample).byPid.get(pid)?.root;
	if (!root) return undefined;
	if (root.prepared) return {pane: 'locks', identity: `prepared ${root.prepared.gid}`};
	return {pane: 'sessions', identity: `${root.pid}@${sessionsByPid(sample).get(root.pid)?.backend_start}`};
};
