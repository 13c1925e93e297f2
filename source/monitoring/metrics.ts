import type {Past} from '../core/history/past.ts';
import {severities} from '../core/pane/finding.ts';
import type {Sample} from '../core/sample/sample.ts';
import {clean, toWidth, widthOf} from '../core/text/clean.ts';
import {bytesBetween} from '../core/values/lsn.ts';
import type {Limits} from '../findings/thresholds.ts';
import {rowsOf} from '../panes/reading/answers.ts';
import {liveTempOf} from '../panes/reading/temp-files.ts';
import {senders, slots} from '../queries/replication/replication.ts';
import {pulse} from '../queries/server/server.ts';
import {type Check, checkSample, rulesAsked} from './check.ts';
import {blockedSessions, longestIdle, longestTransaction, sessionsByState, xidAge} from './figures.ts';

/** One value of a metric, and its labels by name. */
export type Point = {readonly labels: Readonly<Record<string, string>>; readonly value: number};

/** A metric with its values; the name of a counter does not have its `_total`. */
export type Metric = {
	readonly name: string;
	readonly type: 'gauge' | 'counter';
	readonly help: string;
	readonly points: readonly Point[];
};

/** A declared metric of a sample. */
type Declared = Omit<Metric, 'points'> & {readonly read: (sample: Sample, check: Check) => readonly Point[]};

/** A gauge without labels; null is not known, and absent. */
const gauge = (name: string, help: string, read: (sample: Sample, check: Check) => number | null): Declared => ({
	name,
	help,
	type: 'gauge',
	read: (sample, check) => {
		const value = read(sample, check);
		return value === null ? [] : [{labels: {}, value}];
	},
});

// More slots or standbys than this are not operated by people; every series costs memory in Prometheus.
const mostSeries = 100;
const longestLabel = 128;

const labelOf = (text: string): string => {
	const safe = clean(text);
	return widthOf(safe) > longestLabel ? toWidth(safe, longestLabel) : safe;
};

type Labeled = readonly (readonly [text: string | null, value: number | null])[];

/** A gauge with one label whose values the server chooses: the largest value of each, of the largest ones only. */
const gaugeBy = (label: string, name: string, help: string, read: (sample: Sample) => Labeled): Declared => ({
	name,
	help,
	type: 'gauge',
	read: sample => {
		const largest = new Map<string, number>();
		for (const [text, value] of read(sample)) {
			if (text === null || value === null) continue;
			const key = labelOf(text);
			largest.set(key, Math.max(largest.get(key) ?? Number.NEGATIVE_INFINITY, value));
		}
		return [...largest]
			.toSorted((a, b) => b[1] - a[1])
			.slice(0, mostSeries)
			.map(([text, value]) => ({labels: {[label]: text}, value}));
	},
});

/** Findings by rule and severity: 0 is said only of a rule that could look. */
const findingPoints = (_: Sample, {findings, unchecked}: Check): readonly Point[] =>
	rulesAsked([]).flatMap(({id: rule}) =>
		severities.flatMap(severity => {
			const value = findings.filter(finding => finding.rule === rule && finding.severity === severity).length;
			return value === 0 && unchecked.has(rule) ? [] : [{labels: {rule, severity}, value}];
		}),
	);

const statePoints = (sample: Sample): readonly Point[] =>
	[...(sessionsByState(sample) ?? [])].map(([state, value]) => ({labels: {state: labelOf(state)}, value}));

/** Every metric of a sample: a line here is all that a new one needs. */
const declared: readonly Declared[] = [
	{name: 'pgtriage_findings', type: 'gauge', help: 'Findings of triage.', read: findingPoints},
	gauge('pgtriage_unchecked_rules', 'Rules of triage that could not look.', (_, {asked, checked}) => asked - checked),
	{name: 'pgtriage_sessions', type: 'gauge', help: 'Sessions of clients by state.', read: statePoints},
	gauge('pgtriage_blocked_sessions', 'Sessions that wait for a lock.', blockedSessions),
	gauge('pgtriage_longest_transaction_seconds', 'Age of the oldest transaction of a client.', longestTransaction),
	gauge('pgtriage_longest_idle_in_transaction_seconds', 'Longest time that a client idles in a transaction.', longestIdle),
	gauge('pgtriage_temp_bytes', 'Temporary files on disk now, of all sessions.', sample => liveTempOf(sample)?.bytes ?? null),
	gauge('pgtriage_xid_age', 'Age of the oldest transaction id that is not frozen.', xidAge),
	gauge(
		'pgtriage_standby_lag_bytes',
		'WAL that this standby has received and not replayed.',
		sample => rowsOf(sample, pulse).find(({in_recovery}) => in_recovery === true)?.replay_lag_bytes ?? null,
	),
	gaugeBy('slot', 'pgtriage_slot_retained_bytes', 'WAL that a replication slot retains.', sample =>
		rowsOf(sample, slots).map(slot => [slot.slot_name, bytesBetween(slot.restart_lsn, slot.current_lsn)]),
	),
	gaugeBy('application', 'pgtriage_replay_lag_bytes', 'WAL that a standby or subscriber has not replayed.', sample =>
		rowsOf(sample, senders).map(sender => [sender.application_name, bytesBetween(sender.replay_lsn, sender.current_lsn)]),
	),
];

/** Names of all metrics of a sample. */
export const metricNames: readonly string[] = declared.map(({name}) => name);

/** Metrics of a sample with what was read, and true in `partial` if the server did not answer all of it. */
export const metricsOf = (
	sample: Sample,
	past: Past,
	limits: Limits,
): {readonly metrics: readonly Metric[]; readonly partial: boolean} => {
	const check = checkSample(sample, past, {rules: [], failOn: 'notice', limits});
	return {
		metrics: declared.map(({read, ...metric}) => ({...metric, points: read(sample, check)})),
		partial: check.missing.some(({code}) => code !== 'short' && code !== 'remote'),
	};
};

/** A metric about pgtriage itself. */
const own = (name: string, help: string, value: number, type: Metric['type'] = 'gauge'): Metric => ({
	name,
	type,
	help,
	points: [{labels: {}, value}],
});

/** The metric that says if the server answers. */
export const upMetric = (isUp: boolean): Metric => own('pgtriage_up', '1 if the server answers, else 0.', isUp ? 1 : 0);

/** The age of the newest sample, in seconds. */
export const ageMetric = (seconds: number): Metric =>
	own('pgtriage_sample_age_seconds', 'Age of the newest sample.', Number(seconds.toFixed(3)));

/** The number of samples taken so far. */
export const samplesMetric = (count: number): Metric => own('pgtriage_samples', 'Samples taken.', count, 'counter');

/** Names of the metrics about pgtriage itself, as they are exposed. */
export const ownMetricNames: readonly string[] = [
	...[upMetric(true), ageMetric(0)].map(({name}) => name),
	`${samplesMetric(0).name}_total`,
];
