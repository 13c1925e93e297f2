import {type JournalEntry, journalEntry} from '../../core/sample/journal.ts';
import {parseInstant, type RawRow} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {type Instant, msOf} from '../../core/values/instant.ts';
import {failureOf, pooled, type ServerName} from '../connect/failures.ts';
import type {RowMemory} from './row-memory.ts';
import type {ServerSession, StatementAnswer} from './session.ts';

const endClock = 'select pg_catalog.clock_timestamp()';

/** Asks a session one request together with its clock; never rejects. */
export const answering = async (
	over: ServerSession,
	{sql, values, timed = false, memory}: Request,
	place: ServerName,
): Promise<Reply> => {
	if (values === undefined && timed)
		return timedReplyOf(await over.ask(`${over.clock} ${sql}; ${endClock}`, undefined, memory), place);
	if (values === undefined) return replyOf(await over.ask(`${over.clock} ${sql}`, undefined, memory), place);
	if (over.pooled) return {ok: false, at: undefined, tookMs: 0, error: pooled};
	const clock = await over.ask(over.clock);
	const answered = clock.error === undefined ? await over.ask(sql, values) : clock;
	return replyOf({...answered, first: clock.first}, place);
};

const replyOf = ({error, first, rows, types}: StatementAnswer, place: ServerName): Reply => {
	const clock = first?.[0];
	const at = typeof clock === 'string' ? parseInstant(clock) : undefined;
	const backend = first?.[1];
	const answered = {...(typeof backend === 'string' && {backend: Number(backend)})};
	if (error === undefined && at !== undefined) return {ok: true, at, tookMs: 0, rows, types, ...answered};
	return {ok: false, at, tookMs: 0, error: failureOf(error, place)};
};

const timedReplyOf = (answered: StatementAnswer, place: ServerName): Reply => {
	const reply = replyOf(answered, place);
	const ended = answered.rows[0]?.[0];
	if (!reply.ok || typeof ended !== 'string' || !answered.before) return reply;
	return {...reply, ...answered.before, serverMs: msOf(parseInstant(ended)) - msOf(reply.at)};
};

/** Journal entry of a cancel sent for our own request. */
export const cancelOf = ({name}: Request, {pid}: ServerSession, {code}: Failure, tookMs: number): JournalEntry =>
	journalEntry({
		kind: 'cancel',
		connection: pid ?? null,
		statement: 'CancelRequest',
		target: `our own ${name}`,
		outcome: code === 'deadline' ? 'sent after no answer came in time' : 'sent',
		took_ms: tookMs,
	});

// A pause this long ends an answer that arrives slowly.
const silenceMs = 1000;
// Longest wait for one answer, however slow the link.
const mostMs = 30_000;

/**
 * Starts the deadline of a request: calls `expire` after `deadlineMs`, or, if bytes of this answer or of another one are still
 * arriving then, once they stop; `arriving` is their number. Returns a function that ends it.
 */
export const startDeadline = (deadlineMs: number, arriving: () => number, expire: () => void): (() => void) => {
	const begun = performance.now();
	let seen = 0;
	let timer = setTimeout(glance, Math.max(0, deadlineMs - silenceMs)).unref();
	function glance(): void {
		seen = arriving();
		timer = setTimeout(look, begun + deadlineMs - performance.now()).unref();
	}
	function look(): void {
		const bytes = arriving();
		if (bytes === 0 || bytes === seen || performance.now() - begun >= mostMs) expire();
		else timer = setTimeout(look, silenceMs).unref();
		seen = bytes;
	}
	return () => clearTimeout(timer);
};

/**
 * One request. Without `values` it uses the simple protocol; with them, as text parameters, the extended one, which takes a
 * single statement. `deadlineMs` counts from sending and waits for bytes that still arrive. A `timed` request (simple protocol)
 * also returns the server's own duration.
 */
export type Request = {
	readonly name: string;
	readonly sql: string;
	readonly values?: readonly (string | null)[];
	readonly deadlineMs: number;
	readonly timed?: boolean;
	/** The rows of the last answer to the same question, for a request without `values`. */
	readonly memory?: RowMemory;
};

/** Reply to a request: raw text cells with the OIDs of their types, and the server's clock. */
export type Reply =
	| {
			readonly ok: true;
			readonly at: Instant;
			readonly tookMs: number;
			readonly rows: readonly RawRow[];
			readonly types: readonly number[];
			/** Pid of the backend that answered, behind a pooler, where the next request may reach another one. */
			readonly backend?: number;
			/** Duration by the server's clock, without the network, for a timed request. */
			readonly serverMs?: number;
	  }
	| {readonly ok: false; readonly at: Instant | undefined; readonly tookMs: number; readonly error: Failure};
