import type {Failure, Instant} from '../core/sample.ts';
import {type Signal, signalStatement} from '../core/signal.ts';
import type {Lane} from './lane.ts';

/** The backend that is meant; `query_start` is the statement that a cancel is meant for. */
export type SignalTarget = {
	readonly pid: number;
	readonly backend_start: Instant;
	readonly backend_type: string;
	readonly query_start: Instant | null;
};

/**
 * What became of a signal: `sent` is only that, whether the session ends has to be watched; `gone` that the backend ended or,
 * for a cancel, runs another statement; `refused` that the server sent none; `failed` that it could not be asked.
 */
export type SignalResult = {
	readonly outcome: 'sent' | 'gone' | 'refused' | 'failed';
	readonly failure?: Failure;
	readonly at?: Instant;
};

/** Sends signals one at a time. */
export type Signaller = {send(signal: Signal, target: SignalTarget): Promise<SignalResult>};

const deadlineMs = 2000;

/**
 * A signaller over lanes in order of preference: a later one is used only where an earlier one has no session, so that one
 * request never sends two signals.
 */
export const createSignaller = (lanes: readonly Lane[]): Signaller => ({
	send: async (signal, target) => {
		if (signal === 'cancel' && target.query_start === null) return {outcome: 'gone'};
		const lane = lanes.find(({status}) => status().state === 'ready') ?? lanes[0];
		if (lane === undefined) throw new Error('A signaller needs a lane.');
		const identity = [String(target.pid), target.backend_start, target.backend_type];
		const reply = await lane.run({
			name: signal,
			sql: `/* pgtriage:${signal} */ ${signalStatement(signal)}`,
			values: signal === 'cancel' ? [...identity, target.query_start] : identity,
			deadlineMs,
		});
		if (!reply.ok) {
			const outcome = reply.error.code === '42501' ? 'refused' : 'failed';
			return {outcome, failure: reply.error, ...(reply.at === undefined ? {} : {at: reply.at})};
		}
		const answer = reply.rows[0]?.[0];
		if (answer === undefined) return {outcome: 'gone', at: reply.at};
		return {outcome: answer === 't' ? 'sent' : 'refused', at: reply.at};
	},
});
