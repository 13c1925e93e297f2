import {type Contents, contentsOf, isSameContents, settledContents} from '../pane/contents.ts';
import {type Pane, sectionOf} from '../pane/pane.ts';
import {remembered} from '../sample/remembered.ts';
import type {Row, Sample} from '../sample/sample.ts';
import {type Instant, secondsBetween} from '../values/instant.ts';
import {paneState, withPaneState} from './pane-state.ts';
import type {Registry} from './registry.ts';
import type {State} from './state.ts';
import {type View, viewOf} from './view.ts';

/** Contents of the columns of each section of a pane; undefined for a section without rows. */
type TableContents = readonly (Contents | undefined)[];

/** Contents of a pane at a refresh. */
type Refresh = {readonly at: Instant; readonly contents: TableContents};

/** Samples that were shown one after the other, by their numbers, and the contents by which all of them are laid out. */
type Run = {readonly from: number; readonly to: number; readonly contents: TableContents};

/** Refreshes that a pane remembers, so that its columns do not move with each one. */
export type Settling = {
	/** Choice of rows that it holds for; after another choice the columns are laid out at once. */
	readonly rows: string;
	/** The last refreshes, newest first. */
	readonly recent: readonly Refresh[];
	/** Layouts that were shown, oldest first: a moment that is shown again looks as before. */
	readonly runs: readonly Run[];
};

const mostRefreshes = 10;
// Columns that move less often than this do not dance.
const settlingSeconds = 10;
const mostRuns = 100;

const contentsOfRows = remembered((pane: Pane, rows: readonly Row[], now: Instant): TableContents => {
	if (pane.steady) return [];
	if (pane.sections.length === 0) return [rows.length > 0 ? contentsOf(pane.columns, rows, now) : undefined];
	return pane.sections.map(({columns}, index) => {
		const own = rows.filter(row => sectionOf(pane, row) === index);
		return own.length > 0 ? contentsOf(columns, own, now) : undefined;
	});
});

const contentsIn = ({pane, rows, now}: View): TableContents => contentsOfRows(pane, rows, now);

const settled = (recent: readonly Refresh[]): TableContents =>
	(recent[0]?.contents ?? []).map((_, section) => settledContents(recent.flatMap(({contents}) => contents[section] ?? [])));

const isSame = (a: TableContents, b: TableContents): boolean =>
	a.length === b.length && a.every((contents, section) => isSameContents(contents, b[section]));

const runAt = (settling: Settling | undefined, {seq}: Sample): Run | undefined =>
	settling?.runs.findLast(({from, to}) => from <= seq && seq <= to);

/** Runs with the one of a sample: the last one, if the sample follows it and looks the same. */
const withRun = (runs: readonly Run[], {seq}: Sample, contents: TableContents, follows: boolean): readonly Run[] => {
	const last = runs.at(-1);
	return last && follows && isSame(last.contents, contents)
		? runs.with(-1, {...last, to: seq})
		: [...runs, {from: seq, to: seq, contents}].slice(-mostRuns);
};

/**
 * The state after its pane was laid out for the shown sample. Memory of the refreshes is kept in the state, so that no earlier sample
 * has to be looked at for a key; it is also why a rewound moment has the columns that it had when it was live.
 */
export const settleColumns = (registry: Pick<Registry, 'pane'>, state: State): State => {
	const view = viewOf(registry, state);
	const {sample} = view;
	if (!sample) return state;
	const {options, overlay} = state;
	const {filter, settling} = paneState(state);
	const isTyping = overlay?.kind === 'prompt' && overlay.asks === 'filter';
	const rows = `${options.idle} ${options.background} ${options.waiting} ${isTyping ? overlay.previous : filter}`;
	const before = settling?.rows === rows ? settling : undefined;
	if (runAt(before, sample)) return state;
	const [newest] = before?.recent ?? [];
	const age = newest ? secondsBetween(newest.at, sample.at) : null;
	const follows = newest !== undefined && newest.at < sample.at && age !== null && age < settlingSeconds;
	const refresh = {at: sample.at, contents: isTyping && newest ? newest.contents : contentsIn(view)};
	const recent = [refresh, ...(follows ? (before?.recent ?? []) : [])]
		.filter(({at}) => (secondsBetween(at, sample.at) ?? 0) < settlingSeconds)
		.slice(0, mostRefreshes);
	const runs = withRun(before?.runs ?? [], sample, settled(recent), follows);
	return withPaneState(state, {settling: {rows, recent, runs}});
};

/** Contents by which a section of the view is laid out. */
export const contentsToLayOut = (settling: Settling | undefined, view: View, section: number): Contents | undefined =>
	view.sample && (runAt(settling, view.sample)?.contents ?? contentsIn(view))[section];
