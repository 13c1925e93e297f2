import {signalRight} from '../../core/actions/rights.ts';
import {type Signal, signalStatement} from '../../core/actions/signal.ts';
import {type KnownTarget, nameOf, type Target} from '../../core/actions/target.ts';
import {type JournalEntry, journalEntry, type Note} from '../../core/sample/journal.ts';
import type {Failure} from '../../core/sample/sample.ts';
import type {SignalResult} from '../../core/state/message.ts';
import {isUnanswered, sqlstateOf} from '../connect/failures.ts';
import type {Reply} from '../session/answering.ts';
import type {Lane} from '../session/lane.ts';

/** What identifies the backend that is meant; `query_start` is the statement that a cancel is meant for. */
type Identity = Pick<KnownTarget, 'pid' | 'backend_start' | 'backend_type' | 'query_start'> &
	Partial<Pick<Target, 'usename' | 'datname' | 'superuser'>>;

/** Sends signals one at a time. */
export type Signaller = {send(signal: Signal, target: Identity): Promise<SignalResult>};

const deadlineMs = 2000;

// The statement was on its way when the time was up or the connection broke.
const isUnsure = (failure: Failure): boolean => failure.code === 'deadline' || isUnanswered(failure);

const notConnected: Failure = {
	code: 'not_connected',
	message: 'There is no connection to send it over.',
	hint: 'It is being opened again.',
};

/** What went over the connection of which pid. */
type Sent = {readonly result: SignalResult; readonly connection: number | null};

const send = async (lanes: readonly Lane[], user: string, signal: Signal, target: Identity): Promise<Sent> => {
	if (signal === 'cancel' && target.query_start === null) return {result: {outcome: 'gone'}, connection: null};
	const lane = lanes.find(({status}) => status().state === 'ready');
	// A signal that waits for a log-in would reach another moment than the one somebody said yes to.
	if (lane === undefined)
		return {result: {outcome: 'failed', failure: lanes[0]?.status().failure ?? notConnected}, connection: null};
	const connection = lane.status().pid ?? null;
	const identity = [String(target.pid), target.backend_start, target.backend_type];
	const reply = await lane.run({
		name: signal,
		sql: `/* pgtriage:${signal} */ ${signalStatement(signal)}`,
		values: signal === 'cancel' ? [...identity, target.query_start] : identity,
		deadlineMs,
	});
	const result = resultOf(reply);
	if (result.outcome !== 'refused' || result.failure === undefined) return {result, connection};
	const whose = {usename: null, superuser: false, ...target};
	const hint = signalRight({user, version: lane.status().version ?? 0}, whose);
	return {result: {...result, failure: {...result.failure, hint}}, connection};
};

const resultOf = (reply: Reply): SignalResult => {
	if (!reply.ok) {
		const outcome = reply.error.code === '42501' ? 'refused' : isUnsure(reply.error) ? 'unsure' : 'failed';
		return {outcome, failure: reply.error, ...(reply.at === undefined ? {} : {at: reply.at})};
	}
	const answer = reply.rows[0]?.[0];
	// What the server may not signal is an error; false only says that the process ended in this very moment.
	return {outcome: answer === 't' ? 'sent' : 'gone', at: reply.at};
};

/**
 * A signaller over lanes in order of preference: a later one is used only where an earlier one has no session, so that one
 * request never sends two signals. Every request is noted with its result; a refusal says what `user`, who is logged in, lacks.
 */
export const createSignaller = (lanes: readonly Lane[], user: string, note: Note = () => {}): Signaller => ({
	send: async (signal, target) => {
		const begun = performance.now();
		const {result, connection} = await send(lanes, user, signal, target);
		note(entryOf(signal, target, result, connection, performance.now() - begun));
		return result;
	},
});

const outcomes: Readonly<Record<SignalResult['outcome'], string>> = {
	sent: 'sent',
	gone: 'not sent: it ended by itself before that',
	refused: 'not sent: the server refused',
	failed: 'not sent: it could not be asked for',
	unsure: 'perhaps sent: no answer came',
};

const entryOf = (
	signal: Signal,
	target: Identity,
	{outcome, failure, at}: SignalResult,
	connection: number | null,
	tookMs: number,
): JournalEntry =>
	journalEntry({
		at: at ?? null,
		kind: 'action',
		connection,
		statement: signalStatement(signal),
		target: `${signal} ${nameOf({usename: null, datname: null, ...target})} of ${target.backend_start}`,
		outcome: failure === undefined ? outcomes[outcome] : `${outcomes[outcome]}; ${failure.message}`,
		sqlstate: sqlstateOf(failure),
		took_ms: tookMs,
	});
