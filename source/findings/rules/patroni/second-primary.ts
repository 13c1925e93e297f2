import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {duration} from '../../../core/values/units.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {
	connectedMember,
	isLeader,
	isRunning,
	patroniClusterOf,
	patronictl,
	patroniMembersOf,
} from '../../../panes/reading/patroni.ts';
import {type PatroniMember, patroniCluster, patroniMembers} from '../../../queries/beside/patroni.ts';
import {pulse} from '../../../queries/server/server.ts';
import {clusterName} from '../../patroni-words.ts';
import {defineRule} from '../../rule.ts';
import {secondsSeen} from '../../seen-since.ts';
import {severityOf, thresholds} from '../../thresholds.ts';

/** Leader that runs while this server, another member, is a primary too; undefined without one. */
const rivalOf = (sample: Sample): PatroniMember | undefined => {
	if (rowsOf(sample, pulse)[0]?.in_recovery !== false) return undefined;
	const here = connectedMember(sample);
	const leader = patroniMembersOf(sample)?.find(isLeader);
	return here && leader && leader.name !== here.name && isRunning(leader) ? leader : undefined;
};

/** This server is a primary that Patroni does not know as its leader. */
export const secondPrimary = defineRule({
	id: 'second-primary',
	help: 'This server accepts writes although another member leads the Patroni cluster: what is written here is lost. Needs --patroni.',
	queries: [patroniCluster, patroniMembers, pulse],
	overSeconds: thresholds.second_primary_seconds.critical,
	find: (sample, past, limits) => {
		const leader = rivalOf(sample);
		const cluster = patroniClusterOf(sample);
		const here = connectedMember(sample);
		if (!leader || !cluster || !here) return [];
		// Right after a switchover the list of members is older than the role of this server.
		const seconds = secondsSeen(sample, past, patroniMembers, then => rivalOf(then) !== undefined);
		const severity = severityOf(seconds, limits.second_primary_seconds);
		if (!severity) return [];
		const command = patronictl('list', cluster);
		return [
			{
				subject: here.name,
				severity,
				weight: seconds,
				summary: clean(
					`This server, ${here.name}, has been a primary for ${duration(seconds)} while ${leader.name} leads ${clusterName(cluster, 'middle')}.`,
				),
				evidence: 'What clients write here does not reach the cluster, and is lost when this server becomes a replica again.',
				pid: null,
				leads: {pane: 'replication', identity: `patroni ${here.name}`},
				action: `Keep clients away from this server first; y copies: ${command}`,
				copies: command,
			},
		];
	},
});
