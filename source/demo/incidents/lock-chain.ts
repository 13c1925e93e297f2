import {runThenCommit, stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';

const debit = (account: number) => `update accounts set balance = balance - 25, updated_at = now() where id = ${account}`;

const credit = (account: number) => `update accounts set balance = balance + 40, updated_at = now() where id = ${account}`;

/**
 * A checkout that never commits holds three accounts. Parts: `root`; directly behind it `first`, `second` and `third`; `queued`
 * waits for the row that `first` gets next; `deeper` waits for `first`, and `deepest` for `deeper`.
 */
export const lockChain: Incident = {
	name: 'lock-chain',
	title: 'A session idle in transaction holds rows that a chain of sessions waits for.',
	begin: async connect =>
		stageIncident(connect, async cast => {
			const root = await cast.join('root', 'checkout');
			const first = await cast.join('first', 'billing-worker');
			const second = await cast.join('second', 'checkout');
			const third = await cast.join('third', 'api');
			const queued = await cast.join('queued', 'api');
			const deeper = await cast.join('deeper', 'refund-worker');
			const deepest = await cast.join('deepest', 'fulfilment');

			await root.client.query('begin');
			await root.client.query('select id, balance from accounts where id in (42, 43, 44) order by id for update');
			await root.client.query(debit(42));
			await first.client.query('begin');
			await first.client.query(debit(7));
			await deeper.client.query('begin');
			await deeper.client.query("update orders set status = 'refunding' where id = 9");
			for (const waiter of [second, third, queued, deepest]) await waiter.client.query('begin');

			runThenCommit(first, credit(42));
			await cast.blocked(first, root);
			runThenCommit(second, debit(43));
			runThenCommit(third, debit(44));
			runThenCommit(queued, debit(42));
			runThenCommit(deeper, credit(7));
			runThenCommit(deepest, "update orders set status = 'shipped' where id = 9");
			await cast.shows(root, 'idle in transaction', 'update accounts');
			await cast.blocked(second, root);
			await cast.blocked(third, root);
			await cast.blocked(queued, first);
			await cast.blocked(deeper, first);
			await cast.blocked(deepest, deeper);
		}),
};
