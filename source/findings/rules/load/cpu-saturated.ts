import {clean} from '../../../core/text/clean.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {duration} from '../../../core/values/units.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {sessions} from '../../../queries/activity/sessions.ts';
import {host} from '../../../queries/beside/host.ts';
import {defineRule} from '../../rule.ts';
import {clientsOf, sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {severityOf} from '../../thresholds.ts';
import {herdsOf} from './statement-herd.ts';

const leastSeconds = 1;

/** More sessions that compute for a while than the host has processors; only known on the server's own host. */
export const cpuSaturated = defineRule({
	id: 'cpu-saturated',
	help: 'Far more sessions compute, each for a second or more, than the host has CPUs, so that all of them are slow. Only on the host of the server.',
	queries: [sessions, host],
	find: (sample, _, limits) => {
		const {cpus = null, load_average: load = null} = rowsOf(sample, host).find(({kind}) => kind === 'host') ?? {};
		const computing = clientsOf(sample)
			.filter(
				({state, wait_event_type, query_start}) =>
					state === 'active' && wait_event_type === null && (secondsBetween(query_start, sample.at) ?? 0) >= leastSeconds,
			)
			.toSorted((a, b) => ((a.query_start ?? '') < (b.query_start ?? '') ? -1 : 1));
		const [first] = computing;
		const severity = cpus === null ? undefined : severityOf(computing.length / cpus, limits.cpu_ratio);
		// One statement that most of them run is the better name for it.
		const isHerd = severityOf(herdsOf(sample)[0]?.members.length ?? 0, limits.herd_sessions) !== undefined;
		if (cpus === null || !first || !severity || isHerd || (load !== null && load < cpus)) return [];
		return [
			{
				subject: 'cpu',
				severity,
				sessions: computing.length,
				weight: computing.length,
				summary: clean(`${sessionName(first, sample)} and ${computing.length - 1} more compute on ${cpus} CPUs.`),
				evidence: `Each for a second or more, the longest for ${duration(secondsBetween(first.query_start, sample.at) ?? 0)}${load === null ? '' : `; load average ${load.toFixed(1)}`}.`,
				pid: first.pid,
				leads: sessionRef(first),
				action: sessionRemedy(first),
			},
		];
	},
});
