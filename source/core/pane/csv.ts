import type {Row, Value} from '../sample/sample.ts';
import {clean} from '../text/clean.ts';
import type {Instant} from '../values/instant.ts';
import type {Pane} from './pane.ts';

/** Cells of a row as clean text as shown on the screen; empty if unknown. */
export const cellsOf = (pane: Pane, row: Row, at: Instant): readonly string[] =>
	pane.columns.map(column => {
		const value = column.value(row, at);
		return value === null ? '' : clean(column.format(value, row));
	});

// Spreadsheets run a cell that begins like a formula, also behind space and in full width; a leading quote makes it text.
const formula = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/;
const number = /^-\d+(?:\.\d+)?(?:e[+-]?\d+)?$/;

/** A value as a cell of CSV, cleaned; empty if unknown. Numbers stay numbers, text is never a formula. */
export const csvCell = (value: Value): string => {
	if (value === null) return '';
	const text = clean(Array.isArray(value) ? value.join(' ') : String(value));
	const safe = typeof value !== 'number' && formula.test(text) && !number.test(text) ? `'${text}` : text;
	// Where the separator is a semicolon, one would begin another cell.
	return /[",;\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Rows of a pane as CSV with a header and all columns; `at` gives the time at which a row is shown. */
export const csvOf = (pane: Pane, rows: readonly Row[], at: (row: Row) => Instant): string =>
	[pane.columns.map(({id}) => csvCell(id)), ...rows.map(row => pane.columns.map(column => csvCell(column.value(row, at(row)))))]
		.map(cells => cells.join(','))
		.join('\n');
