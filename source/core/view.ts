import {compareValues} from './column.ts';
import {cursorIn} from './cursor.ts';
import {parseFilter} from './filter.ts';
import {failureOf, type Hidden, type Pane} from './pane.ts';
import type {Failure, Instant, Row, Sample} from './sample.ts';
import type {Options, PaneState, State} from './state.ts';
import {newest, sampleAt} from './timeline.ts';

/** The rows of a pane as they stand on the screen: filtered, in order, with the cursor's row in its place even when it is gone. */
export type View = {
	readonly pane: Pane;
	readonly sample: Sample | undefined;
	readonly now: Instant;
	readonly rows: readonly Row[];
	/** Rows of the pane before hiding and filtering. */
	readonly total: number;
	/** The cursor's place in `rows`, or -1 while it is not engaged. */
	readonly cursor: number;
	/** The cursor's row has ended: what stands there is its last state. */
	readonly gone: boolean;
	readonly failure: Failure | undefined;
	readonly hidden: Hidden | undefined;
};

/** The sample that the screen shows: the one it is frozen at, or the newest. */
export const shownSample = (state: State): Sample | undefined =>
	state.frozen === undefined ? newest(state.timeline) : sampleAt(state.timeline, state.frozen);

/** Remembers the last answer, so that a key which changes neither rows nor order costs neither. */
const remembered = <A extends readonly unknown[], T>(compute: (...given: A) => T): ((...given: A) => T) => {
	let last: {readonly given: A; readonly answer: T} | undefined;
	return (...given) => {
		if (!last?.given.every((value, index) => value === given[index])) last = {given, answer: compute(...given)};
		return (last as {answer: T}).answer;
	};
};

/** A pane's rows of a sample, in the order of its sort, those hidden or filtered out left out. */
const ordered = remembered(
	(
		pane: Pane,
		sample: Sample,
		options: Options,
		filter: string,
		sort: PaneState['sort'],
	): {readonly rows: readonly Row[]; readonly total: number} => {
		const all = pane.rows(sample);
		const parsed = parseFilter(filter, pane.columns);
		const test = parsed.ok ? parsed.test : () => true;
		const rows = all.filter(row => pane.shown(row, options) && test(row, sample.at));
		const column = pane.columns.find(({id}) => id === sort?.column);
		if (column && sort) {
			const keys = new Map(rows.map(row => [row, column.value(row, sample.at)]));
			const sign = sort.descending ? -1 : 1;
			rows.sort(
				(a, b) =>
					sign * compareValues(keys.get(a) ?? null, keys.get(b) ?? null) || (pane.identity(a) < pane.identity(b) ? -1 : 1),
			);
		}
		return {rows, total: all.length};
	},
);

/** Rows in the order that an engaged cursor holds: known ones where they were, new ones behind, the cursor's own even when gone. */
const held = remembered(
	(pane: Pane, rows: readonly Row[], order: readonly string[], identity: string, last: Row): readonly Row[] => {
		const byIdentity = new Map(rows.map(row => [pane.identity(row), row]));
		const out: Row[] = [];
		for (const name of order) {
			const row = byIdentity.get(name) ?? (name === identity ? last : undefined);
			if (row) out.push(row);
			byIdentity.delete(name);
		}
		return [...out, ...byIdentity.values()];
	},
);

/** The view of the pane that the state looks at. */
export const viewOf = (panes: readonly Pane[], state: State): View => {
	const pane = panes.find(({id}) => id === state.pane) as Pane;
	const own = state.panes[pane.id] as PaneState;
	const sample = shownSample(state);
	if (!sample) return {pane, sample, now: '', rows: [], total: 0, cursor: -1, gone: false, failure: undefined, hidden: undefined};
	const {rows, total} = ordered(pane, sample, state.options, own.filter, own.sort);
	const shared = {pane, sample, now: sample.at, total, failure: failureOf(pane, sample), hidden: pane.hidden(sample)};
	if (!own.cursor) return {...shared, rows, cursor: -1, gone: false};
	const {identity, order} = own.cursor;
	// Live the cursor's row is the newest; a held screen shows it as it was then, also where it would be hidden.
	const {row: last} = state.frozen === undefined ? own.cursor : (cursorIn(own.cursor, pane, sample) ?? own.cursor);
	const inOrder = held(pane, rows, order, identity, last);
	const cursor = inOrder.findIndex(row => pane.identity(row) === identity);
	return {...shared, rows: inOrder, cursor, gone: cursor >= 0 && inOrder[cursor] === last && !pane.rows(sample).includes(last)};
};

/** The row the cursor is on, unless it is not engaged. */
export const cursorRow = (view: View): Row | undefined => view.rows[view.cursor];
