import {clean} from '../../../core/text/clean.ts';
import {patroniClusterOf, patronictl} from '../../../panes/reading/patroni.ts';
import {patroniCluster} from '../../../queries/beside/patroni.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {clusterName, seenFor} from '../../patroni-words.ts';
import {defineRule} from '../../rule.ts';
import {secondsSeen} from '../../seen-since.ts';
import {severityOf} from '../../thresholds.ts';

/** Cluster of Patroni in maintenance mode. */
export const patroniPaused = defineRule({
	id: 'patroni-paused',
	help: 'The Patroni cluster is paused: it does not fail over by itself. Needs --patroni.',
	queries: [patroniCluster],
	find: oncePerAnswers([patroniCluster], (sample, past, limits) => {
		const cluster = patroniClusterOf(sample);
		if (cluster?.paused !== true) return [];
		const seconds = secondsSeen(sample, past, patroniCluster, then => patroniClusterOf(then)?.paused === true);
		const severity = severityOf(seconds, limits.patroni_paused_seconds);
		if (!severity) return [];
		const command = patronictl('resume', cluster);
		return [
			{
				subject: cluster.scope ?? cluster.asked,
				severity,
				weight: seconds,
				summary: clean(`${clusterName(cluster)} is paused, ${seenFor(seconds)}: automatic failover is off.`),
				evidence: 'While it is paused, Patroni neither promotes a replica nor starts a PostgreSQL that stopped.',
				pid: null,
				leads: {pane: 'replication', identity: null},
				action: `Once the maintenance is over; y copies: ${command}`,
				copies: command,
			},
		];
	}),
});
