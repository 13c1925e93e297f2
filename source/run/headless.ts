import {setTimeout as sleep} from 'node:timers/promises';
import {type ConnectionTarget, describe} from '../adapters/connect/connection.ts';
import {openRecording} from '../adapters/record/recordings.ts';
import type {Invocation} from '../command-line/options.ts';
import {clockSince, type Destination, parseDestination} from '../core/history/destination.ts';
import {append, emptyTimeline, newest} from '../core/history/timeline.ts';
import type {Failure, Sample} from '../core/sample/sample.ts';
import {plural} from '../core/text/words.ts';
import {UserError} from '../core/values/errors.ts';
import {msOf} from '../core/values/instant.ts';
import type {Limits} from '../findings/thresholds.ts';
import {registry} from '../panes/index.ts';
import {poolerPane} from '../panes/pooler/pooler.ts';
import {hasTerminal} from '../system/reading.ts';
import {put, warn} from '../system/standard-streams.ts';
import {printDown, printMetrics} from './metrics.ts';
import {watchFindings} from './on-finding.ts';
import {endings, reportOutages} from './outages.ts';
import {assertPrintable, panesNamed, printed} from './print.ts';
import {answersMs, samplesOfNow} from './samples.ts';
import {openRecorder, watchServer} from './server.ts';
import type {Outcome} from './target.ts';

// Rates and forecasts of a recording look back over this much.
const historyBytes = 64 * 1024 ** 2;

/** `--once`: prints one sample of a server. */
export const once = async (target: ConnectionTarget, invocation: Invocation, limits: Limits): Promise<Outcome> => {
	assertPrintable(invocation);
	const isExport = invocation.format === 'openmetrics';
	const panes = panesNamed(isExport ? ['triage'] : invocation.panes);
	const {intervalMs, pgbouncer, patroni} = invocation;
	if (panes.some(({id}) => id === poolerPane.id) && pgbouncer.length === 0)
		throw new UserError('The pane pooler needs a PgBouncer.', {
			hint: "Name it with --pgbouncer 'host=10.0.0.7 user=stats'.",
			exitCode: 2,
		});
	const {source} = watchServer(target, {intervalMs, pgbouncer, patroni, mostWaitMs: answersMs, eager: true});
	const samples = await samplesOfNow(source, panes);
	if (!('code' in samples)) return print(samples, invocation, limits);
	if (isExport) await printDown();
	return samples;
};

const print = async (samples: readonly Sample[], invocation: Invocation, limits: Limits): Promise<number> => {
	if (invocation.format === 'openmetrics') return printMetrics(samples, limits);
	const format = invocation.format ?? (process.stdout.isTTY ? 'text' : 'json');
	const {text, partial} = printed(samples.at(-1) as Sample, samples, {
		panes: invocation.panes,
		limits,
		format,
		filter: invocation.filter,
		sort: invocation.sort,
		group: invocation.group,
		ascii: invocation.ascii,
	});
	return (await put(`${text}\n`)) || (partial ? 3 : 0);
};

// A pipe without a reader or a hung disk would block the exit for ever.
const lastWriteMs = 5000;

/** The failure of a last write that takes too long. */
const late = async (file: string): Promise<Failure> => {
	await sleep(lastWriteMs, undefined, {ref: false});
	return {
		code: 'ETIMEDOUT',
		message: `${file === '-' ? 'stdout' : file} does not accept writes: the end of the recording is lost.`,
	};
};

/**
 * `record FILE`: writes every sample of a server to a file until SIGINT or SIGTERM; all of them are written at the end. SIGHUP ends it
 * too if it runs on a terminal, which is gone then; a service begins a new file instead. Ends with the failure if it cannot connect
 * at first; once it has connected, it never gives up.
 */
export const recordServer = async (target: ConnectionTarget, invocation: Invocation, limits: Limits): Promise<Outcome> => {
	const watch = watchFindings(invocation, limits, describe(target));
	let past = emptyTimeline(historyBytes);
	const recorder = await openRecorder(invocation.file ?? '', invocation.intervalMs, invocation.rotation);
	const ended = Promise.withResolvers<Outcome>();
	let connected = false;
	const report = reportOutages();
	const {intervalMs, pgbouncer, patroni} = invocation;
	const feed = watchServer(target, {intervalMs, pgbouncer, patroni}).source(message => {
		if (message.type === 'sample') {
			recorder.write(message.sample);
			if (watch) {
				past = append(past, message.sample);
				watch.add(message.sample, past.samples);
			}
			return;
		}
		const {failure, state} = message.link;
		connected ||= state === 'ready';
		report(message.link);
		if (failure && !connected && (state === 'lost' || state === 'waiting')) ended.resolve(failure);
	});
	feed.watch(registry.panes.filter(({named}) => !named).map(({id}) => id));
	void recorder.failed.then(ended.resolve);
	const isService = !hasTerminal();
	for (const [signal, status] of endings) {
		if (signal === 'SIGHUP' && isService) process.on(signal, recorder.beginNewFile);
		else process.once(signal, () => ended.resolve(status));
	}
	const outcome = await ended.promise;
	const [failure] = await Promise.all([
		Promise.race([recorder.close(), late(invocation.file ?? '')]),
		feed.stop(),
		watch?.stop(),
	]);
	return failure ?? outcome;
};

/** `replay FILE --once`: prints the sample of a recording at a time, or its last one, as `--once` would. */
export const replayOnce = async (invocation: Invocation, limits: Limits): Promise<number> => {
	const file = invocation.file ?? '';
	assertPrintable(invocation);
	const at = timeNamed(invocation);
	const recording = await openRecording(file);
	let read = emptyTimeline(historyBytes);
	/** The samples up to the time; undefined if the recording ends before it. */
	let past: readonly Sample[] | undefined;
	let until = Number.NaN;
	let first = '';
	let seq = 0;
	for await (const sample of recording.samples) {
		if (seq === 0) {
			first = sample.at;
			until = at?.kind === 'moment' ? at.ms : at ? clockSince(at.time, first) : Number.POSITIVE_INFINITY;
		}
		if (msOf(sample.at) > until) {
			past = read.samples.slice();
			break;
		}
		// A continued recording numbers the samples of each run from 0.
		read = append(read, {...sample, seq: seq++});
	}
	const last = newest(read);
	if (!last)
		throw new UserError(`${file} starts at ${first}, after ${invocation.at}.`, {
			hint: 'Give --at a time within the recording.',
			exitCode: 1,
		});
	if (at?.kind === 'clock' && !past && msOf(last.at) < until)
		throw new UserError(`${file} does not cover ${at.time}: it starts at ${first} and ends at ${last.at}.`, {
			hint: 'Give --at a time within the recording.',
			exitCode: 1,
		});
	const damaged = recording.damaged();
	if (damaged > 0) warn(`pgtriage: Skipped ${plural(damaged, 'damaged line')} of ${file}.`);
	if (until - msOf(last.at) > farMs && until < Number.POSITIVE_INFINITY)
		warn(`pgtriage: The last sample before that time is from ${last.at}.`);
	return print(past ?? read.samples.slice(), invocation, limits);
};

// The longest interval of a recording.
const farMs = 60_000;

/** The time of `--at`; throws a UserError if it is not a time. */
const timeNamed = ({at}: Invocation): Extract<Destination, {kind: 'clock' | 'moment'}> | undefined => {
	const time = at === undefined ? undefined : parseDestination(at);
	if (at === undefined || time?.kind === 'clock' || time?.kind === 'moment') return time as ReturnType<typeof timeNamed>;
	throw new UserError(`--at ${at} is not a time.`, {hint: 'Use 14:30 or 2026-11-22T14:30:00Z.', exitCode: 2});
};
