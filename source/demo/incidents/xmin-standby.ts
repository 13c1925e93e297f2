import {constants, setPriority} from 'node:os';
import {requiredStandby, standbyName} from '../standby.ts';
import {runInTurn, stageIncident} from './cast.ts';
import {eagerAutovacuum, leaveDeadRows} from './dead-rows.ts';
import type {Incident} from './incident.ts';

// One row a second: the query runs for hours at no cost.
const report = `select sum(l.quantity * l.price) as turnover
from order_lines l
cross join lateral (select pg_sleep(1) where l.id > 0) as slowly`;

const makeProbes = `
create procedure probe_prices(probes integer) language plpgsql as $$
begin
	for probe in 1 .. probes loop
		perform pg_current_xact_id();
		commit;
	end loop;
end $$`;

// The standby has to see each transaction ID: those that a busy server uses in hours pass in 15 seconds.
const probes = Array.from({length: 24}, () => 'call probe_prices(50000)');

const holdsXmin = `select pg_catalog.age(s.backend_xmin) > 20 as holds
from pg_catalog.pg_stat_get_wal_senders() as w
join pg_catalog.pg_stat_get_activity(null) as s on s.pid = w.pid`;

/**
 * A report that runs for hours on the standby holds back xmin on the primary. Parts: `writer`, which leaves the dead rows, and
 * `prober`, which consumes transaction IDs; the report ends with the standby.
 */
export const xminStandby: Incident = {
	name: 'xmin-standby',
	title: 'A long query on a standby keeps VACUUM on its primary from removing dead rows.',
	settings: eagerAutovacuum,
	standby: {hot_standby_feedback: 'on', max_standby_streaming_delay: '-1'},
	begin: async (connect, standby) =>
		stageIncident(connect, async cast => {
			const reader = await requiredStandby(standby).connect({user: 'reporting', applicationName: 'yearly-report'});
			reader.query(report).catch(() => {});
			const owner = await connect({applicationName: 'prices-setup'});
			await owner.query(makeProbes);
			await owner.end();
			await leaveDeadRows(connect, cast);
			const prober = await cast.join('prober', 'price-check');
			// It yields to everything else on this machine.
			try {
				setPriority(prober.pid, constants.priority.PRIORITY_BELOW_NORMAL);
			} catch {}
			runInTurn(prober, probes, 20);
			await cast.holds(`${standbyName} holds back xmin on its primary`, holdsXmin);
		}),
};
