import type {RowRef} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {graphOf, sessionsByPid} from './answers.ts';

/** Where the root blocker of a waiting session stands: among the sessions, or among the locks where it is a prepared transaction. */
export const rootBlockerRef = (pid: number, sample: Sample): RowRef | undefined => {
	const root = graphOf(sample).byPid.get(pid)?.root;
	if (!root) return undefined;
	if (root.prepared) return {pane: 'locks', identity: `prepared ${root.prepared.gid}`};
	return {pane: 'sessions', identity: `${root.pid}@${sessionsByPid(sample).get(root.pid)?.backend_start}`};
};
