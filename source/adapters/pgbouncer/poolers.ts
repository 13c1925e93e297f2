import {journalEntry, type Note} from '../../core/sample/journal.ts';
import {type Decoded, decode, type Query, type RawRow} from '../../core/sample/query.ts';
import type {Failure, Row} from '../../core/sample/sample.ts';
import {
	type ConsoleAnswer,
	clientRows,
	consoleRows,
	missingColumns,
	poolerClients,
	poolerConnections,
	poolerPools,
	poolerRows,
	poolers,
	poolRows,
} from '../../queries/beside/pgbouncer.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError} from '../connect/failures.ts';
import {within} from '../poll/alarm.ts';
import {backOffMs} from '../session/door.ts';
import {type Console, consoleFailure, consoleName, enterConsole, inTime, isLasting} from './console.ts';

/** Admin consoles of one or more PgBouncers: one kept connection each, which only sends SHOW. */
export type Poolers = {
	/** Readings by the name of their query: newest rows of all consoles; rejects with a ConnectionError if none can be read. */
	readonly readings: Readonly<Record<string, () => Promise<readonly Row[] | undefined>>>;
	/** Has all consoles asked again at once, because something was sent to one. */
	readonly refresh: () => void;
	readonly stop: () => void;
};

/** Longest wait for a slow console in milliseconds; later answers join the next sample. */
export type PoolerOptions = {readonly mostWaitMs: number; readonly note?: Note};

// By then the pane shows the answer or a failure; older rows are out of date.
const staleMs = 5000;
// Failures that do not heal by themselves are retried rarely.
const lastingMs = 30_000;
// PgBouncer is a single process: SHOW may take at most a tenth of its time.
const restFactor = 9;
// Connections and clients can be thousands: they are read while a pane shows them or a pool waits.
const wantedMs = 10_000;

/** What one console reported: raw rows by reading; connections and clients only if they were wanted. */
type Snapshot = {
	readonly state: RawRow;
	readonly pools: readonly RawRow[];
	readonly connections: readonly RawRow[] | undefined;
	readonly clients: readonly RawRow[] | undefined;
};

/** One console that is read again and again. */
type Watched = {
	/** Has the console asked if that is due; `isDetailed` with its connections and clients. */
	readonly look: (isDetailed: boolean) => Promise<void>;
	readonly state: () => {readonly snapshot: Snapshot | undefined; readonly failure: Failure | undefined};
	readonly refresh: () => void;
	readonly stop: () => void;
};

const watchConsole = (target: ConnectionTarget, {mostWaitMs, note}: PoolerOptions): Watched => {
	const aborter = new AbortController();
	const address = consoleName(target);
	let open: Console | undefined;
	let asking: Promise<void> | undefined;
	let snapshot: Snapshot | undefined;
	let staleAt = Number.NEGATIVE_INFINITY;
	let restsUntil = 0;
	let failure: Failure | undefined;
	let failures = 0;
	let wantedUntil = Number.NEGATIVE_INFINITY;

	const enter = async (): Promise<Console> => {
		const begun = performance.now();
		const entered = await enterConsole(target, aborter.signal);
		note?.(
			journalEntry({
				kind: 'session',
				statement: 'SHOW VERSION',
				target: address,
				outcome: `PgBouncer ${entered.version}`,
				took_ms: performance.now() - begun,
			}),
		);
		return entered;
	};

	const ask = async (): Promise<void> => {
		try {
			if (!open?.isOpen()) open = await enter();
			const begun = performance.now();
			snapshot = await inTime(
				snapshotOf(open, address, () => wantedUntil >= begun),
				address,
			);
			const now = performance.now();
			restsUntil = now + restFactor * (now - begun);
			staleAt = restsUntil + staleMs;
			failure = undefined;
			failures = 0;
		} catch (error) {
			open?.leave();
			open = undefined;
			failure = consoleFailure(error, target);
			failures++;
			restsUntil = performance.now() + (isLasting(failure) ? lastingMs : backOffMs(failures, failure));
		}
		asking = undefined;
	};

	return {
		look: async isDetailed => {
			const now = performance.now();
			if (isDetailed) wantedUntil = now + wantedMs;
			const lacks = isDetailed && !failure && snapshot !== undefined && snapshot.clients === undefined;
			if ((now >= restsUntil || lacks) && !aborter.signal.aborted) asking ??= ask();
			if (asking) await within(asking, mostWaitMs);
		},
		state: () => ({snapshot: performance.now() < staleAt ? snapshot : undefined, failure}),
		refresh: () => {
			if (!failure) restsUntil = 0;
		},
		stop: () => {
			aborter.abort();
			open?.leave();
		},
	};
};

/** Asks a console; connections and clients too if `isWanted` or if clients of a pool wait. */
const snapshotOf = async (session: Console, address: string, isWanted: () => boolean): Promise<Snapshot> => {
	const pools = await session.show('POOLS');
	const [databases, stats] = [await session.show('DATABASES'), await session.show('STATS')];
	const states = session.commands.includes('SHOW STATE') ? consoleRows(await session.show('STATE')) : [];
	const isWaiting = consoleRows(pools).some(cell => Number(cell('cl_waiting') ?? 0) > 0);
	const detail = isWanted() || isWaiting ? [await session.show('SERVERS'), await session.show('CLIENTS')] : [];
	const [servers, clients] = detail as [ConsoleAnswer?, ConsoleAnswer?];
	const listed = servers && clients && clientRows(address, clients, servers);
	if (servers) assertComplete(servers, address);
	return {
		state: [
			address,
			session.version,
			stateOf(states),
			session.commands.filter(name => !name.startsWith('SHOW ')).join(' '),
			listed ? String(listed.total) : null,
			listed ? String(listed.rows.length) : null,
			null,
			null,
			null,
		],
		pools: poolRows(address, pools, databases, stats),
		connections: servers && clients && poolerRows(servers, clients, pools, address),
		clients: listed?.rows,
	};
};

/** State of PgBouncer as a whole, which SHOW STATE marks with yes. */
const stateOf = (states: ReturnType<typeof consoleRows>): string | null =>
	states.find(cell => cell('value') === 'yes')?.('key') ?? null;

const assertComplete = (servers: ConsoleAnswer, address: string): void => {
	const [missing] = missingColumns(servers);
	if (missing === undefined) return;
	const old = `The PgBouncer at ${address} is too old: it does not report ${missing} of its connections.`;
	throw new ConnectionError({code: 'too_old', message: old});
};

/** Consoles of some targets; they connect on first use. */
export const createPoolers = (targets: readonly ConnectionTarget[], options: PoolerOptions): Poolers => {
	const consoles = targets.map(target => ({address: consoleName(target), ...watchConsole(target, options)}));

	const reading = (query: Query, isDetailed: boolean, part: (snapshot: Snapshot) => readonly RawRow[] | undefined) => {
		let decoded: Decoded | undefined;
		return async (): Promise<readonly Row[] | undefined> => {
			await Promise.all(consoles.map(({look}) => look(isDetailed)));
			const states = consoles.map(({state}) => state());
			const [failure] = states.flatMap(state => state.failure ?? []);
			if (failure && states.every(state => state.failure)) throw new ConnectionError(failure);
			const parts = states.flatMap(({snapshot, failure}) => (failure ? [] : ((snapshot && part(snapshot)) ?? [])));
			decoded = decode(query, parts, decoded);
			return decoded.rows;
		};
	};

	const readConsoles = (): (() => Promise<readonly Row[]>) => {
		let decoded: Decoded | undefined;
		return async () => {
			await Promise.all(consoles.map(({look}) => look(false)));
			const raw = consoles.map(({address, state}): RawRow => {
				const {snapshot, failure} = state();
				if (!failure) return snapshot?.state ?? [address, ...Array.from({length: 8}, () => null)];
				return [address, ...Array.from({length: 5}, () => null), failure.code, failure.message, failure.hint ?? null];
			});
			decoded = decode(poolers, raw, decoded);
			return decoded.rows;
		};
	};

	return {
		readings: {
			[poolers.name]: readConsoles(),
			[poolerPools.name]: reading(poolerPools, false, ({pools}) => pools),
			[poolerClients.name]: reading(poolerClients, true, ({clients}) => clients),
			[poolerConnections.name]: reading(poolerConnections, true, ({connections}) => connections),
		},
		refresh: () => {
			for (const {refresh} of consoles) refresh();
		},
		stop: () => {
			for (const {stop} of consoles) stop();
		},
	};
};
