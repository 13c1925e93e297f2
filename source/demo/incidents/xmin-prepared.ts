import {skipXidsTo} from '../next-xid.ts';
import {stageIncident} from './cast.ts';
import {eagerAutovacuum, laterSegment, leaveDeadRows} from './dead-rows.ts';
import type {Incident} from './incident.ts';

/** A payout that was prepared and forgotten holds back xmin. The only part is `writer`, which leaves the dead rows. */
export const xminPrepared: Incident = {
	name: 'xmin-prepared',
	title: 'A forgotten prepared transaction keeps VACUUM from removing dead rows.',
	settings: {...eagerAutovacuum, max_prepared_transactions: '5'},
	prepare: async (server, connect) => {
		const payout = await connect({applicationName: 'payout', user: 'shop'});
		await payout.query('begin');
		await payout.query('update accounts set balance = balance - 900 where id = 12');
		await payout.query("prepare transaction 'payout-2291'");
		await payout.end();
		await skipXidsTo(server, laterSegment);
	},
	begin: async connect => stageIncident(connect, async cast => leaveDeadRows(connect, cast)),
};
