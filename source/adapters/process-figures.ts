import {setTimeout as delay} from 'node:timers/promises';
import type {Instant} from '../core/sample.ts';
import {laterBy} from '../core/units.ts';
import type {ProcessRow} from '../queries/host.ts';
import {heart, type Known} from '../queries/plan.ts';
import type {Session} from '../queries/sessions.ts';
import type {Readings} from './beside.ts';
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
const idleRestMs = 30_000;
const apartMs = 200;

const nameOf = ({pid, backend_start}: Pick<Backend, 'pid' | 'backend_start'>): string => `${pid}@${backend_start}`;

const isIdle = ({state}: Session): boolean => state === 'idle';

/** Makes the reading of the processes of the server's backends. */
export const createProcessReading = (
	neighbourOf: (known: Known) => Neighbour | undefined,
	{budgetMs, twice}: Spending,
): NonNullable<Readings[string]> => {
	const looks = new Map<string, Look>();
	let mayReadIo = true;

	const io = (pid: number): {readonly read: number | null; readonly written: number | null} => {
		try {
			if (mayReadIo) return ioOf(pid);
		} catch (error) {
			// Only for their owner, and all have the same.
			if (isDenied(error)) mayReadIo = false;
			else throw error;
		}
		return {read: null, written: null};
	};

	/** Looks at one process; `serverNow` is the server's clock at a monotonic moment. */
	const look = (backend: Backend, {postmaster}: Neighbour, serverNow: {readonly at: Instant; readonly since: number}): void => {
		const {pid, backend_start} = backend;
		const name = nameOf(backend);
		try {
			const at = performance.now();
			const {parent, startSeconds, cpuSeconds} = statOf(pid);
			const before = looks.get(name);
			const isBackend =
				parent === postmaster && (startSeconds === before?.startSeconds || isStartOf(startSeconds, backend_start));
			if (!isBackend) {
				looks.delete(name);
				return;
			}
			const {resident, own} = memoryOf(pid);
			const {read, written} = io(pid);
			const read_at = laterBy(serverNow.at, at - serverNow.since);
			looks.set(name, {
				at,
				startSeconds,
				row: {
					pid,
					backend_start,
					read_at,
					cpu_seconds: cpuSeconds,
					rss_bytes: resident,
					private_bytes: own,
					read_bytes: read,
					write_bytes: written,
					before_at: before ? laterBy(read_at, before.at - at) : null,
					before_cpu_seconds: before?.row.cpu_seconds ?? null,
					before_read_bytes: before?.row.read_bytes ?? null,
					before_write_bytes: before?.row.write_bytes ?? null,
				},
			});
		} catch {
			// It ended since the sessions were read.
			looks.delete(name);
		}
	};

	/** Whoever does something, or did at the last look, and the idle that were long left alone; those overdue most come first. */
	const due = (backends: readonly Backend[]): readonly Backend[] => {
		const now = performance.now();
		const ranked = backends.flatMap(backend => {
			const known = looks.get(nameOf(backend));
			const before = known?.row.before_cpu_seconds ?? null;
			const isBusy = !isIdle(backend) || (before !== null && known?.row.cpu_seconds !== before);
			// Who does something is looked at before the idle ones that nobody saw yet, but not over and over.
			const overdue = known ? (now - known.at) / (isBusy ? busyRestMs : idleRestMs) : isBusy ? Number.POSITIVE_INFINITY : 1;
			return isBusy || overdue >= 1 ? [{backend, overdue}] : [];
		});
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
		const names = new Set(backends.map(nameOf));
		for (const name of looks.keys()) if (!names.has(name)) looks.delete(name);
		return backends.flatMap(backend => looks.get(nameOf(backend))?.row ?? []);
	};
};

const isDenied = (error: unknown): boolean =>
	error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
