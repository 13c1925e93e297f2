import type {Sample} from '../../core/sample/sample.ts';
import {type Line, type Parts, span} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';
import {connectedMember, isLeader, patroniClusterOf, patroniFailureOf, patroniMembersOf} from '../reading/patroni.ts';

/**
 * Cluster of Patroni in the first line: its name, leader and pause, then this member and the number of members; empty if it is not
 * asked for.
 */
export const patroniParts = (sample: Sample): Parts => {
	const cluster = patroniClusterOf(sample);
	const title = span('patroni ', 'dim');
	if (!cluster) return patroniFailureOf(sample) === undefined ? [] : [[title, span('not read', 'warn')]];
	const members = patroniMembersOf(sample);
	const leader = members?.find(isLeader);
	const here = connectedMember(sample);
	const name = cluster.scope === null ? '' : `${cluster.scope}: `;
	const led: Line =
		leader === undefined
			? [span(members ? 'no leader' : 'members not read', members ? 'danger' : 'warn')]
			: [span(leader === here ? `${leader.name} leads` : `leader ${leader.name}`)];
	const own = here && here !== leader ? [`here ${here.name} (${here.role})`] : [];
	const count = cluster.members === null ? [] : [plural(cluster.members, 'member')];
	return [
		[title, span(name), ...led, ...(cluster.paused === true ? [span(', paused', 'warn')] : [])],
		...(own.length + count.length > 0 ? [[span([...own, ...count].join(', '), 'dim')]] : []),
	];
};
