/** Display options of the user. */
export type Options = {
	/** Shows idle sessions. */
	readonly idle: boolean;
	/** Shows background processes and parallel workers on rows of their own. */
	readonly background: boolean;
	/** Shows only sessions that wait for a lock. */
	readonly waiting: boolean;
	readonly wrap: boolean;
	readonly duration: 'query' | 'transaction' | 'state';
	/** Header line of rates, and its strip of active sessions. */
	readonly rates: boolean;
	readonly strip: boolean;
	/** Shows the cursor's row in detail under the table, where lines are free. */
	readonly details: boolean;
	readonly ascii: boolean;
	readonly intervalMs: number;
	/** Time of one cell of the timeline's chart. */
	readonly cellMs: number;
	/** Grouping of sessions: a name of `groupings`, or `tag.NAME`. */
	readonly group: string;
};

/** Options at start. */
export const defaultOptions: Options = {
	idle: false,
	background: false,
	waiting: false,
	wrap: false,
	duration: 'query',
	rates: true,
	strip: true,
	details: true,
	ascii: false,
	intervalMs: 1000,
	cellMs: 5000,
	group: 'application',
};
