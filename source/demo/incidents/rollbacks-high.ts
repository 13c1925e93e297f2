import {runInTurn, stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';

// Enough to be most of the transactions of the shop, and too few to load the machine.
const clients = 6;
const pauseMs = 15;

function* failures(): Generator<string> {
	// Reads a row before it fails: since 15 a session that counts no access to a table does not report its rollbacks either.
	for (;;) yield 'insert into accounts (id, owner, balance) select id, null, 0 from accounts where id = 1';
}

/** A release inserts rows without a column that must not be null, and tries again. Parts: `importer1` to `importer6`. */
export const rollbacksHighIncident: Incident = {
	name: 'rollbacks-high',
	title: 'A release inserts rows that the table refuses, and tries again: most transactions roll back.',
	begin: async connect =>
		stageIncident(connect, async cast => {
			for (let turn = 1; turn <= clients; turn++) {
				const importer = await cast.join(`importer${turn}`, 'customer-import');
				runInTurn(importer, failures(), pauseMs);
			}
		}),
};
