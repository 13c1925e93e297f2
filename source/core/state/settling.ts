import {pastOf} from '../history/moment.ts';
import type {Past} from '../history/past.ts';
import {newest} from '../history/timeline.ts';
import {type Contents, contentsOf, isSameContents, settledContents} from '../pane/contents.ts';
import type {Options} from '../pane/options.ts';
import {type Pane, sectionOf} from '../pane/pane.ts';
import {remembered} from '../sample/remembered.ts';
import type {Row, Sample} from '../sample/sample.ts';
import {type Instant, secondsBetween} from '../values/instant.ts';
import {paneState, withPaneState} from './pane-state.ts';
import type {Registry} from './registry.ts';
import type {PaneState, State} from './state.ts';
import {passingRows, shownPane, shownSample, type View} from './view.ts';

/** Contents of the columns of each section of a pane; undefined for a section without rows. */
type TableContents = readonly (Contents | undefined)[];

/** Contents of a pane in a sample. */
type Refresh = {readonly seq: number; readonly at: Instant; readonly contents: TableContents};

/** Samples that were shown one after the other, by their numbers, and the contents by which all of them are laid out. */
type Run = {readonly from: number; readonly to: number; readonly contents: TableContents};

/** Refreshes that a pane remembers, so that its columns do not move with each one. */
export type Settling = {
	/** Choice of rows that it holds for; after another choice the columns are laid out at once. */
	readonly rows: string;
	/** The last refreshes, newest first; they go on while an earlier moment is shown. */
	readonly recent: readonly Refresh[];
	/** Layouts that were shown: a moment that is shown again looks as before. */
	readonly runs: readonly Run[];
};

// Columns that move less often than this do not dance; on a busy server a repaint for them costs as much as four refreshes.
const settlingSeconds = 60;
const mostRefreshes = 60;
const mostRuns = 100;

const contentsOfRows = (pane: Pane, sample: Sample, rows: readonly Row[]): TableContents => {
	if (pane.steady) return [];
	const sections = pane.sections.length > 0 ? pane.sections : [pane];
	return sections.map(({columns}, index) => {
		const own = sections.length > 1 ? rows.filter(row => sectionOf(pane, row) === index) : rows;
		const present = columns.filter(column => column.present(sample));
		return own.length > 0 ? contentsOf(present, own, sample.at) : undefined;
	});
};

const contentsIn = remembered(
	(pane: Pane, sample: Sample, past: Past, options: Options, filter: string): TableContents =>
		contentsOfRows(pane, sample, passingRows(pane, sample, past, options, filter)),
);

const settled = (recent: readonly Refresh[]): TableContents =>
	(recent[0]?.contents ?? []).map((_, section) => settledContents(recent.flatMap(({contents}) => contents[section] ?? [])));

const isSame = (a: TableContents, b: TableContents): boolean =>
	a.length === b.length && a.every((contents, section) => isSameContents(contents, b[section]));

const runAt = ({runs}: Settling, {seq}: Sample): Run | undefined => runs.findLast(({from, to}) => from <= seq && seq <= to);

const withRun = (runs: readonly Run[], {seq}: Sample, contents: TableContents): readonly Run[] =>
	[...runs, {from: seq, to: seq, contents}].slice(-mostRuns);

/** Memory with the next refresh: a sample soon after the last one settles the columns, any other lays them out again. */
const withRefresh = (settling: Settling, sample: Sample, contents: TableContents): Settling => {
	const {seq, at} = sample;
	const isRecent = (refresh: Refresh): boolean => (secondsBetween(refresh.at, at) ?? settlingSeconds) < settlingSeconds;
	const [last] = settling.recent;
	const refresh = {seq, at, contents: last && isSame(last.contents, contents) ? last.contents : contents};
	const recent = [refresh, ...settling.recent.filter(isRecent)].slice(0, mostRefreshes);
	const next = settled(recent);
	const index = settling.runs.findLastIndex(({to}) => to === recent[1]?.seq);
	const run = settling.runs[index];
	const runs =
		run && isSame(run.contents, next) ? settling.runs.with(index, {...run, to: seq}) : withRun(settling.runs, sample, next);
	return {...settling, recent, runs};
};

/**
 * The state after its pane was laid out for the shown sample. Memory of the refreshes is kept in the state, so that no earlier sample
 * has to be looked at for a key; it is also why a rewound moment has the columns that it had when it was live.
 */
export const settleColumns = (registry: Pick<Registry, 'pane'>, state: State): State => {
	const shown = shownSample(state);
	if (!shown) return state;
	const {options, overlay, timeline, frozen, replay} = state;
	const {filter, settling} = paneState(state);
	const pane = shownPane(registry, state);
	const isTyping = overlay?.kind === 'prompt' && overlay.asks === 'filter';
	const rows = `${options.idle} ${options.background} ${options.waiting} ${pane.aspect} ${isTyping ? overlay.previous : filter}`;
	let next: Settling = settling?.rows === rows ? settling : {rows, recent: [], runs: []};
	// A frozen screen returns to what it would have been.
	const latest = (replay ? undefined : newest(timeline)) ?? shown;
	const [last] = next.recent;
	if (!last || latest.seq > last.seq) {
		const contents = isTyping && last ? last.contents : contentsIn(pane, latest, timeline.samples, options, filter);
		next = withRefresh(next, latest, contents);
	}
	if (!runAt(next, shown)) {
		const contents = contentsIn(pane, shown, pastOf(timeline, frozen), options, filter);
		next = {...next, runs: withRun(next.runs, shown, contents)};
	}
	return next === settling ? state : withPaneState(state, {settling: next});
};

/** Contents by which a section of the view is laid out. */
export const contentsToLayOut = ({options}: State, {filter, settling}: PaneState, view: View, section: number) => {
	const {pane, sample, past} = view;
	if (!sample) return undefined;
	const run = settling && runAt(settling, sample);
	return (run?.contents ?? contentsIn(pane, sample, past, options, filter))[section];
};
