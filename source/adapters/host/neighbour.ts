import {type Instant, msOf} from '../../core/values/instant.ts';
import {type Session, sessions} from '../../queries/activity/sessions.ts';
import type {PollState} from '../../queries/plan.ts';
import {type Endpoint, isLocal} from '../connect/endpoints.ts';
import {statOf, titleOf} from './procfs.ts';

/** A server on this host: pids of its postmaster and of one of our backends. */
export type Neighbour = {readonly postmaster: number; readonly backend: number};

/** Sessions of the last list. */
export const sessionsOf = ({results}: PollState): readonly Session[] => {
	const result = results[sessions.name];
	return result?.ok ? (result.rows as readonly Session[]) : [];
};

const isLoopback = (address: string): boolean => address === 'localhost' || address === '::1' || /^127\./.test(address);

type Near = Pick<Endpoint, 'host' | 'hostaddr' | 'tunnel'>;

/** True if the target may be on this host; a local address can also lead to a container, or to a tunnel that is not ours. */
const isNear = (target: Near): boolean =>
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

/**
 * Finds the local process of one of our sessions: its title is that of a backend with our port or socket, and it started with the
 * session. The pid of a backend in a container is that of another process here, or of none.
 */
const neighbourOf = ({pid, backend_start, client_port}: Session): Neighbour | undefined => {
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

/** Creates a finder of the server among the processes of this host; `pids` are our backends, each looked up once. */
export const createNeighbourhood = (
	endpoint: () => Near,
	pids: () => readonly number[],
): ((state: PollState) => Neighbour | undefined) => {
	let last: {readonly name: string; readonly neighbour: Neighbour | undefined} | undefined;
	return state => {
		if (!isNear(endpoint())) return undefined;
		const own = new Set(pids());
		const session = sessionsOf(state).find(({pid}) => own.has(pid));
		if (!session) return undefined;
		const name = `${session.pid}@${session.backend_start}`;
		if (last?.name !== name) last = {name, neighbour: neighbourOf(session)};
		return last.neighbour;
	};
};
