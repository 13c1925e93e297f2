import {type Player, runInTurn, stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';

const pauseMs = 400;

const move = (amount: number, account: number): string =>
	`update accounts set balance = balance + ${amount}, updated_at = now() where id = ${account}`;

/** Transfers between two accounts; a deadlock aborts one of the transactions, which is tried again. */
function* transfers(from: number, to: number): Generator<string> {
	for (;;) {
		yield 'begin';
		yield move(-25, from);
		// Both have one row before either asks for the other.
		yield 'select pg_catalog.pg_sleep(0.3)';
		yield move(25, to);
		yield 'commit';
	}
}

/** Two applications lock the same two accounts in opposite order, again and again. Parts: `checkout`, `refund`. */
export const deadlockIncident: Incident = {
	name: 'deadlock',
	title: 'Two applications lock the same rows in opposite order: the server aborts one of their transactions each time.',
	settings: {
		logging_collector: 'on',
		log_destination: 'csvlog',
		// A sample a second sees a deadlock only if it lasts.
		deadlock_timeout: '2s',
	},
	begin: async connect =>
		stageIncident(connect, async cast => {
			const join = (part: string, application: string): Promise<Player> => cast.join(part, application);
			const checkout = await join('checkout', 'checkout');
			const refund = await join('refund', 'refund-worker');
			runInTurn(checkout, transfers(61, 62), pauseMs);
			runInTurn(refund, transfers(62, 61), pauseMs);
			await cast.holds(
				'a deadlock happened',
				'select coalesce(sum(pg_catalog.pg_stat_get_db_deadlocks(d.oid)), 0) > 0 as holds from pg_catalog.pg_database d',
			);
		}),
};
