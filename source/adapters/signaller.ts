import type {SignalResult} from '../core/action.ts';
import type {Failure} from '../core/sample.ts';
import {type Signal, signalStatement} from '../core/signal.ts';
import type {KnownTarget} from '../core/target.ts';
import type {Lane} from './lane.ts';

/** What identifies the backend that is meant; `query_start` is the statement that a cancel is meant for. */
type Identity = Pick<KnownTarget, 'pid' | 'backend_start' | 'backend_type' | 'query_start'>;

/** Sends signals one at a time. */
export type Signaller = {send(signal: Signal, target: Identity): Promise<SignalResult>};

const deadlineMs = 2000;

// The statement was on its way when the time was up or the connection broke.
const unanswered = /^(?:deadline|connection_lost|protocol|08...|57P0[12]|ECONNRESET|EPIPE|ETIMEDOUT)$/;

const notConnected: Failure = {
	code: 'not_connected',
	message: 'There is no connection to send it over.',
	hint: 'It is being opened again.',
};

/**
 * A signaller over lanes in order of preference: a later one is used only where an earlier one has no session, so that one
 * request never sends two signals.
 */
export const createSignaller = (lanes: readonly Lane[]): Signaller => ({
	send: async (signal, target) => {
		if (signal === 'cancel' && target.query_start === null) return {outcome: 'gone'};
		const lane = lanes.find(({status}) => status().state === 'ready');
		// A signal that waits for a log-in would reach another moment than the one somebody said yes to.
		if (lane === undefined) return {outcome: 'failed', failure: lanes[0]?.status().failure ?? notConnected};
		const identity = [String(target.pid), target.backend_start, target.backend_type];
		const reply = await lane.run({
			name: signal,
			sql: `/* pgtriage:${signal} */ ${signalStatement(signal)}`,
			values: signal === 'cancel' ? [...identity, target.query_start] : identity,
			deadlineMs,
		});
		if (!reply.ok) {
			const outcome = reply.error.code === '42501' ? 'refused' : unanswered.test(reply.error.code) ? 'unsure' : 'failed';
			return {outcome, failure: reply.error, ...(reply.at === undefined ? {} : {at: reply.at})};
		}
		const answer = reply.rows[0]?.[0];
		if (answer === undefined) return {outcome: 'gone', at: reply.at};
		return {outcome: answer === 't' ? 'sent' : 'refused', at: reply.at};
	},
});
