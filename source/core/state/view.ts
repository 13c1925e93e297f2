import {pastOf} from '../history/moment.ts';
import type {Past} from '../history/past.ts';
import {newest} from '../history/timeline.ts';
import {type Column, compareValues} from '../pane/column.ts';
import {parseFilter} from '../pane/filter.ts';
import {paneFailure} from '../pane/missing.ts';
import type {Options} from '../pane/options.ts';
import {type Hidden, type Pane, sectionOf} from '../pane/pane.ts';
import {remembered} from '../sample/remembered.ts';
import type {Failure, Row, Sample} from '../sample/sample.ts';
import type {Instant} from '../values/instant.ts';
import {comparisonOf, type Diff, diffOf, markOf} from './compare.ts';
import {hasLeft} from './cursor.ts';
import type {Registry} from './registry.ts';
import type {Cursor, PaneState, State} from './state.ts';

/** The rows of a pane as shown: filtered and sorted, with the cursor's row kept in place even after it ended. */
export type View = {
	readonly pane: Pane;
	readonly sample: Sample | undefined;
	readonly past: Past;
	readonly now: Instant;
	readonly rows: readonly Row[];
	/** Identities of the rows, while a cursor keeps their order. */
	readonly names: readonly string[] | undefined;
	/** Number of rows before hiding and filtering. */
	readonly total: number;
	/** The cursor's index in `rows`; -1 without a cursor. */
	readonly cursor: number;
	/** True if the cursor's row does not exist at this moment and is shown as of another one. */
	readonly gone: boolean;
	/** Number of shown rows that the sample does not have. */
	readonly extra: number;
	/** Comparison with another moment. */
	readonly diff: Diff | undefined;
	readonly failure: Failure | undefined;
	readonly hidden: Hidden | undefined;
};

/** The shown sample: the frozen one, else the newest. */
export const shownSample = (state: State): Sample | undefined => state.frozen?.sample ?? newest(state.timeline);

/** The shown pane in the form that shows what the state asks for. */
export const shownPane = (registry: Pick<Registry, 'pane'>, state: State): Pane => {
	const pane = registry.pane(state.pane);
	return pane.form?.({group: state.options.group, mark: state.compares ? markOf(state) : undefined}) ?? pane;
};

/** The moment of a row: that of its own sample. */
const instantOfRow = (row: Row, sample: Sample, diff: Diff | undefined): Instant =>
	diff?.missing.has(row) ? diff.other.at : sample.at;

/** True for the rows of a pane that pass the options and the filter. */
const testOf = (pane: Pane, options: Options, filter: string): ((row: Row, at: Instant) => boolean) => {
	const parsed = parseFilter(filter, pane.columns);
	return (row, at) => pane.shown(row, options) && (!parsed.ok || parsed.test(row, at));
};

/** Rows of a sample that pass the options and the filter of a pane. */
export const passingRows = remembered(
	(pane: Pane, sample: Sample, past: Past, options: Options, filter: string): readonly Row[] => {
		const passes = testOf(pane, options, filter);
		return pane.rows(sample, past).filter(row => passes(row, sample.at));
	},
);

/** Rows by section and the values of a column, each of which is computed once. */
const sortedBy = (
	pane: Pane,
	rows: readonly Row[],
	column: Column,
	descending: boolean,
	instantOf: (row: Row) => Instant,
): readonly Row[] => {
	const sign = descending ? -1 : 1;
	const keyed = rows.map(row => ({row, section: sectionOf(pane, row), key: column.value(row, instantOf(row))}));
	keyed.sort(
		(a, b) =>
			a.section - b.section ||
			sign * compareValues(a.key, b.key) ||
			pane.ties(a.row, b.row) ||
			(pane.identity(a.row) < pane.identity(b.row) ? -1 : 1),
	);
	return keyed.map(({row}) => row);
};

/** A pane's rows of a sample without hidden and filtered ones, sorted. */
const sortedRows = remembered(
	(
		pane: Pane,
		sample: Sample,
		past: Past,
		options: Options,
		filter: string,
		sort: PaneState['sort'],
		diff: Diff | undefined,
	): {readonly rows: readonly Row[]; readonly total: number} => {
		const missing = diff ? [...diff.missing].filter(row => testOf(pane, options, filter)(row, diff.other.at)) : [];
		const rows = [...passingRows(pane, sample, past, options, filter), ...missing];
		const column = pane.columns.find(({id}) => id === sort?.column);
		return {
			rows: column && sort ? sortedBy(pane, rows, column, sort.descending, row => instantOfRow(row, sample, diff)) : rows,
			total: pane.rows(sample, past).length,
		};
	},
);

type OrderedRows = {readonly rows: readonly Row[]; readonly names: readonly string[]};

/** Rows in the order kept by a cursor, new ones last. An unchanged order remains the same object. */
const inCursorOrder = remembered((pane: Pane, rows: readonly Row[], order: readonly string[]): OrderedRows => {
	const byName = new Map(rows.map(row => [pane.identity(row), row]));
	const names = [...order.filter(name => byName.has(name)), ...[...byName.keys()].filter(name => !placesOf(order).has(name))];
	const isUnchanged = names.length === order.length && names.every((name, index) => name === order[index]);
	return {rows: names.map(name => byName.get(name) as Row), names: isUnchanged ? order : names};
});

const placesOf = remembered(
	(order: readonly string[]): ReadonlyMap<string, number> => new Map(order.map((name, index) => [name, index])),
);

/** The rows in cursor order, including the cursor's own: if it is hidden or has just ended, it keeps its place. */
const withCursor = (
	pane: Pane,
	sample: Sample,
	past: Past,
	diff: Diff | undefined,
	{rows, names}: OrderedRows,
	{identity, index, row: last}: Cursor,
	hasLeft: boolean,
): OrderedRows & {cursor: number; gone: boolean} => {
	const cursor = names[index] === identity ? index : (placesOf(names).get(identity) ?? -1);
	if (cursor >= 0) return {rows, names, cursor, gone: diff?.missing.has(rows[cursor] as Row) ?? false};
	if (hasLeft) return {rows, names, cursor: -1, gone: false};
	const place = Math.min(index, rows.length);
	const now = pane.rows(sample, past).find(row => pane.identity(row) === identity);
	return {
		rows: rows.toSpliced(place, 0, now ?? last),
		names: names.toSpliced(place, 0, identity),
		cursor: place,
		gone: now === undefined,
	};
};

const diffWith = remembered(
	(pane: Pane, sample: Sample, past: Past, other: Sample | undefined, otherPast: Past): Diff | undefined =>
		other && diffOf(pane, sample, past, other, otherPast),
);

const paneView = remembered(
	(
		pane: Pane,
		paneState: PaneState,
		options: Options,
		sample: Sample,
		past: Past,
		diff: Diff | undefined,
		isLive: boolean,
	): View => {
		const {rows, total} = sortedRows(pane, sample, past, options, paneState.filter, paneState.sort, diff);
		const missing = diff ? rows.filter(row => diff.missing.has(row)).length : 0;
		const shared = {
			pane,
			sample,
			past,
			now: sample.at,
			total,
			failure: paneFailure(pane, sample),
			hidden: pane.hidden(sample),
			diff,
		};
		if (!paneState.cursor) {
			// The cursor of such a pane is on its first row, whichever that is, until a key moves it.
			const cursor = pane.pointed && rows.length > 0 ? 0 : -1;
			return {...shared, rows, names: undefined, cursor, gone: false, extra: missing};
		}
		const {cursor} = paneState;
		const ordered = inCursorOrder(pane, rows, cursor.order);
		const pointed = withCursor(pane, sample, past, diff, ordered, cursor, isLive && hasLeft(cursor));
		return {...shared, ...pointed, extra: missing + (pointed.gone && pointed.rows.length > rows.length ? 1 : 0)};
	},
);

/** The view of the shown pane. */
export const viewOf = (registry: Pick<Registry, 'pane'>, state: State): View => {
	const pane = shownPane(registry, state);
	const sample = shownSample(state);
	const past = pastOf(state.timeline, state.frozen);
	if (sample) {
		const other = pane.compares ? undefined : comparisonOf(state);
		const diff = diffWith(pane, sample, past, other?.sample, other?.past ?? past);
		return paneView(pane, state.panes[pane.id] as PaneState, state.options, sample, past, diff, state.frozen === undefined);
	}
	return {
		pane,
		sample,
		past,
		now: '',
		rows: [],
		names: undefined,
		total: 0,
		cursor: -1,
		gone: false,
		extra: 0,
		diff: undefined,
		failure: undefined,
		hidden: undefined,
	};
};

/** The row at the cursor; undefined without a cursor. */
export const cursorRow = (view: View): Row | undefined => view.rows[view.cursor];

/** The moment of a row of the view. */
export const rowInstant = ({sample, diff, now}: View, row: Row): Instant => (sample ? instantOfRow(row, sample, diff) : now);
