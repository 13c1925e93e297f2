import type {Failure} from '../../core/sample/sample.ts';
import type {Endpoint} from './endpoints.ts';

/** Site of a session: the endpoint it used, and the run of the server, identified by its postmaster's start time. */
export type Site = {readonly endpoint: Endpoint; readonly server: string};

/**
 * Site of the leading lane, which every other connection follows: several host names, a name with several addresses or a proxy
 * may each lead to another server.
 */
export type Whereabouts = {
	/** Site of the leader; undefined while it has no session. */
	readonly site: () => Site | undefined;
	/** Records that the leader reached a site, or lost its session. */
	readonly arrive: (site: Site | undefined) => void;
	/** Subscribes to changes; returns the unsubscribe function. */
	readonly onChange: (listener: (site: Site | undefined) => void) => () => void;
	/** Records that a follower reached another server. */
	readonly stray: () => void;
	/** Subscribes to doubt: enough followers reached another server that the leader itself may be at the wrong one. */
	readonly onDoubt: (listener: () => void) => void;
};

const straysAllowed = 3;

/** Failure of a session with another server than the one whose sessions are listed. */
export const elsewhere: Failure = {
	code: 'elsewhere',
	message: 'This connection reached another server than the list of sessions.',
	hint: 'It is retried; a proxy or a host name for several servers may send each connection to a different one.',
};

/** Failure while the leader has not reached a server. */
export const unsettled: Failure = {
	code: 'not_connected',
	message: 'Looking for the server.',
	hint: 'Try again once the sessions are listed.',
};

/** Whereabouts with no site yet. */
export const createWhereabouts = (): Whereabouts => {
	const listeners = new Set<(site: Site | undefined) => void>();
	let current: Site | undefined;
	let strays = 0;
	let doubt = (): void => {};
	return {
		site: () => current,
		arrive: site => {
			current = site;
			strays = 0;
			for (const listener of [...listeners]) listener(site);
		},
		onChange: listener => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		stray: () => {
			strays++;
			if (strays < straysAllowed) return;
			strays = 0;
			doubt();
		},
		onDoubt: listener => {
			doubt = listener;
		},
	};
};
