import {setTimeout as delay} from 'node:timers/promises';
import {signalStatement} from '../../core/actions/signal.ts';
import type {RawRow} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {oneLine} from '../../core/sql/one-line.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, serverName, shared} from '../connect/failures.ts';
import {isFlood} from '../session/intake.ts';
import {type LogInOptions, logIn} from '../session/log-in.ts';
import {noted} from '../session/noted.ts';
import type {ServerSession, StatementAnswer} from '../session/session.ts';

/** A connection for one plan. Failures reject with a ConnectionError. */
export type ExplainSession = {
	readonly version: number;
	/** Pid of its backend. */
	readonly pid: number | undefined;
	/** Sends one message, with values by the extended protocol, and returns the rows of its last statement. */
	ask(sql: string, values?: readonly string[]): Promise<readonly RawRow[]>;
	/** Sends one statement to be parsed and not executed. */
	parse(sql: string): Promise<void>;
	/** Rolls back and closes; a backend that does not stop is terminated. */
	close(): Promise<void>;
};

type ExplainOptions = Pick<LogInOptions, 'signal' | 'note'>;

/** The state of one explain session. */
type Opened = {
	readonly target: ConnectionTarget;
	readonly statementMs: number;
	readonly options: ExplainOptions;
	readonly session: ServerSession;
	/** Start of the backend, which identifies it to be terminated. */
	start: string | null;
	/** The backend was given up; there is nothing to roll back. */
	stuck: boolean;
};

const graceMs = 1000;
const lockTimeoutMs = 300;

const ownStart = 'select a.backend_start from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a';

/** Opens a dedicated connection, never a pooled one; each statement has `statementMs`, and `signal` cancels the one in flight. */
export const openExplainSession = async (
	target: ConnectionTarget,
	statementMs: number,
	options: ExplainOptions,
): Promise<ExplainSession> => {
	const connected = await logIn(target, {...options, limits: limitsOf(statementMs), onLost: () => {}});
	if (connected.pooled) {
		// Before any setting is changed: it would stay with a backend that others use.
		connected.destroy();
		throw new ConnectionError(shared);
	}
	const session = noted(connected, target, 'a plan', options.note);
	const opened: Opened = {target, statementMs, options, session, start: null, stuck: false};
	try {
		const [row] = await rowsOf(opened, session.ask(ownStart));
		opened.start = row?.[0] ?? null;
	} catch (error) {
		await close(opened);
		throw error;
	}
	return {
		version: session.version,
		pid: session.pid,
		ask: (sql, values) => rowsOf(opened, session.ask(sql, values)),
		parse: async sql => {
			await rowsOf(
				opened,
				session.parse(sql).then((error): StatementAnswer => ({error, first: undefined, rows: [], types: []})),
			);
		},
		close: () => close(opened),
	};
};

const limitsOf = (statementTimeoutMs: number) => ({purpose: 'planning', statementTimeoutMs, lockTimeoutMs}) as const;

const rowsOf = async (opened: Opened, work: Promise<StatementAnswer>): Promise<readonly RawRow[]> => {
	const {error, rows} = await within(opened, work);
	if (error !== undefined) throw new ConnectionError(failureOf(error, serverName(opened.target)));
	return rows;
};

/** The answer to a statement, or a rejection once it is aborted, overdue or too large; then the statement is ended on the server. */
const within = (opened: Opened, work: Promise<StatementAnswer>): Promise<StatementAnswer> =>
	new Promise((resolve, reject) => {
		const {statementMs, options} = opened;
		let ended: Failure | undefined;
		/** Fixes the failure before the statement is ended, whatever the server still answers. */
		const end = (failure: Failure, how: () => Promise<unknown>): void => {
			if (ended) return;
			ended = failure;
			release();
			void how().then(() => reject(new ConnectionError(failure)));
		};
		const onAbort = (): void => end(unwanted, () => cancel(opened, work));
		const deadline = setTimeout(() => end(overdue, () => cancel(opened, work)), statementMs + graceMs);
		const release = (): void => {
			clearTimeout(deadline);
			options.signal.removeEventListener('abort', onAbort);
		};
		options.signal.addEventListener('abort', onAbort, {once: true});
		if (options.signal.aborted) onAbort();
		void work.then(answer => {
			if (ended) return;
			// The session is closed already, but a function that does not send may run on.
			if (isFlood(answer.error)) return end(flood, () => terminate(opened));
			release();
			resolve(answer);
		});
	});

const cancel = async (opened: Opened, work: Promise<StatementAnswer>): Promise<void> => {
	const answered = Promise.all([work, opened.session.cancel(graceMs)]);
	if ((await Promise.race([answered, delay(graceMs, undefined, {ref: false})])) === undefined) await terminate(opened);
};

/** Terminates the backend: a user-defined function can catch a cancel, but not this. */
const terminate = async (opened: Opened): Promise<void> => {
	const {target, statementMs, options, session, start} = opened;
	opened.stuck = true;
	session.destroy();
	if (session.pid === undefined || start === null) return;
	try {
		const signal = new AbortController().signal;
		const other = await logIn(target, {...options, signal, limits: limitsOf(statementMs), onLost: () => {}});
		await noted(other, target, `backend ${session.pid} of a plan`, options.note).ask(
			oneLine(`/* pgtriage:terminate */ ${signalStatement('terminate')}`),
			[String(session.pid), start, 'client backend'],
		);
		other.destroy();
	} catch {
		// Since PostgreSQL 14 the server notices a closed connection within 2 s by itself.
	}
};

const close = async ({session, stuck}: Opened): Promise<void> => {
	if (stuck) return;
	await Promise.race([session.ask('rollback').then(() => session.end()), delay(graceMs, undefined, {ref: false})]);
	session.destroy();
};

const unwanted: Failure = {code: 'cancelled', message: 'Planning was cancelled.'};

const overdue: Failure = {
	code: '57014',
	message: 'Planning did not stop at its time limit.',
	hint: 'Its backend was terminated.',
};

const flood: Failure = {
	code: 'flood',
	message: 'The server sent more data than any plan has.',
	hint: 'A function of the statement may have sent it; its backend was terminated.',
};
