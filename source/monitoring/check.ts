import type {Past} from '../core/history/past.ts';
import {type Finding, findingsBy, type Severity, severities} from '../core/pane/finding.ts';
import {missingFrom} from '../core/pane/missing.ts';
import type {Query} from '../core/sample/query.ts';
import type {Failure, Sample} from '../core/sample/sample.ts';
import {secondsBetween} from '../core/values/instant.ts';
import {duration} from '../core/values/units.ts';
import {gapsOf, sparedOf} from '../findings/coverage.ts';
import {rules as allRules} from '../findings/index.ts';
import type {Rule} from '../findings/rule.ts';
import type {Limits} from '../findings/thresholds.ts';
import {rowsOf} from '../panes/reading/answers.ts';
import {sessions} from '../queries/activity/sessions.ts';
import {directories, host} from '../queries/beside/host.ts';
import {patroniCluster} from '../queries/beside/patroni.ts';
import {poolers} from '../queries/beside/pgbouncer.ts';
import {databases} from '../queries/server/databases.ts';
import {pulse} from '../queries/server/server.ts';
import {tables} from '../queries/storage/tables.ts';

/** Verdicts of a check with their exit statuses, as monitoring plug-ins have them. */
export const checkStatuses = {ok: 0, warning: 1, critical: 2, unknown: 3} as const;
export type CheckStatus = keyof typeof checkStatuses;

/** Ids of rules to check, all if empty; the least severity that is not ok; thresholds. */
export type CheckRequest = {readonly rules: readonly string[]; readonly failOn: Severity; readonly limits: Limits};

/** Something that rules could not look at, the reason, and their ids. */
export type Unchecked = Failure & {readonly what: string; readonly rules: readonly string[]};

/** The verdict of a check. */
export type Check = {
	readonly status: CheckStatus;
	/** Findings of the rules, worst first. */
	readonly findings: readonly Finding[];
	/** Those of them that are not ok; the first one decided the status. */
	readonly failing: readonly Finding[];
	readonly missing: readonly Unchecked[];
	/** Ids of rules that could not look. */
	readonly unchecked: ReadonlySet<string>;
	/** Number of rules asked for, and of those that could look. */
	readonly asked: number;
	readonly checked: number;
};

// What was not read is `missing` in a check, unless it is asked for as a rule.
const notReadId = 'not-read';

/** Rules of a check. */
export const rulesAsked = (ids: readonly string[]): readonly Rule[] =>
	allRules.filter(({id}) => (ids.length === 0 ? id !== notReadId : ids.includes(id)));

// The longest that a check of all rules samples for the rules that compare samples.
const mostSeconds = 5;

/** Seconds that the samples of a check have to span for the rules that are asked for. */
export const secondsAsked = (ids: readonly string[]): number =>
	rulesAsked(ids).reduce(
		(most, {overSeconds = 0}) => (ids.length > 0 || overSeconds <= mostSeconds ? Math.max(most, overSeconds) : most),
		0,
	);

/** Queries without which a blind spot leaves rules in the dark, by its code. */
const blinded: Readonly<Record<string, readonly Query[]>> = {
	hidden: [sessions],
	track_activities: [sessions],
	clock: [sessions],
	track_counts: [databases, pulse, tables],
};

const unread = (what: string): Failure => ({
	code: 'unread',
	message: `${what} could not be read in time.`,
	hint: 'A longer --timeout waits for it.',
});

// Rules that find nothing without a reading of the server's host.
const onHost: ReadonlySet<string> = new Set(['disk-full', 'cpu-saturated']);

/** Everything that the rules needed and did not get. */
const missingFor = (rules: readonly Rule[], sample: Sample, past: Past): readonly (Unchecked & {isVital: boolean})[] => {
	const idsOf = (has: (rule: Rule) => boolean): readonly string[] => rules.filter(has).map(({id}) => id);
	const gaps = gapsOf(rules, sample).map(({what, failure, rules: ids, query, isVital}) => ({
		what,
		...failure,
		rules: query ? ids : idsOf(rule => rule.queries.some(each => blinded[failure.code]?.includes(each))),
		isVital: isVital || failure.code === 'hidden',
	}));
	const unanswered = [...new Set(rules.flatMap(({queries}) => queries))]
		.filter(({name}) => !sample.results[name])
		.flatMap(query => missingFrom(query, sample, unread(query.title)).map(gap => ({gap, query})))
		.map(({gap: {what, code, message, hint}, query}) => ({
			what,
			code,
			message,
			...(hint !== undefined && {hint}),
			rules: idsOf(({queries}) => queries.includes(query)),
			isVital: query === sessions,
		}));
	const remote = rowsOf(sample, host).length > 0 ? [] : idsOf(({id}) => onHost.has(id));
	const unasked = Object.entries(unnamed).flatMap(([name, failure]) => {
		const ids = idsOf(rule => sparedOf(rule, sample)?.name === name);
		return ids.length === 0 ? [] : [{...failure, rules: ids, isVital: false}];
	});
	const seconds = secondsBetween(past.at(0)?.at ?? sample.at, sample.at) ?? 0;
	// Samples are at least an interval apart, not exactly.
	const short = idsOf(({overSeconds = 0}) => overSeconds > Math.ceil(seconds));
	return [
		...gaps,
		...unanswered,
		...(remote.length === 0 ? [] : [{what: directories.title, ...elsewhere, rules: remote, isVital: false}]),
		...unasked,
		...(short.length === 0 ? [] : [{what: 'samples over a longer time', ...tooShort(seconds), rules: short, isVital: false}]),
	];
};

const elsewhere: Failure = {
	code: 'remote',
	message: 'The disks and processors of the server are not on this machine.',
	hint: 'Run the check on the host of the server.',
};

/** Why Patroni and PgBouncer are not read without an option, by the name of their query. */
const unnamed: Readonly<Record<string, Failure & {readonly what: string}>> = {
	[patroniCluster.name]: {
		what: patroniCluster.title,
		code: 'no_patroni',
		message: 'No address of Patroni is given.',
		hint: 'Use --patroni URL, the REST API of any member.',
	},
	[poolers.name]: {
		what: poolers.title,
		code: 'no_pgbouncer',
		message: 'No PgBouncer is given.',
		hint: 'Use --pgbouncer CONNINFO, its console.',
	},
};

const tooShort = (seconds: number): Failure => ({
	code: 'short',
	message: `The samples span only ${duration(seconds)}.`,
	hint: 'A longer --timeout allows more; pgtriage export samples all the time.',
});

/** Checks a sample and its past. */
export const checkSample = (sample: Sample, past: Past, {rules: ids, failOn, limits}: CheckRequest): Check => {
	// Most servers have no Patroni and no PgBouncer: their rules are missed only if they are asked for.
	const [named, rules] = [
		rulesAsked(ids),
		rulesAsked(ids).filter(rule => ids.length > 0 || sparedOf(rule, sample) === undefined),
	];
	const findings = findingsBy(rules.map(rule => ({find: (at: Sample, before: Past) => rule.find(at, before, limits)})))(
		sample,
		past,
	);
	const most = severities.indexOf(failOn);
	const rank = ({severity}: Finding): number => severities.indexOf(severity);
	const failing = findings.filter(finding => rank(finding) <= most).toSorted((a, b) => rank(a) - rank(b));
	const all = missingFor(rules, sample, past).filter(gap => ids.length === 0 || gap.rules.length > 0);
	const unchecked = new Set([
		...all.flatMap(gap => gap.rules),
		...named.filter(rule => sparedOf(rule, sample) !== undefined).map(({id}) => id),
	]);
	const isUnknown = ids.length > 0 ? all.length > 0 : all.some(({isVital}) => isVital);
	return {
		status: failing[0] ? (failing[0].severity === 'critical' ? 'critical' : 'warning') : isUnknown ? 'unknown' : 'ok',
		findings,
		failing,
		missing: all.map(({isVital: _, ...gap}) => gap),
		unchecked,
		asked: rules.length,
		checked: rules.filter(({id}) => !unchecked.has(id)).length,
	};
};
