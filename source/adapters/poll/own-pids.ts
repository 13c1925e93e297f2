import type {Row} from '../../core/sample/sample.ts';

/** Tracks pgtriage's own backends, including those of lost connections for as long as the server lists them. */
export type OwnPids = {
	/** Own backends among the sessions listed now. */
	readonly among: (sessions: readonly Row[]) => readonly number[];
	/** Own backends at the last call of `among`. */
	readonly last: () => readonly number[];
};

/** Creates a tracker; `openPids` returns the backends of the open connections. */
export const createOwnPids = (openPids: () => readonly number[]): OwnPids => {
	let own: readonly number[] = [];
	return {
		among: sessions => {
			const open = openPids();
			const lost = own.filter(pid => !open.includes(pid) && sessions.some(session => session.pid === pid));
			own = [...new Set([...lost, ...open])];
			return own;
		},
		last: () => own,
	};
};
