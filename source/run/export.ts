import {type ConnectionTarget, describe} from '../adapters/connect/connection.ts';
import {type MetricsPage, type MetricsServer, serveMetrics} from '../adapters/metrics-server.ts';
import {defaultListen, isLoopback, listenOf} from '../command-line/listen.ts';
import type {Invocation} from '../command-line/options.ts';
import type {Past} from '../core/history/past.ts';
import {append, emptyTimeline, newest} from '../core/history/timeline.ts';
import type {Sample} from '../core/sample/sample.ts';
import type {Link} from '../core/state/state.ts';
import {UserError} from '../core/values/errors.ts';
import type {Limits} from '../findings/thresholds.ts';
import {contentTypes, type Exposition, exposed, expositionFor} from '../monitoring/exposition.ts';
import {ageMetric, type Metric, metricsOf, samplesMetric, upMetric} from '../monitoring/metrics.ts';
import {codeOf} from '../system/own-file.ts';
import {warn} from '../system/standard-streams.ts';
import type {Settings} from './commands.ts';
import {watchFindings} from './on-finding.ts';
import {endings, reportOutages} from './outages.ts';
import {watchServer} from './server.ts';
import {type Outcome, withTarget} from './target.ts';

// Rules look back over some minutes.
const historyBytes = 32 * 1024 ** 2;
// A sample is late this long after it was due.
const lateMs = 2500;

/** What is exported: the samples of one poller, whatever the number of readers. */
type Exporter = {
	/** Adds a sample; returns the samples so far. */
	readonly add: (sample: Sample) => Past;
	readonly setLink: (link: Link) => void;
	readonly page: (accept: string | undefined) => MetricsPage;
};

const createExporter = (limits: Limits, intervalMs: number): Exporter => {
	let timeline = emptyTimeline(historyBytes);
	let link: Link = {state: 'connecting'};
	let sampledAt = 0;
	let count = 0;
	// The metrics of the newest sample, computed when somebody reads them.
	let metrics: readonly Metric[] | undefined;
	const isUp = (ageMs: number): boolean => {
		const {state, failure, pace} = link;
		return count > 0 && state === 'ready' && !failure && ageMs <= 2 * Math.max(intervalMs, pace?.everyMs ?? 0) + lateMs;
	};
	const textIn = (format: Exposition): string => {
		const sample = newest(timeline);
		const ageMs = performance.now() - sampledAt;
		const up = isUp(ageMs);
		if (up && sample) metrics ??= metricsOf(sample, timeline.samples, limits).metrics;
		return exposed(
			[
				upMetric(up),
				...(count > 0 ? [ageMetric(ageMs / 1000)] : []),
				samplesMetric(count),
				// What is older says nothing about now.
				...(up ? (metrics ?? []) : []),
			],
			format,
		);
	};
	return {
		add: sample => {
			// A second sample of one list of sessions is as old as the first.
			if (newest(timeline)?.at !== sample.at) sampledAt = performance.now();
			timeline = append(timeline, sample);
			count++;
			metrics = undefined;
			return timeline.samples;
		},
		setLink: next => {
			link = next;
		},
		page: accept => {
			const format = expositionFor(accept);
			return {type: contentTypes[format], text: textIn(format)};
		},
	};
};

const listen = async (text: string, exporter: Exporter): Promise<MetricsServer> => {
	const address = listenOf(text);
	try {
		const server = await serveMetrics(address, exporter.page);
		const host = address.host.includes(':') ? `[${address.host}]` : address.host;
		warn(`pgtriage: Metrics are at http://${host}:${server.port}/metrics.`);
		if (!isLoopback(address)) warn('pgtriage: Every machine that reaches this address can read them; they are not encrypted.');
		return server;
	} catch (error) {
		throw new UserError(`pgtriage cannot listen at ${text} (${codeOf(error)}).`, {
			hint: 'Choose another address or port with --listen.',
			exitCode: 1,
		});
	}
};

/**
 * `export`: serves the metrics of a server until SIGINT, SIGTERM or SIGHUP. Ends with the failure if it cannot connect at first;
 * once it has connected, it never gives up.
 */
export const exportServer = async (invocation: Invocation, settings: Settings): Promise<number> => {
	const {limits} = settings;
	const exporter = createExporter(limits, invocation.intervalMs);
	const server = await listen(invocation.listen ?? defaultListen, exporter);
	try {
		return await withTarget(invocation, settings, target => poll(target, invocation, exporter, limits));
	} finally {
		await server.close();
	}
};

const poll = async (target: ConnectionTarget, invocation: Invocation, exporter: Exporter, limits: Limits): Promise<Outcome> => {
	const watch = watchFindings(invocation, limits, describe(target));
	const {intervalMs, pgbouncer, patroni} = invocation;
	const ended = Promise.withResolvers<Outcome>();
	const report = reportOutages();
	let connected = false;
	const feed = watchServer(target, {intervalMs, pgbouncer, patroni}).source(message => {
		if (message.type === 'sample') {
			const past = exporter.add(message.sample);
			watch?.add(message.sample, past);
			return;
		}
		const {failure, state} = message.link;
		connected ||= state === 'ready';
		exporter.setLink(message.link);
		report(message.link);
		if (failure && !connected && (state === 'lost' || state === 'waiting')) ended.resolve(failure);
	});
	feed.watch(['triage']);
	for (const [signal, status] of endings) process.once(signal, () => ended.resolve(status));
	const outcome = await ended.promise;
	await Promise.all([feed.stop(), watch?.stop()]);
	return outcome;
};
