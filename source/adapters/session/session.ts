import type {Socket} from 'node:net';
import {type Client, Query} from 'pg';
import type {Notice} from '../../core/actions/maintenance.ts';
import type {Note} from '../../core/sample/journal.ts';
import type {RawRow} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {masked} from '../../core/sql/secrets.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {type Endpoint, isLocal} from '../connect/endpoints.ts';
import {ConnectionError, failureOf, isServerError, serverName} from '../connect/failures.ts';
import {mismatch, type SessionAttrs} from '../connect/session-attrs.ts';
import {sendCancel} from './cancel.ts';
import {calls, type SessionLimits, settingsFor, transactionSettings} from './settings.ts';
import type {Encryption} from './tls.ts';

/** The rows of one statement and the OIDs of their types. */
type Table = {readonly rows: readonly RawRow[]; readonly types: readonly number[]};

/**
 * What came back for one message, the rows of its last statement; `first` is the first row of all, which also stands where a
 * later statement failed, `before` what the statement before the last answered.
 */
export type StatementAnswer = Table & {
	readonly error: unknown;
	readonly first: RawRow | undefined;
	readonly before?: Table;
};

/** A connection that is logged in and set up. */
export type ServerSession = {
	readonly pid: number | undefined;
	/** As in server_version_num. */
	readonly version: number;
	/** Whether a pooler stands between, so that the next transaction may reach another backend. */
	readonly pooled: boolean;
	/** Where it was logged in; with the address, so that whoever follows comes to the same machine. */
	readonly endpoint: Endpoint;
	/** Which run of which server it is: when that started, to the microsecond. */
	readonly server: string;
	/** The statement whose first column is the server's clock, to stand before each simple request. */
	readonly clock: string;
	/** Sends one message: simple protocol without `values`, extended with. Never rejects. */
	ask(sql: string, values?: readonly (string | null)[]): Promise<StatementAnswer>;
	/**
	 * Has the server read one statement and executes nothing: answers its error, undefined where there is none. It fails where the
	 * text holds more than one. Never rejects.
	 */
	parse(sql: string): Promise<unknown>;
	/** Bytes that came from the server. */
	received(): number;
	cancel(limitMs: number): Promise<void>;
	/** Says good-bye, then closes. */
	end(): Promise<void>;
	destroy(): void;
};

/** The parts of pg's client that it keeps to itself. */
type Inside = {readonly processID: number | null; readonly secretKey: number | null};

/** A client that is logged in, the socket under it, and how that is encrypted; `version` is as in server_version_num. */
export type Opened = {
	readonly client: Client;
	readonly socket: Socket;
	readonly version: number;
	readonly encryption: Encryption;
};

// Errors of a statement leave the session standing; those of classes 57P, 25P and 08 end it.
const isSurvivable = (error: unknown): boolean => isServerError(error) && !/^(57P|25P|08)/.test(error.code);

const nothing: StatementAnswer = {error: undefined, first: undefined, rows: [], types: []};

const oldest = 130_000;

/** The first statement of a session: it takes the search path away, behind a pooler for this transaction only, and asks where it is. */
const greeting = (pid: number): string =>
	`select ${[
		`pg_catalog.set_config('search_path', '', pg_catalog.pg_backend_pid() operator(pg_catalog.<>) ${pid})`,
		'pg_catalog.pg_backend_pid()',
		'pg_catalog.pg_is_in_recovery()',
		"pg_catalog.current_setting('default_transaction_read_only')",
		"pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.pg_postmaster_start_time()), 'YYYYMMDDHH24MISSUS')",
	].join(', ')}`;

/**
 * What a session is made with; `onLost` is told when it breaks, never after `end` or `destroy`, `onNotice` what the server says
 * beside its answers, `note` what sets the session up. A server that is not what is `wanted` is refused.
 */
export type PrepareOptions = {
	readonly wanted?: SessionAttrs;
	readonly limits: SessionLimits;
	readonly onLost: (failure: Failure) => void;
	readonly onNotice?: (notice: Notice) => void;
	readonly note?: Note;
};

/** Sets a session up: the search path first of all, in a statement by itself. Rejects where the server is too old or refuses. */
export const prepare = async (target: ConnectionTarget, opened: Opened, options: PrepareOptions): Promise<ServerSession> => {
	const {client, socket, version, encryption} = opened;
	const {limits} = options;
	const {host, hostaddr, port, password} = target;
	const place = {host, hostaddr, port, password};
	const {processID, secretKey} = client as Client & Inside;
	if (version < oldest)
		throw new ConnectionError({
			code: 'too_old',
			message: `This server is PostgreSQL ${Math.floor(version / 10_000)}; pgtriage needs 13 or newer.`,
			hint: 'Connect to a newer server.',
		});
	let over = false;
	let dead: unknown;
	let lastWords: unknown;
	const destroy = (): void => {
		over = true;
		client.connection.stream.destroy();
		socket.destroy();
	};
	// Told before the failed answer is delivered, so that nobody asks on what is already broken.
	const lose = (error: unknown): void => {
		if (over) return;
		dead = isServerError(error) ? error : (lastWords ?? error);
		destroy();
		options.onLost(failureOf(dead, serverName(target)));
	};
	client.on('error', lose);
	client.once('end', () => lose(new Error('Connection terminated')));
	// From 14 on an immediate stop and a crash are announced by warnings before the socket closes.
	client.on('notice', notice => {
		if (notice.code?.startsWith('57P')) lastWords = notice;
		options.onNotice?.({code: notice.code ?? '', message: masked(notice.message ?? ''), detail: notice.detail});
	});
	const unlessDead = async (work: () => Promise<StatementAnswer>): Promise<StatementAnswer> => {
		const answer = dead === undefined ? await work() : nothing;
		if (answer.error !== undefined && !isSurvivable(answer.error)) lose(answer.error);
		return dead === undefined ? answer : {...answer, error: dead};
	};
	const ask: ServerSession['ask'] = (sql, values) => unlessDead(() => send(client, sql, values));
	const setUp: ServerSession['ask'] = async sql => {
		const begun = performance.now();
		const answer = await ask(sql);
		const failed = answer.error === undefined ? undefined : failureOf(answer.error, serverName(target));
		options.note?.({
			at: null,
			kind: 'session',
			connection: processID,
			statement: sql,
			target: 'our own session',
			outcome: failed?.message ?? 'done',
			sqlstate: isServerError(answer.error) ? answer.error.code : null,
			took_ms: performance.now() - begun,
		});
		return answer;
	};
	// Behind a pooler the pid of the log-in is not the backend's; there nothing may be set that outlives its transaction.
	const first = await setUp(greeting(processID ?? 0));
	if (first.error !== undefined) throw first.error;
	const [, backend, recovery, readOnly, server] = first.rows[0] ?? [];
	const nature = {inRecovery: recovery === 't', readOnly: readOnly === 'on'};
	const other = mismatch(options.wanted ?? 'any', nature, serverName(target).address);
	if (other) throw new ConnectionError(other);
	const pooled = backend !== String(processID);
	if (!pooled) await applySettings(setUp, version, limits);
	const clock = `select pg_catalog.clock_timestamp()${pooled ? `, ${calls(transactionSettings(limits), 'transaction')}` : ''};`;

	const address = isLocal(target) ? {path: `${host}/.s.PGSQL.${port}`} : {host: socket.remoteAddress ?? host, port};
	return {
		pid: pooled ? undefined : (processID ?? undefined),
		version,
		pooled,
		endpoint: isLocal(target) || socket.remoteAddress === undefined ? place : {...place, hostaddr: socket.remoteAddress},
		server: server ?? '',
		clock,
		ask,
		parse: async sql => (await unlessDead(() => sendParse(client, sql))).error,
		received: () => socket.bytesRead,
		cancel: async limitMs => {
			if (processID !== null && secretKey !== null)
				await sendCancel({address, encryption, pid: processID, secret: secretKey}, limitMs);
		},
		end: async () => {
			over = true;
			await client.end();
		},
		destroy,
	};
};

const applySettings = async (ask: ServerSession['ask'], version: number, limits: SessionLimits): Promise<void> => {
	const {needed, optional} = settingsFor(version, limits);
	const all = await ask(`select ${calls([...needed, ...optional], 'session')}`);
	if (all.error === undefined) return;
	if (!isServerError(all.error)) throw all.error;
	const fewer = await ask(`select ${calls(needed, 'session')}`);
	if (fewer.error !== undefined) throw fewer.error;
};

type Results = {readonly rows: readonly RawRow[]; readonly fields: readonly {readonly dataTypeID: number}[]};

const tableOf = (results: Results | undefined): Table => ({
	rows: results?.rows ?? [],
	types: results?.fields.map(field => field.dataTypeID) ?? [],
});

const send = async (client: Client, sql: string, values: readonly (string | null)[] | undefined): Promise<StatementAnswer> =>
	new Promise(resolve => {
		let first: RawRow | undefined;
		const config = {
			text: sql,
			rowMode: 'array',
			...(values === undefined ? {} : {values: [...values], queryMode: 'extended'}),
		};
		const query = new Query(config, (error: Error | undefined | null, results: unknown) => {
			const all = (Array.isArray(results) ? results : results === undefined ? [] : [results]) as readonly Results[];
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

/** Sends Parse and Sync: without Bind and Execute there is nothing that could run. */
const sendParse = async (client: Client, sql: string): Promise<StatementAnswer> =>
	new Promise(resolve => {
		const query = new Query(sql, error => resolve({...nothing, error: error ?? undefined}));
		query.submit = connection => {
			connection.parse({text: sql, name: '', types: []}, true);
			connection.sync();
		};
		client.query(query);
	});
