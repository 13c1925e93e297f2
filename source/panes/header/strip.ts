import {pastOf} from '../../core/history/moment.ts';
import {lastUntil} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {stripHeight} from '../../core/state/frame.ts';
import type {State} from '../../core/state/state.ts';
import {type Line, type Parts, span} from '../../core/text/line.ts';
import {scaleOf, stack} from '../../core/text/stack.ts';
import {average} from '../../core/values/units.ts';
import {loadClasses, loadClassOf, loadOf, type SessionLoad, stackedLoad} from '../reading/load.ts';

const labelWidth = 7;
const legendWidth = 26;

// A strip that moved with every sample would be repainted each time: it fills up, then drops its oldest quarter.
const firstShown = (count: number, width: number): number => {
	const step = Math.ceil(width / 4);
	return Math.max(0, Math.ceil((count - width) / step) * step);
};

/** Loads of the shown samples up to a sample, oldest first, at most `width` of them. */
const shownLoads = (state: State, sample: Sample, width: number): readonly SessionLoad[] => {
	const samples = pastOf(state.timeline, state.frozen);
	const end = lastUntil(samples, sample.seq - 1) + 1;
	const left = sample.seq - end;
	const from = Math.max(0, firstShown(sample.seq + 1, width) - left);
	return [...samples.slice(from, end), sample].map(loadOf);
};

/**
 * Strip of average active sessions, one cell per sample, stacked by wait event type: on one line with the current classes behind it,
 * or on four lines with its scale in front and the classes beside it.
 */
export const stripLines = (state: State, sample: Sample): readonly Parts[] => {
	const height = stripHeight(state);
	if (height === 0) return [];
	const {columns} = state.size;
	const width =
		height === 1
			? Math.max(10, Math.min(60, Math.floor(columns / 3)))
			: Math.max(10, Math.min(240, columns - labelWidth - legendWidth));
	const loads = shownLoads(state, sample, width);
	const peak = Math.max(0, ...loads.map(load => load.average));
	const mostKnown = loads.every(({known}) => known === 'none')
		? 'none'
		: loads.every(({known}) => known === 'all')
			? 'all'
			: 'some';
	const scale = scaleOf(peak);
	const lines = stack(
		loads.map(load => (load.known === 'none' ? undefined : stackedLoad(load))),
		{layers: loadClasses, height, scale, ascii: state.options.ascii},
	);
	const rest = span(' '.repeat(width - loads.length));
	const peakPart = span(`peak ${mostKnown === 'none' ? '-' : `${written(peak)}${mostKnown === 'all' ? '' : '+'}`}`, 'dim');
	const classes = classesOf(loadOf(sample)).map(
		([name, value]): Line => [span(`${name} `, 'dim'), span(written(value), toneOf(name))],
	);
	if (height === 1) return [[[span('active ', 'dim'), ...(lines[0] ?? []), rest, span(' '), peakPart], ...classes]];
	const labels = [`${scale} `, ...Array.from({length: height - 2}, () => ''), 'active '];
	const legend: readonly Line[] = [[peakPart], ...classes].slice(0, height);
	return lines.map(
		(line, index): Parts => [
			[span((labels[index] ?? '').padStart(labelWidth), 'dim'), ...line, rest, span(' '), ...(legend[index] ?? [])],
		],
	);
};

/** Wait event types, largest first; those of similar size keep their order, which saves repainting. */
const classesOf = ({byClass}: SessionLoad): readonly (readonly [string, number])[] => {
	const rank = (value: number): number => Math.round(Math.log2(value));
	return [...byClass].sort((a, b) => rank(b[1]) - rank(a[1]) || (a[0] < b[0] ? -1 : 1));
};

const written = (value: number): string => (Number.isInteger(value) ? String(value) : average(value));

const toneOf = (name: string) => loadClassOf(name).tone;
