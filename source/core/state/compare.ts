import {type Bookmark, pastOf} from '../history/moment.ts';
import type {Past} from '../history/past.ts';
import {newest} from '../history/timeline.ts';
import type {Column} from '../pane/column.ts';
import type {Pane} from '../pane/pane.ts';
import type {Row, Sample} from '../sample/sample.ts';
import type {Tone} from '../text/line.ts';
import type {Instant} from '../values/instant.ts';
import type {State} from './state.ts';

/** The rows of a pane at two moments: the shown ones and the ones they are compared with. */
export type Diff = {
	readonly other: Sample;
	/** True if the other moment is earlier than the shown one. */
	readonly isEarlier: boolean;
	readonly shown: ReadonlyMap<string, Row>;
	readonly others: ReadonlyMap<string, Row>;
	/** Rows that exist only at the other moment. */
	readonly missing: ReadonlySet<Row>;
};

/** Change of a row from the earlier moment to the later one. */
export type Change = 'came' | 'went' | 'changed' | 'same';

/** Mark and tone of each change: never color alone. */
export const changeMarks: Readonly<Record<Change, readonly [mark: string, tone: Tone]>> = {
	came: ['+', 'good'],
	went: ['-', 'danger'],
	changed: ['~', 'warn'],
	same: [' ', 'calm'],
};

/** True if the sample holds the pane's rows: they were read, without a failure. */
const isRead = ({results}: Sample, {queries}: Pane): boolean => results[queries[0]?.name ?? '']?.ok === true;

/** Compares a pane's rows at two moments; undefined unless both samples hold them. */
export const diffOf = (pane: Pane, sample: Sample, past: Past, other: Sample, otherPast: Past): Diff | undefined => {
	if (!isRead(sample, pane) || !isRead(other, pane)) return undefined;
	const byName = (rows: readonly Row[]): ReadonlyMap<string, Row> => new Map(rows.map(row => [pane.identity(row), row]));
	const shown = byName(pane.rows(sample, past));
	const others = byName(pane.rows(other, otherPast));
	const missing = new Set([...others].flatMap(([name, row]) => (shown.has(name) ? [] : [row])));
	return {other, isEarlier: other.seq < sample.seq, shown, others, missing};
};

type RowAt = {readonly row: Row; readonly now: Instant};

/** True if a cell differs between two moments. Durations, which always differ, and figures unknown at either moment do not count. */
const differs = (column: Column, a: RowAt, b: RowAt): boolean => {
	if (column.kind === 'seconds') return false;
	const [one, other] = [column.value(a.row, a.now), column.value(b.row, b.now)];
	if ((one === null || other === null) && column.kind !== 'text' && column.kind !== 'pids') return false;
	return column.format(one, a.row) !== column.format(other, b.row);
};

/** Change of a row, judged by the shown columns only. */
export const changeOf = (diff: Diff, pane: Pane, row: Row, now: Instant, columns: readonly Column[]): Change => {
	if (diff.missing.has(row)) return diff.isEarlier ? 'went' : 'came';
	const other = diff.others.get(pane.identity(row));
	if (!other) return diff.isEarlier ? 'came' : 'went';
	const then = {row: other, now: diff.other.at};
	return columns.some(column => differs(column, {row, now}, then)) ? 'changed' : 'same';
};

/** The mark that statements are compared before and after: the chosen one, else the last one that is not later than the shown moment. */
export const markOf = ({bookmarks, comparedMark, frozen}: State): Bookmark | undefined => {
	const isEarlier = ({sample}: Bookmark): boolean => frozen === undefined || sample.seq <= frozen.sample.seq;
	const chosen = comparedMark === undefined ? undefined : bookmarks.find(({sample}) => sample.seq === comparedMark);
	return chosen && isEarlier(chosen) ? chosen : bookmarks.findLast(isEarlier);
};

/**
 * The moment to compare the shown one with: now if the screen is frozen, else the last bookmark (in a recording, the last one of
 * another moment). Undefined without a comparison.
 */
export const comparisonOf = (state: State): {readonly sample: Sample; readonly past: Past} | undefined => {
	if (!state.compares) return undefined;
	const {timeline, bookmarks} = state;
	const last = newest(timeline);
	if (state.frozen && !state.replay && last) return {sample: last, past: timeline.samples};
	// In a recording the last bookmark is often the shown moment itself: compare with the one before it.
	const other = state.replay && bookmarks.findLast(({sample}) => sample.seq !== state.frozen?.sample.seq);
	const mark = other ?? bookmarks.at(-1);
	return mark && {sample: mark.sample, past: pastOf(timeline, mark)};
};
