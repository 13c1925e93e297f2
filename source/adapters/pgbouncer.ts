import type {Client} from 'pg';
import type {Note} from '../core/sample/journal.ts';
import {type Decoded, decode, type RawRow} from '../core/sample/query.ts';
import type {Failure, Row} from '../core/sample/sample.ts';
import {UserError} from '../core/values/errors.ts';
import {joined, lacking, poolerConnections, type Shown} from '../queries/pgbouncer.ts';
import {type ConnectionTarget, resolveConnection} from './connect/connection.ts';
import {isConnectionString} from './connect/conninfo.ts';
import {ConnectionError, failureOf, isServerError, serverName} from './connect/failures.ts';
import {within} from './poll/alarm.ts';
import {backOffMs} from './session/door.ts';
import {connected} from './session/enter.ts';

/** The admin console of a PgBouncer, over one connection that is kept and only asked to SHOW. */
export type Pooler = {
	/** What it told last; rejects with a ConnectionError while it tells nothing. */
	readonly rows: () => Promise<readonly Row[] | undefined>;
	readonly stop: () => void;
};

/** How long somebody waits for the console where it is slow, in milliseconds; what it tells later stands in the next sample. */
export type PoolerOptions = {readonly mostWaitMs: number; readonly note?: Note};

const deadlineMs = 2000;
// What is asked for is shown or has failed by then; older rows are of when somebody last looked.
const staleMs = 5000;
// What does not pass by itself is not tried over and over.
const lastingMs = 30_000;
// A PgBouncer is one process: it spends at most a tenth of its time on telling.
const restFactor = 9;

// These lead to the server and not to the pooler in front of it.
const ofServer = ['PGHOST', 'PGHOSTADDR', 'PGSERVICE', 'PGOPTIONS', 'PGTARGETSESSIONATTRS', 'PGLOADBALANCEHOSTS'];

/**
 * Where the console is, by a connection string: port 6432 and the database `pgbouncer` unless it says otherwise, and the user as
 * at the server. Throws UserError.
 */
export const resolvePooler = (
	given: string,
	user: string,
	environment: Readonly<Record<string, string | undefined>>,
): ConnectionTarget => {
	const hint = 'Write it as host=10.0.0.7 port=6432 user=stats.';
	if (!isConnectionString(given)) throw new UserError('What --pgbouncer names is no connection string.', {hint, exitCode: 2});
	const own = Object.fromEntries(Object.entries(environment).filter(([name]) => !ofServer.includes(name)));
	const target = resolveConnection({dbname: given}, {...own, PGUSER: user, PGPORT: '6432', PGDATABASE: 'pgbouncer'});
	if (target.endpoints.length > 1)
		throw new UserError('--pgbouncer names several hosts, and each PgBouncer knows only its own clients.', {hint, exitCode: 2});
	return target;
};

/** The console of a target, to which nobody connects before somebody asks. */
export const createPooler = (target: ConnectionTarget, {mostWaitMs, note}: PoolerOptions): Pooler => {
	const aborter = new AbortController();
	let open: Client | undefined;
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

	const enter = (): Promise<Client> =>
		connected(target, aborter.signal, async ({client}) => {
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

	const ask = async (): Promise<void> => {
		try {
			open ??= await enter();
			const begun = performance.now();
			const raw = joined(...(await answersOf(open, serverName(target).address)));
			decoded = decode(poolerConnections, raw, decoded);
			const now = performance.now();
			restsUntil = now + restFactor * (now - begun);
			staleAt = restsUntil + staleMs;
			failure = undefined;
			failures = 0;
		} catch (error) {
			leave();
			failure = told(error, target);
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

const shown = async (client: Client, what: string): Promise<Shown> => {
	const {fields, rows} = await client.query<(string | null)[]>({text: `SHOW ${what}`, rowMode: 'array'});
	return {columns: fields.map(({name}) => name), rows: rows as readonly RawRow[]};
};

/** The version of a PgBouncer; throws where something else answers, or one too old to say so in a row. */
const versionOf = async (client: Client, address: string): Promise<string> => {
	const {rows} = await shown(client, 'VERSION').catch((error: unknown) => {
		if (!isServerError(error)) throw error;
		throw new ConnectionError({code: 'not_pgbouncer', message: `What answers at ${address} is no console of PgBouncer.`});
	});
	const answer = rows[0]?.[0] ?? '';
	const version = /^PgBouncer (\S+)/i.exec(answer)?.[1];
	if (version !== undefined) return version;
	throw new ConnectionError(
		answer === ''
			? {code: 'too_old', message: `The PgBouncer at ${address} is too old to tell its version.`}
			: {code: 'not_pgbouncer', message: `What answers at ${address} is no PgBouncer but ${answer.slice(0, 40)}.`},
	);
};

/** What the console tells of connections, clients and pools; throws where that is late, or too little to join them. */
const answersOf = async (client: Client, address: string): Promise<readonly [servers: Shown, clients: Shown, pools: Shown]> => {
	const late = Promise.withResolvers<never>();
	const message = `The console of PgBouncer at ${address} did not answer within ${deadlineMs / 1000} s.`;
	const timer = setTimeout(() => late.reject(new ConnectionError({code: 'deadline', message})), deadlineMs).unref();
	try {
		const all = async () =>
			[await shown(client, 'SERVERS'), await shown(client, 'CLIENTS'), await shown(client, 'POOLS')] as const;
		const answers = await Promise.race([all(), late.promise]);
		const [missing] = lacking(answers[0]);
		if (missing === undefined) return answers;
		const old = `The PgBouncer at ${address} is too old: it does not tell ${missing} of its connections.`;
		throw new ConnectionError({code: 'too_old', message: old});
	} finally {
		clearTimeout(timer);
	}
};

const again = 'It is tried again by itself; check --pgbouncer.';

const hints: Readonly<Record<string, string>> = {
	no_password: 'Put it into ~/.pgpass.',
	'28P01': 'Check the user in --pgbouncer, and the password in ~/.pgpass.',
	'42501': 'Add the user to stats_users in pgbouncer.ini, or name another in --pgbouncer.',
	'3D000': 'Name the console in --pgbouncer: host, port, and the database pgbouncer.',
	not_pgbouncer: 'Name the console in --pgbouncer: host, port, and the database pgbouncer.',
	too_old: 'Sessions are shown without their clients.',
};

const isLasting = ({code}: Failure): boolean => Object.hasOwn(hints, code);

/** A failure in the words of somebody who gave --pgbouncer. */
const told = (error: unknown, target: ConnectionTarget): Failure => {
	const {code, message} = failureOf(error, serverName(target));
	if (code === '08P01' && /not allowed/.test(message))
		return {code: '42501', message: `PgBouncer does not let ${target.user} use its console.`, hint: hints['42501'] ?? again};
	const isOurs = error instanceof ConnectionError && /PgBouncer/.test(message);
	return {code, message: isOurs ? message : `The console of PgBouncer: ${message}`, hint: hints[code] ?? again};
};
