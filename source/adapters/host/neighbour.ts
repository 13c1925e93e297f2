import {type Instant, msOf} from '../../core/values/instant.ts';
import type {PollState} from '../../queries/plan.ts';
import {type Session, sessions} from '../../queries/sessions.ts';
import {type Endpoint, isLocal} from '../connect/endpoints.ts';
import {statOf, titleOf} from './procfs.ts';

/** A server whose processes run beside this one: its postmaster, and a backend of ours there. */
export type Neighbour = {readonly postmaster: number; readonly backend: number};

/** The sessions that were read last. */
export const sessionsOf = ({results}: PollState): readonly Session[] => {
	const result = results[sessions.name];
	return result?.ok ? (result.rows as readonly Session[]) : [];
};

const isLoopback = (address: string): boolean => address === 'localhost' || address === '::1' || /^127\./.test(address);

/** Whether a target can be on this host at all: behind such an address may as well be a container or a tunnel. */
const isNear = (target: Pick<Endpoint, 'host' | 'hostaddr'>): boolean =>
	isLocal(target) || isLoopback(target.hostaddr ?? target.host);

/** When this process began, in seconds since the machine did. */
let ownStart: number | undefined;

// The clocks are the same where this is asked; a process is forked moments before its session begins.
const forkedWithinMs = 2000;

/** Whether a process that began then is the backend whose session began at an instant, and none that got its pid later. */
export const isStartOf = (startSeconds: number, backendStart: Instant): boolean => {
	ownStart ??= statOf('self').startSeconds;
	const ownStartMs = Date.now() - process.uptime() * 1000;
	const startMs = ownStartMs + (startSeconds - ownStart) * 1000;
	return Math.abs(startMs - msOf(backendStart)) < forkedWithinMs;
};

/**
 * The process that a session of ours has here: one that calls itself a backend of PostgreSQL with our port or socket, and began
 * when the session did. In a container the pid is another's here, or nobody's.
 */
const found = ({pid, backend_start, client_port}: Session): Neighbour | undefined => {
	try {
		const title = titleOf(pid);
		const way = client_port === null || client_port < 0 ? '[local]' : `(${client_port})`;
		const {parent, startSeconds} = statOf(pid);
		const isOurs = title.startsWith('postgres: ') && title.includes(way) && backend_start !== null;
		return isOurs && isStartOf(startSeconds, backend_start) ? {postmaster: parent, backend: pid} : undefined;
	} catch {
		// No such process, or no /proc: the server is elsewhere.
		return undefined;
	}
};

/** Finds the server we are at among the processes of this host; once for each session of ours, whose pids are given. */
export const createNeighbourhood = (
	there: () => Pick<Endpoint, 'host' | 'hostaddr'>,
	pids: () => readonly number[],
): ((known: PollState) => Neighbour | undefined) => {
	let last: {readonly name: string; readonly neighbour: Neighbour | undefined} | undefined;
	return known => {
		if (!isNear(there())) return undefined;
		const own = new Set(pids());
		const session = sessionsOf(known).find(({pid}) => own.has(pid));
		if (!session) return undefined;
		const name = `${session.pid}@${session.backend_start}`;
		if (last?.name !== name) last = {name, neighbour: found(session)};
		return last.neighbour;
	};
};
