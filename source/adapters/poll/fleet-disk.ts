import {decode, type Query, sqlFor} from '../../core/sample/query.ts';
import type {Failure, RefusedFields, Row} from '../../core/sample/sample.ts';
import type {FleetDisk} from '../../queries/beside/fleet.ts';
import {type Directory, directories, type OwnBackend, ownBackend} from '../../queries/beside/host.ts';
import type {Near} from '../connect/endpoints.ts';
import type {Lane} from '../session/lane.ts';
import {isRefused} from './failures.ts';

/** Reader of the disks of a server, which are known if one of its backends is a process of this host. */
export type ServerDisks = {
	readonly isNear: () => boolean;
	readonly isHere: (backend: OwnBackend) => boolean;
	/** Resolves within a second for each directory; undefined if the disk does not answer. */
	readonly fullest: (backend: OwnBackend, named: readonly Directory[]) => Promise<FleetDisk | undefined>;
};

/** Creates the reader of the disks of the server at an address, which is undefined without a session. */
export type OpenDisks = (endpoint: () => Near | undefined) => ServerDisks;

/** The fullest disk of a server of a fleet. */
export type DiskWatch = {
	/** Reads what is due after an answer of the server that took `tookMs`, and returns at once. */
	readonly look: (tookMs: number) => void;
	/** The disk by a reading of the last seconds; null figures if it is unknown. */
	readonly disk: () => FleetDisk;
	/** The disk if the server refuses what is needed to find it. */
	readonly missing: () => readonly RefusedFields[];
	/** Reads everything again with the next look. */
	readonly retry: () => void;
};

/** Unknown disk. */
export const unknownDisk: FleetDisk = {disk_name: null, disk_total_bytes: null, disk_used_bytes: null, disk_free_bytes: null};

// The answer is awaited on the connection of the narrow question: a slow server is not asked more.
const promptMs = 250;
const deadlineMs = 1000;
const againMs = 5000;
const spaceMs = 5000;
const staleMs = 3 * spaceMs;

const withoutRight: Failure = {
	code: '42501',
	message: 'The role may not read data_directory.',
	hint: 'The privileges of pg_read_all_settings, which pg_monitor has, show the disk.',
};

/** What is known about the disks in one session with the server; times are monotonic milliseconds. */
type Known = {
	readonly generation: number;
	askAt: number;
	readAt: number;
	backend: OwnBackend | undefined;
	named: readonly Directory[];
	failure: Failure | undefined;
	space: {readonly at: number; readonly disk: FleetDisk} | undefined;
};

const nothingOf = (generation: number): Known => ({
	generation,
	askAt: 0,
	readAt: 0,
	backend: undefined,
	named: [],
	failure: undefined,
	space: undefined,
});

type Asked<R> = {readonly ok: true; readonly rows: readonly R[]} | {readonly ok: false; readonly error: Failure};

/** A refusal hides the disk for a minute; what else failed is asked again soon, and what was known stays. */
const fail = (into: Known, error: Failure): void => {
	if (isRefused(error)) into.failure = error;
	else into.askAt = performance.now() + againMs;
};

/** Watches the disks of the server that a lane leads to: where they are once a minute, their space every five seconds. */
export const watchDisk = (lane: Lane, disks: ServerDisks): DiskWatch => {
	let known = nothingOf(0);
	let isLooking = false;

	const ask = async <R extends Row>(query: Query<R>): Promise<Asked<R>> => {
		const sql = sqlFor(query, lane.status().version ?? 0);
		const reply = await lane.run({name: query.name, sql, deadlineMs});
		return reply.ok ? {ok: true, rows: decode(query, reply.rows).rows as readonly R[]} : reply;
	};

	/** Asks where the files of the server are, if our backend is a process of this host. */
	const locate = async (into: Known): Promise<void> => {
		into.askAt = performance.now() + ownBackend.everyMs;
		const own = await ask(ownBackend);
		if (!own.ok) return fail(into, own.error);
		const backend = own.rows.find(disks.isHere);
		const named = backend && (await ask(directories));
		if (named?.ok === false) return fail(into, named.error);
		into.backend = backend;
		into.named = named?.rows ?? [];
		into.failure = backend && !into.named.some(({kind, path}) => kind === 'data' && path !== null) ? withoutRight : undefined;
	};

	const lookOnce = async (into: Known): Promise<void> => {
		if (performance.now() >= into.askAt) await locate(into);
		const {backend, failure, named} = into;
		if (!backend || failure) into.space = undefined;
		else if (performance.now() >= into.readAt) {
			into.readAt = performance.now() + spaceMs;
			const disk = await disks.fullest(backend, named);
			into.space = disk && {at: performance.now(), disk};
		}
	};

	return {
		look: tookMs => {
			const {generation} = lane.status();
			if (generation !== known.generation || !disks.isNear()) known = nothingOf(generation);
			if (isLooking || tookMs > promptMs || !disks.isNear()) return;
			isLooking = true;
			void lookOnce(known).finally(() => {
				isLooking = false;
			});
		},
		disk: () => {
			const {space} = known;
			return space && performance.now() - space.at <= staleMs ? space.disk : unknownDisk;
		},
		missing: () => (known.failure ? [{fields: ['disk'], error: known.failure}] : []),
		retry: () => {
			known.askAt = 0;
			known.readAt = 0;
		},
	};
};
