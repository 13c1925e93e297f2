import {basename, dirname, resolve} from 'node:path';
import {openRecording} from '../adapters/record/recordings.ts';
import {save} from '../adapters/record/saver.ts';
import type {Invocation} from '../command-line/options.ts';
import {put} from '../command-line/output.ts';
import {clockSince, parseDestination} from '../core/history/destination.ts';
import {append, emptyTimeline, newest} from '../core/history/timeline.ts';
import {jsonLine} from '../core/recording/lines.ts';
import type {Sample} from '../core/sample/sample.ts';
import {clean} from '../core/text/clean.ts';
import {UserError} from '../core/values/errors.ts';
import {type Instant, laterBy, msOf} from '../core/values/instant.ts';
import type {Limits} from '../findings/thresholds.ts';
import {createReporter} from '../report/index.ts';
import {markdownOf} from '../report/markdown.ts';
import type {Report} from '../report/report.ts';

// Rules look back as far as the monitor does that keeps no more than it keeps unless told.
const historyBytes = 64 * 1024 ** 2;
// Who says 14:00 of a recording that begins at 14:03 does not mean the next day.
const roundedMs = 3_600_000;
const progressAfterMs = 1000;
const progressEveryMs = 200;

/** When a time begins or ends, in milliseconds since 1970, once the moment is known from which on a time of day is meant. */
type Edge = (since: Instant) => number;

/** What `--from` or `--to` names; throws a UserError for what is no moment. */
const edgeOf = (option: 'from' | 'to', text: string | undefined, otherwise: number): Edge => {
	if (text === undefined) return () => otherwise;
	const named = parseDestination(text);
	if (named?.kind === 'moment') return () => named.ms;
	if (named?.kind === 'clock') return since => clockSince(named.time, since);
	throw new UserError(`--${option} ${text} is no moment.`, {hint: 'Write it as 14:30 or 2026-11-22T14:30:00Z.', exitCode: 2});
};

/** How far a report is, on a terminal and only where it takes long. */
const createProgress = (output: NodeJS.WriteStream) => {
	const begun = performance.now();
	let told = begun + progressAfterMs - progressEveryMs;
	let isShown = false;
	return {
		at: (samples: number, moment: Instant): void => {
			const now = performance.now();
			if (!output.isTTY || now - told < progressEveryMs) return;
			told = now;
			isShown = true;
			output.write(`\r\x1b[KReading ${samples} samples, up to ${clean(moment.slice(0, 19))} … Ctrl-C ends it.`);
		},
		end: (): void => {
			if (isShown) output.write('\r\x1b[K');
		},
	};
};

/** `report FILE`: what happened in a recording, or in a part of it. */
export const reportRecording = async (wanted: Invocation, limits: Limits): Promise<number> => {
	const report = await reportOf(wanted, limits);
	const text = wanted.reportAs === 'json' ? `${jsonLine({pgtriage_report: 1, ...report})}\n` : markdownOf(report);
	if (wanted.output === undefined) return put(text);
	const path = resolve(wanted.output);
	const {failure} = await save([{name: basename(path), text}], dirname(path));
	if (failure !== undefined) throw new UserError(failure, {hint: 'Name another file with --output.', exitCode: 1});
	return 0;
};

const reportOf = async (wanted: Invocation, limits: Limits): Promise<Report> => {
	const file = wanted.file ?? '';
	const from = edgeOf('from', wanted.from, Number.NEGATIVE_INFINITY);
	const to = edgeOf('to', wanted.to, Number.POSITIVE_INFINITY);
	const {samples, damaged} = await openRecording(file);
	const reporter = createReporter({limits, withLiterals: wanted.withLiterals});
	const progress = createProgress(process.stderr);
	let read = emptyTimeline(historyBytes);
	let first: Instant | undefined;
	let range: readonly [number, number] = [0, 0];
	let seq = 0;
	let added = 0;
	for await (const sample of samples) {
		if (first === undefined) {
			first = sample.at;
			range = rangeOf(from, to, first);
		}
		const at = msOf(sample.at);
		if (at > range[1]) break;
		// A recording that was continued counts anew in each of its runs.
		const numbered: Sample = {...sample, seq: seq++};
		read = append(read, numbered);
		if (at >= range[0]) {
			reporter.add(numbered, read.samples);
			added++;
		}
		progress.at(seq, sample.at);
	}
	progress.end();
	if (added > 0) return reporter.report({damaged: damaged()});
	const last = newest(read)?.at;
	throw new UserError(
		`${file} holds no sample of that time; it begins at ${first}${range[1] === Number.POSITIVE_INFINITY ? ` and ends at ${last}` : ''}.`,
		{hint: 'Name another --from or --to.', exitCode: 1},
	);
};

/** The first and the last millisecond of the time that is meant; throws a UserError where it ends before it begins. */
const rangeOf = (from: Edge, to: Edge, first: Instant): readonly [number, number] => {
	const begin = from(laterBy(first, -roundedMs));
	const begun = begin > msOf(first) ? laterBy(first, begin - msOf(first)) : first;
	const end = to(begun);
	if (end >= begin) return [begin, end];
	throw new UserError('--to is before --from.', {hint: 'Name a time that ends after it begins.', exitCode: 2});
};
