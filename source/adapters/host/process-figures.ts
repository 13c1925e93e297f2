import {setTimeout as delay} from 'node:timers/promises';
import {type Instant, laterBy} from '../../core/values/instant.ts';
import type {Session} from '../../queries/activity/sessions.ts';
import type {ProcessRow} from '../../queries/beside/host.ts';
import {heart, type PollState, type Readings} from '../../queries/plan.ts';
import {isStartOf, type Neighbour, sessionsOf} from './neighbour.ts';
import {ioOf, memoryOf, statOf} from './procfs.ts';

/** The newest look at a backend's process; `at` is a monotonic time in milliseconds. */
type Look = {readonly row: ProcessRow; readonly at: number; readonly startSeconds: number};

type Backend = Session & {readonly backend_start: Instant};

/** Limits of a reading. */
export type Spending = {
	/** Milliseconds for looks in one reading; processes not reached are overdue in the next one. */
	readonly budgetMs: number;
	/** The first reading looks twice, so that rates are available at once. */
	readonly twice: boolean;
};

// Keys wait at most this long.
const sliceMs = 3;
const looksAtOnce = 8;
const busyRestMs = 1000;
const waitingRestMs = 4000;
const idleRestMs = 30_000;
const apartMs = 200;

/** True if a session waits for its client, in a transaction or not. */
const isIdle = ({state}: Session): boolean => state?.startsWith('idle') === true;

/** True if a session waits for anything but I/O. */
const isWaiting = (session: Session): boolean =>
	isIdle(session) || (session.wait_event_type !== null && session.wait_event_type !== 'IO');

/** Milliseconds between looks: longer for a waiting process that used no CPU between its last two looks. */
const restMsOf = (session: Session, {row}: Look): number => {
	const worked = row.before_cpu_seconds !== null && row.cpu_seconds !== row.before_cpu_seconds;
	if (worked || !isWaiting(session)) return busyRestMs;
	return isIdle(session) ? idleRestMs : waitingRestMs;
};

const memoryFigures = (pid: number): Pick<ProcessRow, 'rss_bytes' | 'private_bytes'> => {
	const {resident, own} = memoryOf(pid);
	return {rss_bytes: resident, private_bytes: own};
};

/** The state of one reading of processes. */
type ProcessReading = {
	readonly looks: Map<number, Look>;
	readonly budgetMs: number;
	/** False once /proc/PID/io was denied. */
	mayReadIo: boolean;
};

/** The server's clock `at` at a monotonic time `since`. */
type ServerNow = {readonly at: Instant; readonly since: number};

/** Creates the reading of the processes of the server's backends. */
export const createProcessReading = (
	neighbourOf: (state: PollState) => Neighbour | undefined,
	{budgetMs, twice}: Spending,
): NonNullable<Readings[string]> => {
	const reading: ProcessReading = {looks: new Map(), budgetMs, mayReadIo: true};
	const {looks} = reading;
	return async state => {
		const neighbour = neighbourOf(state);
		const at = state.results[heart.name]?.at;
		if (!neighbour || at === undefined) {
			looks.clear();
			return undefined;
		}
		const serverNow = {at, since: performance.now()};
		const backends = sessionsOf(state).filter((session): session is Backend => session.backend_start !== null);
		const isFirst = looks.size === 0;
		await lookAtAll(reading, dueBackends(reading, backends), neighbour, serverNow);
		if (isFirst && twice) {
			await delay(apartMs);
			await lookAtAll(reading, backends, neighbour, serverNow);
		}
		const current = backends.flatMap(backend => lookOf(reading, backend) ?? []);
		if (current.length < looks.size) {
			looks.clear();
			for (const look of current) looks.set(look.row.pid, look);
		}
		return current.map(({row}) => row);
	};
};

/** The newest look at the process of a backend; undefined if it was at an earlier process with the same pid. */
const lookOf = ({looks}: ProcessReading, {pid, backend_start}: Backend): Look | undefined => {
	const look = looks.get(pid);
	return look?.row.backend_start === backend_start ? look : undefined;
};

/** Backends that are due for a look, the most overdue first. */
const dueBackends = (reading: ProcessReading, backends: readonly Backend[]): readonly Backend[] => {
	const now = performance.now();
	const ranked: {readonly backend: Backend; readonly overdue: number}[] = [];
	for (const backend of backends) {
		const last = lookOf(reading, backend);
		// A new busy session comes before new idle ones, but has to rest between looks too.
		const unseen = isIdle(backend) ? 1 : Number.POSITIVE_INFINITY;
		const restMs = last ? restMsOf(backend, last) : busyRestMs;
		const overdue = last ? (now - last.at) / restMs : unseen;
		if (restMs === busyRestMs || overdue >= 1) ranked.push({backend, overdue});
	}
	return ranked.sort((a, b) => b.overdue - a.overdue).map(({backend}) => backend);
};

/** Looks at backends until the budget is spent, and yields to keys in between. */
const lookAtAll = async (
	reading: ProcessReading,
	backends: readonly Backend[],
	neighbour: Neighbour,
	serverNow: ServerNow,
): Promise<void> => {
	let spent = 0;
	let slice = performance.now();
	for (const [index, backend] of backends.entries()) {
		lookAt(reading, backend, neighbour, serverNow);
		if (index % looksAtOnce !== looksAtOnce - 1) continue;
		const took = performance.now() - slice;
		if (spent + took >= reading.budgetMs) return;
		if (took < sliceMs) continue;
		spent += took;
		await new Promise(setImmediate);
		slice = performance.now();
	}
};

/** Looks at one process and keeps the result; drops it if the process is not the backend. */
const lookAt = (reading: ProcessReading, backend: Backend, {postmaster}: Neighbour, serverNow: ServerNow): void => {
	const {looks} = reading;
	const {pid, backend_start} = backend;
	try {
		const at = performance.now();
		const {parent, startSeconds, cpuSeconds} = statOf(pid);
		const before = lookOf(reading, backend);
		const isBackend = parent === postmaster && (startSeconds === before?.startSeconds || isStartOf(startSeconds, backend_start));
		if (!isBackend) {
			looks.delete(pid);
			return;
		}
		// A waiting process that used no CPU took no memory and read nothing either.
		const isUnchanged = before !== undefined && before.row.cpu_seconds === cpuSeconds && isWaiting(backend);
		const {rss_bytes, private_bytes, read_bytes, write_bytes} = isUnchanged
			? before.row
			: {...memoryFigures(pid), ...ioFigures(reading, pid)};
		looks.set(pid, {
			at,
			startSeconds,
			row: {
				pid,
				backend_start,
				read_at: laterBy(serverNow.at, at - serverNow.since),
				cpu_seconds: cpuSeconds,
				rss_bytes,
				private_bytes,
				read_bytes,
				write_bytes,
				before_at: before?.row.read_at ?? null,
				before_cpu_seconds: before?.row.cpu_seconds ?? null,
				before_read_bytes: before?.row.read_bytes ?? null,
				before_write_bytes: before?.row.write_bytes ?? null,
			},
		});
	} catch {
		// The process exited after the sessions were read.
		looks.delete(pid);
	}
};

const ioFigures = (reading: ProcessReading, pid: number): Pick<ProcessRow, 'read_bytes' | 'write_bytes'> => {
	try {
		if (reading.mayReadIo) {
			const {read, written} = ioOf(pid);
			return {read_bytes: read, write_bytes: written};
		}
	} catch (error) {
		// Only the owner may read it, and all backends have the same owner.
		if (isDenied(error)) reading.mayReadIo = false;
		else throw error;
	}
	return {read_bytes: null, write_bytes: null};
};

const isDenied = (error: unknown): boolean =>
	error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
