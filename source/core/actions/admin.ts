import type {Failure} from '../sample/sample.ts';
import type {Instant} from '../values/instant.ts';
import {literal} from '../values/quote.ts';

/** A transaction prepared for two-phase commit, identified by gid, database and time of preparation. */
export type Prepared = {
	readonly gid: string;
	readonly database: string;
	readonly prepared: Instant;
	readonly owner: string | null;
};

/** A statement of an administrator other than signals and maintenance. */
export type AdminCommand =
	| {readonly kind: 'rollback-prepared'; readonly transaction: Prepared}
	| {readonly kind: 'reload'}
	| {readonly kind: 'reset-statistics'; readonly database: string};

/** Result of an admin command: `gone` if its target no longer existed. */
export type AdminResult = {readonly outcome: 'done' | 'gone' | 'failed'; readonly failure: Failure | undefined};

/** The exact SQL of an admin command. */
export const adminStatement = (command: AdminCommand): string => {
	switch (command.kind) {
		case 'rollback-prepared':
			return `rollback prepared ${literal(command.transaction.gid)}`;
		case 'reload':
			return 'select pg_catalog.pg_reload_conf()';
		case 'reset-statistics':
			return 'select pg_catalog.pg_stat_reset()';
	}
};

/** Name of an admin command with its target; also the target of its audit entry. */
export const adminName = (command: AdminCommand): string => {
	switch (command.kind) {
		case 'rollback-prepared':
			return `ROLLBACK PREPARED ${literal(command.transaction.gid)} in ${command.transaction.database}`;
		case 'reload':
			return 'Reload of the configuration';
		case 'reset-statistics':
			return `Reset of the statistics of ${command.database}`;
	}
};
