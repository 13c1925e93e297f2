import type {Past} from '../history/past.ts';
import type {Failure, Row, Sample, Value} from '../sample/sample.ts';
import type {Instant} from '../values/instant.ts';
import {type Column, compareValues, jsonValue} from './column.ts';
import type {Filter} from './filter.ts';
import {type MissingAnswer, missingOf, unreadOf} from './missing.ts';
import {columnsFor, type Pane, type Sort, sectionOf} from './pane.ts';

/** A row as JSON: values by the names of their columns, and an object for a column with parts. */
export type JsonRow = Readonly<Record<string, Value | Readonly<Record<string, string>>>>;

/** A pane as JSON: all rows with every declared column by name, or the reason why there are none. */
export type PaneJson =
	| {
			readonly ok: true;
			readonly took_ms: number;
			readonly rows: readonly JsonRow[];
			readonly hidden?: {readonly rows: number; readonly hint: string};
			/** Number of rows beyond the most that an answer holds. */
			readonly rest?: number;
			/** Answers that could not be read, whole or in part: values from them are null. */
			readonly missing?: readonly MissingAnswer[];
	  }
	| {readonly ok: false; readonly error: Failure};

/** Rows of a pane that pass a filter, in the requested order, else in the pane's own. */
export const chosenRows = (
	pane: Pane,
	sample: Sample,
	past: Past,
	filter: Filter<Row>,
	sort: Sort | undefined,
): readonly Row[] => {
	const test = filter.ok ? filter.test : () => true;
	const rows = pane.rows(sample, past).filter(row => test(row, sample.at));
	const by = sort ?? pane.sort;
	const column = pane.columns.find(({id}) => id === by?.column);
	if (!by || !column) return rows;
	const sign = by.descending ? -1 : 1;
	return [...rows].sort(
		(a, b) =>
			sectionOf(pane, a) - sectionOf(pane, b) || sign * compareValues(column.value(a, sample.at), column.value(b, sample.at)),
	);
};

/** Columns to print of a row: those of its section and of the first one, so that every row has the main ones. */
const printedColumns = (pane: Pane, row: Row): readonly Column[] => [
	...new Set([...(pane.sections[0]?.columns ?? []), ...columnsFor(pane, row)]),
];

/** A row of a pane as JSON, as of `at`. */
export const rowJson = (pane: Pane, row: Row, at: Instant): JsonRow =>
	Object.fromEntries(
		printedColumns(pane, row).map(column => [
			column.id,
			column.parts ? Object.fromEntries(column.parts(row)) : jsonValue(column.kind, column.value(row, at)),
		]),
	);

/** A pane of a sample as JSON. */
export const paneJson = (pane: Pane, sample: Sample, past: Past, filter: Filter<Row>, sort: Sort | undefined): PaneJson => {
	const error = unreadOf(pane, sample);
	if (error) return {ok: false, error};
	const missing = missingOf(pane, sample);
	const hidden = pane.hidden(sample);
	const rest = pane.rest(sample);
	return {
		ok: true,
		took_ms: Math.round(tookOf(pane, sample) * 10) / 10,
		rows: chosenRows(pane, sample, past, filter, sort).map(row => rowJson(pane, row, sample.at)),
		...(hidden && {hidden}),
		...(rest > 0 && {rest}),
		...(missing.length > 0 && {missing}),
	};
};

const tookOf = (pane: Pane, sample: Sample): number => sample.results[pane.queries[0]?.name ?? '']?.tookMs ?? 0;
