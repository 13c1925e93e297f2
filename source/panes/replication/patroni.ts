import {count, flag, size, text} from '../../core/pane/column.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {duration} from '../../core/values/units.ts';
import type {PatroniMember} from '../../queries/beside/patroni.ts';
import {connectedMember, isLeader, isRunning, patroniClusterOf, patroniMembersOf} from '../reading/patroni.ts';
import {danger, defineSection, note, remarksOf, type SectionRow, sectionColumn, warning} from '../reading/sections.ts';
import {lagTone} from './columns.ts';

/** Member of the cluster of this server. */
type MemberRow = SectionRow &
	PatroniMember & {
		/** True if it is this server; null if that is unknown of all of them. */
		readonly here: boolean | null;
		/** True if it runs on another timeline than the leader. */
		readonly strays: boolean;
	};

/** Members with the leader first. */
const memberRows = (sample: Sample): readonly MemberRow[] => {
	const members = patroniMembersOf(sample) ?? [];
	const here = connectedMember(sample);
	const leader = members.find(isLeader);
	return members
		.map(
			(member): MemberRow => ({
				...member,
				section: 'patroni',
				here: here ? member === here : null,
				strays: leader?.timeline != null && member.timeline !== null && member.timeline !== leader.timeline,
			}),
		)
		.toSorted((a, b) => Number(isLeader(b)) - Number(isLeader(a)) || (a.name < b.name ? -1 : 1));
};

/** Section of the members of Patroni. */
export const patroniSection = defineSection<MemberRow>({
	id: 'patroni',
	title: 'Patroni members',
	rows: memberRows,
	name: row => row.name,
	columns: [
		text<MemberRow>('member', 'Member of the Patroni cluster, only with --patroni.', row => row.name, {
			keep: 99,
			width: {min: 14, max: 30},
		}),
		sectionColumn,
		text<MemberRow>('member_role', 'Role of the member by Patroni: leader, sync_standby, replica, ...', row => row.role, {
			title: 'ROLE',
			keep: 97,
			width: {min: 7, max: 14},
		}),
		text<MemberRow>('member_state', 'State of its PostgreSQL by Patroni.', row => row.state, {
			title: 'STATE',
			keep: 96,
			width: {min: 9, max: 20},
			tone: (_, row) => (isRunning(row) ? 'calm' : isLeader(row) ? 'danger' : 'warn'),
		}),
		flag<MemberRow>('here', 'True for this server; unknown if no member could be recognized as it.', row => row.here, {
			keep: 90,
		}),
		size<MemberRow>(
			'member_lag_bytes',
			'WAL that it is behind the leader, as Patroni publishes it every loop_wait.',
			row => row.lag_bytes,
			{
				title: 'LAG',
				keep: 93,
				tone: lagTone,
			},
		),
		count<MemberRow>('member_timeline', 'Timeline of the member.', row => row.timeline, {
			title: 'TL',
			keep: 92,
			width: {min: 4},
			tone: (_, row) => (row.strays ? 'warn' : 'calm'),
		}),
		flag<MemberRow>('pending_restart', 'True if a changed setting needs a restart.', row => row.pending_restart, {
			title: 'RESTART',
			keep: 88,
			width: {min: 7},
			tone: value => (value === true ? 'warn' : 'calm'),
		}),
		text<MemberRow>('member_host', 'Host of its PostgreSQL.', row => row.host, {
			title: 'HOST',
			keep: 80,
			width: {min: 9, max: 30},
		}),
		count<MemberRow>('member_port', 'Port of its PostgreSQL.', row => row.port, {title: 'PORT', keep: 78}),
		text<MemberRow>('member_tags', 'Tags of the member, such as nofailover.', row => row.tags, {
			title: 'TAGS',
			keep: 60,
			width: {min: 6, max: 40},
		}),
		text<MemberRow>('api_url', 'Address of its REST API.', row => row.api_url, {
			title: 'REST API',
			keep: 30,
			width: {min: 16, max: 40},
		}),
	],
	remarks: (row, sample) => {
		const cluster = patroniClusterOf(sample);
		const ago = (at: string | null): string | undefined => {
			const seconds = secondsBetween(at, sample.at);
			return seconds === null ? undefined : `${duration(seconds)} ago`;
		};
		const failover = ago(cluster?.last_failover ?? null);
		const to = cluster?.last_failover_to == null ? '' : ` to ${cluster.last_failover_to}`;
		const read = ago(cluster?.answered_at ?? null);
		return remarksOf([
			!isRunning(row) && isLeader(row) && danger(`The leader is not running: Patroni reports ${row.state ?? 'no state'}.`),
			!isRunning(row) && !isLeader(row) && warning(`It is not running: Patroni reports ${row.state ?? 'no state'}.`),
			row.strays && warning('It is on another timeline than the leader: it does not follow it.'),
			row.pending_restart === true && warning('A changed setting takes effect after a restart of its PostgreSQL.'),
			cluster?.paused === true && warning('The cluster is paused: no member takes over by itself.'),
			cluster?.switchover_at != null &&
				note(
					`A switchover${cluster.switchover_to === null ? '' : ` to ${cluster.switchover_to}`} is planned for ${cluster.switchover_at}.`,
				),
			failover !== undefined && note(`The leader last changed ${failover}${to}.`),
			cluster !== undefined && read !== undefined && note(`Read ${read} from ${cluster.asked}.`),
		]);
	},
});
