import {type Instant, msOf} from '../../core/values/instant.ts';
import {type Session, sessions} from '../../queries/activity/sessions.ts';
import type {PollState} from '../../queries/plan.ts';
import {isLocal, type Near} from '../connect/endpoints.ts';
import {statOf, titleOf} from './procfs.ts';

/** A server on this host: pids of its postmaster and of one of our backends. */
export type Neighbour = {readonly postmaster: number; readonly backend: number};

/** Sessions of the last list. */
export const sessionsOf = ({results}: PollState): readonly Session[] => {
	const result = results[sessions.name];
	return result?.ok ? (result.rows as readonly Session[]) : [];
};

const isLoopback = (address: string): boolean => address === 'localhost' || address === '::1' || /^127\./.test(address);

/** True if the target may be on this host; a local address can also lead to a container, or to a tunnel that is not ours. */
export const isNear = (target: Near): boolean =>
	target.tunnel === undefined && (isLocal(target) || isLoopback(target.hostaddr ?? target.host));

/** Start of this process in seconds since boot. */
let ownStart: number | undefined;

// Server and pgtriage share the clock here; a backend is forked shortly before its session starts.
const forkedWithinMs = 2000;

/** True if a process started at `startSeconds` is the backend started at `backendStart`, and not a later process with its pid. */
export const isStartOf = (startSeconds: number, backendStart: Instant): boolean => {
	ownStart ??= statOf('self').startSeconds;
	const ownStartMs = Date.now() - process.uptime() * 1000;
	const startMs = ownStartMs + (startSeconds - ownStart) * 1000;
	return Math.abs(startMs - msOf(backendStart)) < forkedWithinMs;
};

/** A session of ours with what tells its backend from other processes. */
type OwnSession = Pick<Session, 'pid' | 'backend_start' | 'client_port'>;

/**
 * Finds the local process of one of our sessions: its title is that of a backend with our port or socket, and it started with the
 * session. The pid of a backend in a container is that of another process here, or of none.
 */
const neighbourOf = ({pid, backend_start, client_port}: OwnSession): Neighbour | undefined => {
	try {
		const title = titleOf(pid);
		const origin = client_port === null || client_port < 0 ? '[local]' : `(${client_port})`;
		const {parent, startSeconds} = statOf(pid);
		const isOurs = title.startsWith('postgres: ') && title.includes(origin) && backend_start !== null;
		return isOurs && isStartOf(startSeconds, backend_start) ? {postmaster: parent, backend: pid} : undefined;
	} catch {
		// No such process, or no /proc: the server is on another host.
		return undefined;
	}
};

/** Creates a finder of the server among the processes of this host by a session of ours; each is looked up once. */
export const createNeighbourFinder = (): ((session: OwnSession) => Neighbour | undefined) => {
	let last: {readonly name: string; readonly neighbour: Neighbour | undefined} | undefined;
	return session => {
		const name = `${session.pid}@${session.backend_start}`;
		if (last?.name !== name) last = {name, neighbour: neighbourOf(session)};
		return last.neighbour;
	};
};

/** Creates a finder of the server among the processes of this host by the list of sessions; `pids` are our backends. */
export const createNeighbourhood = (
	endpoint: () => Near,
	pids: () => readonly number[],
): ((state: PollState) => Neighbour | undefined) => {
	const find = createNeighbourFinder();
	return state => {
		if (!isNear(endpoint())) return undefined;
		const own = new Set(pids());
		const session = sessionsOf(state).find(({pid}) => own.has(pid));
		return session && find(session);
	};
};
