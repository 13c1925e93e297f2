import {constants, setPriority} from 'node:os';
import {stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';

// 1.6 million pairs with themselves: they are kept in a temporary file of some 50 MB, which is read again for each of them.
const report = `with pairs as materialized (
	select
		a.sku,
		a.price * b.price as product,
		b.quantity
	from order_lines a
	join order_lines b on b.id <> a.id and b.id <= 200
)
select
	x.sku,
	count(*) as baskets,
	sum(sqrt(x.product + y.product * y.quantity)) as affinity
from pairs x
join pairs y on y.product <> x.product
group by x.sku
order by affinity desc
limit 20`;

/** A report without a join condition burns one processor, over a temporary file, for as long as it is let. Its only part is `runaway`. */
export const runawayQueryIncident: Incident = {
	name: 'runaway-query',
	title: 'A report that multiplies a table with itself keeps a processor busy, and a temporary file.',
	begin: async connect =>
		stageIncident(connect, async cast => {
			const runaway = await cast.join('runaway', 'weekly-report', 'reporting');
			await runaway.client.query("set max_parallel_workers_per_gather = 0; set work_mem = '1MB'");
			// It shows a busy processor all the same, but gives way to whatever else this machine has to do.
			try {
				setPriority(runaway.pid, constants.priority.PRIORITY_LOW);
			} catch {}
			runaway.client.query(report).catch(() => {});
			await cast.shows(runaway, 'active', 'affinity');
		}),
};
