import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {bytes, duration} from '../../../core/values/units.ts';
import {isLeader, isRunning, patroniClusterOf, patronictl, patroniMembersOf} from '../../../panes/reading/patroni.ts';
import {type PatroniCluster, type PatroniMember, patroniCluster, patroniMembers} from '../../../queries/beside/patroni.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {clusterName, seenFor} from '../../patroni-words.ts';
import {defineRule} from '../../rule.ts';
import {secondsSeen} from '../../seen-since.ts';
import {severityOf} from '../../thresholds.ts';

/** Reasons why a cluster has nobody to write to. */
type Leaderless = 'none' | 'unlocked' | PatroniMember;

/**
 * The leader that does not run, `none` if no member is the leader, or `unlocked` if the members could not be listed and the one that
 * answers knows of no leader; undefined if a leader runs, or nothing is known.
 */
const leaderless = (sample: Sample): Leaderless | undefined => {
	const cluster = patroniClusterOf(sample);
	const members = patroniMembersOf(sample);
	if (!members) return cluster?.unlocked === true && cluster.members === null ? 'unlocked' : undefined;
	const leader = members.find(isLeader);
	if (!leader) return cluster && (cluster.members ?? 0) > members.length ? undefined : 'none';
	return isRunning(leader) ? undefined : leader;
};

const memberState = ({name, state, timeline, lag_bytes}: PatroniMember): string => {
	const behind = lag_bytes === null ? '' : `, ${bytes(lag_bytes)} behind`;
	return `${name} is ${state ?? 'in an unknown state'}${timeline === null ? '' : ` on timeline ${timeline}`}${behind}`;
};

// A cluster has a handful of members; more do not fit into a sentence.
const mostNamed = 5;

const evidenceOf = (sample: Sample, cluster: PatroniCluster): string => {
	const members = patroniMembersOf(sample);
	const paused = cluster.paused === true ? ' The cluster is paused: no member takes over by itself.' : '';
	if (!members) {
		const reached = secondsBetween(cluster.dcs_seen, cluster.answered_at);
		const store = reached === null ? '' : ` It last reached its configuration store ${duration(reached)} before.`;
		return `Reported by ${cluster.asked}, which cannot list the members.${store}${paused}`;
	}
	if (members.length === 0) return `${cluster.asked} lists no members.${paused}`;
	const more = members.length > mostNamed ? `; ${members.length - mostNamed} more` : '';
	return `${members.slice(0, mostNamed).map(memberState).join('; ')}${more}.${paused}`;
};

const summaryOf = (what: Leaderless, cluster: PatroniCluster, seconds: number): string => {
	const seen = seenFor(seconds);
	if (what === 'none') return `${clusterName(cluster)} has no leader, ${seen}: clients find no primary.`;
	if (what === 'unlocked')
		return `${clusterName(cluster)} has no leader that its member ${cluster.member ?? cluster.asked} knows of, ${seen}.`;
	return `${what.name}, leader of ${clusterName(cluster, 'middle')}, is not running (${what.state ?? 'state unknown'}), ${seen}.`;
};

/** Cluster of Patroni without a leader that runs. */
export const noLeader = defineRule({
	id: 'no-leader',
	help: 'The Patroni cluster has no leader, or its leader does not run: clients find no primary. Needs --patroni; a planned switchover takes two to three seconds.',
	queries: [patroniCluster, patroniMembers],
	find: oncePerAnswers([patroniCluster, patroniMembers], (sample, past, limits) => {
		const cluster = patroniClusterOf(sample);
		const what = leaderless(sample);
		if (!cluster || !what) return [];
		const seconds = secondsSeen(sample, past, patroniCluster, then => leaderless(then) !== undefined);
		const severity = severityOf(seconds, limits.no_leader_seconds);
		if (!severity) return [];
		const command = patronictl('list', cluster);
		return [
			{
				subject: cluster.scope ?? cluster.asked,
				severity,
				weight: seconds,
				summary: clean(summaryOf(what, cluster, seconds)),
				evidence: clean(evidenceOf(sample, cluster)),
				pid: null,
				leads: {pane: 'replication', identity: typeof what === 'string' ? null : `patroni ${what.name}`},
				action: `Look at the logs of the members; y copies: ${command}`,
				copies: command,
			},
		];
	}),
});
