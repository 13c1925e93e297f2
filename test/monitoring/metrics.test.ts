import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {thresholds} from '../../source/findings/thresholds.ts';
import {exposed, expositionFor} from '../../source/monitoring/exposition.ts';
import {type Metric, metricNames, metricsOf, samplesMetric, upMetric} from '../../source/monitoring/metrics.ts';
import {senders, slots} from '../../source/queries/replication/replication.ts';
import {answer, makeSample} from '../findings/samples.ts';
import {recordingNames, samplesOf} from '../screens/recorded.ts';

/** A metric of a sample by name. */
const metricIn = (metrics: readonly Metric[], name: string): Metric => {
	const metric = metrics.find(each => each.name === name);
	if (!metric) throw new RangeError(`There is no metric ${name}.`);
	return metric;
};

// A line of either format: a comment that both know, or a sample.
const comment = /^# (?:TYPE [a-z_]+ (?:gauge|counter)|HELP [a-z_]+ .+|UNIT [a-z_]+_(bytes|seconds) \1)$/;
const value =
	/^[a-z_]+(?:\{[a-z]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z]+="(?:[^"\\\n]|\\[\\"n])*")*\})? -?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/;

describe.each(recordingNames)('metrics of %s', name => {
	const samples = samplesOf(name);
	const last = samples.at(-1);
	if (!last) throw new RangeError(`${name} has no sample.`);
	const {metrics} = metricsOf(last, samples, thresholds);

	it('are lines of OpenMetrics that end in EOF, each series once', () => {
		const lines = exposed([upMetric(true), ...metrics], 'openmetrics').split('\n');
		expect(lines.slice(-2)).toEqual(['# EOF', '']);
		const rest = lines.slice(0, -2);
		expect(rest.filter(line => !comment.test(line) && !value.test(line))).toEqual([]);
		const series = rest.filter(line => !line.startsWith('#')).map(line => line.slice(0, line.lastIndexOf(' ')));
		expect(new Set(series).size).toBe(series.length);
		expect(series.length).toBeGreaterThan(5);
	});

	it('have no pid and no statement in a label', () => {
		const names = new Set(metrics.flatMap(({points}) => points.flatMap(({labels}) => Object.keys(labels))));
		expect([...names].filter(label => !['rule', 'severity', 'state', 'slot', 'application'].includes(label))).toEqual([]);
	});
});

describe('metrics', () => {
	it('that were not read are absent, never 0', () => {
		const {metrics, partial} = metricsOf(makeSample(0), [], thresholds);
		expect(partial).toBe(true);
		expect(metrics.filter(({points}) => points.length > 0).map(({name}) => name)).toEqual(['pgtriage_unchecked_rules']);
		expect(metrics.map(({name}) => name)).toEqual(metricNames);
	});

	it('of findings are 0 only for rules that could look', () => {
		const samples = samplesOf('lock-chain');
		const {metrics} = metricsOf(samples.at(-1) ?? makeSample(0), samples, thresholds);
		const points = metricIn(metrics, 'pgtriage_findings').points.filter(({labels}) => labels.rule === 'root-blocker');
		expect(points).toContainEqual({labels: {rule: 'root-blocker', severity: 'critical'}, value: 1});
	});

	it('have at most a hundred values of a label that the server chooses, the largest ones', () => {
		const rows = Array.from({length: 150}, (_, index) => ({
			slot_name: `slot_${index}`,
			restart_lsn: '0/0',
			current_lsn: `0/${(index + 1).toString(16).toUpperCase()}`,
		}));
		const {metrics} = metricsOf(makeSample(0, answer(slots, ...rows)), [], thresholds);
		const {points} = metricIn(metrics, 'pgtriage_slot_retained_bytes');
		expect(points).toHaveLength(100);
		expect(points[0]).toEqual({labels: {slot: 'slot_149'}, value: 150});
	});

	it('of standbys with one name are one series with the larger lag', () => {
		const sender = {application_name: 'walreceiver', current_lsn: '0/30'};
		const sample = makeSample(0, answer(senders, {...sender, replay_lsn: '0/20'}, {...sender, replay_lsn: '0/10'}));
		const {points} = metricIn(metricsOf(sample, [], thresholds).metrics, 'pgtriage_replay_lag_bytes');
		expect(points).toEqual([{labels: {application: 'walreceiver'}, value: 32}]);
	});

	it('stay one line each, whatever text the server has', () => {
		fc.assert(
			fc.property(fc.string({unit: 'binary'}), text => {
				const sample = makeSample(0, answer(senders, {application_name: text, current_lsn: '0/30', replay_lsn: '0/20'}));
				const {metrics} = metricsOf(sample, [], thresholds);
				const lines = exposed([metricIn(metrics, 'pgtriage_replay_lag_bytes')], 'prometheus').split('\n');
				expect(lines).toHaveLength(4);
				expect(lines[2]).toMatch(value);
			}),
		);
	});
});

describe('the formats', () => {
	it('name a counter as each of them does', () => {
		const counter = samplesMetric(3);
		expect(exposed([counter], 'openmetrics')).toContain('# TYPE pgtriage_samples counter');
		expect(exposed([counter], 'prometheus')).toContain('# TYPE pgtriage_samples_total counter');
		for (const format of ['openmetrics', 'prometheus'] as const)
			expect(exposed([counter], format)).toContain('\npgtriage_samples_total 3\n');
	});

	it.each([
		[undefined, 'prometheus'],
		['text/plain', 'prometheus'],
		['*/*', 'prometheus'],
		['application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5', 'openmetrics'],
		['text/plain, application/openmetrics-text; q=0', 'prometheus'],
	] as const)('for Accept: %s is %s', (accept, format) => {
		expect(expositionFor(accept)).toBe(format);
	});
});
