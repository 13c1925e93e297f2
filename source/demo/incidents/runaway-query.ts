import {constants, setPriority} from 'node:os';
import {stage} from './cast.ts';
import type {Incident} from './incident.ts';

// 8000 order lines to the third power: about a day for every minute that somebody watches.
const report = `select
	a.sku,
	count(*) as baskets,
	sum(sqrt(a.price * b.price + c.quantity)) as affinity
from order_lines a
join order_lines b on b.id <> a.id
join order_lines c on c.id <> b.id
group by a.sku
order by affinity desc
limit 20`;

/** A report without a join condition burns one processor for as long as it is let. Its only part is `runaway`. */
export const runawayQuery: Incident = {
	name: 'runaway-query',
	title: 'A report that multiplies a table with itself keeps a processor busy.',
	begin: async connect =>
		stage(connect, async cast => {
			const runaway = await cast.join('runaway', 'weekly-report', 'reporting');
			await runaway.client.query('set max_parallel_workers_per_gather = 0');
			// It shows a busy processor all the same, but gives way to whatever else this machine has to do.
			try {
				setPriority(runaway.pid, constants.priority.PRIORITY_LOW);
			} catch {}
			runaway.client.query(report).catch(() => {});
			await cast.shows(runaway, 'active', 'affinity');
		}),
};
