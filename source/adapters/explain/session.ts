import {setTimeout as delay} from 'node:timers/promises';
import {signalStatement} from '../../core/actions/signal.ts';
import type {RawRow} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, serverName, shared} from '../connect/failures.ts';
import {type LogInOptions, logIn} from '../session/log-in.ts';
import {noted} from '../session/noted.ts';
import type {StatementAnswer} from '../session/session.ts';

/** A connection for one plan. What fails rejects with a ConnectionError. */
export type ExplainSession = {
	readonly version: number;
	/** Its backend. */
	readonly pid: number | undefined;
	/** Sends one message, by the extended protocol where there are values, and answers the rows of its last statement. */
	ask(sql: string, values?: readonly string[]): Promise<readonly RawRow[]>;
	/** Has one statement read and nothing executed. */
	parse(sql: string): Promise<void>;
	/** Takes everything back and closes; what does not stop is terminated. */
	close(): Promise<void>;
};

const graceMs = 1000;
// A server that sends this much sends no plan.
const mostBytes = 64_000_000;
const watchMs = 50;
const lockTimeoutMs = 300;

/** Opens a connection that nothing else goes over, never one of a pooler; each statement has `statementMs`, and `signal` ends the one under way. */
export const openExplainSession = async (
	target: ConnectionTarget,
	statementMs: number,
	options: Pick<LogInOptions, 'signal' | 'note'>,
): Promise<ExplainSession> => {
	const place = serverName(target);
	const {signal} = options;
	const limits = {readOnly: false, statementTimeoutMs: statementMs, lockTimeoutMs};
	const opened = await logIn(target, {...options, limits, onLost: () => {}});
	if (opened.pooled) {
		// Before anything is set that would stay with a backend of others.
		opened.destroy();
		throw new ConnectionError(shared);
	}
	const session = noted(opened, target, 'a plan', options.note);
	let start: string | null = null;
	let stuck = false;

	/** Whatever catches a cancel, as a function of anybody's may, does not outlive its backend. */
	const terminate = async (): Promise<void> => {
		stuck = true;
		session.destroy();
		if (session.pid === undefined || start === null) return;
		try {
			const other = await logIn(target, {...options, signal: new AbortController().signal, limits, onLost: () => {}});
			await noted(other, target, `backend ${session.pid} of a plan`, options.note).ask(
				`/* pgtriage:terminate */ ${signalStatement('terminate')}`,
				[String(session.pid), start, 'client backend'],
			);
			other.destroy();
		} catch {
			// From 14 on the server itself sees within 2 s that nobody listens any more.
		}
	};

	const within = async (work: Promise<StatementAnswer>): Promise<StatementAnswer> =>
		new Promise((resolve, reject) => {
			let ended: Failure | undefined;
			/** Decides what is said, whatever the server still answers, before anything is broken off. */
			const end = (failure: Failure, how: () => Promise<unknown>): void => {
				if (ended) return;
				ended = failure;
				rest();
				void how().then(() => reject(new ConnectionError(failure)));
			};
			const cancel = async (): Promise<void> => {
				const answered = Promise.all([work, session.cancel(graceMs)]);
				if ((await Promise.race([answered, delay(graceMs, undefined, {ref: false})])) === undefined) await terminate();
			};
			const onAbort = (): void => end(unwanted, cancel);
			const deadline = setTimeout(() => end(overdue, cancel), statementMs + graceMs);
			const watch = setInterval(() => {
				if (session.received() > mostBytes) end(flood, terminate);
			}, watchMs);
			const rest = (): void => {
				clearTimeout(deadline);
				clearInterval(watch);
				signal.removeEventListener('abort', onAbort);
			};
			signal.addEventListener('abort', onAbort, {once: true});
			if (signal.aborted) onAbort();
			void work.then(answer => {
				if (ended) return;
				rest();
				resolve(answer);
			});
		});

	const rowsOf = async (work: Promise<StatementAnswer>): Promise<readonly RawRow[]> => {
		const {error, rows} = await within(work);
		if (error !== undefined) throw new ConnectionError(failureOf(error, place));
		return rows;
	};

	const close = async (): Promise<void> => {
		if (stuck) return;
		await Promise.race([session.ask('rollback').then(() => session.end()), delay(graceMs, undefined, {ref: false})]);
		session.destroy();
	};

	try {
		// Names and texts go through the database's own encoding here, as they do for its sessions.
		const [row] = await rowsOf(
			session.ask(
				"select pg_catalog.set_config('client_encoding', 'UTF8', false), pg_catalog.set_config('role', 'none', false), pg_catalog.set_config('client_min_messages', 'error', false), (select a.backend_start from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a)",
			),
		);
		start = row?.[3] ?? null;
	} catch (error) {
		await close();
		throw error;
	}
	return {
		version: session.version,
		pid: session.pid,
		ask: (sql, values) => rowsOf(session.ask(sql, values)),
		parse: async sql => {
			await rowsOf(session.parse(sql).then((error): StatementAnswer => ({error, first: undefined, rows: [], types: []})));
		},
		close,
	};
};

const unwanted: Failure = {code: 'cancelled', message: 'The plan was not waited for.'};

const overdue: Failure = {
	code: '57014',
	message: 'The server did not stop planning when its time was up.',
	hint: 'The backend that planned it was terminated.',
};

const flood: Failure = {
	code: 'flood',
	message: 'The server sent more than any plan has.',
	hint: 'A function of the statement may have sent it; the backend was terminated.',
};
