import {type AdminCommand, type AdminResult, adminName, adminStatement} from '../../core/actions/admin.ts';
import {adminRight} from '../../core/actions/rights.ts';
import type {Note} from '../../core/sample/journal.ts';
import type {Failure} from '../../core/sample/sample.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, isServerError, isUnanswered, serverName, shared} from '../connect/failures.ts';
import {logIn} from '../session/log-in.ts';
import {noted} from '../session/noted.ts';

/** Carries orders out, each on a connection of its own that ends with it; never rejects. */
export type Admin = {run(command: AdminCommand): Promise<AdminResult>};

const limits = {readOnly: false, statementTimeoutMs: 30_000, lockTimeoutMs: 3000} as const;

// A gid may be used again: the moment of preparation tells whether it is still the transaction that was meant.
const still = `/* pgtriage:prepared */ select
	p.gid
from pg_catalog.pg_prepared_xact() as p
join pg_catalog.pg_database as d on d.oid = p.dbid
where p.gid = $1
	and p.prepared = $2::pg_catalog.timestamptz
	and d.datname = $3`;

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

/** Errands on the server of a target, in whichever database an order is for. */
export const createAdmin = (target: ConnectionTarget, note?: Note): Admin => ({
	run: async order => {
		const place = {...target, dbname: databaseOf(order) ?? target.dbname};
		try {
			const session = await logIn(place, {
				limits,
				signal: new AbortController().signal,
				onLost: () => {},
				...(note && {note}),
			});
			try {
				if (session.pooled) throw new ConnectionError(shared);
				if (order.kind === 'rollback-prepared') {
					const {gid, prepared, database} = order.transaction;
					const {error, rows} = await noted(session, place, adminName(order), note).ask(still, [gid, prepared, database]);
					if (error !== undefined) throw error;
					if (rows.length === 0) return {outcome: 'gone', failure: undefined};
				}
				const {error, rows} = await session.ask(`/* pgtriage:${order.kind} */ ${adminStatement(order)}`, []);
				if (isServerError(error) && error.code === '42501') {
					const failure = {...failureOf(error, serverName(place)), hint: adminRight(place, order)};
					return {outcome: 'failed', failure};
				}
				if (error !== undefined) return {outcome: 'failed', failure: withoutPrefix(failureOf(error, serverName(place)))};
				return order.kind === 'reload' && rows[0]?.[0] !== 't' ? refused : {outcome: 'done', failure: undefined};
			} finally {
				session.destroy();
			}
		} catch (error) {
			return {outcome: 'failed', failure: failureOf(error, serverName(place))};
		}
	},
});

const withoutPrefix = (failure: Failure): Failure =>
	isUnanswered(failure) ? {...failure, hint: 'It is not known whether it was done: look before it is asked for again.'} : failure;

const refused: AdminResult = {
	outcome: 'failed',
	failure: {code: 'not_sent', message: 'The server could not tell its main process to reload.', hint: 'Its log says why.'},
};
