import {answersOf, type Past} from '../core/history/past.ts';
import {compareRanks, type Finding, type Severity} from '../core/pane/finding.ts';
import type {Sample} from '../core/sample/sample.ts';
import {clean} from '../core/text/clean.ts';
import {joinSentences} from '../core/text/sentence.ts';
import {plural} from '../core/text/words.ts';
import {secondsBetween} from '../core/values/instant.ts';
import {bytes, duration, percent, shortCount} from '../core/values/units.ts';
import {diskShareOf} from '../panes/fleet/rows.ts';
import {overdueRatio, stopAge} from '../panes/horizon/wraparound.ts';
import {type FleetServer, fleet} from '../queries/beside/fleet.ts';
import {fleetMember} from '../queries/server/fleet-member.ts';
import {type Limits, severityOf, worstOf} from './thresholds.ts';

/** A trouble of a server, by the id of the rule of triage that explains it; `not-read` for what could not be asked. */
type Trouble = Pick<Finding, 'rule' | 'severity' | 'summary'> & Partial<Pick<Finding, 'sessions'>>;

const because = (rule: string, severity: Severity | undefined, summary: string, sessions = 0): readonly Trouble[] =>
	severity === undefined ? [] : [{rule, severity, summary, sessions}];

// A longer look back says nothing more: every level of the wait is reached.
const longestLookSeconds = 300;

/** Seconds for which sessions have been seen blocked without a break, and the fewest of them at any time. */
const blockedSince = (server: string, sample: Sample, past: Past): {readonly seconds: number; readonly fewest: number} => {
	let [seconds, fewest] = [0, Number.POSITIVE_INFINITY];
	for (const {at, rows} of answersOf(sample, past, fleet)) {
		const blocked = rows.find(row => row.server === server)?.blocked ?? 0;
		const ago = secondsBetween(at, sample.at) ?? 0;
		if (blocked === 0 || ago > longestLookSeconds) break;
		[seconds, fewest] = [ago, Math.min(fewest, blocked)];
	}
	return {seconds, fewest};
};

/** Sessions that stay blocked: a single look may meet an ordinary wait, and their whole wait is at least what was seen of it. */
const blockedTroubles = ({server, blocked}: FleetServer, sample: Sample, past: Past, limits: Limits): readonly Trouble[] => {
	if (!blocked) return [];
	const {seconds, fewest} = blockedSince(server, sample, past);
	const waited = severityOf(seconds * fewest, limits.blocked_seconds);
	const severity = waited && worstOf(waited, severityOf(blocked, limits.blocked_sessions));
	return because('root-blocker', severity, `${plural(blocked, 'session')} blocked for at least ${duration(seconds)}.`, blocked);
};

const connectionTroubles = (
	{connections, max_connections: most, reserved_connections: reserved}: FleetServer,
	limits: Limits,
): readonly Trouble[] => {
	if (connections === null || most === null) return [];
	const open = Math.max(1, most - (reserved ?? 0));
	const used = Math.min(connections, open);
	return because(
		'connections',
		severityOf(used / open, limits.connections_ratio),
		`${used} of ${open} connections in use (${percent(used / open)}).`,
	);
};

const idleTroubles = ({idle_in_transaction_seconds: seconds}: FleetServer, limits: Limits): readonly Trouble[] =>
	because(
		'idle-in-transaction',
		severityOf(seconds, limits.idle_in_transaction_seconds),
		`A session has been idle in transaction for ${duration(seconds ?? 0)}.`,
	);

const lagTroubles = ({in_recovery, lag_bytes: behind, lag_seconds: seconds}: FleetServer, limits: Limits): readonly Trouble[] => {
	const severity = worstOf(
		severityOf(behind, limits.standby_lag_bytes),
		in_recovery && behind !== null && behind > 0 ? severityOf(seconds, limits.standby_lag_seconds) : undefined,
	);
	const ago = in_recovery && seconds !== null ? `, ${duration(seconds)}` : '';
	return because('standby-lag', severity, `${in_recovery ? 'Replay' : 'A standby'} is ${bytes(behind ?? 0)} behind${ago}.`);
};

const ageTrouble = (id: string, age: number | null, forced: number | null, limits: Limits): readonly Trouble[] =>
	age === null || forced === null
		? []
		: because(
				'wraparound',
				severityOf(overdueRatio(age, forced), limits.wraparound_ratio),
				`${shortCount(Math.max(0, stopAge - age))} ${id}s left before shutdown.`,
			);

const wraparoundTroubles = (row: FleetServer, limits: Limits): readonly Trouble[] => [
	...ageTrouble('XID', row.xid_age, row.freeze_max_age, limits),
	...ageTrouble('multixact ID', row.mxid_age, row.multixact_freeze_max_age, limits),
];

/** A silence in words, with the role that the server had first: it matters more than the address, and narrow screens cut the end. */
const silence = (isStandby: boolean | null, seconds: number): string =>
	isStandby === null
		? `No answer for ${duration(seconds)}.`
		: `${isStandby ? 'A standby' : 'The primary'} has not answered for ${duration(seconds)}.`;

/** A server that does not answer; one that is still being connected to has until the first failure. */
const silenceTroubles = ({status, since, error, last_in_recovery}: FleetServer, sample: Sample): readonly Trouble[] => {
	if (status !== 'down') return [];
	const words = silence(last_in_recovery, secondsBetween(since, sample.at) ?? 0);
	return because('not-read', 'critical', joinSentences(words, error ?? undefined));
};

/** The fullest disk by its level; how fast it fills is not looked at. */
const diskTroubles = (row: FleetServer, limits: Limits): readonly Trouble[] => {
	const {disk_name: name, disk_free_bytes: free} = row;
	const used = diskShareOf(row);
	if (used === null || free === null) return [];
	return because(
		'disk-full',
		severityOf(used, limits.disk_used_ratio),
		`The disk with ${name ?? 'its files'} is ${percent(used)} full: ${bytes(free)} left.`,
	);
};

/** Figures of a server that answers which it refuses to our role, in the words of the answer's failure. */
const refusedTroubles = ({label, status}: FleetServer, {results}: Sample): readonly Trouble[] => {
	const answer = results[fleet.name];
	if (status !== 'up' || !answer?.ok) return [];
	return (answer.refused ?? []).flatMap(({fields, error}) => {
		// Refused fields are named after the label of their server.
		const names = fields.filter(field => field.startsWith(`${label} `)).map(field => field.slice(label.length + 1));
		const own = names.filter(name => name in fleetMember.fields || name === 'disk').map(name => name.replaceAll('_', ' '));
		if (own.length === 0) return [];
		return because('not-read', 'notice', joinSentences(`Not read: ${own.join(', ')}.`, error.message, error.hint));
	});
};

const hiddenTroubles = ({hidden}: FleetServer): readonly Trouble[] =>
	hidden ? because('not-read', 'notice', `The role may not see ${plural(hidden, 'session')}: GRANT pg_monitor shows them.`) : [];

/**
 * Findings of one server of a fleet, worst first, by the levels of the rules of triage. They rest on the narrow question alone: what
 * it does not read, such as the culprit, is known only once the server is in focus.
 */
export const fleetFindings =
	(limits: Limits) =>
	(row: FleetServer, sample: Sample, past: Past): readonly Finding[] =>
		[
			...silenceTroubles(row, sample),
			...diskTroubles(row, limits),
			...blockedTroubles(row, sample, past, limits),
			...connectionTroubles(row, limits),
			...wraparoundTroubles(row, limits),
			...idleTroubles(row, limits),
			...lagTroubles(row, limits),
			...hiddenTroubles(row),
			...refusedTroubles(row, sample),
		]
			.map(
				({sessions = 0, ...trouble}): Finding => ({
					...trouble,
					summary: clean(trouble.summary),
					subject: row.server,
					ongoing: true,
					sessions,
					weight: 0,
					evidence: '',
					pid: null,
					leads: {pane: 'fleet', identity: row.server},
					action: null,
				}),
			)
			.sort(compareRanks);
