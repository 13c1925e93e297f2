import {setTimeout as delay} from 'node:timers/promises';
import type {Note} from '../../core/sample/journal.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {type ConnectionTarget, describe, placed} from '../connect/connection.ts';
import {failureOf, overdue, serverName} from '../connect/failures.ts';
import {elsewhere, type Site} from '../connect/whereabouts.ts';
import {answering, cancelOf, type Reply, type Request, startDeadline} from './answering.ts';
import {backOffMs, createDoor, type Door} from './door.ts';
import {logIn} from './log-in.ts';
import type {ServerSession} from './session.ts';

/** How a lane stands. `since` and nothing else is a monotonic time in milliseconds; `attempts` counts log-ins since it last stood. */
export type LaneStatus = {
	/** `waiting` backs off before the next log-in, `lost` has given up. */
	readonly state: 'connecting' | 'ready' | 'waiting' | 'lost' | 'closed';
	readonly since: number;
	readonly failure?: Failure;
	readonly attempts: number;
	/** The backend's pid; absent behind a pooler. */
	readonly pid?: number;
	/** As in server_version_num, from the first log-in on. */
	readonly version?: number;
	/** Who is logged in where, while a session stands. */
	readonly place?: string;
	/** How many sessions there have been. */
	readonly generation: number;
};

/** One connection kept for life, with one request in flight; later ones wait their turn. */
export type Lane = {
	/** Asks; never rejects. While logging in it waits for the end of that, while backing off it fails at once. */
	run(request: Request): Promise<Reply>;
	status(): LaneStatus;
	/** Tells every change of status; the answer stops it. */
	onStatus(listener: (status: LaneStatus) => void): () => void;
	/** Cancels the request in flight, if there is one. */
	cancel(): void;
	/** Logs in again where that was given up. */
	retry(): void;
	/** Ends the lane within 200 ms, whatever the server does. */
	close(): Promise<void>;
};

/**
 * What a lane may do; limits in milliseconds, 0 is none. What it sends besides its requests goes to `note`; lanes to the same server
 * share a `door`. The lane that `leads` chooses the server; others to the same whereabouts follow it there.
 */
export type LaneOptions = {
	readonly door?: Door;
	readonly leads?: boolean;
	readonly note?: Note;
	readonly readOnly: boolean;
	readonly statementTimeoutMs?: number;
	readonly lockTimeoutMs?: number;
};

type Job = {readonly request: Request; readonly resolve: (reply: Reply) => void};
type Flight = {readonly expire: (failure: Failure) => void; readonly settle: (reply: Reply) => void};

const graceMs = 400;
const closeMs = 150;
// A session that lives this long was no part of a row of failures.
const steadyMs = 5000;

/** Opens a lane; it logs in at once and again whenever it breaks. */
export const openLane = (target: ConnectionTarget, options: LaneOptions): Lane => {
	const {leads = false} = options;
	const {whereabouts} = target;
	const follows = whereabouts !== undefined && !leads;
	let place = serverName(target);
	const door = options.door ?? createDoor(target);
	const limits = {
		readOnly: options.readOnly,
		statementTimeoutMs: options.statementTimeoutMs ?? 5000,
		lockTimeoutMs: options.lockTimeoutMs ?? 200,
	};
	const listeners = new Set<(status: LaneStatus) => void>();
	const queue: Job[] = [];
	const aborter = new AbortController();
	let status: LaneStatus = {state: 'connecting', since: performance.now(), attempts: 0, generation: 0};
	let session: ServerSession | undefined;
	let flight: Flight | undefined;
	let waiting: NodeJS.Timeout | undefined;
	let breaks = 0;
	let isHeld = false;

	const become = (next: Omit<LaneStatus, 'since'>): void => {
		status = {...next, since: performance.now()};
		for (const listener of listeners) listener(status);
	};

	const connect = (): void => {
		const {version, generation, failure} = status;
		become({
			state: 'connecting',
			attempts: status.attempts + 1,
			generation,
			...(version === undefined ? {} : {version}),
			...(failure === undefined ? {} : {failure}),
		});
		isHeld = follows && target.endpoints.length > 1 && !whereabouts.site();
		if (!isHeld) enter();
	};

	const enter = (): void => {
		const own: {session?: ServerSession} = {};
		const onLost = (failure: Failure): void => {
			if (session !== undefined && session === own.session) broken(failure);
		};
		const {signal} = aborter;
		const entering = door.enter(() => logIn(target, {limits, signal, onLost, leads, ...(options.note && {note: options.note})}));
		entering.then(
			opened => {
				if (status.state === 'closed') {
					opened.destroy();
					return;
				}
				own.session = session = opened;
				const {pid, version, endpoint, server} = opened;
				const there = placed(target, endpoint);
				place = serverName(there);
				if (leads) whereabouts?.arrive({endpoint, server});
				become({
					state: 'ready',
					attempts: 0,
					generation: status.generation + 1,
					version,
					place: describe(there),
					...(pid === undefined ? {} : {pid}),
				});
				pump();
			},
			(error: unknown) => {
				if (status.state !== 'closed') retreat(failureOf(error, place));
			},
		);
	};

	/** The session is gone: what is in flight fails, and the next log-in waits. */
	const broken = (failure: Failure): void => {
		session?.destroy();
		session = undefined;
		breaks = performance.now() - status.since >= steadyMs ? 1 : breaks + 1;
		door.doubt();
		if (leads) whereabouts?.arrive(undefined);
		flight?.settle({ok: false, at: undefined, tookMs: 0, error: failure});
		retreat(failure, backOffMs(breaks, failure));
	};

	const retreat = (failure: Failure, pauseMs = 0): void => {
		const {version, generation, attempts} = status;
		const stands = {attempts, generation, failure, ...(version === undefined ? {} : {version})};
		const shut = door.shut();
		become(shut ? {state: 'lost', ...stands, failure: shut} : {state: 'waiting', ...stands});
		refuseAll();
		if (!shut) waiting = setTimeout(knock, Math.max(pauseMs, door.restMs())).unref();
	};

	/** Logs in, unless another lane found out meanwhile that it is too early for that. */
	const knock = (): void => {
		const restMs = door.restMs();
		if (restMs > 0) waiting = setTimeout(knock, restMs).unref();
		else connect();
	};

	const refuseAll = (): void => {
		const error = status.failure ?? {code: 'closed', message: 'The connection was closed.'};
		for (const job of queue.splice(0)) job.resolve({ok: false, at: undefined, tookMs: 0, error});
	};

	const pump = (): void => {
		if (session === undefined || flight !== undefined) return;
		const job = queue.shift();
		if (job) fly(session, job);
	};

	const fly = (over: ServerSession, {request, resolve}: Job): void => {
		const sentAt = performance.now();
		let reply: Reply | undefined;
		let ended: Failure | undefined;
		let grace: NodeJS.Timeout | undefined;
		const land = (): void => {
			stop();
			clearTimeout(grace);
			if (flight === own) flight = undefined;
		};
		const settle = (answer: Reply): void => {
			if (reply !== undefined) return;
			reply = {...answer, tookMs: performance.now() - sentAt};
			land();
			resolve(reply);
			pump();
		};
		const expire = (failure: Failure): void => {
			if (ended !== undefined) return;
			ended = failure;
			const begun = performance.now();
			const cancelled = over
				.cancel(graceMs)
				.then(() => options.note?.(cancelOf(request, over, failure, performance.now() - begun)));
			let late: Reply | undefined;
			void answer.then(answered => {
				late = answered;
			});
			grace = setTimeout(() => {
				if (late !== undefined) settle(late);
				else if (session === over) broken(failure);
			}, graceMs).unref();
			// Until the server has taken the cancel it could hit what is asked next.
			void Promise.all([answer, cancelled]).then(([answered]) => settle(answered));
		};
		const own: Flight = {expire, settle};
		flight = own;
		const stop = startDeadline(request.deadlineMs, over.received, () => expire(overdue(request.name, request.deadlineMs)));
		const answer = answering(over, request, place).then((answered): Reply => {
			if (!answered.ok && ended !== undefined && answered.error.code === '57014') return {...answered, error: ended};
			return answered;
		});
		void answer.then(answered => {
			if (ended === undefined) settle(answered);
		});
	};

	/** Goes where the leader is: at once where that became known, anew where a session stands with another server. */
	const follow = (site: Site | undefined): void => {
		if (!site) return;
		if (isHeld) {
			isHeld = false;
			enter();
		} else if (session && !session.pooled && session.server !== site.server) broken(elsewhere);
	};

	const closed: Failure = {code: 'closed', message: 'The connection was closed.'};
	const unfollow = follows ? whereabouts.onChange(follow) : undefined;
	if (leads) whereabouts?.onDoubt(() => session && broken(elsewhere));
	connect();
	return {
		run: request =>
			new Promise(resolve => {
				queue.push({request, resolve});
				if (status.state === 'ready') pump();
				else if (status.state !== 'connecting') refuseAll();
			}),
		status: () => status,
		onStatus: listener => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		cancel: () => flight?.expire({code: '57014', message: 'The statement was cancelled.'}),
		retry: () => {
			if (status.state !== 'lost') return;
			door.reset();
			connect();
		},
		close: async () => {
			if (status.state === 'closed') return;
			const {generation, attempts} = status;
			const last = session;
			const inFlight = flight;
			unfollow?.();
			isHeld = false;
			session = undefined;
			clearTimeout(waiting);
			become({state: 'closed', attempts, generation});
			aborter.abort();
			refuseAll();
			inFlight?.settle({ok: false, at: undefined, tookMs: 0, error: closed});
			if (last === undefined) return;
			await (inFlight ? last.cancel(closeMs) : Promise.race([last.end(), delay(closeMs, undefined, {ref: false})]));
			last.destroy();
		},
	};
};
