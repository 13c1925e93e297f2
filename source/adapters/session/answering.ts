import {type JournalEntry, journalEntry} from '../../core/sample/journal.ts';
import {parseInstant, type RawRow} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {type Instant, msOf} from '../../core/values/instant.ts';
import {failureOf, pooled, type ServerName} from '../connect/failures.ts';

import type {ServerSession, StatementAnswer} from './session.ts';

const endClock = 'select pg_catalog.clock_timestamp()';

/** Asks a session one thing beside its clock; never rejects. */
export const answering = async (
	over: ServerSession,
	{sql, values, timed = false}: Request,
	place: ServerName,
): Promise<Reply> => {
	if (values === undefined && timed) return timedReplyOf(await over.ask(`${over.clock} ${sql}\n; ${endClock}`), place);
	if (values === undefined) return replyOf(await over.ask(`${over.clock} ${sql}`), place);
	if (over.pooled) return {ok: false, at: undefined, tookMs: 0, error: pooled};
	const clock = await over.ask(over.clock);
	const answered = clock.error === undefined ? await over.ask(sql, values) : clock;
	return replyOf({...answered, first: clock.first}, place);
};

const replyOf = ({error, first, rows, types}: StatementAnswer, place: ServerName): Reply => {
	const clock = first?.[0];
	const at = typeof clock === 'string' ? parseInstant(clock) : undefined;
	if (error === undefined && at !== undefined) return {ok: true, at, tookMs: 0, rows, types};
	return {ok: false, at, tookMs: 0, error: failureOf(error, place)};
};

const timedReplyOf = (answered: StatementAnswer, place: ServerName): Reply => {
	const reply = replyOf(answered, place);
	const ended = answered.rows[0]?.[0];
	if (!reply.ok || typeof ended !== 'string' || !answered.before) return reply;
	return {...reply, ...answered.before, serverMs: msOf(parseInstant(ended)) - msOf(reply.at)};
};

/** What is noted of a cancel that was sent for a request of ours. */
export const cancelOf = ({name}: Request, {pid}: ServerSession, {code}: Failure, tookMs: number): JournalEntry =>
	journalEntry({
		kind: 'cancel',
		connection: pid ?? null,
		statement: 'CancelRequest',
		target: `our own ${name}`,
		outcome: code === 'deadline' ? 'sent, because no answer came in time' : 'sent',
		took_ms: tookMs,
	});

// Of an answer that trickles in, a break this long is its end.
const silenceMs = 1000;
// However thin the link: nobody waits longer for one answer.
const mostMs = 30_000;

/**
 * Calls back once the answer to what is sent now is late: after so many milliseconds, or where its bytes are still coming by then, when
 * they stop to. What it returns ends that.
 */
export const startDeadline = (deadlineMs: number, received: () => number, expire: () => void): (() => void) => {
	const begun = performance.now();
	let seen = received();
	let timer = setTimeout(look, deadlineMs).unref();
	function look(): void {
		const bytes = received();
		if (bytes === seen || performance.now() - begun >= mostMs) expire();
		else timer = setTimeout(look, silenceMs).unref();
		seen = bytes;
	}
	return () => clearTimeout(timer);
};

/**
 * One thing to ask. Without `values` the SQL goes by the simple protocol; with them, as text parameters, by the extended one,
 * which takes a single statement. `deadlineMs` counts from sending, and waits for bytes that are coming. Of a `timed` one, of the simple protocol, the server tells how
 * long it took.
 */
export type Request = {
	readonly name: string;
	readonly sql: string;
	readonly values?: readonly (string | null)[];
	readonly deadlineMs: number;
	readonly timed?: boolean;
};

/** The answer: raw text cells with the OIDs of their types, and the server's clock of that answer. */
export type Reply =
	| {
			readonly ok: true;
			readonly at: Instant;
			readonly tookMs: number;
			readonly rows: readonly RawRow[];
			readonly types: readonly number[];
			/** By the server's own clock, of what was timed: the way there and back is not in it. */
			readonly serverMs?: number;
	  }
	| {readonly ok: false; readonly at: Instant | undefined; readonly tookMs: number; readonly error: Failure};
