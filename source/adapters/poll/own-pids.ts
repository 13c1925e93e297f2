import type {Row} from '../../core/sample/sample.ts';

/** Knows the backends that are ours, those of lost connections too for as long as the server shows them. */
export type OwnPids = {
	/** Ours, given who is there now. */
	readonly among: (sessions: readonly Row[]) => readonly number[];
	/** Ours as they were known last. */
	readonly last: () => readonly number[];
};

/** Begins to know them; `current` are those of the connections that stand. */
export const createOwnPids = (current: () => readonly number[]): OwnPids => {
	let own: readonly number[] = [];
	return {
		among: sessions => {
			const standing = current();
			const lost = own.filter(pid => !standing.includes(pid) && sessions.some(session => session.pid === pid));
			own = [...new Set([...lost, ...standing])];
			return own;
		},
		last: () => own,
	};
};
