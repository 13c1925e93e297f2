import type {Client} from 'pg';
import type {RawRow} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import type {ConsoleAnswer} from '../../queries/beside/pgbouncer.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, isServerError, serverName} from '../connect/failures.ts';
import {connected} from '../session/enter.ts';
import {onEnd} from '../session/marks.ts';

/** A logged-in console: its version, and the commands that SHOW HELP offers. */
export type Console = {
	readonly version: string;
	readonly commands: readonly string[];
	/** Asks SHOW; rejects with an error of the console or a ConnectionError. */
	readonly show: (what: string) => Promise<ConsoleAnswer>;
	/** Sends a command that has no answer but an error. */
	readonly send: (command: string) => Promise<void>;
	/** True until the connection ends. */
	readonly isOpen: () => boolean;
	readonly leave: () => void;
};

/** Name of a console: where it listens. */
export const consoleName = (target: ConnectionTarget): string => serverName(target).address;

/** Logs in at a console, within the connect_timeout of the target. Rejects with a ConnectionError. */
export const enterConsole = (target: ConnectionTarget, signal: AbortSignal): Promise<Console> =>
	connected(target, {signal}, async ({client}) => {
		let ended: Error | undefined;
		let isOpen = true;
		onEnd(client, error => {
			ended = error;
		});
		client.once('end', () => {
			isOpen = false;
		});
		// The end of a connection rejects a query with less than is known about it.
		const known = <T>(answer: Promise<T>): Promise<T> =>
			answer.catch((error: unknown) => {
				throw isServerError(error) ? error : (ended ?? error);
			});
		const version = await versionOf(client, consoleName(target));
		const commands = await offeredBy(client);
		return {
			version,
			commands,
			show: what => known(shown(client, what)),
			send: async command => {
				await known(client.query(command));
			},
			isOpen: () => isOpen,
			leave: () => {
				isOpen = false;
				client.connection.stream.destroy();
			},
		};
	});

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

const longestHelp = 5000;

/** Commands that SHOW HELP offers, which answers with a notice: `PAUSE`, `KILL_CLIENT`, and `SHOW STATE` for what SHOW can show. */
const offeredBy = async (client: Client): Promise<readonly string[]> => {
	let help = '';
	const listen = ({detail}: {readonly detail?: string | undefined}): void => {
		help += (detail ?? '').slice(0, longestHelp);
	};
	client.on('notice', listen);
	await client.query('SHOW HELP');
	client.off('notice', listen);
	return help.split('\n').flatMap(line => {
		const [command = '', what = ''] = line.trim().split(/\s+/);
		return command === 'SHOW' ? what.split('|').map(each => `SHOW ${each}`) : command === '' ? [] : [command];
	});
};

const deadlineMs = 2000;

/** Answers of a console, or a ConnectionError if they are late. */
export const inTime = async <T>(answers: Promise<T>, address: string): Promise<T> => {
	const late = Promise.withResolvers<never>();
	const message = `The console of PgBouncer at ${address} did not answer within ${deadlineMs / 1000} s.`;
	const timer = setTimeout(() => late.reject(new ConnectionError({code: 'deadline', message})), deadlineMs).unref();
	try {
		return await Promise.race([answers, late.promise]);
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

/** True for a failure that does not heal by itself. */
export const isLasting = ({code}: Failure): boolean => Object.hasOwn(hints, code);

/** Failure worded for a user of --pgbouncer. */
export const consoleFailure = (error: unknown, target: ConnectionTarget): Failure => {
	const {code, message} = failureOf(error, serverName(target));
	return {code, message: own.has(code) ? message : `The console of PgBouncer: ${message}`, hint: hints[code] ?? again};
};
