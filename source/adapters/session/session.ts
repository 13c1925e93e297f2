import type {Socket} from 'node:net';
import {type Client, Query} from 'pg';
import type {Notice} from '../../core/actions/maintenance.ts';
import {journalEntry, type Note} from '../../core/sample/journal.ts';
import type {RawRow} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {masked} from '../../core/sql/secrets.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {type Endpoint, isLocal} from '../connect/endpoints.ts';
import {ConnectionError, failureOf, isServerError, serverName} from '../connect/failures.ts';
import {pgbouncerConsole} from '../connect/refusals.ts';
import {mismatch, type SessionAttrs} from '../connect/session-attrs.ts';
import {sendCancel} from './cancel.ts';
import type {Intake} from './intake.ts';
import {onEnd} from './marks.ts';
import type {RowMemory} from './row-memory.ts';
import {beginning, pooledClock, type SessionLimits, type SessionSetting, setting, settingsFor} from './settings.ts';
import type {Encryption} from './tls.ts';

/** Rows of one statement and the OIDs of their types. */
type Table = {readonly rows: readonly RawRow[]; readonly types: readonly number[]};

/**
 * Answer to one message: the rows of its last statement. `first` is the very first row, present even if a later statement
 * failed; `before` is the answer to the second-to-last statement.
 */
export type StatementAnswer = Table & {
	readonly error: unknown;
	readonly first: RawRow | undefined;
	readonly before?: Table;
};

/** A connection, logged in and set up. */
export type ServerSession = {
	readonly pid: number | undefined;
	/** As in server_version_num. */
	readonly version: number;
	/** True behind a connection pooler, where the next transaction may reach another backend. */
	readonly pooled: boolean;
	/** Endpoint used, with the address, so that followers reach the same machine. */
	readonly endpoint: Endpoint;
	/** Run of the server: its start time to the microsecond; empty if the server refuses to tell. */
	readonly server: string;
	/** Statement whose first column is the server's clock; precedes each simple request. */
	readonly clock: string;
	/** Sends one message: simple protocol without `values`, extended with; `memory` is for the simple one. Never rejects. */
	ask(sql: string, values?: readonly (string | null)[], memory?: RowMemory): Promise<StatementAnswer>;
	/**
	 * Has the server parse one statement without executing it; returns its error, or undefined. Fails if the text holds several
	 * statements. Never rejects.
	 */
	parse(sql: string): Promise<unknown>;
	/** Bytes received from the server. */
	received(): number;
	cancel(limitMs: number): Promise<void>;
	/** Sends Terminate, then closes. */
	end(): Promise<void>;
	destroy(): void;
};

/** Parts of pg's client that are not in its types. */
type Inside = {readonly processID: number | null; readonly secretKey: number | null};

/** A logged-in client, its socket and encryption; `version` as in server_version_num, or of PgBouncer if it is its console. */
export type Opened = {
	readonly client: Client;
	readonly socket: Socket;
	readonly version: number;
	readonly isConsole: boolean;
	readonly encryption: Encryption;
	readonly intake: Intake;
};

// The session survives statement errors; classes 57P, 25P and 08 end it.
const isSurvivable = (error: unknown): error is Error & {readonly code: string} =>
	isServerError(error) && !/^(57P|25P|08)/.test(error.code);

// A statement that was cancelled or took too long says nothing about what the server allows.
const isRefused = (error: unknown): boolean => isSurvivable(error) && error.code !== '57014';

const nothing: StatementAnswer = {error: undefined, first: undefined, rows: [], types: []};

const oldest = 130_000;

/** Whether the server recovers, and the start of its run, as expressions. */
type Identity = {readonly recovery: string; readonly started: string};

const byFunctions: Identity = {
	recovery: "case when pg_catalog.pg_is_in_recovery() then 'on' end",
	started: "pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.pg_postmaster_start_time()), 'YYYYMMDDHH24MISSUS')",
};

/** For platforms that refuse one of those functions; in_hot_standby is new in 14. */
const bySettings: Identity = {recovery: "pg_catalog.current_setting('in_hot_standby', true)", started: 'null'};

/**
 * First message of a session: empties search_path, behind a pooler for this transaction only, and reads what identifies the
 * server.
 */
const greeting = (pid: number, version: number, limits: SessionLimits, {recovery, started}: Identity): string =>
	`${beginning(version, limits, 'transaction')}select ${[
		`pg_catalog.set_config('search_path', '', pg_catalog.pg_backend_pid() operator(pg_catalog.<>) ${pid})`,
		'pg_catalog.pg_backend_pid()',
		recovery,
		"pg_catalog.current_setting('default_transaction_read_only')",
		started,
	].join(', ')}`;

/**
 * Options of a session: `onLost` is called when it breaks, never after `end` or `destroy`; `onNotice` gets notices, `note` the
 * set-up statements. A server that is not of the `wanted` kind is refused.
 */
export type PrepareOptions = {
	readonly wanted?: SessionAttrs;
	readonly limits: SessionLimits;
	readonly onLost: (failure: Failure) => void;
	readonly onNotice?: (notice: Notice) => void;
	readonly note?: Note;
};

/** Sets up a session: the search path first, in a statement of its own. Rejects if the server is too old or refuses. */
export const prepare = async (target: ConnectionTarget, opened: Opened, options: PrepareOptions): Promise<ServerSession> => {
	const {client, socket, version, isConsole, encryption, intake} = opened;
	const {limits} = options;
	const {host, hostaddr, port, password, tunnel} = target;
	const {processID, secretKey} = client as Client & Inside;
	if (isConsole) throw new ConnectionError(pgbouncerConsole);
	if (limits.purpose === 'planning') intake.expectPlans();
	if (version < oldest) throw new ConnectionError(tooOld(version));
	const wire = createWire(target, opened, options);
	const setUp = notedSetUp(wire.ask, target, processID, options.note);
	// Behind a pooler the pid from the login is not the backend's, and no setting may outlive its transaction.
	const greet = (identity: Identity): Promise<StatementAnswer> => setUp(greeting(processID ?? 0, version, limits, identity));
	const full = await greet(byFunctions);
	const greeted = isRefused(full.error) ? await greet(bySettings) : full;
	if (greeted.error !== undefined) throw greeted.error;
	const [, backend, recovery, readOnly, server] = greeted.rows[0] ?? [];
	const nature = {inRecovery: recovery === 'on', readOnly: readOnly === 'on'};
	const other = mismatch(options.wanted ?? 'any', nature, serverName(target).address);
	if (other) throw new ConnectionError(other);
	const pooled = backend !== String(processID);
	if (!pooled) await applySettings(setUp, version, limits, settingsFor(version, limits, target.user));
	const place: Endpoint = {host, hostaddr, port, password, ...(tunnel && {tunnel})};
	const address = isLocal(target)
		? {path: `${host}/.s.PGSQL.${port}`}
		: {host: socket.remoteAddress ?? host, port: socket.remotePort ?? port};
	return {
		...wire,
		pid: pooled ? undefined : (processID ?? undefined),
		version,
		pooled,
		endpoint:
			tunnel || isLocal(target) || socket.remoteAddress === undefined ? place : {...place, hostaddr: socket.remoteAddress},
		server: server ?? '',
		clock: pooled ? pooledClock(version, limits, target.user) : 'select pg_catalog.clock_timestamp();',
		received: () => socket.bytesRead,
		cancel: async limitMs => {
			if (processID !== null && secretKey !== null)
				await sendCancel({address, encryption, pid: processID, secret: secretKey}, limitMs);
		},
	};
};

const tooOld = (version: number): Failure => ({
	code: 'too_old',
	message: `This server is PostgreSQL ${Math.floor(version / 10_000)}; pgtriage needs 13 or newer.`,
	hint: 'Connect to a newer server.',
});

/** Statements over a client, until the connection breaks: from then on each fails with the reason. */
const createWire = (
	target: ConnectionTarget,
	{client, socket, intake}: Opened,
	{onLost, onNotice}: PrepareOptions,
): Pick<ServerSession, 'ask' | 'parse' | 'end' | 'destroy'> => {
	let over = false;
	let dead: unknown;
	let lastWords: unknown;
	const destroy = (): void => {
		over = true;
		client.connection.stream.destroy();
		socket.destroy();
	};
	// Called before the failed answer is delivered, so that nothing more is sent over the broken session.
	const lose = (error: unknown): void => {
		if (over) return;
		dead = isServerError(error) ? error : (lastWords ?? error);
		destroy();
		onLost(failureOf(dead, serverName(target)));
	};
	client.on('error', lose);
	onEnd(client, lose);
	// Since 14, an immediate shutdown and a crash are announced by warnings before the socket closes.
	client.on('notice', notice => {
		if (notice.code?.startsWith('57P')) lastWords = notice;
		onNotice?.({code: notice.code ?? '', message: masked(notice.message ?? ''), detail: notice.detail});
	});
	const unlessDead = async (work: () => Promise<StatementAnswer>): Promise<StatementAnswer> => {
		const answer = dead === undefined ? await work() : nothing;
		if (answer.error !== undefined && !isSurvivable(answer.error)) lose(answer.error);
		return dead === undefined ? answer : {...answer, error: dead};
	};
	return {
		ask: (sql, values, memory) =>
			unlessDead(() => (values === undefined && memory ? collect({client, intake}, sql, memory) : send(client, sql, values))),
		parse: async sql => (await unlessDead(() => sendParse(client, sql))).error,
		end: async () => {
			over = true;
			await client.end();
		},
		destroy,
	};
};

/** Asks and notes each statement in the journal as part of the set-up. */
const notedSetUp =
	(ask: ServerSession['ask'], target: ConnectionTarget, pid: number | null, note: Note | undefined): ServerSession['ask'] =>
	async sql => {
		const begun = performance.now();
		const answer = await ask(sql);
		const failure = answer.error === undefined ? undefined : failureOf(answer.error, serverName(target));
		const entry = journalEntry({
			kind: 'session',
			connection: pid,
			statement: sql,
			target: 'our own session',
			outcome: failure?.message ?? 'done',
			sqlstate: isServerError(answer.error) ? answer.error.code : null,
			took_ms: performance.now() - begun,
		});
		note?.(entry);
		return answer;
	};

/**
 * Applies settings for the session, in one message if the server takes them all; a refused one costs only itself, unless it is
 * needed.
 */
const applySettings = async (
	ask: ServerSession['ask'],
	version: number,
	limits: SessionLimits,
	settings: readonly SessionSetting[],
): Promise<void> => {
	const {error} = await ask(setting(version, limits, settings));
	if (error === undefined) return;
	if (!isRefused(error) || (settings.length === 1 && settings[0]?.needed)) throw error;
	if (settings.length === 1) return;
	const half = Math.ceil(settings.length / 2);
	for (const part of [settings.slice(0, half), settings.slice(half)]) await applySettings(ask, version, limits, part);
};

type Results = {readonly rows: readonly RawRow[]; readonly fields: readonly {readonly dataTypeID: number}[]};

const tableOf = (results: Results | undefined): Table => ({
	rows: results?.rows ?? [],
	types: results?.fields.map(field => field.dataTypeID) ?? [],
});

/** Results of all statements of a message; pg reports a single one as itself. */
const resultsOf = (results: unknown): readonly Results[] =>
	(Array.isArray(results) ? results : results === undefined ? [] : [results]) as readonly Results[];

const send = async (client: Client, sql: string, values: readonly (string | null)[] | undefined): Promise<StatementAnswer> =>
	new Promise(resolve => {
		let first: RawRow | undefined;
		const config = {
			text: sql,
			rowMode: 'array',
			...(values === undefined ? {} : {values: [...values], queryMode: 'extended'}),
		};
		const query = new Query(config, (error: Error | undefined | null, results: unknown) => {
			const all = resultsOf(results);
			const before = all.at(-2);
			resolve({
				error: error ?? undefined,
				first,
				...tableOf(all.at(-1)),
				...(before && {before: tableOf(before)}),
			});
		});
		query.once('row', (row: RawRow) => {
			first = row;
		});
		client.query(query);
	});

/** Sends one message with the simple protocol, whose rows are read with what is remembered of the last answer. */
const collect = async (
	{client, intake}: Pick<Opened, 'client' | 'intake'>,
	sql: string,
	memory: RowMemory,
): Promise<StatementAnswer> =>
	new Promise(resolve => {
		const reading = memory.begin();
		const query = new Query(sql, (error: Error | undefined | null, results: unknown) => {
			const tables = reading.end(!error);
			const all = resultsOf(results).map(({fields}, index) => tableOf({fields, rows: tables[index] ?? []}));
			const before = all.at(-2);
			resolve({
				error: error ?? undefined,
				first: tables.find(rows => rows.length > 0)?.[0],
				...(all.at(-1) ?? tableOf(undefined)),
				...(before && {before}),
			});
		});
		const {submit} = query;
		query.submit = connection => {
			intake.collect(reading);
			return submit.call(query, connection);
		};
		client.query(query);
	});

/** Sends Parse and Sync: without Bind and Execute nothing can run. */
const sendParse = async (client: Client, sql: string): Promise<StatementAnswer> =>
	new Promise(resolve => {
		const query = new Query(sql, error => resolve({...nothing, error: error ?? undefined}));
		query.submit = connection => {
			connection.parse({text: sql, name: '', types: []}, true);
			connection.sync();
		};
		client.query(query);
	});
