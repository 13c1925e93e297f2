import {type AdminResult, adminName, adminStatement, type ServerCommand} from '../../core/actions/admin.ts';
import {adminRight} from '../../core/actions/rights.ts';
import type {Note} from '../../core/sample/journal.ts';
import {parseInstant} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {oneLine} from '../../core/sql/one-line.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, isServerError, isUnanswered, serverName, shared} from '../connect/failures.ts';
import {logIn} from '../session/log-in.ts';
import {noted} from '../session/noted.ts';
import type {StatementAnswer} from '../session/session.ts';

/** Runs administrative commands, each over a connection of its own; never rejects. */
export type Admin = {run(command: ServerCommand): Promise<AdminResult>};

const limits = {purpose: 'acting', statementTimeoutMs: 30_000, lockTimeoutMs: 3000} as const;

// A gid can be reused: the time of PREPARE identifies the transaction.
const preparedTransaction = (): string =>
	oneLine(`/* pgtriage:prepared */ select
	p.gid
from pg_catalog.pg_prepared_xact() as p
join pg_catalog.pg_database as d on d.oid = p.dbid
where p.gid = $1
	and p.prepared = $2::pg_catalog.timestamptz
	and d.datname = $3`);

const slotNow = (): string =>
	oneLine(`/* pgtriage:slot */ select
	s.active_pid,
	s.restart_lsn
from pg_catalog.pg_get_replication_slots() as s
where s.slot_name = $1`);

const clock = '/* pgtriage:clock */ select pg_catalog.clock_timestamp()';

const databaseOf = (command: ServerCommand): string | undefined => {
	switch (command.kind) {
		case 'rollback-prepared':
			return command.transaction.database;
		case 'reset-statistics':
			return command.database;
		case 'drop-slot':
			// The manual asks for the database of a logical slot.
			return command.slot.database ?? undefined;
		case 'reset-statement':
			return command.entry.database;
		case 'reset-statements':
			return command.statistics.database;
		case 'reload':
			return undefined;
	}
};

/** Creates the admin for the server of a target; a command runs in the database it names. */
export const createAdmin = (target: ConnectionTarget, note?: Note): Admin => ({
	run: async command => {
		const place = {...target, dbname: databaseOf(command) ?? target.dbname};
		try {
			const session = await logIn(place, {
				limits,
				signal: new AbortController().signal,
				onLost: () => {},
				...(note && {note}),
			});
			try {
				if (session.pooled) throw new ConnectionError(shared);
				if (command.kind === 'rollback-prepared') {
					const {gid, prepared, database} = command.transaction;
					const {error, rows} = await noted(session, place, adminName(command), note).ask(preparedTransaction(), [
						gid,
						prepared,
						database,
					]);
					if (error !== undefined) throw error;
					if (rows.length === 0) return gone;
				}
				const {error, rows} = await session.ask(oneLine(`/* pgtriage:${command.kind} */ ${adminStatement(command)}`), []);
				if (isServerError(error) && error.code === '42501') {
					const failure = {...failureOf(error, serverName(place)), hint: adminRight(place, command)};
					return {outcome: 'failed', failure};
				}
				if (error !== undefined) return {outcome: 'failed', failure: withUnansweredHint(failureOf(error, serverName(place)))};
				if (command.kind === 'reload' && rows[0]?.[0] !== 't') return refused;
				if (rows.length > 0 && command.kind === 'drop-slot') return done(await session.ask(clock, []));
				if (rows.length > 0 || command.kind === 'rollback-prepared') return {outcome: 'done', failure: undefined};
				if (command.kind !== 'drop-slot') return gone;
				return whyKept(await noted(session, place, adminName(command), note).ask(slotNow(), [command.slot.name]));
			} finally {
				session.destroy();
			}
		} catch (error) {
			return {outcome: 'failed', failure: failureOf(error, serverName(place))};
		}
	},
});

const done = ({rows}: StatementAnswer): AdminResult => {
	const at = rows[0]?.[0];
	return {outcome: 'done', failure: undefined, ...(at != null && {at: parseInstant(at)})};
};

const gone: AdminResult = {outcome: 'gone', failure: undefined};

/** Reason why a slot was not dropped, from its active_pid and restart_lsn now. */
const whyKept = ({error, rows}: StatementAnswer): AdminResult => {
	if (error !== undefined) throw error;
	const [row] = rows;
	if (!row) return gone;
	const [pid, position] = row;
	const message =
		pid == null
			? `It changed since the question: its restart_lsn is now ${position ?? 'null'}.`
			: `It is in use again, by ${pid}.`;
	return {
		outcome: 'failed',
		failure: {code: 'changed', message: `Nothing was dropped. ${message}`, hint: 'Ask again if it is still to go.'},
	};
};

const withUnansweredHint = (failure: Failure): Failure =>
	isUnanswered(failure) ? {...failure, hint: 'It may have been done: check before you retry.'} : failure;

const refused: AdminResult = {
	outcome: 'failed',
	failure: {
		code: 'not_sent',
		message: 'pg_reload_conf() returned false: the server could not signal its postmaster.',
		hint: 'The server log has the reason.',
	},
};
