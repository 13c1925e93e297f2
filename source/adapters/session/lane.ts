import {setTimeout as delay} from 'node:timers/promises';
import {journalEntry, type Note} from '../../core/sample/journal.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {joinSentences} from '../../core/text/sentence.ts';
import {type ConnectionTarget, describe, placed} from '../connect/connection.ts';
import {failureOf, type ServerName, serverName, sqlstateOf} from '../connect/failures.ts';
import {elsewhere, type Site} from '../connect/whereabouts.ts';
import type {Reply, Request} from './answering.ts';
import {backOffMs, createDoor, type Door} from './door.ts';
import {type Flight, startFlight} from './flight.ts';
import {logIn} from './log-in.ts';
import type {ServerSession} from './session.ts';
import {createTraffic, type Traffic} from './traffic.ts';

/** Status of a lane. `since` is a monotonic time in milliseconds; `attempts` counts logins since the last session. */
export type LaneStatus = {
	/** `waiting` backs off before the next login, `lost` has given up, which happens only before the first session. */
	readonly state: 'connecting' | 'ready' | 'waiting' | 'lost' | 'closed';
	readonly since: number;
	/** Milliseconds from `since` to the next login, while waiting. */
	readonly pauseMs?: number;
	readonly failure?: Failure;
	/** What a log-in that takes long is doing, as in `waiting for its answer`. */
	readonly phase?: string;
	/** While there is a session of the leading lane after a break: how long there was none and why, as a sentence. */
	readonly outage?: string;
	readonly attempts: number;
	/** The backend's pid; absent behind a pooler. */
	readonly pid?: number;
	/** As in server_version_num, from the first login on. */
	readonly version?: number;
	/** Role and server, while there is a session. */
	readonly place?: string;
	/** Number of sessions so far. */
	readonly generation: number;
};

/** One connection kept for life, with one request in flight; later ones wait their turn. */
export type Lane = {
	/** Sends a request; never rejects. Waits during a login, fails at once while backing off. */
	run(request: Request): Promise<Reply>;
	status(): LaneStatus;
	/** Subscribes to status changes; returns the unsubscribe function. */
	onStatus(listener: (status: LaneStatus) => void): () => void;
	/** Cancels the request in flight, if there is one. */
	cancel(): void;
	/** Logs in now if the lane gave up or has a long time to wait. */
	retry(): void;
	/** Ends the lane within 200 ms, whatever the server does. */
	close(): Promise<void>;
};

/**
 * Options of a lane; limits in milliseconds, 0 for unlimited. `note` gets statements that are not requests; lanes to one
 * server share a `door` and `traffic`. The lane that `leads` chooses the server; the others follow it. The first login waits for
 * `after`; a `patient` lane gives a server that took the connection more time for it.
 */
export type LaneOptions = {
	readonly door?: Door;
	readonly traffic?: Traffic;
	readonly leads?: boolean;
	readonly after?: Promise<void>;
	readonly patient?: boolean;
	readonly note?: Note;
	readonly readOnly: boolean;
	readonly statementTimeoutMs?: number;
	readonly lockTimeoutMs?: number;
};

type Job = {readonly request: Request; readonly resolve: (reply: Reply) => void};

const closeMs = 150;
// A session that lived this long ends a row of failures.
const steadyMs = 5000;
const longMs = 2000;
const slowMs = 2000;
const mostReasons = 4;

const closed: Failure = {code: 'closed', message: 'The connection was closed.'};
const cancelled: Failure = {code: '57014', message: 'The statement was cancelled.'};

const failed = (error: Failure): Reply => ({ok: false, at: undefined, tookMs: 0, error});

/** The state of one open lane. */
type OpenLane = {
	readonly target: ConnectionTarget;
	readonly options: LaneOptions;
	readonly door: Door;
	readonly traffic: Traffic;
	readonly listeners: Set<(status: LaneStatus) => void>;
	readonly queue: Job[];
	readonly aborter: AbortController;
	/** The lane logs in only where the leading lane is. */
	readonly follows: boolean;
	place: ServerName;
	status: LaneStatus;
	session: ServerSession | undefined;
	flight: Flight | undefined;
	waiting: NodeJS.Timeout | undefined;
	/** What the log-in is doing; in the status only once it takes long. */
	phase: string | undefined;
	slow: NodeJS.Timeout | undefined;
	/** Sessions in a row that broke before they were steady. */
	breaks: number;
	/** The login waits until the leading lane has chosen a server. */
	isHeld: boolean;
	/** Start of the time without a session, by a monotonic clock, and the failures since. */
	outage: {readonly since: number; readonly failures: Failure[]} | undefined;
};

/** Opens a lane; it logs in at once and again whenever it breaks. */
export const openLane = (target: ConnectionTarget, options: LaneOptions): Lane => {
	const {leads = false} = options;
	const {whereabouts} = target;
	const follows = whereabouts !== undefined && !leads;
	const lane: OpenLane = {
		target,
		options,
		door: options.door ?? createDoor(target),
		traffic: options.traffic ?? createTraffic(),
		listeners: new Set(),
		queue: [],
		aborter: new AbortController(),
		follows,
		place: serverName(target),
		status: {state: 'connecting', since: performance.now(), attempts: 0, generation: 0},
		session: undefined,
		flight: undefined,
		waiting: undefined,
		phase: undefined,
		slow: undefined,
		breaks: 0,
		isHeld: false,
		outage: undefined,
	};
	const unfollow = follows ? whereabouts.onChange(site => follow(lane, site)) : undefined;
	if (leads) whereabouts?.onDoubt(() => lane.session && broken(lane, elsewhere));
	if (options.after === undefined) connect(lane);
	else void options.after.then(() => lane.status.state !== 'closed' && connect(lane));
	return {
		run: request =>
			new Promise(resolve => {
				lane.queue.push({request, resolve});
				if (lane.status.state === 'ready') pump(lane);
				else if (lane.status.state !== 'connecting') refuseAll(lane);
			}),
		status: () => lane.status,
		onStatus: listener => {
			lane.listeners.add(listener);
			return () => lane.listeners.delete(listener);
		},
		cancel: () => lane.flight?.expire(cancelled),
		retry: () => {
			if (lane.status.state !== 'lost' && !waitsLong(lane)) return;
			clearTimeout(lane.waiting);
			lane.door.reset();
			connect(lane);
		},
		close: async () => {
			if (lane.status.state === 'closed') return;
			unfollow?.();
			await close(lane);
		},
	};
};

const become = (lane: OpenLane, next: Omit<LaneStatus, 'since'>): void => {
	clearTimeout(lane.slow);
	lane.status = {...next, since: performance.now()};
	tellStatus(lane);
};

const tellStatus = ({listeners, status}: OpenLane): void => {
	for (const listener of listeners) listener(status);
};

/** Puts the phase of a log-in into the status once it takes long. */
const followPhases = (lane: OpenLane): ((phase: string) => void) => {
	const tell = (): void => {
		if (lane.status.state !== 'connecting' || lane.phase === undefined) return;
		lane.status = {...lane.status, phase: lane.phase};
		tellStatus(lane);
	};
	clearTimeout(lane.slow);
	lane.slow = setTimeout(tell, slowMs).unref();
	return phase => {
		lane.phase = phase;
		if (lane.status.phase !== undefined) tell();
	};
};

/** True if the next login is so far away that it is worth asking for. */
const waitsLong = ({status: {state, since, pauseMs = 0}}: OpenLane): boolean =>
	state === 'waiting' && since + pauseMs - performance.now() > longMs;

const connect = (lane: OpenLane): void => {
	const {version, generation, failure, attempts} = lane.status;
	become(lane, {
		state: 'connecting',
		attempts: attempts + 1,
		generation,
		...(version === undefined ? {} : {version}),
		...(failure === undefined ? {} : {failure}),
	});
	const {endpoints, whereabouts} = lane.target;
	lane.isHeld = lane.follows && endpoints.length > 1 && !whereabouts?.site();
	if (!lane.isHeld) enter(lane);
};

const enter = (lane: OpenLane): void => {
	const {target, options, aborter, door} = lane;
	const {readOnly, statementTimeoutMs = 5000, lockTimeoutMs = 200, leads = false, note} = options;
	const own: {session?: ServerSession} = {};
	const onLost = (failure: Failure): void => {
		if (lane.session !== undefined && lane.session === own.session) broken(lane, failure);
	};
	const limits = {purpose: readOnly ? 'polling' : 'acting', statementTimeoutMs, lockTimeoutMs} as const;
	const {signal} = aborter;
	door
		.enter(first => {
			// At another address there may be a server that answers.
			const patient = first && options.patient === true && target.endpoints.length === 1;
			return logIn(target, {limits, signal, onLost, onPhase: followPhases(lane), leads, patient, ...(note && {note})});
		})
		.then(
			opened => {
				own.session = opened;
				if (lane.status.state === 'closed') opened.destroy();
				else arrive(lane, opened);
			},
			(error: unknown) => {
				if (lane.status.state !== 'closed') retreat(lane, failureOf(error, lane.place));
			},
		);
};

const arrive = (lane: OpenLane, opened: ServerSession): void => {
	const {pid, version, endpoint, server} = opened;
	const target = placed(lane.target, endpoint);
	lane.session = opened;
	lane.place = serverName(target);
	const outage = outageOf(lane);
	if (outage) noteOutage(lane, outage);
	lane.outage = undefined;
	if (lane.options.leads) lane.target.whereabouts?.arrive({endpoint, server});
	become(lane, {
		state: 'ready',
		attempts: 0,
		generation: lane.status.generation + 1,
		version,
		place: describe(target),
		...(pid === undefined ? {} : {pid}),
		...(outage && {outage: `Connected again after ${outage.text}`}),
	});
	pump(lane);
};

/** The session is gone: what is in flight fails, and the next login waits. */
const broken = (lane: OpenLane, failure: Failure): void => {
	lane.session?.destroy();
	lane.session = undefined;
	lane.breaks = performance.now() - lane.status.since >= steadyMs ? 1 : lane.breaks + 1;
	lane.door.doubt();
	if (lane.options.leads) lane.target.whereabouts?.arrive(undefined);
	lane.flight?.settle(failed(failure));
	retreat(lane, failure, backOffMs(lane.breaks, failure));
};

const retreat = (lane: OpenLane, failure: Failure, pauseMs = 0): void => {
	const {version, generation, attempts} = lane.status;
	const shut = lane.door.shut();
	const restMs = Math.max(pauseMs, lane.door.restMs());
	lane.outage ??= {since: performance.now(), failures: []};
	rememberReason(lane.outage.failures, failure);
	become(lane, {
		state: shut ? 'lost' : 'waiting',
		attempts,
		generation,
		...(version === undefined ? {} : {version}),
		// What broke this lane matters less than what keeps all of them from logging in again.
		failure: shut ?? lane.door.refusal() ?? failure,
		...(shut ? {} : {pauseMs: restMs}),
	});
	refuseAll(lane);
	if (!shut) lane.waiting = setTimeout(() => knock(lane), restMs).unref();
};

/** Adds a failure of another code than those before; with many of them the newest replaces the last. */
const rememberReason = (failures: Failure[], failure: Failure): void => {
	if (failures.some(({code}) => code === failure.code)) return;
	failures.splice(mostReasons - 1, 1, failure);
};

/** How long there was no session and why; undefined for a lane that follows, which loses its session for the same reasons. */
const outageOf = ({outage, options, status}: OpenLane): {readonly text: string; readonly tookMs: number} | undefined => {
	if (!outage?.failures[0] || !options.leads || status.generation === 0) return undefined;
	const tookMs = performance.now() - outage.since;
	const reasons = joinSentences(...outage.failures.map(({message}) => message));
	return {text: `${(tookMs / 1000).toFixed(1)} s: ${reasons}`, tookMs};
};

/** Notes an outage in the journal, and so in a recording. */
const noteOutage = ({outage, options}: OpenLane, {text, tookMs}: {readonly text: string; readonly tookMs: number}): void =>
	options.note?.(
		journalEntry({
			kind: 'session',
			target: 'our own session',
			outcome: `connected again after ${text}`,
			sqlstate: sqlstateOf(outage?.failures.at(-1)),
			took_ms: tookMs,
		}),
	);

/** Logs in, unless another lane learned meanwhile that it is too early. */
const knock = (lane: OpenLane): void => {
	const restMs = lane.door.restMs();
	if (restMs === 0) {
		connect(lane);
		return;
	}
	const {since: _, ...status} = lane.status;
	const failure = lane.door.refusal();
	become(lane, {...status, ...(failure !== undefined && {failure}), pauseMs: restMs});
	lane.waiting = setTimeout(() => knock(lane), restMs).unref();
};

const refuseAll = ({queue, status}: OpenLane): void => {
	for (const job of queue.splice(0)) job.resolve(failed(status.failure ?? closed));
};

/** Sends the next request if none is in flight. */
const pump = (lane: OpenLane): void => {
	const {session} = lane;
	if (session === undefined || lane.flight !== undefined) return;
	const job = lane.queue.shift();
	if (!job) return;
	const flight = startFlight(job.request, {
		session,
		place: lane.place,
		note: lane.options.note,
		traffic: lane.traffic,
		landed: reply => {
			if (lane.flight === flight) lane.flight = undefined;
			job.resolve(reply);
			pump(lane);
		},
		lost: failure => {
			if (lane.session === session) broken(lane, failure);
		},
	});
	lane.flight = flight;
};

/** Goes where the leading lane is: at once if the login waited for that, by a new session if this one is with another server. */
const follow = (lane: OpenLane, site: Site | undefined): void => {
	if (!site) return;
	const {session} = lane;
	if (lane.isHeld) {
		lane.isHeld = false;
		enter(lane);
	} else if (session && !session.pooled && session.server !== site.server) broken(lane, elsewhere);
};

const close = async (lane: OpenLane): Promise<void> => {
	const {session, flight} = lane;
	const {generation, attempts} = lane.status;
	lane.isHeld = false;
	lane.session = undefined;
	clearTimeout(lane.waiting);
	become(lane, {state: 'closed', attempts, generation});
	lane.aborter.abort();
	refuseAll(lane);
	flight?.settle(failed(closed));
	if (session === undefined) return;
	await (flight ? session.cancel(closeMs) : Promise.race([session.end(), delay(closeMs, undefined, {ref: false})]));
	session.destroy();
};
