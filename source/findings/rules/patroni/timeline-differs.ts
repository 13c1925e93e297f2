import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {duration} from '../../../core/values/units.ts';
import {isLeader, isRunning, patroniClusterOf, patronictl, patroniMembersOf} from '../../../panes/reading/patroni.ts';
import {type PatroniMember, patroniCluster, patroniMembers} from '../../../queries/beside/patroni.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {clusterName} from '../../patroni-words.ts';
import {defineRule, type Found} from '../../rule.ts';
import {secondsSeen} from '../../seen-since.ts';
import {severityOf, thresholds} from '../../thresholds.ts';

/** A running replica and the leader, which is on another timeline. */
type Stray = {readonly replica: PatroniMember; readonly leader: PatroniMember};

const strays = (sample: Sample): readonly Stray[] => {
	const members = patroniMembersOf(sample) ?? [];
	const leader = members.find(isLeader);
	if (!leader || leader.timeline === null || !isRunning(leader)) return [];
	return members
		.filter(member => member !== leader && isRunning(member) && member.timeline !== null && member.timeline !== leader.timeline)
		.map(replica => ({replica, leader}));
};

/** Running replicas on another timeline than the leader. */
export const timelineDiffers = defineRule({
	id: 'timeline-differs',
	help: 'A running replica of the Patroni cluster stays on another timeline than the leader: it does not follow it and cannot take over. Needs --patroni.',
	queries: [patroniCluster, patroniMembers],
	overSeconds: thresholds.timeline_differs_seconds.warning,
	find: oncePerAnswers([patroniMembers, patroniCluster], (sample, past, limits) => {
		const cluster = patroniClusterOf(sample);
		if (!cluster) return [];
		return strays(sample).flatMap(({replica, leader}): readonly Found[] => {
			const seconds = secondsSeen(sample, past, patroniMembers, then =>
				strays(then).some(each => each.replica.name === replica.name),
			);
			const severity = severityOf(seconds, limits.timeline_differs_seconds);
			if (!severity) return [];
			const command = patronictl('reinit', cluster, replica);
			return [
				{
					subject: replica.name,
					severity,
					weight: seconds,
					summary: clean(
						`Replica ${replica.name} of ${clusterName(cluster, 'middle')} has been on timeline ${replica.timeline} for ${duration(seconds)}; leader ${leader.name} is on ${leader.timeline}.`,
					),
					evidence:
						'It does not follow the leader and cannot take over. What it wrote on its own timeline is lost when it is rebuilt.',
					pid: null,
					leads: {pane: 'replication', identity: `patroni ${replica.name}`},
					action: `If its log shows that it cannot catch up, rebuild it; y copies: ${command}`,
					copies: command,
				},
			];
		});
	}),
});
