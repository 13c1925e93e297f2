import type {Client} from 'pg';
import type {Note} from '../core/sample/journal.ts';
import {type Decoded, decode, type RawRow} from '../core/sample/query.ts';
import type {Failure, Row} from '../core/sample/sample.ts';
import {UserError} from '../core/values/errors.ts';
import {type ConsoleAnswer, missingColumns, poolerConnections, poolerRows} from '../queries/beside/pgbouncer.ts';
import {type ConnectionTarget, resolveConnection} from './connect/connection.ts';
import {isConnectionString} from './connect/conninfo.ts';
import {ConnectionError, failureOf, isServerError, serverName} from './connect/failures.ts';
import {within} from './poll/alarm.ts';
import {backOffMs} from './session/door.ts';
import {connected} from './session/enter.ts';
import {onEnd} from './session/marks.ts';

/** Admin console of a PgBouncer: one kept connection that only sends SHOW. */
export type Pooler = {
	/** Newest answer of the console; rejects with a ConnectionError while there is none. */
	readonly rows: () => Promise<readonly Row[] | undefined>;
	readonly stop: () => void;
};

/** Longest wait for a slow console in milliseconds; later answers join the next sample. */
export type PoolerOptions = {readonly mostWaitMs: number; readonly note?: Note};

const deadlineMs = 2000;
// By then the pane shows the answer or a failure; older rows are out of date.
const staleMs = 5000;
// Failures that do not heal by themselves are retried rarely.
const lastingMs = 30_000;
// PgBouncer is a single process: SHOW may take at most a tenth of its time.
const restFactor = 9;

// These name the server, not the pooler in front of it.
const ofServer = ['PGHOST', 'PGHOSTADDR', 'PGSERVICE', 'PGOPTIONS', 'PGTARGETSESSIONATTRS', 'PGLOADBALANCEHOSTS'];

/**
 * Console named by a connection string: port 6432 and database `pgbouncer` by default, the user as at the server. Throws a
 * UserError.
 */
export const resolvePooler = (
	text: string,
	user: string,
	environment: Readonly<Record<string, string | undefined>>,
): ConnectionTarget => {
	const hint = 'Write it as host=10.0.0.7 port=6432 user=stats.';
	if (!isConnectionString(text)) throw new UserError('--pgbouncer needs a connection string.', {hint, exitCode: 2});
	const own = Object.fromEntries(Object.entries(environment).filter(([name]) => !ofServer.includes(name)));
	const target = resolveConnection({dbname: text}, {...own, PGUSER: user, PGPORT: '6432', PGDATABASE: 'pgbouncer'});
	if (target.endpoints.length > 1)
		throw new UserError('--pgbouncer takes one host: each PgBouncer knows only its own clients.', {hint, exitCode: 2});
	return target;
};

/** Console of a target; it connects on first use. */
export const createPooler = (target: ConnectionTarget, {mostWaitMs, note}: PoolerOptions): Pooler => {
	const aborter = new AbortController();
	let open: Client | undefined;
	let ended: ConnectionError | undefined;
	let asking: Promise<void> | undefined;
	let decoded: Decoded | undefined;
	let staleAt = Number.NEGATIVE_INFINITY;
	let restsUntil = 0;
	let failure: Failure | undefined;
	let failures = 0;

	const leave = (): void => {
		open?.connection.stream.destroy();
		open = undefined;
	};

	const enter = (): Promise<Client> => {
		ended = undefined;
		return connected(target, aborter.signal, async ({client}) => {
			onEnd(client, error => {
				ended = error;
			});
			const begun = performance.now();
			const {address} = serverName(target);
			const outcome = `PgBouncer ${await versionOf(client, address)}`;
			const took_ms = performance.now() - begun;
			const statement = 'SHOW VERSION';
			note?.({at: null, kind: 'session', connection: null, statement, target: address, outcome, sqlstate: null, took_ms});
			client.once('end', () => {
				if (open === client) open = undefined;
			});
			return client;
		});
	};

	const ask = async (): Promise<void> => {
		try {
			open ??= await enter();
			const begun = performance.now();
			const raw = poolerRows(...(await answersOf(open, serverName(target).address)));
			decoded = decode(poolerConnections, raw, decoded);
			const now = performance.now();
			restsUntil = now + restFactor * (now - begun);
			staleAt = restsUntil + staleMs;
			failure = undefined;
			failures = 0;
		} catch (error) {
			leave();
			failure = consoleFailure(isServerError(error) ? error : (ended ?? error), target);
			failures++;
			restsUntil = performance.now() + (isLasting(failure) ? lastingMs : backOffMs(failures, failure));
		}
		asking = undefined;
	};

	return {
		rows: async () => {
			if (performance.now() >= restsUntil && !aborter.signal.aborted) asking ??= ask();
			if (asking) await within(asking, mostWaitMs);
			if (failure) throw new ConnectionError(failure);
			return performance.now() < staleAt ? decoded?.rows : undefined;
		},
		stop: () => {
			aborter.abort();
			leave();
		},
	};
};

const shown = async (client: Client, what: string): Promise<ConsoleAnswer> => {
	const {fields, rows} = await client.query<(string | null)[]>({text: `SHOW ${what}`, rowMode: 'array'});
	return {columns: fields.map(({name}) => name), rows: rows as readonly RawRow[]};
};

/** Version of a PgBouncer; throws if another program answers, or a version too old to report it in a row. */
const versionOf = async (client: Client, address: string): Promise<string> => {
	const {rows} = await shown(client, 'VERSION').catch((error: unknown) => {
		if (!isServerError(error)) throw error;
		throw new ConnectionError({code: 'not_pgbouncer', message: `${address} is not a PgBouncer console.`});
	});
	const answer = rows[0]?.[0] ?? '';
	const version = /^PgBouncer (\S+)/i.exec(answer)?.[1];
	if (version !== undefined) return version;
	throw new ConnectionError(
		answer === ''
			? {code: 'too_old', message: `The PgBouncer at ${address} is too old to report its version.`}
			: {code: 'not_pgbouncer', message: `${address} is not PgBouncer but ${answer.slice(0, 40)}.`},
	);
};

/** Connections, clients and pools of the console; throws if the answer is late or lacks the columns to join them. */
const answersOf = async (
	client: Client,
	address: string,
): Promise<readonly [servers: ConsoleAnswer, clients: ConsoleAnswer, pools: ConsoleAnswer]> => {
	const late = Promise.withResolvers<never>();
	const message = `The console of PgBouncer at ${address} did not answer within ${deadlineMs / 1000} s.`;
	const timer = setTimeout(() => late.reject(new ConnectionError({code: 'deadline', message})), deadlineMs).unref();
	try {
		const all = async () =>
			[await shown(client, 'SERVERS'), await shown(client, 'CLIENTS'), await shown(client, 'POOLS')] as const;
		const answers = await Promise.race([all(), late.promise]);
		const [missing] = missingColumns(answers[0]);
		if (missing === undefined) return answers;
		const old = `The PgBouncer at ${address} is too old: it does not report ${missing} of its connections.`;
		throw new ConnectionError({code: 'too_old', message: old});
	} finally {
		clearTimeout(timer);
	}
};

const again = 'It is retried automatically; check --pgbouncer.';

const addUser = 'Add the user to stats_users in pgbouncer.ini, or name another in --pgbouncer.';

const hints: Readonly<Record<string, string>> = {
	no_password: 'Set it in ~/.pgpass.',
	'28P01': 'Check the user in --pgbouncer, and the password in ~/.pgpass.',
	'42501': addUser,
	// PgBouncer has no other SQLSTATE for a user that is not let in.
	'08P01': addUser,
	'3D000': 'Name the console in --pgbouncer: host, port, and the database pgbouncer.',
	not_pgbouncer: 'Name the console in --pgbouncer: host, port, and the database pgbouncer.',
	too_old: 'Sessions are shown without their clients.',
};

// Failures whose message names PgBouncer already.
const own: ReadonlySet<string> = new Set(['not_pgbouncer', 'too_old', 'deadline']);

const isLasting = ({code}: Failure): boolean => Object.hasOwn(hints, code);

/** Failure worded for a user of --pgbouncer. */
const consoleFailure = (error: unknown, target: ConnectionTarget): Failure => {
	const {code, message} = failureOf(error, serverName(target));
	return {code, message: own.has(code) ? message : `The console of PgBouncer: ${message}`, hint: hints[code] ?? again};
};
