import type {Column} from '../pane/column.ts';
import {gap, layout, type PlacedColumn} from '../pane/layout.ts';
import {sectionOf} from '../pane/pane.ts';
import type {Row} from '../sample/sample.ts';
import {changeMarks, changeOf} from '../state/compare.ts';
import {topFor} from '../state/cursor.ts';
import type {PaneState, State} from '../state/state.ts';
import {rowInstant, type View} from '../state/view.ts';
import {barsInAscii} from '../text/bars.ts';
import {clean, slice, toWidth} from '../text/clean.ts';
import {type Line, type Span, span, type Tone, wrap} from '../text/line.ts';

/** Cells before the first column, where the cursor and tags are marked, and what changed. */
const marginOf = ({diff}: View): number => (diff ? 3 : 1);

/** How the cursor, a tag, a row that ended and the order are marked. */
const marksOf = (ascii: boolean) =>
	ascii
		? {cursor: '>', tag: '*', gone: 'x', up: '^', down: 'v', more: '~'}
		: {cursor: '▶', tag: '•', gone: '✗', up: '▲', down: '▼', more: '…'};

const asciiTwins: Readonly<Record<string, string>> = {'└': '`', '┆': ':', '↻': '@'};
const inAscii = (text: string): string => barsInAscii(text.replace(/[└┆↻]/g, mark => asciiTwins[mark] ?? mark));

/** Columns as they stand at the state's width and scroll; the one that is sorted by is among them. */
const placedOf = (columns: readonly Column[], state: State, view: View, own: PaneState): readonly PlacedColumn[] => {
	const {pane, sample} = view;
	const present = sample ? columns.filter(column => column.present(sample)) : columns;
	const duration = pane.durations?.[state.options.duration];
	return layout(present, state.size.columns - marginOf(view), own.column, duration, own.sort?.column);
};

/** The line of column heads; the one that is sorted by carries the direction. */
const headLine = (placed: readonly PlacedColumn[], state: State, view: View, own: PaneState): Line => {
	const marks = marksOf(state.options.ascii);
	const heads = placed.map(({column, width}) => {
		const sorted = own.sort?.column === column.id ? (own.sort.descending ? marks.down : marks.up) : '';
		return toWidth(slice(clean(column.title), 0, width - sorted.length) + sorted, width, column.align, '');
	});
	return [span(toWidth(' '.repeat(marginOf(view)) + heads.join(' '.repeat(gap)), state.size.columns, 'left', ''), 'bar')];
};

/**
 * The heads and the rows that are visible in `height` lines, formatted for these rows only. A section's heads stand above its
 * first visible row. Where statements are wrapped a row takes several lines, and the first visible row moves on until the
 * cursor's is seen.
 */
export const tableLines = (state: State, view: View, own: PaneState, height: number): readonly Line[] => {
	const placed = remembering((section: number) =>
		placedOf(view.pane.sections[section]?.columns ?? view.pane.columns, state, view, own),
	);
	const section = (index: number): number => sectionOf(view.pane, view.rows[index] as Row);
	let top = topFor(own.top, view.cursor, height - 1, view.rows.length);
	for (;;) {
		const lines: Line[] = [];
		let last = top;
		let before: number | undefined;
		while (last < view.rows.length && lines.length < height) {
			const now = section(last);
			if (now !== before) lines.push(headLine(placed(now), state, view, own));
			before = now;
			lines.push(...rowLines(state, view, own, placed(now), last++));
		}
		if (before === undefined) lines.push(headLine(placed(0), state, view, own));
		const seen = view.cursor < 0 || view.cursor < last - (lines.length > height ? 1 : 0) || view.cursor === top;
		if (seen) return lines.slice(0, height);
		top++;
	}
};

const remembering = <T>(make: (key: number) => T): ((key: number) => T) => {
	const made = new Map<number, T>();
	return key => {
		const found = made.get(key) ?? make(key);
		made.set(key, found);
		return found;
	};
};

const rowLines = (state: State, view: View, own: PaneState, placed: readonly PlacedColumn[], index: number): readonly Line[] => {
	const row = view.rows[index] as Row;
	const marks = marksOf(state.options.ascii);
	const selected = index === view.cursor;
	const gone = selected && view.gone;
	const tagged = own.tagged.has(view.pane.identity(row));
	const mark = gone ? marks.gone : selected ? marks.cursor : tagged ? marks.tag : ' ';
	const at = rowInstant(view, row);
	const {diff} = view;
	const columns = placed.map(({column}) => column);
	const change = diff && changeOf(diff, view.pane, row, at, columns);
	const spans: Span[] = [span(mark, gone ? 'danger' : 'strong')];
	if (change) spans.push(span(changeMarks[change][0], changeMarks[change][1]), span(' '));
	const absent = gone || (diff?.missing.has(row) ?? false);
	const growing = placed.at(-1);
	const wrapped =
		(state.options.wrap || view.pane.below) && growing?.column.width.grow
			? wrap(growing.column.format(growing.column.value(row, at), row), growing.width)
			: [];
	for (const [place, {column, width}] of placed.entries()) {
		const value = column.value(row, at);
		const tone: Tone =
			selected && place === 0 ? 'cursor' : absent ? 'dim' : tagged && place === 0 ? 'strong' : column.tone(value, row);
		const text = wrapped.length > 1 && place === placed.length - 1 ? (wrapped[0] ?? '') : clean(column.format(value, row));
		const written = state.options.ascii ? inAscii(text) : text;
		if (place > 0) spans.push(span(' '.repeat(gap)));
		spans.push(span(toWidth(written, width, column.align, marks.more), tone));
	}
	const indent = state.size.columns - (growing?.width ?? 0);
	const tone = growing ? growing.column.tone(growing.column.value(row, at), row) : 'calm';
	const below = growing && view.pane.below ? wrap(view.pane.below(row), growing.width) : [];
	return [
		spans,
		...wrapped.slice(1).map(text => [span(' '.repeat(indent)), span(text, tone)]),
		...below.map(text => [span(' '.repeat(indent)), span(text, 'dim')]),
	];
};
