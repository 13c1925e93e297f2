import {type AdminCommand, type AdminResult, adminName, adminStatement} from '../../core/actions/admin.ts';
import {adminRight} from '../../core/actions/rights.ts';
import type {Note} from '../../core/sample/journal.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {oneLine} from '../../core/sql/one-line.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, isServerError, isUnanswered, serverName, shared} from '../connect/failures.ts';
import {logIn} from '../session/log-in.ts';
import {noted} from '../session/noted.ts';

/** Runs administrative commands, each over a connection of its own; never rejects. */
export type Admin = {run(command: AdminCommand): Promise<AdminResult>};

const limits = {purpose: 'acting', statementTimeoutMs: 30_000, lockTimeoutMs: 3000} as const;

// A gid can be reused: the time of PREPARE identifies the transaction.
const preparedTransaction = oneLine(`/* pgtriage:prepared */ select
	p.gid
from pg_catalog.pg_prepared_xact() as p
join pg_catalog.pg_database as d on d.oid = p.dbid
where p.gid = $1
	and p.prepared = $2::pg_catalog.timestamptz
	and d.datname = $3`);

const databaseOf = (command: AdminCommand): string | undefined => {
	switch (command.kind) {
		case 'rollback-prepared':
			return command.transaction.database;
		case 'reset-statistics':
			return command.database;
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
					const {error, rows} = await noted(session, place, adminName(command), note).ask(preparedTransaction, [
						gid,
						prepared,
						database,
					]);
					if (error !== undefined) throw error;
					if (rows.length === 0) return {outcome: 'gone', failure: undefined};
				}
				const {error, rows} = await session.ask(`/* pgtriage:${command.kind} */ ${adminStatement(command)}`, []);
				if (isServerError(error) && error.code === '42501') {
					const failure = {...failureOf(error, serverName(place)), hint: adminRight(place, command)};
					return {outcome: 'failed', failure};
				}
				if (error !== undefined) return {outcome: 'failed', failure: withUnansweredHint(failureOf(error, serverName(place)))};
				return command.kind === 'reload' && rows[0]?.[0] !== 't' ? refused : {outcome: 'done', failure: undefined};
			} finally {
				session.destroy();
			}
		} catch (error) {
			return {outcome: 'failed', failure: failureOf(error, serverName(place))};
		}
	},
});

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
