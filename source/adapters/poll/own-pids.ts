import type {Row} from '../../core/sample/sample.ts';

/** Tracks pgtriage's own backends, including those of lost connections for as long as the server lists them. */
export type OwnPids = {
	/** Own backends among the sessions listed now, with the one that listed them. */
	readonly among: (sessions: readonly Row[]) => readonly number[];
	/** Own backends at the last call of `among` that serve nobody else. */
	readonly last: () => readonly number[];
};

/**
 * Creates a tracker; `openPids` returns the backends of the open connections. Behind a pooler they have none of their own:
 * `listing` returns the one that answered with the list of sessions, which was ours for just that statement.
 */
export const createOwnPids = (openPids: () => readonly number[], listing: () => number | undefined): OwnPids => {
	let own: readonly number[] = [];
	return {
		among: sessions => {
			const open = openPids();
			const lost = own.filter(pid => !open.includes(pid) && sessions.some(session => session.pid === pid));
			own = [...new Set([...lost, ...open])];
			const backend = listing();
			return backend === undefined || own.includes(backend) ? own : [...own, backend];
		},
		last: () => own,
	};
};
