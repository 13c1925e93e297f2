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
export type Order =
	| {readonly kind: 'rollback-prepared'; readonly transaction: Prepared}
	| {readonly kind: 'reload'}
	| {readonly kind: 'reset-statistics'; readonly database: string};

/** What became of an order: `gone` where what it was about was not there any more. */
export type OrderResult = {readonly outcome: 'done' | 'gone' | 'failed'; readonly failure: Failure | undefined};

/** The exact statement of an order. */
export const orderStatement = (order: Order): string => {
	switch (order.kind) {
		case 'rollback-prepared':
			return `rollback prepared ${literal(order.transaction.gid)}`;
		case 'reload':
			return 'select pg_catalog.pg_reload_conf()';
		case 'reset-statistics':
			return 'select pg_catalog.pg_stat_reset()';
	}
};

/** An order in words, as in `roll back the prepared transaction …`. */
export const orderName = (order: Order): string => {
	switch (order.kind) {
		case 'rollback-prepared':
			return `ROLLBACK PREPARED ${literal(order.transaction.gid)} in ${order.transaction.database}`;
		case 'reload':
			return 'Reload of the configuration';
		case 'reset-statistics':
			return `Reset of the statistics of ${order.database}`;
	}
};
