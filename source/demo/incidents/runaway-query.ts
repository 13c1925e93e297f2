import {constants, setPriority} from 'node:os';
import {stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';

// Joins 1.6 million pairs with themselves: they are in a temporary file of about 50 MB, which is read again for each pair.
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

/** A report without a join condition keeps one CPU busy over a temporary file until it is canceled. The only part is `runaway`. */
export const runawayQueryIncident: Incident = {
	name: 'runaway-query',
	title: 'A report joins a table with itself without a condition: one CPU busy, one large temporary file.',
	begin: async connect =>
		stageIncident(connect, async cast => {
			const runaway = await cast.join('runaway', 'weekly-report', 'reporting');
			await runaway.client.query("set max_parallel_workers_per_gather = 0; set work_mem = '1MB'");
			// It still shows a busy CPU, but yields to everything else on this machine.
			try {
				setPriority(runaway.pid, constants.priority.PRIORITY_LOW);
			} catch {}
			runaway.client.query(report).catch(() => {});
			await cast.shows(runaway, 'active', 'affinity');
		}),
};
