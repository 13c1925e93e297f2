/** What the user switches on and off. */
export type Options = {
	/** Idle sessions are shown. */
	readonly idle: boolean;
	/** Background processes and parallel workers are shown on rows of their own. */
	readonly background: boolean;
	/** Only sessions that wait for a lock are shown. */
	readonly waiting: boolean;
	readonly wrap: boolean;
	readonly duration: 'query' | 'transaction' | 'state';
	/** The header's line of rates, and its strip of active sessions. */
	readonly rates: boolean;
	readonly strip: boolean;
	readonly ascii: boolean;
	readonly intervalMs: number;
};

/** The options a monitor starts with. */
export const defaultOptions: Options = {
	idle: false,
	background: false,
	waiting: false,
	wrap: false,
	duration: 'query',
	rates: true,
	strip: true,
	ascii: false,
	intervalMs: 1000,
};
