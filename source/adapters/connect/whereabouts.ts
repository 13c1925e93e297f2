import type {Failure} from '../../core/sample/sample.ts';
import type {Endpoint} from './endpoints.ts';

/** Where a session is: how it got there, and which run of which server that is, told by when its postmaster started. */
export type Site = {readonly endpoint: Endpoint; readonly server: string};

/**
 * Where the leading lane is, which all that connects beside it follows: several names, a name of several addresses and a proxy
 * may each lead to another server.
 */
export type Whereabouts = {
	/** Where the leader is; undefined while it has no session. */
	readonly site: () => Site | undefined;
	/** The leader has come to a site, or lost its session. */
	readonly arrive: (site: Site | undefined) => void;
	/** Tells every change; the answer stops it. */
	readonly onChange: (listener: (site: Site | undefined) => void) => () => void;
	/** Somebody who followed came to another server. */
	readonly stray: () => void;
	/** Is called when so many strayed that it is the leader who is at the wrong place. */
	readonly onDoubt: (listener: () => void) => void;
};

const straysAllowed = 3;

/** That a session was made with another server than the one the sessions are listed from. */
export const elsewhere: Failure = {
	code: 'elsewhere',
	message: 'This connection came to another server than the list of sessions.',
	hint: 'It is made again; a proxy or a name that leads to several servers sends each connection to any of them.',
};

/** That nothing can be sent while the server is looked for. */
export const unsettled: Failure = {
	code: 'not_connected',
	message: 'The server is being looked for.',
	hint: 'Try again once the sessions are listed.',
};

/** Whereabouts that nobody knows yet. */
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
