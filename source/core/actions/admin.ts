import type {Failure} from '../sample/sample.ts';
import type {Instant} from '../values/instant.ts';
import {literal} from '../values/quote.ts';
import {isPoolerCommand, type PoolerCommand, poolerCommandName, poolerStatement} from './pooler.ts';
import {dropStatement, type SlotRef} from './slot.ts';

/** A transaction prepared for two-phase commit, identified by gid, database and time of preparation. */
export type Prepared = {
	readonly gid: string;
	readonly database: string;
	readonly prepared: Instant;
	readonly owner: string | null;
};

/** pg_stat_statements in a database; its schema is quoted for SQL. */
export type StatementStatistics = {readonly database: string; readonly schema: string};

/** An entry of pg_stat_statements by its key, and what it is about. */
export type StatementEntry = StatementStatistics & {
	readonly userid: number;
	readonly dbid: number;
	readonly queryid: string;
	readonly usename: string | null;
	readonly datname: string;
	readonly query: string | null;
	readonly calls: number;
};

/** A statement of an administrator for the server, other than signals and maintenance. */
export type ServerCommand =
	| {readonly kind: 'rollback-prepared'; readonly transaction: Prepared}
	| {readonly kind: 'reload'}
	| {readonly kind: 'reset-statistics'; readonly database: string}
	| {readonly kind: 'drop-slot'; readonly slot: SlotRef}
	| {readonly kind: 'reset-statement'; readonly entry: StatementEntry}
	| {readonly kind: 'reset-statements'; readonly statistics: StatementStatistics};

/** A command of an administrator for the server or for a PgBouncer in front of it. */
export type AdminCommand = ServerCommand | PoolerCommand;

/**
 * Result of an admin command: `gone` if its target no longer existed, `cancelled` if it was withdrawn. `at` is the server's clock after
 * the drop of a slot; `effect` is what was seen afterwards, as a sentence.
 */
export type AdminResult = {
	readonly outcome: 'done' | 'gone' | 'cancelled' | 'failed';
	readonly failure: Failure | undefined;
	readonly at?: Instant;
	readonly effect?: string;
};

/** The exact SQL of an admin command, or the exact command for the console of PgBouncer. */
export const adminStatement = (command: AdminCommand): string => {
	if (isPoolerCommand(command)) return poolerStatement(command);
	switch (command.kind) {
		case 'rollback-prepared':
			return `rollback prepared ${literal(command.transaction.gid)}`;
		case 'reload':
			return 'select pg_catalog.pg_reload_conf()';
		case 'reset-statistics':
			return 'select pg_catalog.pg_stat_reset()';
		case 'drop-slot':
			return dropStatement(command.slot);
		case 'reset-statement': {
			const {schema, userid, dbid, queryid} = command.entry;
			return `select ${schema}.pg_stat_statements_reset(s.userid, s.dbid, s.queryid) from ${schema}.pg_stat_statements(false) as s
where s.userid = ${userid} and s.dbid = ${dbid} and s.queryid = ${queryid} limit 1`;
		}
		case 'reset-statements':
			return `select ${command.statistics.schema}.pg_stat_statements_reset()`;
	}
};

/** Name of an admin command with its target; also the target of its audit entry. */
export const adminName = (command: AdminCommand): string => {
	if (isPoolerCommand(command)) return poolerCommandName(command);
	switch (command.kind) {
		case 'rollback-prepared':
			return `ROLLBACK PREPARED ${literal(command.transaction.gid)} in ${command.transaction.database}`;
		case 'reload':
			return 'Reload of the configuration';
		case 'reset-statistics':
			return `Reset of the statistics of ${command.database}`;
		case 'drop-slot':
			return `Drop of slot ${command.slot.name}`;
		case 'reset-statement':
			return `Reset of statement ${command.entry.queryid} in pg_stat_statements`;
		case 'reset-statements':
			return 'Reset of pg_stat_statements';
	}
};
