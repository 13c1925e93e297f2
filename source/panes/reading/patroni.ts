import {oncePerSample} from '../../core/pane/pane.ts';
import {type Failure, type Sample, sentences} from '../../core/sample/sample.ts';
import {clean} from '../../core/text/clean.ts';
import {type PatroniCluster, type PatroniMember, patroniCluster, patroniMembers} from '../../queries/beside/patroni.ts';
import {factsOf, rowsOf} from './answers.ts';

const leading: ReadonlySet<string> = new Set(['leader', 'standby_leader', 'master', 'primary']);
// A replica is `running` before Patroni 3.0.4, and `streaming` or `in archive recovery` since.
const alive: ReadonlySet<string> = new Set(['running', 'streaming', 'in archive recovery']);

/** True if a member holds the leader lock. */
export const isLeader = ({role}: PatroniMember): boolean => leading.has(role);

/** True if the PostgreSQL of a member runs, as far as Patroni knows. */
export const isRunning = ({state}: PatroniMember): boolean => state !== null && alive.has(state);

const reported = (sample: Sample): PatroniCluster | undefined => rowsOf(sample, patroniCluster)[0];

/** Failure of a cluster that is not that of this server, by the system identifiers; undefined if it is, or may be. */
export const otherCluster = (sample: Sample): Failure | undefined => {
	const cluster = reported(sample);
	const own = factsOf(sample)?.system_identifier ?? null;
	const theirs = cluster?.system_identifier ?? null;
	if (!cluster || own === null || theirs === null || own === theirs) return undefined;
	return {
		code: 'other_cluster',
		message: `${cluster.asked} manages another cluster: its system identifier is ${theirs}, that of this server ${own}.`,
		hint: 'Use the REST API of a member of this cluster in --patroni.',
	};
};

/** Cluster that Patroni reports for this server; undefined if it was not read, or is another one. */
export const patroniClusterOf = (sample: Sample): PatroniCluster | undefined =>
	otherCluster(sample) ? undefined : reported(sample);

/** Members of the cluster; undefined if the list was not read, or is that of another cluster. */
export const patroniMembersOf = (sample: Sample): readonly PatroniMember[] | undefined => {
	const isRead = sample.results[patroniMembers.name]?.ok === true && patroniClusterOf(sample)?.members != null;
	return isRead ? rowsOf(sample, patroniMembers) : undefined;
};

/**
 * Member that this server is; undefined if unknown. Proven by the address of the connection, by the address that the server has, or
 * by the start of its PostgreSQL.
 */
export const connectedMember: (sample: Sample) => PatroniMember | undefined = oncePerSample(sample => {
	const members = patroniMembersOf(sample) ?? [];
	const facts = factsOf(sample);
	const cluster = patroniClusterOf(sample);
	const isSameStart = facts?.started != null && cluster?.member_started === facts.started;
	return (
		members.find(({connected}) => connected === true) ??
		members.find(({host, port}) => facts?.server_address === `${host} port ${port}`) ??
		(isSameStart ? members.find(({name}) => name === cluster.member) : undefined)
	);
});

/** Sentence on why the cluster is not known; undefined if it is, or was not asked for. */
export const patroniFailureOf = (sample: Sample): string | undefined => {
	const results = [sample.results[patroniCluster.name], sample.results[patroniMembers.name]];
	const failed = results.find(result => result?.ok === false);
	const failure = failed?.ok === false ? failed.error : otherCluster(sample);
	return failure && clean(sentences(failure));
};

/** Name of the slot from which a member streams: lower case, `_` for `-` and `.`, `u0040` for others, at most 63 characters. */
const slotNameOf = (member: string): string =>
	member
		.toLowerCase()
		.replaceAll(/[^a-z0-9_]/gu, letter => (/[-.]/.test(letter) ? '_' : `u${String(letter.codePointAt(0)).padStart(4, '0')}`))
		.slice(0, 63);

/** Member that streams from a physical slot, by the name that Patroni gives to it; undefined if it is not one's. */
export const memberOfSlot = (slot: string, sample: Sample): PatroniMember | undefined =>
	patroniMembersOf(sample)?.find(({name}) => slotNameOf(name) === slot);

const safeWord = /^\w[\w.-]*$/;

/** Name as an argument on a command line; `otherwise` for one that a shell could read as anything else. */
const wordOr = (name: string | null, otherwise: string): string => (name !== null && safeWord.test(name) ? name : otherwise);

/** Command line of patronictl about a cluster, and a member of it. FILE is the configuration of any member. */
export const patronictl = (
	verb: 'list' | 'resume' | 'reinit',
	{scope}: Pick<PatroniCluster, 'scope'>,
	member?: Pick<PatroniMember, 'name'>,
): string => ['patronictl -c FILE', verb, wordOr(scope, 'CLUSTER'), ...(member ? [wordOr(member.name, 'MEMBER')] : [])].join(' ');
