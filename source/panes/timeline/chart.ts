import {pastOf} from '../../core/history/moment.ts';
import {newest} from '../../core/history/timeline.ts';
import type {Alarms} from '../../core/pane/finding.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {chartHeight} from '../../core/state/frame.ts';
import type {State} from '../../core/state/state.ts';
import {bars, barsInAscii} from '../../core/text/bars.ts';
import {type Line, line, type Span, span} from '../../core/text/line.ts';
import {scaleOf, stack} from '../../core/text/stack.ts';
import {laterBy, msOf, timeOfDay} from '../../core/values/instant.ts';
import {average, bytes, duration, shortCount} from '../../core/values/units.ts';
import {loadClasses} from '../reading/load.ts';
import {type Bucket, bucketsOf, type ChartSpan} from './buckets.ts';
import {judgeMore, ticksOf} from './ticks.ts';

const labelWidth = 11;
const valueWidth = 10;
const leastStack = 4;

type Figure = {readonly label: string; readonly of: (bucket: Bucket) => number | null; readonly write: (value: number) => string};

const perSecond =
	(write: (value: number) => string) =>
	(value: number): string =>
		`${write(value)}/s`;

/** Figures below the load, most important first: a low chart has the first ones only. */
const figures: readonly Figure[] = [
	{label: 'commits', of: ({commits}) => commits, write: perSecond(shortCount)},
	{label: 'WAL', of: ({wal}) => wal, write: perSecond(bytes)},
	{label: 'temp', of: ({temp}) => temp, write: perSecond(bytes)},
	{label: 'rollbacks', of: ({rollbacks}) => rollbacks, write: perSecond(shortCount)},
	{label: 'connections', of: ({connections}) => connections, write: value => String(Math.round(value))},
	{label: 'lag', of: ({lag}) => lag, write: bytes},
	{label: 'host load', of: ({hostLoad}) => hostLoad, write: average},
];

/** Cells of the chart for a state. */
const chartWidth = ({size}: Pick<State, 'size'>): number => Math.max(10, size.columns - labelWidth - valueWidth);

/**
 * Span of the chart: the shown moment is in it, and the newest sample if both fit. Its end moves by quarters, so that a new sample
 * repaints one column only.
 */
const spanOf = (state: State, sample: Sample): ChartSpan => {
	const {cellMs} = state.options;
	const width = chartWidth(state);
	const quarter = Math.ceil(width / 4);
	const cellOf = (of: Sample): number => Math.floor(msOf(of.at) / cellMs);
	const pageEnd = (cell: number): number => Math.ceil((cell + 1) / quarter) * quarter;
	const end = pageEnd(cellOf(newest(state.timeline) ?? sample));
	const shown = cellOf(sample);
	return {fromMs: (shown >= end - width ? end : pageEnd(shown)) * cellMs - width * cellMs, cellMs, width};
};

/** The judged samples of the chart, a few more than the state has. */
export const judgedOf = (state: State, alarms: Alarms): State['judged'] => {
	const sample = state.frozen?.sample ?? newest(state.timeline);
	if (!sample) return state.judged;
	return judgeMore(state.judged, pastOf(state.timeline, state.frozen), spanOf(state, sample), alarms);
};

/** The chart over the rows of the timeline: load by class, figures, marks, and times. */
export const timelineChart = (state: State, sample: Sample): readonly Line[] => {
	const height = chartHeight(state);
	const {ascii} = state.options;
	const past = pastOf(state.timeline, state.frozen);
	const spanned = spanOf(state, sample);
	const buckets = bucketsOf(past, spanned);
	const cellOf = (at: number): number => Math.floor((at - spanned.fromMs) / spanned.cellMs);
	const cursor = cellOf(msOf(sample.at));
	const known = figures.filter(({of}) => buckets.some(bucket => bucket !== undefined && of(bucket) !== null));
	const shown = known.slice(0, Math.max(0, height - leastStack - 2));
	const stackHeight = height - shown.length - 2;
	const sums = buckets.map(bucket => bucket?.load?.reduce((sum, value) => sum + value, 0) ?? 0);
	const scale = scaleOf(Math.max(0, ...sums));
	const load = stack(
		buckets.map(bucket => bucket?.load),
		{layers: loadClasses, height: stackHeight, scale, ascii},
	);
	const atCursor = activeAt(buckets[cursor]);
	return [
		...load.map(
			(cells, index): Line => [
				span((index === 0 ? `${scale} ` : index === stackHeight - 1 ? 'active ' : '').padStart(labelWidth), 'dim'),
				...cells,
				span(index === stackHeight - 1 ? ` ${atCursor}` : ''),
			],
		),
		...shown.map(figure => figureLine(figure, buckets, cursor, ascii)),
		tickLine(spanned.width, {
			cursor,
			marks: state.bookmarks.map(mark => cellOf(msOf(mark.sample.at))),
			alarms: ticksOf(state.judged, past, spanned).map(cellOf),
			ascii,
		}),
		timeLine(spanned),
	];
};

/** Average active sessions of a cell, `-` if none could be seen; empty without a sample. */
const activeAt = (bucket: Bucket | undefined): string => {
	if (!bucket) return '';
	if (!bucket.load) return '-';
	return `${average(bucket.load.reduce((sum, value) => sum + value, 0))}${bucket.isLeast ? '+' : ''}`;
};

const figureLine = (
	{label, of, write}: Figure,
	buckets: readonly (Bucket | undefined)[],
	cursor: number,
	ascii: boolean,
): Line => {
	const values = buckets.map(bucket => (bucket ? (of(bucket) ?? 0) : 0));
	const [shown, at] = [bars(values), buckets[cursor]];
	const value = at ? of(at) : null;
	return [
		span(`${label} `.padStart(labelWidth), 'dim'),
		span(ascii ? barsInAscii(shown) : shown),
		span(` ${value === null ? '-' : write(value)}`),
	];
};

type Ticks = {
	readonly cursor: number;
	readonly marks: readonly number[];
	readonly alarms: readonly number[];
	readonly ascii: boolean;
};

/** Spans of the same tone as one. */
const joined = (spans: Line): Line => {
	const runs: Span[] = [];
	for (const part of spans) {
		const last = runs.at(-1);
		if (last?.tone === part.tone) runs.splice(-1, 1, span(last.text + part.text, part.tone));
		else runs.push(part);
	}
	return runs;
};

/** Findings, marks, and the shown moment over them. */
const tickLine = (width: number, {cursor, marks, alarms, ascii}: Ticks): Line => {
	const [moment, alarm] = ascii ? ['^', '!'] : ['▲', '!'];
	const cells = Array.from({length: width}, (_, cell) =>
		cell === cursor
			? span(moment, 'strong')
			: marks.includes(cell)
				? span("'", 'key')
				: alarms.includes(cell)
					? span(alarm, 'danger')
					: span(' '),
	);
	return [span(' '.repeat(labelWidth)), ...joined(cells)];
};

const timeEvery = 20;

const timeLine = ({fromMs, cellMs, width}: ChartSpan): Line => {
	const epoch = '1970-01-01T00:00:00.000000+00:00';
	const times = Array.from({length: Math.floor(width / timeEvery)}, (_, index) =>
		timeOfDay(laterBy(epoch, fromMs + index * timeEvery * cellMs)).padEnd(timeEvery),
	);
	return line(`${' '.repeat(labelWidth)}${times.join('').padEnd(width)} ${duration(cellMs / 1000)}/cell`, 'dim');
};
