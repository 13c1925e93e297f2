import type {Failure} from '../sample/sample.ts';
import type {Instant} from '../values/instant.ts';
import {literal} from '../values/quote.ts';

/** A transaction prepared for two-phase commit, by its gid and the moment it was prepared, in its database. */
export type Prepared = {
	readonly gid: string;
	readonly database: string;
	readonly prepared: Instant;
	readonly owner: string | null;
};

/** One statement that somebody has the server carry out, beside signals and maintenance. */
export type AdminCommand =
	| {readonly kind: 'rollback-prepared'; readonly transaction: Prepared}
	| {readonly kind: 'reload'}
	| {readonly kind: 'reset-statistics'; readonly database: string};

/** What became of an order: `gone` where what it was about was not there any more. */
export type AdminResult = {readonly outcome: 'done' | 'gone' | 'failed'; readonly failure: Failure | undefined};

/** The exact statement of an order. */
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

/** An order in words, as in `roll back the prepared transaction …`. */
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
