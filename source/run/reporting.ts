import {basename, dirname, resolve} from 'node:path';
import {openRecording} from '../adapters/record/recordings.ts';
import {save} from '../adapters/record/saver.ts';
import type {Invocation} from '../command-line/options.ts';
import {clockSince, parseDestination} from '../core/history/destination.ts';
import {append, emptyTimeline, newest} from '../core/history/timeline.ts';
import {jsonLine} from '../core/recording/lines.ts';
import type {Sample} from '../core/sample/sample.ts';
import {UserError} from '../core/values/errors.ts';
import {type Instant, laterBy, msOf} from '../core/values/instant.ts';
import type {Limits} from '../findings/thresholds.ts';
import {createReporter} from '../report/index.ts';
import {markdownOf} from '../report/markdown.ts';
import {pageCells, reportPage} from '../report/page/page.ts';
import type {Report} from '../report/report.ts';
import {createProgressLine, put} from '../system/standard-streams.ts';

// Rules look back as far as a monitor with the default --history.
const historyBytes = 64 * 1024 ** 2;
// 14:00 in a recording that starts at 14:03 does not mean the next day.
const roundedMs = 3_600_000;
const progressAfterMs = 1000;
const progressEveryMs = 200;

/** The start or end of the period in milliseconds since 1970; a time of day is the first one after `since`. */
type Edge = (since: Instant) => number;

/** The time of `--from` or `--to`; throws a UserError if it is not a time. */
const edgeOf = (option: 'from' | 'to' | 'mark', text: string | undefined, otherwise: number): Edge => {
	if (text === undefined) return () => otherwise;
	const time = parseDestination(text);
	if (time?.kind === 'moment') return () => time.ms;
	if (time?.kind === 'clock') return since => clockSince(time.time, since);
	throw new UserError(`--${option} ${text} is not a time.`, {hint: 'Use 14:30 or 2026-11-22T14:30:00Z.', exitCode: 2});
};

/** The progress of a report, on a terminal and only if it takes long. */
const createProgress = () => {
	const line = createProgressLine();
	let shownAt = performance.now() + progressAfterMs - progressEveryMs;
	return {
		at: (samples: number, at: Instant): void => {
			const now = performance.now();
			if (!line.isVisible || now - shownAt < progressEveryMs) return;
			shownAt = now;
			line.show(`Reading ${samples} samples, up to ${at.slice(0, 19)} … Ctrl-C to stop.`);
		},
		end: line.clear,
	};
};

/** `report FILE`: writes the report of a recording, or of a part of it. */
export const reportRecording = async (invocation: Invocation, limits: Limits): Promise<number> => {
	const report = await reportOf(invocation, limits);
	const text = textOf(report, invocation.reportAs);
	if (invocation.output === undefined) return put(text);
	const path = resolve(invocation.output);
	const {failure} = await save([{name: basename(path), text}], dirname(path));
	if (failure !== undefined) throw new UserError(failure, {hint: 'Choose another file with --output.', exitCode: 1});
	return 0;
};

const textOf = (report: Report, format: Invocation['reportAs']): string => {
	switch (format) {
		case 'md':
			return markdownOf(report);
		case 'html':
			return reportPage(report);
		case 'json':
			return `${jsonLine({pgtriage_report: 1, ...report})}\n`;
		default:
			return format satisfies never;
	}
};

const reportOf = async (invocation: Invocation, limits: Limits): Promise<Report> => {
	const file = invocation.file ?? '';
	const from = edgeOf('from', invocation.from, Number.NEGATIVE_INFINITY);
	const to = edgeOf('to', invocation.to, Number.POSITIVE_INFINITY);
	const marks = invocation.marks.map(text => edgeOf('mark', text, 0));
	const {samples, damaged} = await openRecording(file);
	const reporter = createReporter({limits, withLiterals: invocation.withLiterals});
	const progress = createProgress();
	let read = emptyTimeline(historyBytes);
	let first: Instant | undefined;
	let range: readonly [number, number] = [0, 0];
	let seq = 0;
	let added = 0;
	for await (const sample of samples) {
		if (first === undefined) {
			first = sample.at;
			range = rangeOf(from, to, first);
			const begin = first;
			for (const mark of marks) reporter.mark({at: laterBy(begin, mark(begin) - msOf(begin)), name: undefined});
		}
		const at = msOf(sample.at);
		if (at > range[1]) break;
		// A continued recording numbers the samples of each run from 0.
		const numbered: Sample = {...sample, seq: seq++};
		read = append(read, numbered);
		if (at >= range[0]) {
			reporter.add(numbered, read.samples);
			added++;
		}
		progress.at(seq, sample.at);
	}
	progress.end();
	const cells = invocation.reportAs === 'html' ? pageCells : undefined;
	if (added > 0) return reporter.report({damaged: damaged(), cells});
	const last = newest(read)?.at;
	throw new UserError(
		`${file} has no sample in this period: it starts at ${first}${range[1] === Number.POSITIVE_INFINITY ? ` and ends at ${last}` : ''}.`,
		{hint: 'Change --from or --to.', exitCode: 1},
	);
};

/** The first and last millisecond of the period; throws a UserError if it ends before it starts. */
const rangeOf = (from: Edge, to: Edge, first: Instant): readonly [number, number] => {
	const begin = from(laterBy(first, -roundedMs));
	const start = begin > msOf(first) ? laterBy(first, begin - msOf(first)) : first;
	const end = to(start);
	if (end >= begin) return [begin, end];
	throw new UserError('--to is before --from.', {hint: 'Give --to a later time.', exitCode: 2});
};
