import {pastOf} from '../history/moment.ts';
import type {Past} from '../history/past.ts';
import {newest} from '../history/timeline.ts';
import {compareValues} from '../pane/column.ts';
import {parseFilter} from '../pane/filter.ts';
import type {Options} from '../pane/options.ts';
import {type Hidden, type Pane, paneFailure, sectionOf} from '../pane/pane.ts';
import {remembered} from '../sample/remembered.ts';
import type {Failure, Row, Sample} from '../sample/sample.ts';
import type {Instant} from '../values/instant.ts';
import {comparisonOf, type Diff, diffOf} from './compare.ts';
import type {Cursor, PaneState, State} from './state.ts';

/** The rows of a pane as they stand on the screen: filtered, in order, with the cursor's row in its place even when it is gone. */
export type View = {
	readonly pane: Pane;
	readonly sample: Sample | undefined;
	readonly past: Past;
	readonly now: Instant;
	readonly rows: readonly Row[];
	/** What names the rows, while a cursor holds their order. */
	readonly names: readonly string[] | undefined;
	/** Rows of the pane before hiding and filtering. */
	readonly total: number;
	/** The cursor's place in `rows`, or -1 while it is not engaged. */
	readonly cursor: number;
	/** The cursor's row is not there: what stands is its last state, or that of another moment. */
	readonly gone: boolean;
	/** Rows among these that the sample does not have. */
	readonly extra: number;
	/** What the rows are compared with. */
	readonly diff: Diff | undefined;
	readonly failure: Failure | undefined;
	readonly hidden: Hidden | undefined;
};

/** The sample that the screen shows: the one it is frozen at, or the newest. */
export const shownSample = (state: State): Sample | undefined => state.frozen?.sample ?? newest(state.timeline);

/** The moment at which a row is shown: rows of another moment are as they were then. */
const instantOfRow = (row: Row, sample: Sample, diff: Diff | undefined): Instant =>
	diff?.missing.has(row) ? diff.other.at : sample.at;

/** A pane's rows of a sample, in the order of its sort, those hidden or filtered out left out. */
const ordered = remembered(
	(
		pane: Pane,
		sample: Sample,
		past: Past,
		options: Options,
		filter: string,
		sort: PaneState['sort'],
		diff: Diff | undefined,
	): {readonly rows: readonly Row[]; readonly total: number} => {
		const all = pane.rows(sample, past);
		const parsed = parseFilter(filter, pane.columns);
		const test = parsed.ok ? parsed.test : () => true;
		const rows = [...all, ...(diff?.missing ?? [])].filter(
			row => pane.shown(row, options) && test(row, instantOfRow(row, sample, diff)),
		);
		const column = pane.columns.find(({id}) => id === sort?.column);
		if (column && sort) {
			const keys = new Map(rows.map(row => [row, column.value(row, instantOfRow(row, sample, diff))]));
			const sign = sort.descending ? -1 : 1;
			rows.sort(
				(a, b) =>
					sectionOf(pane, a) - sectionOf(pane, b) ||
					sign * compareValues(keys.get(a) ?? null, keys.get(b) ?? null) ||
					pane.ties(a, b) ||
					(pane.identity(a) < pane.identity(b) ? -1 : 1),
			);
		}
		return {rows, total: all.length};
	},
);

type Held = {readonly rows: readonly Row[]; readonly names: readonly string[]};

/** Rows in the order that an engaged cursor holds: known ones where they were, new ones behind. An order that still stands is the same object. */
const held = remembered((pane: Pane, rows: readonly Row[], order: readonly string[]): Held => {
	const byName = new Map(rows.map(row => [pane.identity(row), row]));
	const names = [...order.filter(name => byName.has(name)), ...[...byName.keys()].filter(name => !placesOf(order).has(name))];
	const stands = names.length === order.length && names.every((name, index) => name === order[index]);
	return {rows: names.map(name => byName.get(name) as Row), names: stands ? order : names};
});

const placesOf = remembered(
	(order: readonly string[]): ReadonlyMap<string, number> => new Map(order.map((name, index) => [name, index])),
);

/** The held rows with the cursor's own among them: where it is not, because it ended or is hidden by now, it keeps its place. */
const withCursor = (
	pane: Pane,
	sample: Sample,
	past: Past,
	diff: Diff | undefined,
	{rows, names}: Held,
	{identity, index, row: last}: Cursor,
): Held & {cursor: number; gone: boolean} => {
	const cursor = names[index] === identity ? index : (placesOf(names).get(identity) ?? -1);
	if (cursor >= 0) return {rows, names, cursor, gone: diff?.missing.has(rows[cursor] as Row) ?? false};
	const place = Math.min(index, rows.length);
	const now = pane.rows(sample, past).find(row => pane.identity(row) === identity);
	return {
		rows: rows.toSpliced(place, 0, now ?? last),
		names: names.toSpliced(place, 0, identity),
		cursor: place,
		gone: now === undefined,
	};
};

const compared = remembered(
	(pane: Pane, sample: Sample, past: Past, other: Sample | undefined, otherPast: Past): Diff | undefined =>
		other && diffOf(pane, sample, past, other, otherPast),
);

const seen = remembered(
	(pane: Pane, own: PaneState, options: Options, sample: Sample, past: Past, diff: Diff | undefined): View => {
		const {rows, total} = ordered(pane, sample, past, options, own.filter, own.sort, diff);
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
		if (!own.cursor) return {...shared, rows, names: undefined, cursor: -1, gone: false, extra: missing};
		const pointed = withCursor(pane, sample, past, diff, held(pane, rows, own.cursor.order), own.cursor);
		return {...shared, ...pointed, extra: missing + (pointed.gone && pointed.rows.length > rows.length ? 1 : 0)};
	},
);

/** The view of the pane that the state looks at. */
export const viewOf = (panes: readonly Pane[], state: State): View => {
	const pane = panes.find(({id}) => id === state.pane) as Pane;
	const sample = shownSample(state);
	const past = pastOf(state.timeline, state.frozen);
	if (sample) {
		const other = comparisonOf(state);
		const diff = compared(pane, sample, past, other?.sample, other?.past ?? past);
		return seen(pane, state.panes[pane.id] as PaneState, state.options, sample, past, diff);
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

/** The row the cursor is on, unless it is not engaged. */
export const cursorRow = (view: View): Row | undefined => view.rows[view.cursor];

/** The moment at which a row of a view is shown. */
export const rowInstant = ({sample, diff, now}: View, row: Row): Instant => (sample ? instantOfRow(row, sample, diff) : now);
