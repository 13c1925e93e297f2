import type {Column} from '../pane/column.ts';
import {gap, layout, type PlacedColumn} from '../pane/layout.ts';
import {sectionOf} from '../pane/pane.ts';
import type {Row} from '../sample/sample.ts';
import {changeMarks, changeOf} from '../state/compare.ts';
import {topFor} from '../state/cursor.ts';
import {contentsToLayOut} from '../state/settling.ts';
import type {PaneState, State} from '../state/state.ts';
import {rowInstant, type View} from '../state/view.ts';
import {inAscii} from '../text/ascii.ts';
import {clean, slice, toWidth} from '../text/clean.ts';
import {type Line, line, type Span, span, type Tone, wrap} from '../text/line.ts';

/** Cells before the first column, for the marks of cursor, tags and changes. */
const marginOf = ({diff}: View): number => (diff ? 3 : 1);

/** Marks of the cursor, a tag, a row to blame, an ended row, the sort direction and cut text. */
const marksOf = (ascii: boolean) =>
	ascii
		? {cursor: '>', tag: '*', blamed: '!', gone: 'x', up: '^', down: 'v', more: '~'}
		: {cursor: '▶', tag: '•', blamed: '!', gone: '✗', up: '▲', down: '▼', more: '…'};

/** The columns that fit the width and the scroll position, always including the sort column. */
const placedOf = (section: number, state: State, view: View, paneState: PaneState): readonly PlacedColumn[] => {
	const {pane, sample} = view;
	const {columns} = pane.sections[section] ?? pane;
	const present = sample ? columns.filter(column => column.present(sample)) : columns;
	const contents = contentsToLayOut(state, paneState, view, section);
	const duration = pane.durations?.[state.options.duration];
	const screen = state.size.columns;
	return layout(present, {screen, table: screen - marginOf(view)}, contents, paneState.column, {
		sorted: paneState.sort?.column,
		shown: duration,
	});
};

/** The line of column heads, with the direction at the sort column. */
const headLine = (placed: readonly PlacedColumn[], state: State, view: View, {sort}: PaneState): Line => {
	const marks = marksOf(state.options.ascii);
	const heads = placed.map(({column, width, merged}) => {
		const isSorted = [column, ...merged].some(({id}) => id === sort?.column);
		const direction = isSorted ? (sort?.descending ? marks.down : marks.up) : '';
		const title = column.title.length + direction.length > width ? column.brief : column.title;
		return toWidth(slice(clean(title), 0, width - direction.length) + direction, width, column.align, '');
	});
	return [span(toWidth(' '.repeat(marginOf(view)) + heads.join(' '.repeat(gap)), state.size.columns, 'left', ''), 'bar')];
};

/** Title of a section, if there are others, and its line of column heads. */
const headLines = (
	section: number,
	placed: readonly PlacedColumn[],
	state: State,
	view: View,
	paneState: PaneState,
): readonly TablePart[] => {
	const [first, last] = [view.rows[0], view.rows.at(-1)].map(row => row && sectionOf(view.pane, row));
	const title = first === last ? undefined : view.pane.sections[section]?.title;
	const heads = {line: headLine(placed, state, view, paneState), heads: placed};
	return title === undefined ? [heads] : [{line: line(title, 'strong')}, heads];
};

/** A line of a table, with the index of its row in the view, or with the columns whose heads it has. */
export type TablePart = {readonly line: Line; readonly row?: number; readonly heads?: readonly PlacedColumn[]};

/** The column whose head is at a cell of a line of heads. */
export const headAt = (heads: readonly PlacedColumn[], view: View, cell: number): Column | undefined => {
	let left = marginOf(view);
	return heads.find(({width}) => {
		const from = left;
		left += width + gap;
		return cell >= from && cell < from + width;
	})?.column;
};

/**
 * Column heads and visible rows in `height` lines; only visible rows are formatted. Each section has its heads above its first
 * visible row. With wrapped statements a row takes several lines, and the table scrolls until the cursor's row is visible.
 */
export const tableParts = (state: State, view: View, paneState: PaneState, height: number): readonly TablePart[] => {
	const placed = memoized((section: number) => placedOf(section, state, view, paneState));
	const section = (index: number): number => sectionOf(view.pane, view.rows[index] as Row);
	const headPart = (columns: readonly PlacedColumn[]): TablePart => ({
		line: headLine(columns, state, view, paneState),
		heads: columns,
	});
	let top = topFor(paneState.top, view.cursor, height - 1, view.rows.length);
	for (;;) {
		const lines: TablePart[] = [];
		let last = top;
		let previous: number | undefined;
		while (last < view.rows.length && lines.length < height) {
			const current = section(last);
			if (current !== previous) lines.push(...headLines(current, placed(current), state, view, paneState));
			previous = current;
			const row = last++;
			lines.push(...rowLines(state, view, paneState, placed(current), row).map((line): TablePart => ({line, row})));
		}
		if (previous === undefined) lines.push(headPart(placed(0)));
		const isCursorVisible = view.cursor < 0 || view.cursor < last - (lines.length > height ? 1 : 0) || view.cursor === top;
		if (isCursorVisible) return lines.slice(0, height);
		top++;
	}
};

const memoized = <T>(make: (key: number) => T): ((key: number) => T) => {
	const values = new Map<number, T>();
	return key => {
		const value = values.get(key) ?? make(key);
		values.set(key, value);
		return value;
	};
};

const rowLines = (
	state: State,
	view: View,
	paneState: PaneState,
	placed: readonly PlacedColumn[],
	index: number,
): readonly Line[] => {
	const row = view.rows[index] as Row;
	const marks = marksOf(state.options.ascii);
	const shown = state.options.ascii ? inAscii : clean;
	const selected = index === view.cursor;
	const gone = selected && view.gone;
	const tagged = paneState.tagged.has(view.pane.identity(row));
	const isBlamed = view.pane.blamed(row);
	const mark = gone ? marks.gone : selected ? marks.cursor : tagged ? marks.tag : isBlamed ? marks.blamed : ' ';
	const at = rowInstant(view, row);
	const {diff} = view;
	const columns = placed.map(({column}) => column);
	const change = diff && changeOf(diff, view.pane, row, at, columns);
	const spans: Span[] = [span(mark, gone || (isBlamed && !selected) ? 'danger' : 'strong')];
	if (change) spans.push(span(changeMarks[change][0], changeMarks[change][1]), span(' '));
	const absent = gone || (diff?.missing.has(row) ?? false);
	const growing = placed.at(-1);
	const wrapped =
		(state.options.wrap || view.pane.below) && growing?.column.width.grow
			? wrap(shown(growing.column.format(growing.column.value(row, at), row)), growing.width)
			: [];
	for (const [place, {column, width}] of placed.entries()) {
		const value = column.value(row, at);
		const tone: Tone =
			selected && place === 0 ? 'cursor' : absent ? 'dim' : tagged && place === 0 ? 'strong' : column.tone(value, row);
		const text = wrapped.length > 1 && place === placed.length - 1 ? (wrapped[0] ?? '') : shown(column.format(value, row));
		if (place > 0) spans.push(span(' '.repeat(gap)));
		spans.push(span(toWidth(text, width, column.align, marks.more), tone));
	}
	const indent = state.size.columns - (growing?.width ?? 0);
	const tone = growing ? growing.column.tone(growing.column.value(row, at), row) : 'calm';
	const below = growing && view.pane.below ? wrap(shown(view.pane.below(row)), growing.width) : [];
	return [
		spans,
		...wrapped.slice(1).map(text => [span(' '.repeat(indent)), span(text, tone)]),
		...below.map(text => [span(' '.repeat(indent)), span(text, 'dim')]),
	];
};
