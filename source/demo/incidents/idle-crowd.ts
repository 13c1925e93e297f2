import {stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';

const members = 14;

/** An application reads in a transaction and then waits for another service before it commits. Parts: `caller1` to `caller14`. */
export const idleCrowdIncident: Incident = {
	name: 'idle-crowd',
	title: 'An application waits for another service inside of its transactions: many are open, and all are idle.',
	isHeavy: true,
	begin: async connect =>
		stageIncident(connect, async cast => {
			for (let turn = 1; turn <= members; turn++) {
				const caller = await cast.join(`caller${turn}`, 'payment-gateway');
				await caller.client.query('begin');
				await caller.client.query(`select balance from accounts where id = ${turn}`);
			}
		}),
};
