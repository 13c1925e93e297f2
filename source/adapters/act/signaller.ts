import {type Self, signalRight} from '../../core/actions/rights.ts';
import {type Signal, signalStatement} from '../../core/actions/signal.ts';
import {type KnownTarget, nameOf, type Target} from '../../core/actions/target.ts';
import {type JournalEntry, journalEntry, type Note} from '../../core/sample/journal.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {oneLine} from '../../core/sql/one-line.ts';
import type {SignalResult} from '../../core/state/message.ts';
import {isUnanswered, sqlstateOf} from '../connect/failures.ts';
import type {Reply} from '../session/answering.ts';
import type {Lane} from '../session/lane.ts';

/** Identity of the backend; `query_start` identifies the statement to cancel. */
type Identity = Pick<KnownTarget, 'pid' | 'backend_start' | 'backend_type' | 'query_start'> &
	Partial<Pick<Target, 'usename' | 'datname' | 'superuser'>>;

/** Sends signals one at a time. */
export type Signaller = {send(signal: Signal, target: Identity): Promise<SignalResult>};

const deadlineMs = 2000;

const lines = new Map<Signal, string>();

/** Statement of a signal on one line; made when it is first sent, because a bulk sends it hundreds of times. */
const sentAs = (signal: Signal): string => {
	const line = lines.get(signal) ?? oneLine(`/* pgtriage:${signal} */ ${signalStatement(signal)}`);
	lines.set(signal, line);
	return line;
};

// The statement was in flight at the deadline or when the connection broke.
const isUnsure = (failure: Failure): boolean => failure.code === 'deadline' || isUnanswered(failure);

const notConnected: Failure = {
	code: 'not_connected',
	message: 'No connection to send the signal over.',
	hint: 'pgtriage is reconnecting: try again in a moment.',
};

/** Our role, and how it belongs to the predefined roles. */
type Role = {readonly user: string; readonly belongingTo: Self['belongingTo']};

/** Result of a signal with the pid of the connection it went over; null if none. */
type Sent = {readonly result: SignalResult; readonly connection: number | null};

const send = async (lanes: readonly Lane[], {user, belongingTo}: Role, signal: Signal, target: Identity): Promise<Sent> => {
	if (signal === 'cancel' && target.query_start === null) return {result: {outcome: 'gone'}, connection: null};
	const lane = lanes.find(({status}) => status().state === 'ready');
	// A signal must not wait for a log-in: the target could change after the confirmation.
	if (lane === undefined)
		return {result: {outcome: 'failed', failure: lanes[0]?.status().failure ?? notConnected}, connection: null};
	const connection = lane.status().pid ?? null;
	const identity = [String(target.pid), target.backend_start, target.backend_type];
	const reply = await lane.run({
		name: signal,
		sql: sentAs(signal),
		values: signal === 'cancel' ? [...identity, target.query_start] : identity,
		deadlineMs,
	});
	const result = resultOf(reply);
	if (result.outcome !== 'refused' || result.failure === undefined) return {result, connection};
	const identified = {usename: null, superuser: false, ...target};
	const self = {user, version: lane.status().version ?? 0, ...(belongingTo && {belongingTo})};
	const hint = signalRight(self, identified);
	return {result: {...result, failure: {...result.failure, hint}}, connection};
};

const resultOf = (reply: Reply): SignalResult => {
	if (!reply.ok) {
		const outcome = reply.error.code === '42501' ? 'refused' : isUnsure(reply.error) ? 'unsure' : 'failed';
		return {outcome, failure: reply.error, ...(reply.at === undefined ? {} : {at: reply.at})};
	}
	const answer = reply.rows[0]?.[0];
	// A missing privilege is an error; false only means that the process has just ended.
	return {outcome: answer === 't' ? 'sent' : 'gone', at: reply.at};
};

/**
 * Creates a signaller over lanes in order of preference: a later lane is used only if the earlier ones have no session, so that one
 * request never sends two signals. Journals every request with its result; a refusal names the right that role `user` lacks.
 */
export const createSignaller = (
	lanes: readonly Lane[],
	user: string,
	note: Note = () => {},
	belongingTo?: Self['belongingTo'],
): Signaller => ({
	send: async (signal, target) => {
		const startedMs = performance.now();
		const {result, connection} = await send(lanes, {user, belongingTo}, signal, target);
		note(entryOf(signal, target, result, connection, performance.now() - startedMs));
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
