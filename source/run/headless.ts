import {setTimeout as sleep} from 'node:timers/promises';
import type {ConnectionTarget} from '../adapters/connect/connection.ts';
import {openRecording} from '../adapters/record/recordings.ts';
import type {Invocation} from '../command-line/options.ts';
import {put} from '../command-line/output.ts';
import {clockSince, type Destination, parseDestination} from '../core/history/destination.ts';
import {append, emptyTimeline, newest} from '../core/history/timeline.ts';
import type {Pane} from '../core/pane/pane.ts';
import type {Failure, Sample} from '../core/sample/sample.ts';
import type {Source} from '../core/state/source.ts';
import {clean} from '../core/text/clean.ts';
import {plural} from '../core/text/words.ts';
import {UserError} from '../core/values/errors.ts';
import {msOf} from '../core/values/instant.ts';
import type {Limits} from '../findings/thresholds.ts';
import {registry} from '../panes/index.ts';
import {assertPrintable, panesNamed, printed} from './print.ts';
import {type Outcome, openRecorder, watchServer} from './server.ts';

// Everything that was asked for belongs into the one sample that is printed.
const answersMs = 5000;
// Rates and forecasts of a recording look back as far as this reaches.
const historyBytes = 64 * 1024 ** 2;

/** `--once`: samples a server once and prints it. */
export const once = async (target: ConnectionTarget, wanted: Invocation, limits: Limits): Promise<Outcome> => {
	assertPrintable(wanted);
	const panes = panesNamed(wanted.panes);
	const {intervalMs, pgbouncer} = wanted;
	const {source} = watchServer(target, {intervalMs, pgbouncer, mostWaitMs: answersMs, eager: true});
	const found = await samplesOfNow(source, panes);
	return 'code' in found ? found : print(found, wanted, limits);
};

/** A sample of now, or two where one alone says nothing of rates; or why there is none. */
const samplesOfNow = (source: Source, panes: readonly Pane[]): Promise<readonly Sample[] | Failure> =>
	new Promise(resolve => {
		const samples: Sample[] = [];
		const wanted = panes.some(({rates}) => rates) ? 2 : 1;
		const finish = (found: readonly Sample[] | Failure): void =>
			queueMicrotask(() => void feed.stop().then(() => resolve(found)));
		const feed = source(action => {
			if (action.type === 'sample') {
				samples.push(action.sample);
				if (samples.length === wanted) finish(samples);
			} else if (action.link.failure && action.link.state !== 'connecting') finish(action.link.failure);
		});
		feed.watch(panes.map(({id}) => id));
	});

const print = async (samples: readonly Sample[], wanted: Invocation, limits: Limits): Promise<number> => {
	const format = wanted.format ?? (process.stdout.isTTY ? 'text' : 'json');
	const {text, partial} = printed(samples.at(-1) as Sample, samples, {
		panes: wanted.panes,
		limits,
		format,
		filter: wanted.filter,
		sort: wanted.sort,
	});
	return (await put(`${text}\n`)) || (partial ? 3 : 0);
};

// A pipe that nobody empties and a disk that hangs would keep us for ever.
const lastWriteMs = 5000;

/** Says that what was to be written last was not, once that is certain enough. */
const late = async (file: string): Promise<Failure> => {
	await sleep(lastWriteMs, undefined, {ref: false});
	return {code: 'ETIMEDOUT', message: `${file === '-' ? 'stdout' : file} takes nothing more: the last of the recording is lost.`};
};

const endings = [
	['SIGINT', 0],
	['SIGTERM', 0],
	['SIGHUP', 129],
] as const;

/** `record FILE`: every sample of a server into a file, until SIGINT, SIGTERM or a hangup ends it with all of it written. */
export const recordServer = async (target: ConnectionTarget, wanted: Invocation): Promise<Outcome> => {
	const recorder = await openRecorder(wanted.file ?? '', wanted.intervalMs, wanted.rotation);
	const ended = Promise.withResolvers<Outcome>();
	let samples = 0;
	const {intervalMs, pgbouncer} = wanted;
	const feed = watchServer(target, {intervalMs, pgbouncer}).source(action => {
		if (action.type === 'sample') {
			samples++;
			recorder.write(action.sample);
			return;
		}
		const {failure, state} = action.link;
		if (failure && (state === 'lost' || (state === 'waiting' && samples === 0))) ended.resolve(failure);
	});
	feed.watch(registry.panes.map(({id}) => id));
	void recorder.failed.then(ended.resolve);
	for (const [signal, status] of endings) process.once(signal, () => ended.resolve(status));
	const outcome = await ended.promise;
	const [failure] = await Promise.all([Promise.race([recorder.close(), late(wanted.file ?? '')]), feed.stop()]);
	return failure ?? outcome;
};

/** `replay FILE --once`: prints what `--once` would have printed at a moment of a recording, or at its end. */
export const replayOnce = async (wanted: Invocation, limits: Limits): Promise<number> => {
	const file = wanted.file ?? '';
	assertPrintable(wanted);
	const at = momentNamed(wanted);
	const recording = await openRecording(file);
	let read = emptyTimeline(historyBytes);
	let found: readonly Sample[] | undefined;
	let until = Number.NaN;
	let first = '';
	let seq = 0;
	for await (const sample of recording.samples) {
		if (seq === 0) {
			first = sample.at;
			until = at?.kind === 'moment' ? at.ms : at ? clockSince(at.time, first) : Number.POSITIVE_INFINITY;
		}
		if (msOf(sample.at) > until) {
			found = read.samples.slice();
			break;
		}
		// A recording that was continued counts anew in each of its runs.
		read = append(read, {...sample, seq: seq++});
	}
	const last = newest(read);
	if (!last)
		throw new UserError(`${file} begins at ${first}, after ${wanted.at}.`, {
			hint: 'Name a moment of it with --at.',
			exitCode: 1,
		});
	if (at?.kind === 'clock' && !found && msOf(last.at) < until)
		throw new UserError(`${file} holds no ${at.time}: it begins at ${first} and ends at ${last.at}.`, {
			hint: 'Name a moment of it with --at.',
			exitCode: 1,
		});
	const damaged = recording.damaged();
	if (damaged > 0)
		process.stderr.write(
			`pgtriage: ${plural(damaged, `damaged line of ${clean(file)} was`, `damaged lines of ${clean(file)} were`)} skipped.\n`,
		);
	if (until - msOf(last.at) > farMs && until < Number.POSITIVE_INFINITY)
		process.stderr.write(`pgtriage: The newest sample before that is of ${clean(last.at)}.\n`);
	return print(found ?? read.samples.slice(), wanted, limits);
};

// Nothing is recorded less often.
const farMs = 60_000;

/** The moment that `--at` names; throws a UserError where it is none. */
const momentNamed = ({at}: Invocation): Extract<Destination, {kind: 'clock' | 'moment'}> | undefined => {
	const named = at === undefined ? undefined : parseDestination(at);
	if (at === undefined || named?.kind === 'clock' || named?.kind === 'moment') return named as ReturnType<typeof momentNamed>;
	throw new UserError(`--at ${at} is no moment.`, {hint: 'Write it as 14:30 or 2026-11-22T14:30:00Z.', exitCode: 2});
};
