import {setTimeout as delay} from 'node:timers/promises';
import {type Instant, laterBy} from '../../core/values/instant.ts';
import type {ProcessRow} from '../../queries/host.ts';
import {heart, type PollState, type Readings} from '../../queries/plan.ts';
import type {Session} from '../../queries/sessions.ts';
import {isStartOf, type Neighbour, sessionsOf} from './neighbour.ts';
import {ioOf, memoryOf, statOf} from './procfs.ts';

/** The newest look at a backend's process, by a monotonic clock in milliseconds. */
type Look = {readonly row: ProcessRow; readonly at: number; readonly startSeconds: number};

type Backend = Session & {readonly backend_start: Instant};

/** How much a reading may cost. */
export type Spending = {
	/** Milliseconds that looking may take in one reading; whom it did not reach is overdue in the next one. */
	readonly budgetMs: number;
	/** The first reading looks twice, so that there are rates at once. */
	readonly twice: boolean;
};

// Keys wait for no longer than this.
const sliceMs = 3;
const looksAtOnce = 8;
const busyRestMs = 1000;
const waitingRestMs = 4000;
const idleRestMs = 30_000;
const apartMs = 200;

/** Whether a session waits for its client, in a transaction or outside of one. */
const isIdle = ({state}: Session): boolean => state?.startsWith('idle') === true;

/** Whether a session waits for its client, a lock or a clock; who waits for a disk is at work. */
const isWaiting = (session: Session): boolean =>
	isIdle(session) || (session.wait_event_type !== null && session.wait_event_type !== 'IO');

/** How long a process may be left alone: one that did nothing between its last two looks has little to tell while it waits. */
const restMsOf = (session: Session, {row}: Look): number => {
	const worked = row.before_cpu_seconds !== null && row.cpu_seconds !== row.before_cpu_seconds;
	if (worked || !isWaiting(session)) return busyRestMs;
	return isIdle(session) ? idleRestMs : waitingRestMs;
};

const memoryFigures = (pid: number): Pick<ProcessRow, 'rss_bytes' | 'private_bytes'> => {
	const {resident, own} = memoryOf(pid);
	return {rss_bytes: resident, private_bytes: own};
};

/** Makes the reading of the processes of the server's backends. */
export const createProcessReading = (
	neighbourOf: (known: PollState) => Neighbour | undefined,
	{budgetMs, twice}: Spending,
): NonNullable<Readings[string]> => {
	const looks = new Map<number, Look>();
	let mayReadIo = true;

	/** The newest look at a backend's process; undefined where it was at one that had its pid before. */
	const lookOf = ({pid, backend_start}: Backend): Look | undefined => {
		const found = looks.get(pid);
		return found?.row.backend_start === backend_start ? found : undefined;
	};

	const io = (pid: number): Pick<ProcessRow, 'read_bytes' | 'write_bytes'> => {
		try {
			if (mayReadIo) {
				const {read, written} = ioOf(pid);
				return {read_bytes: read, write_bytes: written};
			}
		} catch (error) {
			// Only for their owner, and all have the same.
			if (isDenied(error)) mayReadIo = false;
			else throw error;
		}
		return {read_bytes: null, write_bytes: null};
	};

	/** Looks at one process; `serverNow` is the server's clock at a monotonic moment. */
	const look = (backend: Backend, {postmaster}: Neighbour, serverNow: {readonly at: Instant; readonly since: number}): void => {
		const {pid, backend_start} = backend;
		try {
			const at = performance.now();
			const {parent, startSeconds, cpuSeconds} = statOf(pid);
			const before = lookOf(backend);
			const isBackend =
				parent === postmaster && (startSeconds === before?.startSeconds || isStartOf(startSeconds, backend_start));
			if (!isBackend) {
				looks.delete(pid);
				return;
			}
			// What waits and took no time on a processor took no memory and read nothing either.
			const stood = before !== undefined && before.row.cpu_seconds === cpuSeconds && isWaiting(backend);
			const {rss_bytes, private_bytes, read_bytes, write_bytes} = stood ? before.row : {...memoryFigures(pid), ...io(pid)};
			const read_at = laterBy(serverNow.at, at - serverNow.since);
			looks.set(pid, {
				at,
				startSeconds,
				row: {
					pid,
					backend_start,
					read_at,
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
			// It ended since the sessions were read.
			looks.delete(pid);
		}
	};

	/** Those that were left alone for long enough, overdue most first. */
	const due = (backends: readonly Backend[]): readonly Backend[] => {
		const now = performance.now();
		const ranked: {readonly backend: Backend; readonly overdue: number}[] = [];
		for (const backend of backends) {
			const known = lookOf(backend);
			// Who does something is looked at before the idle ones that nobody saw yet, but not over and over.
			const unseen = isIdle(backend) ? 1 : Number.POSITIVE_INFINITY;
			const restMs = known ? restMsOf(backend, known) : busyRestMs;
			const overdue = known ? (now - known.at) / restMs : unseen;
			if (restMs === busyRestMs || overdue >= 1) ranked.push({backend, overdue});
		}
		return ranked.sort((a, b) => b.overdue - a.overdue).map(({backend}) => backend);
	};

	const lookAt = async (backends: readonly Backend[], neighbour: Neighbour, at: Instant, since: number): Promise<void> => {
		let spent = 0;
		let slice = performance.now();
		for (const [index, backend] of backends.entries()) {
			look(backend, neighbour, {at, since});
			if (index % looksAtOnce !== looksAtOnce - 1) continue;
			const took = performance.now() - slice;
			if (spent + took >= budgetMs) return;
			if (took < sliceMs) continue;
			spent += took;
			await new Promise(setImmediate);
			slice = performance.now();
		}
	};

	return async known => {
		const neighbour = neighbourOf(known);
		const at = known.results[heart.name]?.at;
		if (!neighbour || at === undefined) {
			looks.clear();
			return undefined;
		}
		const since = performance.now();
		const backends = sessionsOf(known).filter((session): session is Backend => session.backend_start !== null);
		const isFirst = looks.size === 0;
		await lookAt(due(backends), neighbour, at, since);
		if (isFirst && twice) {
			await delay(apartMs);
			await lookAt(backends, neighbour, at, since);
		}
		const seen = backends.flatMap(backend => lookOf(backend) ?? []);
		if (seen.length < looks.size) {
			looks.clear();
			for (const look of seen) looks.set(look.row.pid, look);
		}
		return seen.map(({row}) => row);
	};
};

const isDenied = (error: unknown): boolean =>
	error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
