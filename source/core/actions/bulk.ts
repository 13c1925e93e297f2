/** Targets that are left out of a signal to several, by reason. */
export type LeftOut = {readonly reason: string; readonly pids: readonly number[]};

/** Rows of a pane that pass a filter, from which the targets of a signal to several were chosen. */
export type Selection = {readonly pane: string; readonly filter: string};

/** A signal to several sessions, as of its question. */
export type Bulk = Selection & {
	/** Pids of the targets whose rows passed the filter: one that no longer passes it is spared. */
	readonly matching: ReadonlySet<number>;
	readonly leftOut: readonly LeftOut[];
};

/** Number of sessions that are signaled before the list of sessions is read again. */
export const roundSize = 20;

/** The first pids, and how many more there are. */
export const pidList = (pids: readonly number[]): string =>
	pids.length > roundSize ? `${pids.slice(0, roundSize).join(', ')} and ${pids.length - roundSize} more` : pids.join(', ');
