import type {Note} from '../../core/sample/journal.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {overdue, type ServerName} from '../connect/failures.ts';
import {answering, cancelOf, type Reply, type Request, startDeadline} from './answering.ts';
import type {ServerSession} from './session.ts';
import type {Traffic} from './traffic.ts';

/** A request that was sent and whose answer is awaited. */
export type Flight = {
	/** Cancels the statement on the server; the failure becomes its reply. */
	readonly expire: (failure: Failure) => void;
	/** Replies now, whatever the server still sends. */
	readonly settle: (reply: Reply) => void;
};

/** The lane's part in a flight. */
type Ground = {
	readonly session: ServerSession;
	readonly place: ServerName;
	readonly note: Note | undefined;
	readonly traffic: Traffic;
	/** Takes the reply, once. */
	readonly landed: (reply: Reply) => void;
	/** The server answered neither the request nor its cancel: the session cannot be used again. */
	readonly lost: (failure: Failure) => void;
};

// Time for the server to take a cancel before its session is given up.
const graceMs = 400;

/** Milliseconds that were waited: the deadline, or more if bytes were still arriving then. */
const waitedMs = (deadlineMs: number, sentAt: number): number =>
	Math.max(deadlineMs, Math.floor((performance.now() - sentAt) / 1000) * 1000);

/** Sends a request. A late one is cancelled, and replies only after the server took the cancel, so that it hits no later request. */
export const startFlight = (request: Request, {session, place, note, traffic, landed, lost}: Ground): Flight => {
	const sentAt = performance.now();
	const leaveTraffic = traffic.begin(session.received);
	let settled = false;
	let ended: Failure | undefined;
	let grace: NodeJS.Timeout | undefined;

	const settle = (reply: Reply): void => {
		if (settled) return;
		settled = true;
		stopDeadline();
		leaveTraffic();
		clearTimeout(grace);
		landed({...reply, tookMs: performance.now() - sentAt});
	};

	const expire = (failure: Failure): void => {
		if (ended !== undefined) return;
		ended = failure;
		const begun = performance.now();
		const cancelled = session.cancel(graceMs).then(() => note?.(cancelOf(request, session, failure, performance.now() - begun)));
		let late: Reply | undefined;
		void answer.then(reply => {
			late = reply;
		});
		grace = setTimeout(() => {
			if (late !== undefined) settle(late);
			else lost(failure);
		}, graceMs).unref();
		// Until the server has taken the cancel it could hit the next request.
		void Promise.all([answer, cancelled]).then(([reply]) => settle(reply));
	};

	const stopDeadline = startDeadline(request.deadlineMs, traffic.arriving, () =>
		expire(overdue(request.name, waitedMs(request.deadlineMs, sentAt))),
	);
	const answer = answering(session, request, place).then((reply): Reply => {
		if (!reply.ok && ended !== undefined && reply.error.code === '57014') return {...reply, error: ended};
		return reply;
	});
	void answer.then(reply => {
		if (ended === undefined) settle(reply);
	});
	return {expire, settle};
};
