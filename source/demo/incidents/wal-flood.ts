import {runInTurn, stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';

const pauseMs = 100;

function* batches(): Generator<string> {
	for (;;) {
		yield `insert into order_lines (order_id, sku, quantity, price)
			select 1 + n % 2000, 'bulk-' || n, 1, 1 from generate_series(1, 200000) n`;
		yield "delete from order_lines where sku like 'bulk-%'";
	}
}

/** A loader writes large batches and deletes them again, far more than max_wal_size holds. The only part is `loader`. */
export const walFloodIncident: Incident = {
	name: 'wal-flood',
	title: 'A loader writes so much WAL that max_wal_size is full within seconds.',
	settings: {max_wal_size: '96MB', min_wal_size: '32MB'},
	begin: async connect =>
		stageIncident(connect, async cast => {
			const loader = await cast.join('loader', 'bulk-loader');
			runInTurn(loader, batches(), pauseMs);
			await cast.shows(loader, 'active', 'order_lines');
		}),
};
