import {pastOf} from '../history/moment.ts';
import type {Past} from '../history/past.ts';
import {newest} from '../history/timeline.ts';
import type {Column} from '../pane/column.ts';
import type {Pane} from '../pane/pane.ts';
import type {Row, Sample} from '../sample/sample.ts';
import type {Tone} from '../text/line.ts';
import type {Instant} from '../values/instant.ts';
import type {State} from './state.ts';

/** The rows of a pane at two moments: those that are shown, and the others that they are compared with. */
export type Diff = {
	readonly other: Sample;
	/** Whether the others are of an earlier moment than what is shown. */
	readonly isEarlier: boolean;
	readonly shown: ReadonlyMap<string, Row>;
	readonly others: ReadonlyMap<string, Row>;
	/** The rows that only the other moment has. */
	readonly missing: ReadonlySet<Row>;
};

/** What became of a row from the earlier moment to the later: it came, went, reads differently, or is as it was. */
export type Change = 'came' | 'went' | 'changed' | 'same';

/** How changes are marked and toned: never by colour alone. */
export const changeMarks: Readonly<Record<Change, readonly [mark: string, tone: Tone]>> = {
	came: ['+', 'good'],
	went: ['-', 'danger'],
	changed: ['~', 'warn'],
	same: [' ', 'calm'],
};

/** Whether a sample tells of a pane's rows: not where they were not read yet, or could not be. */
const tells = ({results}: Sample, {queries}: Pane): boolean => results[queries[0]?.name ?? '']?.ok === true;

/** Compares a pane's rows of a sample with those of another moment; undefined where one of both tells nothing of them. */
export const diffOf = (pane: Pane, sample: Sample, past: Past, other: Sample, otherPast: Past): Diff | undefined => {
	if (!tells(sample, pane) || !tells(other, pane)) return undefined;
	const byName = (rows: readonly Row[]): ReadonlyMap<string, Row> => new Map(rows.map(row => [pane.identity(row), row]));
	const shown = byName(pane.rows(sample, past));
	const others = byName(pane.rows(other, otherPast));
	const missing = new Set([...others].flatMap(([name, row]) => (shown.has(name) ? [] : [row])));
	return {other, isEarlier: other.seq < sample.seq, shown, others, missing};
};

type At = {readonly row: Row; readonly now: Instant};

/** Whether a cell reads differently at two moments: durations always would, and a figure that was not known yet is no other one. */
const differs = (column: Column, a: At, b: At): boolean => {
	if (column.kind === 'seconds') return false;
	const [one, other] = [column.value(a.row, a.now), column.value(b.row, b.now)];
	if ((one === null || other === null) && column.kind !== 'text' && column.kind !== 'pids') return false;
	return column.format(one, a.row) !== column.format(other, b.row);
};

/** What became of a row, as far as the columns tell that are shown. */
export const changeOf = (diff: Diff, pane: Pane, row: Row, now: Instant, columns: readonly Column[]): Change => {
	if (diff.missing.has(row)) return diff.isEarlier ? 'went' : 'came';
	const other = diff.others.get(pane.identity(row));
	if (!other) return diff.isEarlier ? 'came' : 'went';
	const then = {row: other, now: diff.other.at};
	return columns.some(column => differs(column, {row, now}, then)) ? 'changed' : 'same';
};

/** What is compared with what is shown: what is now where the screen is held, else the last bookmark, on a recording the last of another moment; undefined where nothing is. */
export const comparisonOf = (state: State): {readonly sample: Sample; readonly past: Past} | undefined => {
	if (!state.compares) return undefined;
	const {timeline, bookmarks} = state;
	const last = newest(timeline);
	if (state.frozen && !state.replay && last) return {sample: last, past: timeline.samples};
	// On a recording the last one is often the one that was gone to: it is compared with the one before it.
	const other = state.replay && bookmarks.findLast(({sample}) => sample.seq !== state.frozen?.sample.seq);
	const mark = other ?? bookmarks.at(-1);
	return mark && {sample: mark.sample, past: pastOf(timeline, mark)};
};
