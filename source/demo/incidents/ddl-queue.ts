import {runThenCommit, stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';

/**
 * A migration waits for an export with an open transaction, and every reader waits for the migration. Parts: `root`, `ddl`, and the
 * readers `reader1` to `reader3`.
 */
export const ddlQueueIncident: Incident = {
	name: 'ddl-queue',
	title: 'A session idle in transaction blocks an ALTER TABLE, and readers queue behind the ALTER TABLE.',
	begin: async connect =>
		stageIncident(connect, async cast => {
			const root = await cast.join('root', 'nightly-export');
			const ddl = await cast.join('ddl', 'migration');
			const readers = [
				await cast.join('reader1', 'api'),
				await cast.join('reader2', 'web'),
				await cast.join('reader3', 'dashboard', 'reporting'),
			];

			await root.client.query('begin');
			await root.client.query('select id, account_id, amount from invoices order by id limit 100');
			await ddl.client.query('begin');
			runThenCommit(ddl, 'alter table invoices add column if not exists paid_at timestamptz');
			await cast.blocked(ddl, root);
			for (const [index, reader] of readers.entries()) {
				runThenCommit(reader, `select sum(amount) from invoices where account_id = ${100 + index}`);
			}
			await cast.shows(root, 'idle in transaction', 'from invoices');
			for (const reader of readers) await cast.blocked(reader, ddl);
		}),
};
