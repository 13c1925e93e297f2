import {constants, setPriority} from 'node:os';
import {runInTurn, stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';

const members = 12;
// Joins every order line with 400 others, because no index finds them by price: seconds for each of a dozen.
const search = `select count(*)
from order_lines a
join order_lines b on abs(b.price - a.price) < 1
where a.id <= 2500`;

function* forEver(statement: string): Generator<string> {
	for (;;) yield statement;
}

/** A dozen clients run the same slow search again and again. Parts: `searcher1` to `searcher12`. */
export const statementHerdIncident: Incident = {
	name: 'statement-herd',
	title: 'A dozen clients run the same slow search: all CPUs busy, and no single session to blame.',
	isHeavy: true,
	begin: async connect =>
		stageIncident(connect, async cast => {
			for (let turn = 1; turn <= members; turn++) {
				const searcher = await cast.join(`searcher${turn}`, 'catalog-search');
				try {
					setPriority(searcher.pid, constants.priority.PRIORITY_LOW);
				} catch {}
				await searcher.client.query(
					'set max_parallel_workers_per_gather = 0; set enable_nestloop = on; set enable_hashjoin = off',
				);
				runInTurn(searcher, forEver(search), 0);
				await cast.shows(searcher, 'active', 'order_lines');
			}
		}),
};
